"""A run that is killed goes on where it was: no submission twice, none lost, no half mark."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import kill_often
import notebooks as nb
import pytest
import quick_grade
from classroom_course import (
    ASSIGNMENT,
    NAME,
    database,
    finish,
    grade_class,
    hand_in,
    results,
    rows,
    start,
)
from test_classroom_engines import ended

pytestmark = pytest.mark.xdist_group("classroom")

STUDENTS = [f"student{number}" for number in range(12)]


@pytest.fixture(scope="module")
def class_of_twelve(prepared_course, tmp_path_factory):
    """Make a class, and grade it without a disturbance."""
    course = shutil.copytree(prepared_course, tmp_path_factory.mktemp("twelve") / "course")
    for student in STUDENTS:
        hand_in(course, student, answers=None)
    done = shutil.copytree(course, course.parent / "done")
    grade_class(done)
    return course, rows(database(done))


@pytest.fixture
def course(class_of_twelve, tmp_path):
    return shutil.copytree(class_of_twelve[0], tmp_path / "course")


def wait_for(condition):
    """Wait until it holds."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("nothing happened within a minute")


def run_here(course, monkeypatch, *students, **options):
    """Run in this process, and count what ran."""
    log = course / f"again{time.monotonic_ns()}.txt"
    monkeypatch.setenv(quick_grade.LOG, str(log))
    assert grade_class(course, *students, **options)[0] == 1
    return quick_grade.runs(log)


def goes_on(course, undisturbed, before, monkeypatch):
    """Run again; everything is there, and what was kept has not run again."""
    again = run_here(course, monkeypatch)
    assert again == dict.fromkeys(set(STUDENTS) - before, 1)
    assert rows(database(course)) == undisturbed
    for student in STUDENTS:
        assert (course / "autograded" / student / ASSIGNMENT / NAME).read_bytes() == b"{}"


@pytest.mark.parametrize("kept", [1, 8])
def test_a_killed_group_of_processes_goes_on(course, class_of_twelve, kept, monkeypatch):
    process = start(course, "--workers", "2", pause=0.05)
    wait_for(lambda: len(list((course / ".grading" / ASSIGNMENT).glob("s*.json"))) >= kept)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    before = set(kill_often.journalled(course))
    assert len(before) >= kept
    ran = quick_grade.runs(course / "log.txt")
    assert before <= set(ran)
    goes_on(course, class_of_twelve[1], before, monkeypatch)


def test_after_twenty_kills_at_random_moments_marks_are_the_same(class_of_twelve, tmp_path):
    course = shutil.copytree(class_of_twelve[0], tmp_path / "course")
    done = subprocess.run(
        [sys.executable, kill_often.__file__, course, "20"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(nb.ROOT), str(nb.ROOT / "tests")])},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == 20
    for line in lines:
        assert line["again"] == dict.fromkeys(set(STUDENTS) - set(line["before"]), 1)
        assert line["same"]


def test_a_run_killed_while_it_writes_marks_goes_on(course, class_of_twelve, monkeypatch):
    process = start(course, "--workers", "2")
    wait_for((course / "autograded").exists)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    goes_on(course, class_of_twelve[1], set(STUDENTS), monkeypatch)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_so_and_leaves_no_worker(course, number):
    process = start(course, "--workers", "2", pause=600)
    log = course / "log.txt"
    wait_for(lambda: len(quick_grade.noted(log)) == 2)
    os.kill(process.pid, number)
    assert "the same command goes on" in finish(process, 130)
    assert all(ended(pid) for _, pid in quick_grade.noted(log))


def test_workers_end_when_only_the_run_is_killed(course):
    process = start(course, "--workers", "2", pause=600)
    log = course / "log.txt"
    wait_for(lambda: len(quick_grade.noted(log)) == 2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert all(ended(pid) for _, pid in quick_grade.noted(log))
    assert set(kill_often.journalled(course)) == set()


def test_a_second_run_at_the_same_time_is_refused(course):
    process = start(course, "--workers", "2", pause=600)
    wait_for(lambda: len(quick_grade.noted(course / "log.txt")) == 2)
    assert "Another run grades 02_rnn_cell" in finish(start(course), 2)
    process.terminate()
    finish(process, 130)


def test_who_was_graded_is_not_graded_again_unless_asked(course, monkeypatch):
    grade_class(course)
    assert run_here(course, monkeypatch) == {}
    assert run_here(course, monkeypatch, "student3", again=True) == {"student3": 1}
    assert len(results(course)) == len(STUDENTS)
