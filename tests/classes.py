"""Made-up classes of results for the tests of reports."""

from grading.classroom.result import CellMark, Result
from grading.reports.gather import Person, combine

QUESTIONS = {"rnn_step_test": 2.0, "rnn_step_hidden": 1.0, "readout_test": 1.0, "explain": 3.0}
NO_BIAS = (
    "rnn_step: h is wrong.\n  Likely cause: it leaves the bias out.\n"
    "  See: Chapter 3, The equations."
)


def result(student, *scores, outcome="graded", messages=None, **more):
    """Make a result with the scores of `QUESTIONS`; None is what a person has to mark."""
    marks = tuple(
        CellMark(name, points, auto=score, message=(messages or {}).get(name, ""))
        for (name, points), score in zip(QUESTIONS.items(), scores, strict=True)
    )
    return Result(student, "02_rnn_cell", "k", outcome, marks, **more)


def report(results, people=(), grades=None):
    """Make a report without a gradebook."""
    known = {person.id: person for person in people}
    return combine("02_rnn_cell", results, known, dict(QUESTIONS), grades or {})


ADA = Person("ada", "Ada", "Lovelace", "ada@example.org", "101")
BEN = Person("ben", "Ben", "=1+2", "ben@example.org")
EVE = Person("eve")
CLASS = (ADA, BEN, EVE)


def small_class(**more):
    """Ada awaits a person, Ben forgot the bias and was repaired, Eve handed nothing in."""
    results = [
        result("ada", 2.0, 1.0, 1.0, None),
        result(
            "ben",
            0.0,
            0.0,
            1.0,
            0.0,
            outcome="repaired",
            messages={"rnn_step_test": NO_BIAS, "rnn_step_hidden": NO_BIAS},
            repairs=("A test cell was deleted; it was put back.",),
        ),
    ]
    return report(results, CLASS, **more)
