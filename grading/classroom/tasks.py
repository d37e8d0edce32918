"""Grade one submission with nbgrader, in a course of its own: plain data in, plain data out.

nbgrader changes the working directory and the environment, and one gradebook has one writer.
So every submission gets a private course tree, a private copy of the gradebook and a private
folder for sockets, and what comes back is the marks alone.
"""

from __future__ import annotations

import contextlib
import glob
import os
import time
from pathlib import Path

from nbgrader.apps import NbGraderAPI

from grading.release import load_config, put_environment_on_path

from .isolated import SCRATCH, scratch_folder
from .readback import answer, crashed, read_back


def make_task(release, submission, key, own=None):
    """Gather what `grade` needs; ``own`` are files of the course for this student alone.

    Returns
    -------
    dict
        Plain data, bytes included. No solution, no other student.
    """
    return {
        "student": submission.student,
        "assignment": release.assignment,
        "key": key,
        "submission": submission.key,
        "timestamp": submission.timestamp,
        "tree": release.tree | (own or {}),
        "notebook": release.notebook_path,
        "cells": release.cells,
        "commented": release.commented,
        "files": submission.files,
        "repairs": list(submission.repairs),
        "notes": list(submission.notes),
    }


def zeros(task, outcome, reason):
    """Answer for what cannot run: zero for every cell, those of a person too, with the reason."""
    marks = [
        {"name": cell["name"], "points": cell["points"], "auto": 0.0} for cell in task["cells"]
    ]
    return answer(task, outcome, marks, dict.fromkeys(task["commented"], reason), reason=reason)


def grade(task):
    """Grade one submission; whatever happens, there is an answer.

    Parameters
    ----------
    task : dict
        From `make_task`.

    Returns
    -------
    dict
        ``result`` (a `Result` as a dict), ``comments`` (nbgrader's own, by cell) and ``notebook``
        (the autograded notebook as text). Plain data.
    """
    start = time.perf_counter()
    try:
        with private_folder() as folder:
            write_tree(folder, task)
            done = autograde(folder, task)
            graded = read_back(folder, task, done)
    except Exception as error:
        graded = crashed(task, f"{type(error).__name__}: {error}")
    graded["result"]["seconds"] = round(time.perf_counter() - start, 3)
    return graded


@contextlib.contextmanager
def private_folder():
    """Make a folder for one submission; put working directory and environment back after."""
    before, where = dict(os.environ), os.getcwd()
    given = os.environ.get(SCRATCH)
    with contextlib.nullcontext(given) if given else scratch_folder() as name:
        folder = Path(name).resolve()
        try:
            put_environment_on_path()
            (folder / "run").mkdir(mode=0o700)
            os.environ["JUPYTER_RUNTIME_DIR"] = str(folder / "run")
            yield folder
        finally:
            os.chdir(where)
            os.environ.clear()
            os.environ.update(before)


def write_tree(folder, task):
    """Write the course and the submission."""
    course = folder / "course"
    handed_in = f"submitted/{task['student']}/{task['assignment']}"
    files = task["tree"] | {f"{handed_in}/{name}": data for name, data in task["files"].items()}
    for name, data in files.items():
        path = course / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def autograde(folder, task):
    """Run what ``nbgrader autograde`` runs; return its outcome and log."""
    course = folder / "course"
    config = load_config(course)
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}"
    config.CourseDirectory.submitted_directory = "submitted"
    config.CourseDirectory.autograded_directory = "autograded"
    config.CourseDirectory.directory_structure = "{nbgrader_step}/{student_id}/{assignment_id}"
    config.Exchange.root = str(folder / "exchange")
    config.NbGrader.logfile = ""
    config.Application.log_level = "ERROR"
    # Sockets in a folder of one's own: ports of one machine are handed out twice.
    config.KernelManager.transport = "ipc"
    config.KernelManager.ip = str(folder / "run" / "k")
    api = NbGraderAPI(config=config)
    return api.autograde(task["assignment"], glob.escape(task["student"]), force=True, create=True)
