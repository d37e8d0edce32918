"""The page of item statistics: one HTML file that asks for nothing from elsewhere."""

from __future__ import annotations

import html
import math
from pathlib import Path

import numpy as np

from . import plots, statistics
from .document import document, table
from .exports import number
from .gather import Report


def _share(value):
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"  # noqa: RUF001


def _tasks(found):
    rows = [
        (
            item.title,
            number(item.points),
            item.count,
            item.awaiting or "",
            _share(item.difficulty),
            f"undefined: {item.undefined}" if item.undefined else f"{item.discrimination:.2f}",
        )
        for item in found
    ]
    heads = ("task", "points", "marked", "awaiting", "mean share", "discrimination")
    plot = plots.draw(
        "difficulty",
        "Mean share of the points of each task. "
        + "; ".join(f"{item.title}: {_share(item.difficulty)}" for item in found),
        (8, 0.8 + 0.34 * len(found)),
        plots.bars(
            [item.title for item in found],
            [100 * item.difficulty for item in found],
            "mean share of the points, %",
            (0, 100),
        ),
    )
    return (
        f"<h2>Tasks</h2>\n{plot}\n{table(heads, rows, numbers=(1, 2, 3, 4))}\n"
        "<p><strong>Mean share</strong> of a task's points over the submissions that have a mark "
        "for it: a large one means an easy task. <strong>Discrimination</strong> is the "
        "correlation between the share of this task's points and the share of all other points "
        "(corrected item-total correlation; point-biserial for a task of all or nothing): near "
        "0, the task does not tell strong from weak work; below 0, look at its test. It is "
        "undefined with "
        f"fewer than {statistics.FEWEST} students or where all shares are equal. What was never "
        "handed in does not count.</p>"
    )


def _totals(report):
    values = statistics.totals(report)
    if not len(values):
        return '<h2>Totals</h2>\n<p class="muted">No submission has all its marks yet.</p>'
    low, middle, high = (number(v) for v in np.percentile(values, (25, 50, 75)))
    words = (
        f"{len(values)} complete totals out of {number(report.points)} points: mean "
        f"{values.mean():.1f}, median {middle}, middle half from {low} to {high}."
    )
    plot = plots.draw(
        "totals", words, (8, 3), plots.histogram(values, report.points or 1, "total points")
    )
    return f"<h2>Totals</h2>\n{plot}\n<p>{html.escape(words)}</p>"


def page(report: Report, questions=()) -> str:
    """Make the page.

    Parameters
    ----------
    report : Report
    questions : tuple of outline.Question
        From the release, see `statistics.items`.
    """
    titles = {question.task: question.title for question in questions}
    met = [
        (titles.get(one.task, one.task), one.name, one.students, one.cause, one.section)
        for one in statistics.misconceptions(report, questions)
    ]
    people = [
        (report.person(result).name, result.student, result.status, why)
        for result, why in statistics.needs_person(report)
    ]
    counts = sorted(statistics.statuses(report).items(), key=lambda one: -one[1])
    body = "\n".join(
        (
            f"<p>{len(report.results)} students, {number(report.points)} points.</p>",
            "<h2>Statuses</h2>",
            table(("status", "students"), counts, numbers=(1,)),
            _tasks(statistics.items(report, questions)),
            _totals(report),
            "<h2>Misconceptions met</h2>",
            table(("task", "misconception", "students", "what it is", "section"), met, (2,)),
            "<h2>Who needs a person</h2>",
            table(("name", "student", "status", "why"), people),
        )
    )
    return document(f"{report.assignment}: item statistics", body)


def write_page(path: Path, report: Report, questions=()):
    """Write the page to a file. Return the path."""
    Path(path).write_text(page(report, questions), encoding="utf-8")
    return path
