"""Rebuild a submission on the release: its cells and tests, and the student's answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from .matching import match

SENTENCES = {
    "missing": "Given cells that were missing have been put back: {}.",
    "missing answer": "Answer cells were missing and count as not answered: {}.",
    "twice": "Cells were there more than once, and the first counts: {}.",
    "edited": "Given cells that were changed have been put back as they were: {}.",
    "retyped": "Cells whose type was changed (code or text) have got it back: {}.",
    "unflagged": "Cells whose settings were changed have got them back: {}.",
    "renamed": "Cells that had lost their names were found by what they hold: {}.",
    "moved": "Cells that stood in another order have been put back in their place: {}.",
}
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
# Of a submission; the course's largest release has 40. Each takes time to run and to show.
MOST_CELLS = 1000
MAKE = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


@dataclass(frozen=True)
class Given:
    """A cell of the release.

    Attributes
    ----------
    cell : NotebookNode
        As it is graded: with hidden tests.
    shown : str
        Its source as students got it.
    answer : bool
        Whether the student writes it.
    """

    cell: nbformat.NotebookNode
    shown: str
    answer: bool


class Rebase(NbGraderPreprocessor):
    """Puts the student's answers and own cells into a fresh copy of the release."""

    def preprocess(self, nb, resources):
        """Rebuild a submission; what was put right is listed in its metadata."""
        about = resources["nbgrader"]
        shown = self._released(about["assignment"], about["notebook"])
        with Gradebook(about["db_url"]) as book:
            entry = book.find_notebook(about["notebook"], about["assignment"])
            release = _release(entry, shown)
            kernelspec = json.loads(entry.kernelspec) if entry.kernelspec else None
        cells = nb.get("cells", [])
        submitted = [_plain(cell) for cell in cells[:MOST_CELLS] if isinstance(cell, dict)]
        found = match(release, submitted)
        nb.cells = _rebuilt(release, submitted, found)
        nb.nbformat, nb.nbformat_minor = 4, 5
        repairs = [SENTENCES[kind].format(", ".join(names)) for kind, names in found.kinds.items()]
        if len(cells) > MOST_CELLS:
            repairs.append(f"Of {len(cells)} cells the first {MOST_CELLS} were taken.")
        nb.metadata = nbformat.from_dict({"grading": _fresh(repairs)})
        spec = kernelspec or (shown.metadata.get("kernelspec") if shown else None)
        if spec:
            nb.metadata["kernelspec"] = spec
        for repair in repairs:
            self.log.warning("%s: %s", about["student"], repair)
        return nb, resources

    def _released(self, assignment, notebook):
        """Read the release, which has the order of the cells; None where there is none."""
        directory = getattr(getattr(self.parent, "parent", None), "coursedir", None)
        directory = directory or CourseDirectory(parent=self)
        for step in (directory.release_directory, directory.source_directory):
            path = Path(directory.format_path(step, ".", assignment)) / f"{notebook}.ipynb"
            if path.is_file():
                return nbformat.read(path, as_version=4)
        return None


def _fresh(repairs):
    status = "repaired" if repairs else "graded"
    empty = {"limits": [], "tier": "none", "forgeable": [], "notes": []}
    return {"status": status, "repairs": repairs, **empty}


def _release(entry, shown):
    """Read what the gradebook keeps: it has the hidden tests."""
    sources = {cell.name: cell for cell in entry.source_cells}
    points = {cell.name: cell.max_score for cell in [*entry.grade_cells, *entry.task_cells]}
    answers = {cell.name for cell in entry.solution_cells}
    tasks = {cell.name for cell in entry.task_cells}
    known = {
        meta["grade_id"]: cell
        for cell in (shown.cells if shown else ())
        if (meta := cell.metadata.get("nbgrader")) and meta.get("grade_id") in sources
    }
    order = [*known, *(name for name in sources if name not in known)]
    release = {}
    for name in order:
        source = sources[name]
        meta = {
            "grade": name in points and name not in tasks,
            "grade_id": name,
            "locked": bool(source.locked),
            "schema_version": 3,
            "solution": name in answers,
            "task": name in tasks,
            **(known[name].metadata.nbgrader if name in known else {}),
            "checksum": source.checksum,
            "cell_type": source.cell_type,
        }
        if name in points:
            meta["points"] = points[name]
        cell = MAKE[source.cell_type](source.source, metadata={"nbgrader": meta})
        seen = known[name].source if name in known else source.source
        cell.id = known[name].get("id", name) if name in known else name
        release[name] = Given(cell, seen, name in answers)
    return release


def _plain(cell):
    """Keep a cell's source, type and metadata, whatever else it holds."""
    source = cell.get("source", "")
    source = "".join(map(str, source)) if isinstance(source, list) else str(source)
    kind = cell.get("cell_type")
    metadata = cell.get("metadata")
    return nbformat.from_dict(
        {
            "cell_type": kind if kind in MAKE else "raw",
            "source": source.encode("utf-8", "replace").decode("utf-8"),
            "metadata": metadata if isinstance(metadata, dict) else {},
            "id": str(cell.get("id", "")),
            "attachments": _pictures(cell.get("attachments")),
        }
    )


def _pictures(attachments):
    """Keep pictures; a drawing in SVG may hold a script."""
    if not isinstance(attachments, dict):
        return {}
    kept = {
        str(name): {kind: data for kind, data in bundle.items() if kind in PICTURES}
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }
    return {name: bundle for name, bundle in kept.items() if bundle}


def _rebuilt(release, submitted, found):
    """Put the release's cells in order, each with the student's own cells that followed it."""
    following, anchor = {None: []}, None
    for cell, name in zip(submitted, found.names, strict=True):
        if name is not None:
            anchor = name if name not in following else anchor
            following.setdefault(anchor, [])
        else:
            following[anchor].append(_own(cell))
    cells = list(following[None])
    for name, given in release.items():
        cell = given.cell
        if name in found.answers:
            theirs = found.answers[name]
            cell.source = theirs.source
            if theirs.attachments and cell.cell_type == "markdown":
                cell.attachments = theirs.attachments
        cells += [cell, *following.get(name, ())]
    taken = {given.cell.id for given in release.values()}
    for number, cell in enumerate(cells):
        if "nbgrader" in cell.metadata:
            continue
        if not CELL_ID.fullmatch(cell.id) or cell.id in taken:
            cell.id = next(n for k in range(len(cells)) if (n := f"own-{number}-{k}") not in taken)
        taken.add(cell.id)
    return cells


def _own(cell):
    """Make a cell of the student's own: no tags, no outputs, nothing of nbgrader's."""
    own = MAKE[cell.cell_type](cell.source)
    own.id = cell.id
    if cell.cell_type == "markdown" and cell.attachments:
        own.attachments = cell.attachments
    return own
