"""Item statistics: how hard each task was, and whether it tells strong from weak work.

*Difficulty* of a task is the mean share of its points that was given. (Test theory calls this
share difficulty although a large one means an easy task.)

*Discrimination* is the corrected item-total correlation: Pearson's correlation, over the
students, between the share of the task's points and the share of the points of all **other**
tasks. For a task that gives all or nothing it is the point-biserial correlation. It is undefined
with fewer than three students, with a single task, and where all shares are equal.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from .causes import known_causes, met
from .gather import Report

FEWEST = 3
HANDED_IN = ("graded", "repaired", "limit exceeded", "crashed", "tampered")


@dataclass(frozen=True)
class Item:
    """One task of the class.

    Attributes
    ----------
    task, title : str
    points : float
    count : int
        Submissions with a mark for it.
    awaiting : int
        Submissions whose mark a person still has to give.
    difficulty : float
        Mean share of the points, 0 to 1; nan when nobody has a mark.
    discrimination : float
        -1 to 1; nan when undefined.
    undefined : str
        Why it is.
    """

    task: str
    title: str
    points: float
    count: int
    awaiting: int
    difficulty: float
    discrimination: float
    undefined: str = ""


@dataclass(frozen=True)
class Met:
    """How many students met a misconception in a task."""

    task: str
    name: str
    cause: str
    section: str
    students: int


def discrimination(item, rest):
    """Correlate a task's shares with the shares of all others.

    Parameters
    ----------
    item, rest : ndarray, shape (students,)

    Returns
    -------
    value : float
        nan when undefined.
    why : str
        The reason, "" otherwise.
    """
    both = np.isfinite(item) & np.isfinite(rest)
    item, rest = item[both], rest[both]
    if not np.isfinite(rest).any():
        return math.nan, "no other task has a mark"
    if len(item) < FEWEST:
        return math.nan, f"fewer than {FEWEST} students"
    if np.ptp(item) < 1e-12:
        return math.nan, "everybody has the same share"
    if np.ptp(rest) < 1e-12:
        return math.nan, "the other tasks do not tell students apart"
    return float(np.corrcoef(item, rest)[0, 1]), ""


def handed_in(report: Report):
    """Return the results with work in them: what was never handed in says nothing of a task."""
    return [result for result in report.results if result.outcome in HANDED_IN]


def _scores(results, tasks):
    """Return given and possible points, each (students, tasks); nan where a mark is missing."""
    names = list(dict.fromkeys(tasks.values()))
    given = np.zeros((len(results), len(names)))
    possible = np.zeros(len(names))
    column = {question: names.index(task) for question, task in tasks.items()}
    for row, result in enumerate(results):
        for mark in result.marks:
            if mark.name in column:
                score = math.nan if mark.score is None else mark.score
                given[row, column[mark.name]] += score
    return names, given, possible


def items(report: Report, questions) -> list[Item]:
    """Compute the statistics of every task.

    Parameters
    ----------
    report : Report
    questions : tuple of outline.Question
        Which cells grade which task; cells that it lacks are tasks by themselves.
    """
    tasks, titles = _tasks(report, questions)
    results = handed_in(report)
    names, given, possible = _scores(results, tasks)
    for question, task in tasks.items():
        possible[names.index(task)] += report.questions[question]
    found = []
    for column, task in enumerate(names):
        share = given[:, column] / (possible[column] or math.nan)
        value, why = discrimination(share, _rest(given, possible, column))
        marked = share[np.isfinite(share)]
        found.append(
            Item(
                task=task,
                title=titles.get(task, task),
                points=float(possible[column]),
                count=len(marked),
                awaiting=int(np.isnan(given[:, column]).sum()),
                difficulty=float(marked.mean()) if len(marked) else math.nan,
                discrimination=value,
                undefined=why,
            )
        )
    return found


def _rest(given, possible, column):
    """Share of the points of the other tasks, over those that have a mark; shape (students,)."""
    others = np.delete(given, column, axis=1)
    marked = np.isfinite(others)
    whole = (marked * np.delete(possible, column)).sum(axis=1)
    return np.where(marked, others, 0).sum(axis=1) / np.where(whole > 0, whole, math.nan)


def _tasks(report, questions):
    outline = {question.name: question for question in questions}
    tasks = {name: outline[name].task if name in outline else name for name in report.questions}
    titles = {question.task: question.title for question in reversed(questions)}
    return tasks, titles


def misconceptions(report: Report, questions) -> list[Met]:
    """Count the students who met each misconception, the most frequent first.

    A student counts once for a task, however many of its cells name the mistake.
    """
    tasks, _ = _tasks(report, questions)
    causes = known_causes(report.assignment)
    counts: Counter = Counter()
    for result in report.results:
        counts.update(
            {
                (tasks.get(mark.name, mark.name), cause)
                for mark in result.marks
                for cause in met(mark.message, causes)
            }
        )
    return [
        Met(task, causes[cause][0], cause, causes[cause][1], students)
        for (task, cause), students in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]


def totals(report: Report):
    """Return the totals of everybody who handed in and awaits nobody; shape (students,)."""
    return np.array([result.score for result in handed_in(report) if not result.awaiting])


def statuses(report: Report) -> Counter:
    """Count the results by status."""
    return Counter(result.status for result in report.results)


def needs_person(report: Report):
    """Return the results that a person should look at, each with the reason."""
    found = []
    for result in report.results:
        if result.status not in ("graded", "repaired", "missing") or result.forgeable:
            why = result.reason or "; ".join(result.notes)
            if result.awaiting:
                why = f"to be marked: {', '.join(result.awaiting)}"
            if result.forgeable:
                why = f"marks that could be forged: {', '.join(result.forgeable)}"
            found.append((result, why))
    return found
