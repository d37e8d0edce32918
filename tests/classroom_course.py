"""A course with a class, for the tests of ``python -m grading run``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings

import notebooks as nb
import quick_grade
from nbgrader.api import Comment, Grade, Gradebook, SourceCell, SubmittedNotebook
from sqlalchemy.exc import SAWarning
from test_grading_cycle import ASSIGNMENT, STUDENTS, fill_in, read_answers

from grading.classroom.course import Course, release
from grading.classroom.load import load_results
from grading.classroom.run import Options, run
from grading.classroom.source import update_source

NAME = f"{ASSIGNMENT}.ipynb"


def make_course(folder):
    """Make a course of one assignment, nobody enrolled."""
    folder.mkdir(parents=True)
    shutil.copytree(nb.ROOT / "solutions" / ASSIGNMENT, folder / "solutions" / ASSIGNMENT)
    shutil.copy(nb.ROOT / "nbgrader_config.py", folder)
    return folder


def prepare(folder):
    """Make such a course whose release is generated, and its gradebook made."""
    course = Course.open(make_course(folder))
    made = release(course, ASSIGNMENT)
    with warnings.catch_warnings(), course.gradebook() as gradebook:
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own
        update_source(gradebook, made)
    return course.root


def hand_in(course, student, answers="ada"):
    """Put a filled-in notebook into nbgrader's folder of submissions."""
    target = course / "submitted" / student / ASSIGNMENT
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(nb.ROOT / "exercises" / ASSIGNMENT / NAME, target)
    if answers:
        fill_in(target / NAME, read_answers(STUDENTS / f"{answers}.txt"))
    return target / NAME


def grade_class(course, *students, grade=quick_grade.grade, engine="serial", **options):
    """Run the command's function with the quick grading; return exit code and what it said."""
    said = []
    code = run(
        Options(ASSIGNMENT, course=str(course), engine=engine, only=students, **options),
        grade=grade,
        say=said.append,
    )
    return code, "\n".join(said)


def results(course, db=None):
    """Map students to their results."""
    return {r.student: r for r in load_results(Course.open(course, db), ASSIGNMENT)}


def rows(db_url):
    """Read all that nbgrader's gradebook says of the class: scores, comments, submissions."""
    with Gradebook(db_url) as book:
        grades = {
            (grade.student.id, grade.name): (
                grade.auto_score,
                grade.manual_score,
                grade.extra_credit,
                grade.needs_manual_grade,
            )
            for grade in book.db.query(Grade)
        }
        comments = {
            (comment.student.id, comment.name): (comment.auto_comment, comment.manual_comment)
            for comment in book.db.query(Comment)
        }
        submissions = {
            (row.assignment.student.id, row.name): (
                row.assignment.timestamp,
                row.score,
                row.max_score,
                row.late_submission_penalty,
                row.needs_manual_grade,
                row.flagged,
            )
            for row in book.db.query(SubmittedNotebook)
        }
        cells = {
            (cell.name, cell.cell_type): (cell.locked, cell.source, cell.checksum)
            for cell in book.db.query(SourceCell)
        }
    return {"grades": grades, "comments": comments, "submissions": submissions, "cells": cells}


def database(course):
    """Give the URL of a course's own gradebook."""
    return f"sqlite:///{course / 'gradebook.db'}"


def start(course, *arguments, log=None, pause=0):
    """Start the command with the quick grading, as a process group that a test may kill."""
    return subprocess.Popen(
        [sys.executable, quick_grade.__file__, "run", ASSIGNMENT, *arguments],
        cwd=course,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join([str(nb.ROOT), str(nb.ROOT / "tests")]),
            quick_grade.LOG: str(log or course / "log.txt"),
            quick_grade.PAUSE: str(pause),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process, code):
    """Wait for a command, and compare its exit code; return what it said."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, out + err
    return out + err
