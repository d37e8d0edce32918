"""Feedback that a student can use: nbgrader's page with what helps on top.

``FriendlyFeedback`` goes into ``GenerateFeedback.preprocessors`` behind ``GetGrades``, and
``FeedbackExporter`` into ``GenerateFeedback.exporter_class``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbgrader
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_output
from nbgrader.api import Gradebook, MissingEntry
from traitlets import Bool
from traitlets.config import Config

from ..outline import marked, questions
from .exports import number
from .messages import Said, has_hidden_tests, hide, said, shortened

TEMPLATES = Path(__file__).resolve().parent / "templates"
THEIRS = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"


@dataclass(frozen=True)
class Line:
    """What the summary says of one task: marks as text, and the first thing that went wrong."""

    anchor: str
    title: str
    marks: str
    said: Said


class FriendlyFeedback(Preprocessor):
    """Hide hidden tests, shorten tracebacks, and sum up each task for the page's top."""

    enabled = Bool(True, help="Whether to use it.").tag(config=True)

    def preprocess(self, nb, resources):
        """Rewrite test cells and put the summary into ``resources["grading"]``."""
        grading = nb.metadata.get("grading") or {}
        awaiting = _awaiting(resources["nbgrader"])
        asks = questions(nb)
        cells = {marked(cell).get("grade_id"): cell for cell in nb.cells if marked(cell)}
        heard = {}
        for cell in nb.cells:
            known = marked(cell)
            if known.get("grade") and not known.get("solution"):
                heard[known["grade_id"]] = _rewrite(cell)
            elif cell.cell_type == "code":
                cell.outputs = [shortened(output) for output in cell.outputs]
        resources["grading"] = {
            "lines": _lines(asks, cells, heard, awaiting),
            "awaiting": awaiting,
            "awaiting_points": number(
                sum(ask.points for ask in asks if ask.name in awaiting) if awaiting else None
            ),
            "status": str(grading.get("status") or ""),
            "repairs": [str(one) for one in grading.get("repairs") or ()],
            "limits": [str(one) for one in grading.get("limits") or ()],
        }
        return nb, resources


def _awaiting(about) -> set[str]:
    """Name the cells of a submission that nobody has marked."""
    with Gradebook(about["db_url"]) as book:
        try:
            found = book.find_submission_notebook(
                about["notebook"], about["assignment"], about["student"]
            )
        except MissingEntry:
            return set()
        return {g.name for g in found.grades if g.auto_score is None and g.manual_score is None}


def _rewrite(cell) -> Said:
    """Hide and shorten a test cell; return what it said."""
    known = marked(cell)
    heard = said(cell, known.get("score"), known.get("points"))
    if has_hidden_tests(cell.source):
        cell.source = hide(cell.source)
        cell.outputs = [new_output("stream", name="stdout", text=heard.text + "\n")]
    else:
        cell.outputs = [shortened(output) for output in cell.outputs]
    return heard


def _lines(asks, cells, heard, awaiting):
    """Sum up each task: its marks, and what the first check that is not right said."""
    lines = []
    for task in dict.fromkeys(ask.task for ask in asks):
        mine = [ask for ask in asks if ask.task == task]
        waiting = [ask for ask in mine if ask.name in awaiting]
        scores = [marked(cells[ask.name]).get("score") or 0 for ask in mine]
        points = sum(ask.points for ask in mine)
        voices = [heard[ask.name] for ask in mine if ask.name in heard]
        voice = next((one for one in voices if not one.right), None)
        if voice is None:
            voice = voices[0] if voices else Said("", right=True)
        marks = "awaiting hand grading" if waiting else number(float(sum(scores)))
        lines.append(Line(mine[0].name, mine[0].title, f"{marks} / {number(points)}", voice))
    return lines


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback page with the summary on top; "awaiting hand grading" instead of 0."""

    def __init__(self, config=None, **kwargs):
        merged = Config(config or {})
        paths = list(merged.HTMLExporter.get("extra_template_paths", []))
        merged.FeedbackExporter.template_name = "course_feedback"
        merged.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
        merged.FeedbackExporter.extra_template_paths = [*paths, str(THEIRS / "templates")]
        super().__init__(config=merged, **kwargs)
