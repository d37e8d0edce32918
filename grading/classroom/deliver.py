"""Put autograded notebooks where nbgrader's formgrader and feedback look for them."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import nbformat
from nbgrader.utils import is_solution

from .journal import write_whole


def deliver(course, release, submission, answer, notebook):
    """Fill ``autograded/STUDENT/ASSIGNMENT`` as ``nbgrader autograde`` does.

    A missing submission gets no folder: nbgrader would take it for one that is graded.
    """
    result = answer["result"]
    folder = course.folder(
        course.folders.autograded_directory, result["student"], result["assignment"]
    )
    if result["outcome"] == "missing":
        return
    name = Path(release.notebook_path).name
    files = {n: data for n, data in submission.files.items() if not n.endswith(".ipynb")}
    files |= source_files(course, release)
    files[name] = notebook or stand_in(release, submission, answer)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for path, data in files.items():
        _put(folder / path, data, 0o664 if course.folders.groupshared else 0o444)


def source_files(course, release):
    """Give the files that the instructor put beside the notebook."""
    source = course.folder(course.folders.source_directory, ".", release.assignment)
    prefix = f"{source.relative_to(course.root).as_posix()}/"
    tree = release.tree.items()
    return {name.removeprefix(prefix): data for name, data in tree if name.startswith(prefix)}


def _put(path, data, mode):
    if path.is_file() and path.read_bytes() == data:
        return
    write_whole(path, data)
    path.chmod(mode)


def stand_in(release, submission, answer):
    """Make a notebook for what could not run: the release with the student's answers."""
    notebook = copy.deepcopy(release.notebook)
    answers = read_answers(submission.files.get(Path(release.notebook_path).name, b""))
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers and is_solution(cell):
            cell.source = answers[name]
    result = answer["result"]
    notebook.metadata["grading"] = {
        "status": result["outcome"],
        "repairs": list(result["repairs"]),
        "limits": list(result["limits"]),
        "tier": result["tier"],
        "forgeable": [],
        "notes": [result["reason"], *result["notes"]],
    }
    return nbformat.writes(notebook).encode()


def read_answers(data):
    """Map grade_ids to sources, as far as the bytes hold any; the first of two counts."""
    found = {}
    try:
        cells = json.loads(data)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return found
    for cell in cells:
        info = cell["metadata"].get("nbgrader") or {}
        name = info.get("grade_id") if isinstance(info, dict) else None
        source = cell["source"]
        text = "".join(map(str, source)) if isinstance(source, list) else source
        if isinstance(name, str):
            found.setdefault(name, text)
    return found
