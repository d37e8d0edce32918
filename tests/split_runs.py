"""Run small notebooks through the split, and give the points that nbgrader gives."""

from __future__ import annotations

from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade, is_grade, is_solution
from traitlets.config import Config

from grading.split.execute import SplitExecute


def meta(name, grade=False, solution=False, points=1):
    """Make nbgrader's metadata of a cell."""
    kind = {"grade": grade, "solution": solution, "locked": not solution}
    more = {"points": points} if grade else {}
    return {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **kind, **more}}


def given(source, name="given"):
    return new_code_cell(source, metadata=meta(name))


def answer(source, name="answer"):
    return new_code_cell(source, metadata=meta(name, solution=True))


def check(source, name="test", points=1):
    return new_code_cell(source, metadata=meta(name, grade=True, points=points))


def free(source, **metadata):
    return new_code_cell(source, metadata=metadata)


def run(*cells, folder=".", assignment="made up", manager=None, **limits):
    """Execute cells; return the notebook after it.

    ``manager`` is a class of kernel managers other than nbgrader's own.
    """
    config = Config()
    config.SplitExecute.update({"notebook_timeout": 300.0, "call_timeout": 120.0, **limits})
    more = {"kernel_manager_class": manager} if manager else {}
    split = SplitExecute(config=config, kernel_name="python3", timeout=120, **more)
    resources = {"metadata": {"path": str(folder)}, "nbgrader": {"assignment": assignment}}
    return split.preprocess(new_notebook(cells=list(cells)), resources)[0]


def points(nb):
    """Map each test cell to its points, as nbgrader reads them."""
    tests = [cell for cell in nb.cells if is_grade(cell) and not is_solution(cell)]
    return {cell.metadata.nbgrader.grade_id: determine_grade(cell)[0] for cell in tests}


def message(nb, name):
    """Return all that a test cell showed, as text."""
    cell = next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)
    lines = []
    for output in cell.outputs:
        lines += [output.get("text", ""), *output.get("traceback", ())]
        lines.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(line for line in lines if line)
