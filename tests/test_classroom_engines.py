"""A worker may die, hang or raise: its submission is tried again, and no other is touched."""

from __future__ import annotations

import os
import subprocess
import time

import psutil
import pytest
import quick_grade
from classroom_course import finish, hand_in, results, start

from grading.classroom.isolated import Died, Pen

pytestmark = pytest.mark.xdist_group("classroom")


def test_a_worker_that_dies_loses_no_submission(class_course):
    students = ("ada", "dies_always", "dies_once", "mia", "raises")
    for student in students:
        hand_in(class_course, student, answers=None)
    finish(start(class_course, "--workers", "2"), 1)
    found = results(class_course)
    assert {name: found[name].outcome for name in students} == {
        "ada": "graded",
        "dies_always": "crashed",
        "dies_once": "graded",
        "mia": "graded",
        "raises": "crashed",
    }
    assert quick_grade.runs(class_course / "log.txt") == {
        "ada": 1,
        "dies_always": 2,
        "dies_once": 2,
        "mia": 1,
        "raises": 2,
    }
    assert "SIGKILL" in found["dies_always"].reason
    assert "asked to raise" in found["raises"].reason
    machine = [mark.auto for mark in found["dies_always"].marks if mark.name != "explain"]
    assert machine == [0.0] * 16


def hang(file):
    """Start a process in a session of its own, note both, and wait."""
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    with open(f"{file}.part", "w") as opened:
        opened.write(f"{os.getpid()} {child.pid}")
    os.rename(f"{file}.part", file)
    time.sleep(600)


def ended(pid):
    """Wait until a process has ended."""
    for _ in range(3000):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_what_takes_too_long_is_ended_with_all_it_started(tmp_path):
    file, pen = tmp_path / "pids", Pen(seconds=1)
    while not file.exists():  # a slow machine may need more than a second to start it
        pen.seconds *= 2
        with pytest.raises(Died, match="it took more than"):
            pen.call(hang, str(file))
    assert all(ended(int(pid)) for pid in file.read_text().split())


def test_a_pen_that_is_closed_starts_nothing():
    pen = Pen(seconds=1)
    pen.close()
    with pytest.raises(Died, match="stopped"):
        pen.call(hang, "/nowhere")
