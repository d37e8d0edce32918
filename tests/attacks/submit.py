"""Make the notebook of a submission from an attack's text."""

from __future__ import annotations

import copy
import json
import os

from nbformat.v4 import new_code_cell

from . import texts
from .world import ASSIGNMENT, NAME

# Kernels of attacks carry a name by which they and their children are found afterwards. What
# an attack prints when it got through does not stand in its source.
PRELUDE = """
import ctypes
ctypes.CDLL(None).prctl(15, b"@MARK@", 0, 0, 0)
def through(what=""):
    print("got", "through", what)
def hold(seconds=10):
    import time
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
"""


def named(notebook, name):
    """Find a cell of the release."""
    return next(
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def own(source):
    """Make a cell of the student's own."""
    return dict(new_code_cell(source))


def answered(released, base, sections, world):
    """Fill a release in: the base's answers, then the attack's own answers and cells."""
    notebook = copy.deepcopy(released)
    _, answers = texts.sections((texts.FOLDER / f"{base}.txt").read_text())
    for name, source in answers:
        named(notebook, name)["source"] = source
    notebook["cells"].insert(0, own(world.fill(PRELUDE)))
    for name, source in sections:
        source = world.fill(source)
        if name == "notebook":
            continue
        if name.startswith("after "):
            place = notebook["cells"].index(named(notebook, name.removeprefix("after ")))
            notebook["cells"].insert(place + 1, own(source))
        else:
            named(notebook, name)["source"] = source
    return notebook


def hand_in(world, released, attack):
    """Write a submission into nbgrader's folder; an editor's part of the attack comes last."""
    folder = world.course / "submitted" / attack.name / ASSIGNMENT
    folder.mkdir(parents=True)
    notebook = answered(released, attack.header["answers"], attack.sections, world)
    path = folder / NAME
    names = {"notebook": notebook, "cells": notebook["cells"], "folder": folder, "path": path}
    names |= {"find": lambda name: named(notebook, name), "own": own, "json": json, "os": os}
    names |= {"copy": copy, "write": lambda: path.write_text(json.dumps(notebook))}
    parts = [source for name, source in attack.sections if name == "notebook"]
    for source in parts:
        exec(compile(world.fill(source), attack.name, "exec"), names)
    if not os.path.lexists(path):
        path.write_text(json.dumps(notebook))


def hand_in_honestly(world, released, student):
    """Write the submission of a student who attacks nothing."""
    folder = world.course / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True)
    notebook = answered(released, "right", (), world)
    (folder / NAME).write_text(json.dumps(notebook))
