"""Read what nbgrader left of one submission: only known cells, only scores within the maximum."""

from __future__ import annotations

import math
import re

import nbformat
from nbgrader.api import BaseCell, Comment, Grade, Gradebook
from sqlalchemy import select

from .result import STATUSES, Result

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
MESSAGE_LENGTH = 2000
LISTS = ("repairs", "limits", "forgeable", "notes")


def answer(task, outcome, marks, comments=None, notebook="", **more):
    """Put the outcome of a task into plain data; what is no result raises ValueError."""
    fields = dict.fromkeys(LISTS, ()) | more
    fields["repairs"] = (*task["repairs"], *fields["repairs"])
    fields["notes"] = (*task["notes"], *fields["notes"])
    if outcome == "graded" and fields["repairs"]:
        outcome = "repaired"
    result = Result.from_dict(
        {
            "student": task["student"],
            "assignment": task["assignment"],
            "key": task["key"],
            "outcome": outcome,
            "marks": marks,
            **fields,
        }
    )
    return {"result": result.as_dict(), "comments": comments or {}, "notebook": notebook}


def crashed(task, reason):
    """Give zeros, and the reason; what a person marks is left for a person."""
    marks = [
        {"name": cell["name"], "points": cell["points"], "auto": None if cell["manual"] else 0.0}
        for cell in task["cells"]
    ]
    reason = _sentence(reason)
    comments = dict.fromkeys(task["commented"], reason)
    return answer(task, "crashed", marks, comments, reason=reason)


def _sentence(text):
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return f"Grading stopped: {(lines or ['no reason was given'])[0][:300].rstrip('.')}."


def read_back(folder, task, done):
    """Read scores, comments and the autograded notebook.

    Parameters
    ----------
    folder : Path
        The private folder.
    task : dict
    done : dict
        What `NbGraderAPI.autograde` returned.
    """
    course = folder / "course"
    name = task["notebook"].rsplit("/", 1)[1]
    path = course / "autograded" / task["student"] / task["assignment"] / name
    if not done["success"] or not path.is_file():
        return crashed(task, last_line(done))
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    scores, comments = read_gradebook(course / "gradebook.db")
    marks, notes = make_marks(task["cells"], scores, messages(notebook))
    told = read_metadata(notebook.metadata.get("grading"))
    told["notes"] = (*told.get("notes", ()), *notes)
    comments = {cell: comments.get(cell) for cell in task["commented"]}
    return answer(task, told.pop("status"), marks, comments, text, **told)


def read_gradebook(path):
    """Map cells to automatic scores, and to automatic comments."""
    with Gradebook(f"sqlite:///{path}") as gradebook:
        scores, comments = (
            dict(
                gradebook.db.execute(
                    select(BaseCell.name, column).join(table, table.cell_id == BaseCell.id)
                ).all()
            )
            for table, column in ((Grade, Grade.auto_score), (Comment, Comment.auto_comment))
        )
    return scores, comments


def make_marks(cells, scores, said):
    """Take over scores within the maximum; anything else is zero, and noted.

    Returns
    -------
    marks : list of dict
    notes : list of str
    """
    marks, notes = [], []
    for cell in cells:
        name, points, auto = cell["name"], cell["points"], scores.get(cell["name"])
        known = isinstance(auto, int | float) and math.isfinite(auto) and 0 <= auto <= points
        if not known and not (auto is None and cell["manual"]):
            was = "no score" if auto is None else f"the score {auto!r} of {points:g}"
            notes.append(f"{name} had {was}, which counts as 0.")
            auto = 0.0
        auto = None if auto is None else float(auto)
        marks.append({"name": name, "points": points, "auto": auto, "message": said.get(name, "")})
    return marks, notes


def messages(notebook):
    """Map each test cell to what it said: its error's message, or what it printed."""
    said = {}
    for cell in notebook.cells:
        info = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and info.get("grade"):
            said[info["grade_id"]] = _message(cell.get("outputs", []))
    return said


def _message(outputs):
    errors = [output for output in outputs if output.output_type == "error"]
    if errors:
        kind, text = errors[0].get("ename", ""), errors[0].get("evalue", "")
        text = text if kind == "CheckFailed" else f"{kind}: {text}"
    else:
        streams = [o for o in outputs if o.output_type == "stream" and o.name == "stdout"]
        text = "".join(output.text for output in streams)
    return COLOURS.sub("", text).strip()[:MESSAGE_LENGTH]


def read_metadata(found):
    """Read the report that the safe execution leaves in the notebook, as far as it is sound."""
    if not isinstance(found, dict):
        return {"status": "graded", "tier": "none"}
    told = {name: _texts(found.get(name)) for name in LISTS}
    status = found.get("status")
    told["status"] = status if status in STATUSES[:-1] else "crashed"
    told["tier"] = str(found.get("tier", "none"))
    if told["status"] not in ("graded", "repaired"):
        what = ", ".join(told["limits"] or told["notes"]) or "the notebook's report says no more"
        told["reason"] = f"{told['status'].capitalize()}: {what}"
    return told


def _texts(values):
    return tuple(str(value) for value in values) if isinstance(values, list | tuple) else ()


def last_line(done):
    """Find the sentence in nbgrader's log that says what went wrong."""
    log = f"{done.get('error', '')}\n{done.get('log', '')}"
    lines = [COLOURS.sub("", line).strip() for line in log.splitlines()]
    errors = [line for line in lines if re.match(r"[\w.]+(Error|Exception|Exit)\b", line)]
    plain = [line for line in errors if "NbGraderException" not in line]
    return (plain or errors or ["nbgrader left no notebook"])[-1]
