"""Whatever a student hands in, the class is graded and everyone gets a row."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from classroom_course import ASSIGNMENT, NAME, database, grade_class, hand_in, results, rows

from grading.classroom import submissions

pytestmark = pytest.mark.xdist_group("classroom")


def replace(path, data):
    path.write_bytes(data)


def huge(path):
    with path.open("r+b") as file:
        file.truncate(submissions.NOTEBOOK_LIMIT + 1)


def link(path):
    target = path.with_name("elsewhere.txt")
    path.rename(target)
    path.symlink_to(target.name)


def folder(path):
    path.unlink()
    path.mkdir()


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def two_names(path):
    shutil.copy(path, path.with_name("a.ipynb"))
    path.rename(path.with_name("b.ipynb"))


def other_file(path):
    path.unlink()
    path.with_name("answers.txt").write_text("see above")


def file_for_folder(path):
    shutil.rmtree(path.parent)
    path.parent.write_text("a file")


def many_cells(path):
    content = json.loads(path.read_text())
    content["cells"] = content["cells"][:1] * 1001
    path.write_text(json.dumps(content))


def damaged_cell(path):
    content = json.loads(path.read_text())
    content["cells"][2] = "text"
    path.write_text(json.dumps(content))


UNREADABLE = {
    "empty file": (lambda path: replace(path, b""), "is empty"),
    "half a file": (lambda path: replace(path, path.read_bytes()[:999]), "JSON"),
    "not text": (lambda path: replace(path, b"\xff\xfe\x00PK"), "JSON"),
    "deep JSON": (lambda path: replace(path, b"[" * 10**6), "JSON"),
    "no notebook": (lambda path: replace(path, b'{"cells": 3}'), "not a notebook"),
    "too many cells": (many_cells, "1001 cells, more than 1000"),
    "no cells": (lambda path: replace(path, b'{"nbformat": 4, "cells": []}'), "no cells"),
    "damaged cell": (damaged_cell, "cell 3 is damaged"),
    "huge file": (huge, "larger than 20 MiB"),
    "symbolic link": (link, "is a link"),
    "folder": (folder, "is a folder"),
    "pipe": (pipe, "not a regular file"),
    "two names": (two_names, "a.ipynb, b.ipynb: which one"),
    "another file": (other_file, "no notebook among the files (answers.txt)"),
    "file for a folder": (file_for_folder, "is not a folder"),
}


def named(case):
    """Name a student for a case."""
    return case.replace(" ", "_")


@pytest.fixture(scope="module")
def graded(prepared_course, tmp_path_factory):
    """Grade one class: ada, who is well, and a student for each way to hand in something else."""
    course = shutil.copytree(prepared_course, tmp_path_factory.mktemp("unreadable") / "course")
    hand_in(course, "ada")
    for case, (damage, _) in UNREADABLE.items():
        damage(hand_in(course, named(case), answers=None))
    code, text = grade_class(course)
    return course, code, text, results(course), rows(database(course))


def test_a_class_with_unreadable_submissions_is_graded(graded):
    _, code, _, found, _ = graded
    assert found["ada"].outcome == "graded"
    assert len(found) == len(UNREADABLE) + 1
    assert code == 1


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_an_explicit_zero(graded, case):
    course, _, text, found, written = graded
    said, student = UNREADABLE[case][1], named(case)
    assert found[student].status == "unreadable"
    assert said in found[student].reason
    assert said in text
    assert {v for (name, _), v in written["grades"].items() if name == student} == {
        (0.0, None, None, False)
    }
    assert {v for (name, _), v in written["comments"].items() if name == student} == {
        (found[student].reason, None)
    }
    assert (course / "autograded" / student / ASSIGNMENT / NAME).exists()


@pytest.fixture
def class_of_two(class_course):
    """Enrol ada, who is well, and mia, who hands in something else."""
    hand_in(class_course, "ada")
    return class_course, hand_in(class_course, "mia")


def test_a_renamed_notebook_is_taken_and_named(class_of_two):
    course, path = class_of_two
    path.rename(path.with_name("02_rnn_cell (1).ipynb"))
    grade_class(course)
    mia = results(course)["mia"]
    assert (mia.outcome, mia.marks) == ("repaired", results(course)["mia"].marks)
    assert "02_rnn_cell (1).ipynb" in mia.repairs[0]
    assert mia.score == sum(mark.auto or 0 for mark in mia.marks) > 0


def test_who_hands_in_nothing_has_zeros_until_something_arrives(class_course):
    hand_in(class_course, "ada")
    (class_course / "submitted" / "mia").mkdir()
    _, text = grade_class(class_course)
    mia = results(class_course)["mia"]
    assert (mia.status, mia.score) == ("missing", 0)
    assert "Nothing was handed in." in text
    assert not (class_course / "autograded" / "mia").exists()
    before = rows(database(class_course))
    assert {v for (name, _), v in before["grades"].items() if name == "mia"} == {
        (0.0, None, None, False)
    }
    hand_in(class_course, "mia")
    grade_class(class_course)  # without asking: it is no regrading
    mia = results(class_course)["mia"]
    after = rows(database(class_course))
    assert mia.outcome == "graded"
    for mark in mia.marks:
        needs = mark.auto is None
        assert after["grades"]["mia", mark.name] == (mark.auto, None, None, needs)
    assert {v for (name, _), v in after["comments"].items() if name == "mia"} == {(None, None)}


def test_students_of_the_gradebook_are_enrolled(class_course):
    hand_in(class_course, "ada")
    grade_class(class_course)
    from grading.classroom.course import Course

    with Course.open(class_course).gradebook() as book:
        book.add_student("zoe", first_name="Zoe")
    grade_class(class_course)
    assert results(class_course)["zoe"].status == "missing"


def test_other_files_stay_beside_the_notebook_and_links_do_not(class_of_two):
    course, path = class_of_two
    (path.parent / "data").mkdir()
    (path.parent / "data" / "numbers.csv").write_text("1,2")
    (path.parent / "timestamp.txt").write_text("2026-01-05 10:00:00 UTC")
    (path.parent / "passwd").symlink_to("/etc/passwd")
    (path.parent / "loop").symlink_to(".")
    grade_class(course)
    there = course / "autograded" / "mia" / ASSIGNMENT
    files = {f.relative_to(there).as_posix() for f in there.rglob("*") if f.is_file()}
    assert files == {NAME, "data/numbers.csv", "timestamp.txt"}
    assert results(course)["mia"].notes == (
        "loop was left out: it is a link.",
        "passwd was left out: it is a link.",
    )
    assert rows(database(course))["submissions"]["mia", ASSIGNMENT][0].hour == 10


def test_a_timestamp_that_is_none_is_left_out(class_of_two):
    course, path = class_of_two
    (path.parent / "timestamp.txt").write_text("yesterday evening, honestly")
    grade_class(course)
    mia = results(course)["mia"]
    assert (mia.outcome, mia.notes) == (
        "graded",
        ("timestamp.txt holds no time and was left out.",),
    )


def test_names_that_would_steer_the_terminal_are_not_printed(class_of_two):
    course, path = class_of_two
    path.rename(path.with_name("\x1b[2Ja.ipynb"))
    _, text = grade_class(course)
    assert "[2Ja.ipynb" in text
    assert "\x1b" not in text


def test_a_link_that_takes_the_place_of_a_file_at_the_last_moment_fails(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "file").symlink_to("secret")
    monkeypatch.setattr(Path, "is_symlink", lambda self: False)  # it was a file just before
    with pytest.raises(OSError, match="symbolic links"):
        submissions.read_regular(tmp_path / "file", 99)


def test_too_many_and_too_large_files_are_left_out(class_of_two, monkeypatch):
    course, path = class_of_two
    monkeypatch.setattr(submissions, "TOTAL_LIMIT", 200_000)
    monkeypatch.setattr(submissions, "FILES_LIMIT", 4)
    (path.parent / "large.bin").write_bytes(bytes(200_001))
    for number in range(6):
        (path.parent / f"small{number}").write_text("x")
    grade_class(course)
    notes = results(course)["mia"].notes
    assert any(note.startswith("large.bin was left out: it is larger") for note in notes)
    assert any("more than 4 files" in note for note in notes)
