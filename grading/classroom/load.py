"""Read the results of an assignment, with the marks that people gave: for reports."""

from __future__ import annotations

from dataclasses import replace

from .journal import Journal
from .merge import read_scores
from .result import Result


def load_results(course, assignment, students=None):
    """Return a `Result` for every student who has one.

    Parameters
    ----------
    course : Course
    assignment : str
    students : collection of str, optional
        Only these.
    """
    journal = Journal(course.state(assignment))
    with course.gradebook() as gradebook:
        scores = read_scores(gradebook, assignment)
    names = journal.students() if students is None else students
    entries = ((name, journal.read(name)) for name in names)
    return [
        with_manual(Result.from_dict(entry["result"]), scores.get(name, {}))
        for name, entry in entries
        if entry is not None
    ]


def with_manual(result, scores):
    """Add the marks that people gave."""
    marks = tuple(
        replace(mark, manual=scores.get(mark.name, (None, None))[1]) for mark in result.marks
    )
    return replace(result, marks=marks)
