"""A course with a class, for the tests of ``python -m grading run``."""

from __future__ import annotations

import shutil

import notebooks as nb
from test_grading_cycle import ASSIGNMENT, STUDENTS, fill_in, read_answers

NAME = f"{ASSIGNMENT}.ipynb"


def make_course(folder):
    """Make a course of one assignment, nobody enrolled."""
    folder.mkdir(parents=True)
    shutil.copytree(nb.ROOT / "solutions" / ASSIGNMENT, folder / "solutions" / ASSIGNMENT)
    shutil.copy(nb.ROOT / "nbgrader_config.py", folder)
    return folder


def hand_in(course, student, answers="ada"):
    """Put a filled-in notebook into nbgrader's folder of submissions."""
    target = course / "submitted" / student / ASSIGNMENT
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(nb.ROOT / "exercises" / ASSIGNMENT / NAME, target)
    if answers:
        fill_in(target / NAME, read_answers(STUDENTS / f"{answers}.txt"))
    return target / NAME
