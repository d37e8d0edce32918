"""What reaches the gradebook: what nbgrader would write, and nothing that a person gave is lost."""

from __future__ import annotations

import datetime
import json
import shutil

import nbformat
import pytest
import quick_grade
from classroom_course import ASSIGNMENT, NAME, database, grade_class, hand_in, results, rows

from grading.classroom import merge as merging
from grading.classroom.course import Course, CourseError, release
from grading.classroom.source import update_source

pytestmark = pytest.mark.xdist_group("classroom")

TEST = "rnn_step_test"


@pytest.fixture
def course(class_course):
    """Grade a class of two."""
    hand_in(class_course, "ada", answers=None)
    hand_in(class_course, "ben", answers=None)
    grade_class(class_course)
    return class_course


def by_hand(course, student, cell=TEST, **scores):
    """Do what an instructor does in formgrader."""
    with Course.open(course).gradebook() as book:
        grade = book.find_grade(cell, ASSIGNMENT, ASSIGNMENT, student)
        for name, value in scores.items():
            setattr(grade, name, value)
        grade.needs_manual_grade = False
        book.db.commit()


def score_of(course, student, cell=TEST):
    return rows(database(course))["grades"][student, cell]


def change_source(course, grade_id, new):
    """Change the source of a cell in solutions/."""
    path = course / "solutions" / ASSIGNMENT / NAME
    content = nbformat.read(path, as_version=4)
    (cell,) = [c for c in content.cells if c.metadata.nbgrader.grade_id == grade_id]
    cell.source = new
    nbformat.write(content, path)


def other_points(task):
    """Give one point more than `quick_grade.grade` for the first test."""
    answer = quick_grade.grade(task)
    answer["result"]["marks"][0]["auto"] += 1
    return answer


def test_merging_twice_changes_nothing(course):
    before = rows(database(course))
    grade_class(course)
    assert rows(database(course)) == before


def test_what_a_person_gave_stays_and_counts(course):
    by_hand(course, "ada", manual_score=1.5, extra_credit=0.5)
    by_hand(course, "ada", "explain", manual_score=3.0)
    auto = score_of(course, "ada")[0]
    code, _ = grade_class(course)
    assert score_of(course, "ada") == (auto, 1.5, 0.5, False)
    assert score_of(course, "ada", "explain") == (None, 3.0, None, False)
    ada = results(course)["ada"]
    assert ada.status == "graded"
    assert ada.score == sum(m.auto or 0 for m in ada.marks if m.name != TEST) + 1.5 + 3
    assert code == 1  # ben's explanation waits
    by_hand(course, "ben", "explain", manual_score=0.0)
    assert grade_class(course)[0] == 0


def test_a_new_submission_asks_the_person_again(course):
    by_hand(course, "ada", "explain", manual_score=3.0)
    hand_in(course, "ada", answers="grace")
    grade_class(course)
    assert score_of(course, "ada", "explain") == (None, 3.0, None, True)


def test_a_comment_by_a_person_stays(course):
    with Course.open(course).gradebook() as book:
        book.find_comment("explain", ASSIGNMENT, ASSIGNMENT, "ada").manual_comment = "Well said."
        book.db.commit()
    grade_class(course)
    assert rows(database(course))["comments"]["ada", "explain"] == (None, "Well said.")


def test_after_a_test_is_fixed_only_changes_that_were_agreed_to_are_written(course, monkeypatch):
    before = score_of(course, "ada")[0]
    change_source(course, TEST, "assert True  # fixed")
    by_hand(course, "ada", "explain", manual_score=2.0)

    code, text = grade_class(course, grade=other_points, dry_run=True)
    assert f"{before:g} -> {before + 1:>6g}" in text
    assert "dry run" in text
    assert (code, score_of(course, "ada")[0]) == (1, before)

    _, text = grade_class(course, grade=other_points)  # nobody to ask
    assert "were not written" in text
    assert score_of(course, "ada")[0] == before

    asked = []
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    grade_class(course, grade=other_points)
    assert len(asked) == 1
    assert score_of(course, "ada")[0] == before

    _, text = grade_class(course, grade=other_points, yes=True)
    assert score_of(course, "ada")[0] == before + 1
    assert score_of(course, "ada", "explain") == (None, 2.0, None, False)
    assert "were not written" not in text
    cells = rows(database(course))["cells"]
    assert "assert True  # fixed" in {source for _, source, _ in cells.values()}


@pytest.mark.parametrize("what", ["test", "configuration", "submission", "nothing"])
def test_only_what_changed_runs_again(course, what, tmp_path, monkeypatch):
    if what == "test":
        change_source(course, TEST, "assert True  # fixed")
    elif what == "configuration":
        with (course / "nbgrader_config.py").open("a") as file:
            file.write("c.Execute.timeout = 61\n")
    elif what == "submission":
        hand_in(course, "ben", answers="ben")
    monkeypatch.setenv(quick_grade.LOG, str(tmp_path / "log.txt"))
    grade_class(course)
    ran = {"test": {"ada", "ben"}, "configuration": {"ada", "ben"}, "submission": {"ben"}}
    assert set(quick_grade.runs()) == ran.get(what, set())


