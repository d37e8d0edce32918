"""Write the marks of a class as files that other programs read.

A question that awaits a person has no score, and neither has the total above it: never 0.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from ..classroom.result import STATUSES
from .gather import Report

AWAITING = STATUSES[-1]
# What spreadsheets take for the start of a formula; the last four are their wide forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001

QUESTION_COLUMNS = (
    "student",
    "assignment",
    "question",
    "points",
    "auto",
    "manual",
    "score",
    "status",
    "awaiting",
    "message",
)


def harmless(value):
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are.

    Text that would start one gets an apostrophe in front, as OWASP advises.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", "")
    starts = text.lstrip().startswith(FORMULA) or text.startswith(FORMULA)
    return f"'{text}" if starts and text != "-" else text


def number(value):
    """Write a mark: "" for None, no ".0", no binary noise."""
    return "" if value is None else f"{value:.10g}"


def total(result):
    """Return the sum of a result's marks, or None while a question awaits a person."""
    return None if result.awaiting else result.score


def write_rows(path: Path, rows):
    """Write rows to a CSV file as UTF-8; text is made harmless. Return the path."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for row in rows:
            writer.writerow([harmless(value) for value in row])
    return path


def question_rows(report: Report):
    """Yield the header, then one row for each student and question."""
    yield QUESTION_COLUMNS
    for result in report.results:
        for mark in result.marks:
            yield (
                result.student,
                result.assignment,
                mark.name,
                number(mark.points),
                number(mark.auto),
                number(mark.manual),
                number(mark.score),
                result.status,
                AWAITING if mark.score is None else "",
                _said(result, mark),
            )


def _said(result, mark):
    """Return in one line what the check said; for a zero without words, the reason."""
    return " ".join((mark.message or (result.reason if mark.score == 0 else "")).split())


def canvas_rows(report: Report, column: str, places=None):
    """Yield the rows of a Canvas gradebook file with one assignment.

    Parameters
    ----------
    report : Report
    column : str
        The head of the assignment's column: its name in Canvas, then its number in brackets.
    places : dict of tuple, optional
        ID, SIS User ID, SIS Login ID and Section by student, from Canvas's own export.
    """
    yield "Student", "ID", "SIS User ID", "SIS Login ID", "Section", column
    yield "    Points Possible", "", "", "", "", number(report.points)
    for result in report.results:
        person = report.person(result)
        known = (places or {}).get(
            person.id, (person.sortable, person.platform_id, person.id, person.id, "")
        )
        yield (*known, number(total(result)))


def canvas_places(path: Path, students):
    """Read Canvas's own export: who stands where, and the heads of its assignments' columns.

    A row is a student's when its SIS Login ID or SIS User ID is theirs.

    Returns
    -------
    places : dict of tuple
        Student, ID, SIS User ID, SIS Login ID and Section.
    heads : list of str

    Raises
    ------
    ValueError
        It is not such a file.
    """
    wanted = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        heads = reader.fieldnames or []
        if missing := [name for name in wanted if name not in heads]:
            raise ValueError(f"{path} is no export of a Canvas gradebook: no {missing[0]!r}.")
        places = {}
        for row in reader:
            for key in ("SIS User ID", "SIS Login ID"):
                if row[key] in students:
                    places[row[key]] = tuple(row[name] or "" for name in wanted)
    return places, [head for head in heads if head not in wanted]


def as_json(report: Report):
    """Return the whole report as plain data."""
    return {
        "assignment": report.assignment,
        "points": report.points,
        "questions": [{"name": name, "points": p} for name, p in report.questions.items()],
        "results": [_one_as_json(report, result) for result in report.results],
    }


def _one_as_json(report, result):
    person = report.person(result)
    marks = [
        {
            "question": mark.name,
            "points": mark.points,
            "auto": mark.auto,
            "manual": mark.manual,
            "score": mark.score,
            "message": mark.message,
        }
        for mark in result.marks
    ]
    return {
        "student": result.student,
        "name": person.name,
        "email": person.email,
        "status": result.status,
        "outcome": result.outcome,
        "reason": result.reason,
        "score": total(result),
        "awaiting": list(result.awaiting),
        "repairs": list(result.repairs),
        "limits": list(result.limits),
        "forgeable": list(result.forgeable),
        "notes": list(result.notes),
        "tier": result.tier,
        "questions": marks,
    }


def write_json(path: Path, report: Report):
    """Write the report as JSON. Return the path."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(as_json(report), file, ensure_ascii=False, indent=1, allow_nan=False)
        file.write("\n")
    return path
