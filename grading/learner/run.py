"""Run a rebuilt exercise in a kernel of its own and read the points off its test cells."""

from __future__ import annotations

import ast
import math
import subprocess
from dataclasses import asdict, dataclass

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from tqdm import tqdm

from ..reports.messages import Said, said, shortened
from .rebuild import Rebuilt

STATES = ("right", "partly right", "not right", "not answered", "for a person", "when graded")
DONE = ("right", "for a person", "when graded")


@dataclass(frozen=True)
class Outcome:
    """What became of one question.

    Attributes
    ----------
    name, task, title : str
    points : float
    score : float or None
        None where only grading or a person can tell.
    state : str
        One of `STATES`.
    message : str
        What the check printed; "" when all is well.
    """

    name: str
    task: str
    title: str
    points: float
    score: float | None
    state: str
    message: str = ""

    def as_dict(self):
        """Return plain data for JSON."""
        return asdict(self)


def execute(rebuilt: Rebuilt, folder, seconds, label="") -> str:
    """Run all cells in place; return why the run ended early, or "".

    A cell that fails does not stop the others. A progress bar appears after two seconds.

    Parameters
    ----------
    rebuilt : Rebuilt
    folder : Path
        Where the kernel works.
    seconds : int
        The time that one cell may take.
    """
    client = NotebookClient(
        rebuilt.notebook,
        kernel_name="python3",
        timeout=seconds,
        allow_errors=True,
        interrupt_on_timeout=True,
        resources={"metadata": {"path": str(folder)}},
    )
    total = len(rebuilt.notebook.cells)
    bar = tqdm(total=total, delay=2, leave=False, desc=label, unit="cell", disable=None)
    # What the kernel itself says on starting and stopping helps nobody here.
    with bar, client.setup_kernel(stderr=subprocess.DEVNULL):
        for index, cell in enumerate(rebuilt.notebook.cells):
            try:
                client.execute_cell(cell, index)
            except DeadKernelError:
                name = cell.get("id", index)
                return f"The kernel ended in cell {name}: the cells below did not run."
            bar.update()
    return ""


def outcomes(rebuilt: Rebuilt) -> list[Outcome]:
    """Read the outcome of every question after `execute`."""
    return [_outcome(question, rebuilt) for question in rebuilt.questions]


def _outcome(question, rebuilt):
    answered = rebuilt.answered.get(question.task, True)
    about = (question.name, question.task, question.title, question.points)
    if question.by_hand:
        return Outcome(*about, None, "for a person" if answered else "not answered")
    if question.name not in rebuilt.places:
        return Outcome(*about, None, "when graded" if answered else "not answered")
    cell = rebuilt.notebook.cells[rebuilt.places[question.name]]
    score = _score(cell, question.points)
    if score >= question.points:
        return Outcome(*about, score, "right")
    if not answered:
        return Outcome(*about, score, "not answered")
    return Outcome(*about, score, "partly right" if score else "not right", _message(cell, score))


def _score(cell, points):
    """Give the points of a test cell as nbgrader does: its last value, or all without an error."""
    if any(output.output_type == "error" for output in cell.outputs):
        return 0.0
    if cell.execution_count is None:
        return 0.0
    for output in cell.outputs:
        if output.output_type == "execute_result":
            try:
                value = float(ast.literal_eval(output.data["text/plain"]))
            except (KeyError, TypeError, ValueError, SyntaxError):
                continue
            return min(max(value, 0.0), points) if math.isfinite(value) else 0.0
    return float(points)


def _message(cell, score):
    """Return what the check printed, as the notebook shows it."""
    printed = "".join(one.text for one in cell.outputs if one.output_type == "stream")
    errors = [shortened(one) for one in cell.outputs if one.output_type == "error"]
    if not printed and not errors:
        return said(cell, score).text
    return "\n".join(
        filter(None, (printed.strip(), *("\n".join(_lines(error)) for error in errors)))
    )


def _lines(error):
    """Return a check's message, or kind and message of another error."""
    if error.ename == "CheckFailed":
        return str(error.evalue).splitlines()
    return Said(f"{error.ename}: {error.evalue}").text.splitlines()
