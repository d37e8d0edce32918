"""Bring together what the machine gave, what people gave, and who is enrolled."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)

from ..classroom.result import CellMark, Result
from ..release import put_environment_on_path

NOTHING = "Nothing was handed in."


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them; "" where it knows nothing.

    Attributes
    ----------
    id : str
    first_name, last_name, email : str
    platform_id : str
        The learning platform's number for the student (nbgrader's ``lms_user_id``).
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    platform_id: str = ""

    @property
    def name(self):
        """First and last name, or the id."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.id

    @property
    def sortable(self):
        """Last name first, as gradebooks sort."""
        return ", ".join(filter(None, (self.last_name, self.first_name))) or self.id


@dataclass(frozen=True)
class Report:
    """Everything that the exports need: one result for each enrolled student.

    Attributes
    ----------
    assignment : str
    results : tuple of Result
        Sorted by student.
    people : dict of Person
    questions : dict of float
        Points of each graded cell, in the order of the notebook.
    """

    assignment: str
    results: tuple[Result, ...]
    people: dict[str, Person]
    questions: dict[str, float]

    @property
    def points(self):
        """The sum of the maxima."""
        return sum(self.questions.values())

    def person(self, result):
        """Return the student of a result, known or not."""
        return self.people.get(result.student, Person(result.student))


def read_folder(folder: Path) -> Iterator[Result]:
    """Read every ``*.json`` of a folder, sorted by name: a journal, or plain results.

    A file holds what `Result.as_dict` gives, alone or as ``result``; other keys are left out.

    Raises
    ------
    ValueError
        A file is not a result; it is named.
    """
    known = {field.name for field in fields(Result)}
    for path in sorted(Path(folder).glob("*.json")):
        if path.name.startswith("."):
            continue
        try:
            data = json.loads(path.read_bytes())
            data = data.get("result", data)
            yield Result.from_dict({name: data[name] for name in known if name in data})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no result of grading: {error!r}.") from None


def read_gradebook(book: Gradebook, assignment: str):
    """Read who is enrolled, what each question is worth, and every grade.

    Columns are asked for, not objects: 5,000 students have 100,000 grades.

    Returns
    -------
    people : dict of Person
    questions : dict of float
    grades : dict
        ``grades[student][question]`` is (auto, manual), each a number or None. Extra credit is a
        person's mark: it is added there.
    """
    columns = (Student.id, Student.first_name, Student.last_name, Student.email)
    people = {
        row[0]: Person(*(value or "" for value in row))
        for row in book.db.query(*columns, Student.lms_user_id)
    }
    cells = (
        book.db.query(BaseCell.id, BaseCell.name)
        .join(Notebook, BaseCell.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment, BaseCell.type.in_(["GradeCell", "TaskCell"]))
        .all()
    )
    worth = dict(book.db.query(GradeCell.id, GradeCell.max_score).all())
    worth |= dict(book.db.query(TaskCell.id, TaskCell.max_score).all())
    questions = {name: float(worth[key]) for key, name in cells}
    return people, questions, _grades(book, assignment, dict(map(tuple, cells)))


def _grades(book, assignment, names):
    rows = (
        book.db.query(
            SubmittedAssignment.student_id,
            Grade.cell_id,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
        )
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    )
    grades: dict[str, dict[str, tuple]] = {}
    for student, cell, auto, manual, extra in rows:
        if extra:
            manual = ((auto or 0.0) if manual is None else manual) + extra
        grades.setdefault(student, {})[names[cell]] = (auto, manual)
    return grades


def combine(assignment, results: Iterable[Result], people, questions, grades) -> Report:
    """Make one result for each enrolled student.

    A mark that a person gave in the gradebook replaces every other. A student without a result
    gets one from the gradebook's grades; without these either, nothing was handed in.
    """
    by_student = {result.student: result for result in results if result.assignment == assignment}
    for student, given in grades.items():
        if student not in by_student:
            by_student[student] = _from_grades(student, assignment, questions, given)
    for student in people:
        if student not in by_student:
            by_student[student] = _missing(student, assignment, questions)
    if not questions:
        questions = {
            mark.name: mark.points for result in by_student.values() for mark in result.marks
        }
    merged = (
        _with_hand_marks(by_student[student], grades.get(student, {}), questions)
        for student in sorted(by_student)
    )
    return Report(assignment, tuple(merged), people, questions)


def _with_hand_marks(result, given, questions):
    """Return the result with every question of the assignment, and with a person's marks."""
    marks = {mark.name: mark for mark in result.marks}
    for name, points in questions.items():
        mark = marks.get(name) or CellMark(name, points, auto=0.0)
        manual = given.get(name, (None, None))[1]
        marks[name] = mark if manual is None else replace(mark, manual=float(manual))
    ordered = (*questions, *(name for name in marks if name not in questions))
    return replace(result, marks=tuple(marks[name] for name in ordered))


def _from_grades(student, assignment, questions, given):
    """Make a result for a submission that plain ``nbgrader autograde`` graded."""
    marks = tuple(
        CellMark(name, points, auto=min(auto, points) if auto is not None else None)
        for name, points in questions.items()
        for auto, _ in [given.get(name, (0.0, None))]
    )
    return Result(student, assignment, key="", outcome="graded", marks=marks)


def _missing(student, assignment, questions):
    marks = tuple(CellMark(name, points, auto=0.0) for name, points in questions.items())
    return Result(student, assignment, "", "missing", marks, reason=NOTHING)


def gather(assignment: str, journal: Path | None, database: str | None, order=()) -> Report:
    """Read the journal's folder and the gradebook; either may be absent.

    ``order`` names questions in the order in which reports list them; the others follow.

    Raises
    ------
    FileNotFoundError
        Neither knows the assignment.
    ValueError
        A file of the journal is not a result.
    """
    results = read_folder(journal) if journal and Path(journal).is_dir() else ()
    people, questions, grades = {}, {}, {}
    if database:
        put_environment_on_path()
        with Gradebook(database) as book:
            people, questions, grades = read_gradebook(book, assignment)
    known = [name for name in order if name in questions]
    questions = {name: questions[name] for name in (*known, *questions)}
    report = combine(assignment, results, people, questions, grades)
    if not report.questions:
        raise FileNotFoundError(
            f"Nothing is known of {assignment}: no results in {journal}, and the gradebook has no "
            "such assignment."
        )
    return report
