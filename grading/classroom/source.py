"""Bring an assignment's cells into the gradebook, as ``nbgrader generate_assignment`` does."""

from __future__ import annotations

import tempfile
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from .course import CourseError

KINDS = ("grade", "solution", "task", "source")
COLUMNS = {
    "grade": ("max_score", "cell_type"),
    "solution": (),
    "task": ("max_score", "cell_type"),
    "source": ("cell_type", "locked", "source", "checksum"),
}


def update_source(gradebook, release):
    """Make the gradebook's cells those of the release.

    Raises
    ------
    CourseError
        Cells were added or removed although there are submissions.
    """
    name = Path(release.notebook_path).stem
    kernelspec, wanted = _of_release(release, name)
    assignment = _find(gradebook.find_assignment, release.assignment)
    if assignment is None:
        assignment = gradebook.add_assignment(release.assignment)
    notebook = _find(gradebook.find_notebook, name, release.assignment)
    if notebook is not None and _names(notebook) != {kind: set(wanted[kind]) for kind in KINDS}:
        if notebook.submissions:
            raise CourseError(
                f"The cells of {name} are others than when submissions were graded, and nbgrader "
                "cannot change the cells of graded submissions. Put the old grade_ids back, or "
                f"start over: nbgrader db assignment remove {release.assignment} --force "
                "(its marks are lost, also those given by hand)."
            )
        gradebook.remove_notebook(name, release.assignment)
        notebook = None
    if notebook is None:
        gradebook.add_notebook(name, release.assignment, kernelspec=kernelspec)
    _write(gradebook, name, release.assignment, wanted)


def _find(find, *names):
    try:
        return find(*names)
    except MissingEntry:
        return None


def _cells(notebook):
    return {kind: getattr(notebook, f"{kind}_cells") for kind in KINDS}


def _names(notebook):
    return {kind: {cell.name for cell in cells} for kind, cells in _cells(notebook).items()}


def _read(notebook):
    return {
        kind: {
            cell.name: {column: getattr(cell, column) for column in COLUMNS[kind]} for cell in cells
        }
        for kind, cells in _cells(notebook).items()
    }


def _of_release(release, name):
    """Read kernelspec and cells from the release's own gradebook."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gradebook.db"
        path.write_bytes(release.tree["gradebook.db"])
        with Gradebook(f"sqlite:///{path}") as gradebook:
            notebook = gradebook.find_notebook(name, release.assignment)
            return notebook.kernelspec, _read(notebook)


def _write(gradebook, name, assignment, wanted):
    have = _read(gradebook.find_notebook(name, assignment))
    for kind in KINDS:
        put = getattr(gradebook, f"update_or_create_{kind}_cell")
        for cell, columns in wanted[kind].items():
            if have[kind].get(cell) != columns:
                put(cell, name, assignment, **columns)