def test_a_folder_that_vanished_takes_no_marks_without_asking(course):
    before = rows(database(course))
    shutil.rmtree(course / "submitted" / "ada")
    _, text = grade_class(course)
    assert "were not written" in text
    assert rows(database(course)) == before
    grade_class(course, yes=True)
    assert score_of(course, "ada") == (0.0, None, None, False)


def test_another_set_of_cells_is_refused_once_there_are_marks(course):
    path = course / "solutions" / ASSIGNMENT / NAME
    content = json.loads(path.read_text())
    content["cells"][4]["metadata"]["nbgrader"]["grade_id"] = "renamed_test"
    path.write_text(json.dumps(content))
    before = rows(database(course))
    with pytest.raises(CourseError, match="nbgrader db assignment remove"):
        grade_class(course, yes=True)
    assert rows(database(course)) == before


def test_without_marks_another_set_of_cells_replaces_the_old(class_course):
    path = class_course / "solutions" / ASSIGNMENT / NAME
    content = json.loads(path.read_text())
    content["cells"][4]["metadata"]["nbgrader"]["grade_id"] = "renamed_test"
    path.write_text(json.dumps(content))
    hand_in(class_course, "ada")
    grade_class(class_course)
    assert score_of(class_course, "ada", "renamed_test")[0] is not None
    assert ("ada", TEST) not in rows(database(class_course))["grades"]


@pytest.mark.parametrize("method", ["none", "zero"])
def test_late_submissions_lose_points_by_the_courses_rule(class_course, method):
    if method != "none":  # nbgrader's default
        with (class_course / "nbgrader_config.py").open("a") as file:
            file.write(f"c.LateSubmissionPlugin.penalty_method = {method!r}\n")
    due = datetime.datetime(2026, 1, 5, 12)
    with Course.open(class_course).gradebook() as book:
        book.find_assignment(ASSIGNMENT).duedate = due
        book.db.commit()
    for student, hours in (("early", -1), ("late", 1)):
        path = hand_in(class_course, student, answers=None)
        path.with_name("timestamp.txt").write_text(f"{due + datetime.timedelta(hours=hours)} UTC")
    grade_class(class_course)
    found = rows(database(class_course))["submissions"]
    assert found["late", ASSIGNMENT][0] == due + datetime.timedelta(hours=1)
    lost = results(class_course)["late"].score if method == "zero" else None
    assert found["late", ASSIGNMENT][3] == lost
    assert found["early", ASSIGNMENT][3] is None


def synthetic(made, number):
    """Make an answer as it stands in the journal."""
    task = {
        "student": f"s{number:05}",
        "assignment": made.assignment,
        "key": "k",
        "cells": made.cells,
        "commented": made.commented,
        "repairs": [],
        "notes": [],
    }
    return quick_grade.grade(task) | {"submission": "s", "timestamp": ""}


def test_many_batches_are_merged_whole(class_course, monkeypatch):
    course = Course.open(class_course)
    made = release(course, ASSIGNMENT)
    monkeypatch.setattr(merging, "BATCH", 30)
    answers = (synthetic(made, number) for number in range(100))
    batches = list(merging.merge(course, made, answers, {}))
    assert [len(batch) for batch in batches] == [30, 30, 30, 10]
    found = rows(database(class_course))
    assert len(found["grades"]) == 100 * len(made.cells)
    assert len(found["comments"]) == 100 * len(made.commented)
    for number in (0, 29, 30, 99):
        for mark in synthetic(made, number)["result"]["marks"]:
            assert found["grades"][f"s{number:05}", mark["name"]][0] == mark["auto"]


def test_a_batch_that_fails_is_not_written_by_half(class_course, monkeypatch):
    course = Course.open(class_course)
    made = release(course, ASSIGNMENT)

    def fail(self, rows, answers):
        raise KeyboardInterrupt

    monkeypatch.setattr(merging.Writer, "_write_comments", fail)
    before = rows(database(class_course))
    with pytest.raises(KeyboardInterrupt):
        list(merging.merge(course, made, [synthetic(made, 1)], {}))
    assert rows(database(class_course)) == before


def test_updating_the_source_writes_what_nbgrader_writes(class_course):
    course = Course.open(class_course)
    made = release(course, ASSIGNMENT)
    (class_course / "template.db").write_bytes(made.tree["gradebook.db"])
    with course.gradebook() as book:
        update_source(book, made)
    template = rows(f"sqlite:///{class_course / 'template.db'}")
    assert rows(database(class_course))["cells"] == template["cells"]
    assert template["cells"]
