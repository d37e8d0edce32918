"""The whole command on real notebooks: the marks are those of ``nbgrader autograde``."""

from __future__ import annotations

import shutil
import subprocess
import sys

import notebooks as nb
import pytest
from classroom_course import ASSIGNMENT, NAME, database, hand_in, make_course, results, rows
from test_grading_cycle import EXPECTED, Cycle

pytestmark = pytest.mark.xdist_group("classroom")


def command(course, *arguments):
    """Run ``python -m grading`` in a course; return the exit code and all it said."""
    done = subprocess.run(
        [sys.executable, "-m", "grading", *arguments],
        cwd=course,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Grade the class of eight twice: with nbgrader's command, and with the course's."""
    cycle = Cycle(tmp_path_factory.mktemp("plain"))
    for student in EXPECTED:
        path = hand_in(cycle.course, student, student)
        path.with_name("timestamp.txt").write_text("2026-01-05 10:00:00 UTC")
    course = shutil.copytree(cycle.course, tmp_path_factory.mktemp("class") / "course")
    cycle.nbgrader("generate")
    cycle.nbgrader("autograde")
    return cycle.course, course, command(course, "run", ASSIGNMENT, "--workers", "2")


def test_the_gradebook_is_row_by_row_that_of_nbgrader(both):
    plain, course, _ = both
    ours, theirs = rows(database(course)), rows(database(plain))
    assert len(ours["grades"]) == 8 * 17
    for table in theirs:
        assert ours[table] == theirs[table], table


@pytest.mark.parametrize("student", EXPECTED)
def test_every_result_has_exactly_its_points(both, student):
    found = results(both[1])[student]
    assert {mark.name: mark.auto for mark in found.marks} == EXPECTED[student]
    waits = EXPECTED[student]["explain"] is None
    assert found.status == ("awaiting hand grading" if waits else "graded")


@pytest.mark.parametrize("student", EXPECTED)
def test_autograded_notebooks_stand_where_nbgrader_puts_them(both, student):
    plain, course, _ = both
    ours, theirs = (
        nb.read(root / "autograded" / student / ASSIGNMENT / NAME) for root in (course, plain)
    )
    assert ours == theirs
    assert sorted(path.name for path in (course / "autograded" / student).rglob("*.*")) == sorted(
        path.name for path in (plain / "autograded" / student).rglob("*.*")
    )


def test_the_command_says_how_it_went_and_who_needs_a_person(both):
    code, text = both[2]
    assert code == 1
    assert "8 students" in text
    assert "4  graded" in text
    assert "4  awaiting hand grading" in text
    assert "8 submissions ran in" in text
    for student in ("ada", "ben", "grace", "lea"):
        assert f"{student:20} awaiting hand grading  give points in formgrader: explain" in text


def test_a_message_stands_with_its_mark(both):
    marks = {mark.name: mark for mark in results(both[1])["ben"].marks}
    assert "Likely cause: it squashes each term by itself" in marks["rnn_step_test"].message


def test_all_settled_is_zero(tmp_path):
    course = make_course(tmp_path / "course")
    hand_in(course, "sam", "sam")  # left the explanation out: 0 points without a person
    assert command(course, "run", ASSIGNMENT)[0] == 0


def test_without_a_command_the_commands_are_listed():
    code, text = command(nb.ROOT)
    assert code == 0
    assert "grade every submission of an assignment" in text


WRONG = {
    "no such assignment": (["run", "02_rnn"], "Assignments of this course: 02_rnn_cell"),
    "not enrolled": (["run", ASSIGNMENT, "--only", "zoe"], "Not enrolled: zoe"),
    "workers": (["run", ASSIGNMENT, "--workers", "0"], "should be a whole number above 0"),
    "engine": (["run", ASSIGNMENT, "--engine", "cloud"], "invalid choice"),
    "no command": (["walk"], "invalid choice"),
    "another folder": (["run", ASSIGNMENT, "--course", "/"], "no nbgrader_config.py"),
}


@pytest.fixture(scope="module")
def empty(prepared_course, tmp_path_factory):
    return shutil.copytree(prepared_course, tmp_path_factory.mktemp("empty") / "course")


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_is_two_and_says_what_to_do(empty, case):
    arguments, said = WRONG[case]
    code, text = command(empty, *arguments)
    assert (code, said in text) == (2, True), text
    assert "Traceback" not in text


def test_without_a_jail_nothing_runs_and_the_message_says_what_helps(empty, tmp_path):
    course = shutil.copytree(empty, tmp_path / "course")
    hand_in(course, "ada")
    with (course / "nbgrader_config.py").open("a") as file:
        file.write('c.JailedProvisioner.tier = "none"\n')
    code, text = command(course, "run", ASSIGNMENT)
    assert code == 2
    assert "Student code would run unprotected" in text
    assert "Traceback" not in text


def test_seeds_that_cannot_be_read_are_an_error_before_anything_runs(empty, tmp_path):
    course = shutil.copytree(empty, tmp_path / "course")
    hand_in(course, "ada")
    kept = course / "variants" / f"{ASSIGNMENT}.json"
    kept.parent.mkdir()
    kept.write_text('{"ada": "seven"}')
    code, text = command(course, "run", ASSIGNMENT)
    assert (code, "should hold a whole number for each student" in text) == (2, True), text
    assert "Traceback" not in text
    assert not results(course)


def test_a_class_without_submissions_says_so(empty):
    code, text = command(empty, "run", ASSIGNMENT)
    assert code == 2
    assert "Collect the submissions first" in text
