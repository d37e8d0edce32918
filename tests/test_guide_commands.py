"""Commands of the instructor's guide that need no class that was graded."""

import csv
import json

import pytest
from nbgrader.api import Gradebook, Student
from term import ASSIGNMENT, CLASS, WITHOUT_MARKS, Term

pytestmark = pytest.mark.xdist_group("guide commands")


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """Run every command; the tests look at what they left."""
    term = Term(tmp_path_factory.mktemp("guide"))
    term.command("import")
    term.command("generate")
    for student in ("ada", "eve"):
        target = term.course / "submitted" / student / ASSIGNMENT
        target.mkdir(parents=True)
        term.hand_in(student).rename(target / f"{ASSIGNMENT}.ipynb")
    for command in ("variants", "canvas", "moodle", "similarity"):
        term.command(command)
    term.learn("ada")
    term.said = term.command("check")
    return term


@pytest.fixture(scope="module")
def reports(term):
    """Give the folder of the reports."""
    return term.course / "reports"


def rows(path):
    """Read a CSV file."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_the_class_is_entered(term):
    with Gradebook(f"sqlite:///{term.course / 'gradebook.db'}") as book:
        found = {one.id: (one.first_name, one.last_name) for one in book.db.query(Student)}
    assert found == {name: tuple(names.split(",")) for name, names in CLASS.items()}


def test_a_learner_checks_right_work(term):
    assert "20 / 20" in term.said


def test_every_student_gets_numbers(term):
    kept = json.loads((term.course / "variants" / f"{ASSIGNMENT}.json").read_text())
    assert sorted(kept) == sorted(CLASS)
    for student in CLASS:
        assert (term.course / "variants" / ASSIGNMENT / student / f"{ASSIGNMENT}.ipynb").exists()


def test_canvas_gets_its_own_numbers_back(reports):
    found = {row["Student"]: row for row in rows(reports / f"{ASSIGNMENT}-canvas.csv")}
    assert found["Lovelace, Ada"]["ID"] == "11"
    assert f"{ASSIGNMENT} (77)" in found["Lovelace, Ada"]


def test_moodles_worksheet_is_filled_in(reports):
    (row,) = rows(reports / f"{ASSIGNMENT}-moodle.csv")
    assert row["Identifier"] == "Participant 7"


def test_who_shares_code_is_named(reports):
    (page,) = reports.glob("*similar*.html")
    text = page.read_text(encoding="utf-8")
    assert "ada" in text
    assert "eve" in text


def test_all_of_them_ran(term):
    assert term.ran == set(WITHOUT_MARKS.values())
