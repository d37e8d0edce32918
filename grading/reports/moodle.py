"""Write Moodle's grading worksheet ("offline grading worksheet").

Moodle finds a student by the column *Identifier*, a number that only Moodle knows. So the
surest way is to fill in the worksheet that Moodle itself exported. Its importer needs the columns
Identifier, Grade and Last modified (grade), and skips a row whose grade it has changed since.
"""

from __future__ import annotations

import csv
from pathlib import Path

from .exports import AWAITING, number, total
from .gather import Report

COLUMNS = (
    "Identifier",
    "Full name",
    "ID number",
    "Email address",
    "Status",
    "Grade",
    "Maximum Grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
)
NEEDED = ("Identifier", "Full name", "Grade", "Last modified (grade)")


def comment(result):
    """Say in one line how a submission fared, for the student."""
    parts = [result.reason, *result.repairs]
    parts += [f"{AWAITING}: {', '.join(result.awaiting)}"] if result.awaiting else []
    return "; ".join(part.rstrip(".") for part in parts if part) or result.status


def rows(report: Report):
    """Yield a worksheet without Moodle's help; the identifier is the gradebook's lms_user_id."""
    yield COLUMNS
    for result in report.results:
        person = report.person(result)
        missing = result.outcome == "missing"
        yield (
            f"Participant {person.platform_id}" if person.platform_id else "",
            person.name,
            person.id,
            person.email,
            "No submission" if missing else "Submitted for grading",
            number(total(result)),
            number(report.points),
            "Yes",
            "-",
            "-",
            comment(result),
        )


def filled_rows(report: Report, worksheet: Path):
    """Yield the rows of Moodle's own worksheet with grades and comments filled in.

    A row is a student's when its ID number or e-mail address is, or the part of the address
    before the @, or a full name that nobody else in the class has. Other rows stay as they are.

    Raises
    ------
    ValueError
        It is not such a file.
    """
    with open(worksheet, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        heads = list(reader.fieldnames or ())
        if missing := [name for name in NEEDED if name not in heads]:
            raise ValueError(f"{worksheet} is no grading worksheet of Moodle: no {missing[0]!r}.")
        lines = list(reader)
    keys = _keys(report)
    yield heads
    for line in lines:
        result = _find(line, keys)
        if result is not None:
            line["Grade"] = number(total(result))
            if "Feedback comments" in line:
                line["Feedback comments"] = comment(result)
        yield [line[head] or "" for head in heads]


def _keys(report):
    """Map what may stand in a worksheet to results; what two students share maps to none."""
    keys: dict[str, dict] = {"id": {}, "email": {}, "name": {}}
    for result in report.results:
        person = report.person(result)
        for kind, value in (("id", person.id), ("email", person.email), ("name", person.name)):
            if value:
                key = value.casefold()
                keys[kind][key] = None if key in keys[kind] else result
    return keys


def _find(line, keys):
    own, email = line.get("ID number") or "", line.get("Email address") or ""
    candidates = (
        keys["id"].get(own.casefold()),
        keys["email"].get(email.casefold()),
        keys["id"].get(email.split("@")[0].casefold()),
        keys["name"].get((line["Full name"] or "").casefold()),
    )
    return next((found for found in candidates if found is not None), None)
