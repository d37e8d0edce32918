"""What a released notebook asks for: its graded cells, and the task that each belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

POINTS = re.compile(r"\s*\([^()]*points?[^()]*\)\s*$")


@dataclass(frozen=True)
class Question:
    """One graded cell.

    Attributes
    ----------
    name : str
        nbgrader's ``grade_id``.
    points : float
    task : str
        The ``grade_id`` of the answer that it grades: the last answer cell above it, or itself.
    title : str
        The heading above, without its points; of a question for a person, it says so.
    by_hand : bool
        A person grades it.
    hidden : bool
        The release has no test in it: it is put back for grading.
    """

    name: str
    points: float
    task: str
    title: str
    by_hand: bool
    hidden: bool


def marked(cell):
    """Return what nbgrader knows of a cell, an empty mapping for a cell that it does not know."""
    found = cell.metadata.get("nbgrader")
    return found if isinstance(found, dict) else {}


def read(path: Path):
    """Read a notebook.

    Raises
    ------
    ValueError
        It is none; the path is named.
    """
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat and json raise several kinds
        raise ValueError(f"{path} is not a notebook: {error}") from None


def questions(notebook) -> tuple[Question, ...]:
    """List the graded cells of a released notebook, in its order."""
    found, task, title = [], "", ""
    for cell in notebook.cells:
        known = marked(cell)
        if cell.cell_type == "markdown" and (heading := re.search(r"(?m)^#+ (.+)$", cell.source)):
            title = POINTS.sub("", heading[1])
        if known.get("solution") and not known.get("grade"):
            task = known["grade_id"]
        if known.get("grade") or known.get("task"):
            by_hand = bool(known.get("solution") or known.get("task"))
            name = known["grade_id"]
            found.append(
                Question(
                    name=name,
                    points=float(known["points"]),
                    task=name if by_hand or not task else task,
                    title=f"{title or name}{' (by hand)' if by_hand else ''}",
                    by_hand=by_hand,
                    hidden=not by_hand and not has_code(cell.source),
                )
            )
    return tuple(found)


def has_code(source):
    """Tell whether anything but comments and blank lines is there."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in source.splitlines())


def release(root: Path, assignment: str) -> Path | None:
    """Find the released notebook of an assignment, or None."""
    path = Path(root) / "exercises" / assignment / f"{assignment}.ipynb"
    return path if path.is_file() else None
