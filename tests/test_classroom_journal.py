"""What is graded is kept whole, or not at all."""

from __future__ import annotations

import os

import pytest

from grading.classroom import journal as module
from grading.classroom.course import CourseError
from grading.classroom.journal import Journal, write_whole


def answer(student="ada", notebook="{}", outcome="graded"):
    """Give what grading gives."""
    mark = {"name": "a_test", "points": 2.0, "auto": 1.0, "manual": None, "message": ""}
    result = {
        "student": student,
        "assignment": "01",
        "key": "k",
        "outcome": outcome,
        "marks": [mark],
        "repairs": [],
        "limits": [],
        "forgeable": [],
        "notes": [],
    }
    return {
        "result": result,
        "comments": {"a": None},
        "notebook": notebook,
        "submission": "s",
        "timestamp": "",
    }


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "01")


@pytest.mark.parametrize("student", ["ada", "ada@x.org", "a/../../b", "..", "Zoë 1", "%2F"])
def test_what_is_written_is_read(journal, student):
    journal.write(answer(student))
    assert journal.read(student)["result"]["student"] == student
    assert journal.notebook(student) == b"{}"
    assert journal.students() == [student]
    assert {path.parent for path in journal.folder.rglob("*.json")} == {journal.folder}


def test_who_was_never_written_is_not_there(journal):
    assert journal.read("ada") is None
    assert journal.students() == []


@pytest.mark.parametrize("ending", ["json", "ipynb"])
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"result": {}}'])
def test_a_damaged_file_counts_as_none(journal, ending, data):
    journal.write(answer())
    (journal.folder / f"ada.{ending}").write_bytes(data)
    assert journal.read("ada") is None


def test_a_later_answer_without_a_notebook_leaves_no_old_one(journal):
    journal.write(answer())
    journal.write(answer(notebook="", outcome="unreadable"))
    assert journal.read("ada")["result"]["outcome"] == "unreadable"
    assert journal.notebook("ada") == b""


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_is_stopped_leaves_the_old_file(tmp_path, monkeypatch, call):
    path = tmp_path / "mark.json"
    write_whole(path, b"old")

    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.os, call, stop)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["mark.json"]


def test_what_a_killed_run_was_writing_is_swept_away(journal):
    with journal.locked():
        (journal.folder / ".part-1.json").write_text("half")
        (journal.inner / ".part-2.json").write_text("half")
    journal.write(answer())
    with journal.locked():
        assert journal.students() == ["ada"]
        assert not list(journal.folder.rglob(".part-*"))


def test_two_runs_at_once_are_one_too_many(journal):
    with (
        journal.locked(),
        pytest.raises(CourseError, match="Another run grades 01"),
        Journal(journal.folder).locked(),
    ):
        pass
