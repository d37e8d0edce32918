"""Read the course's notebooks and run their cells in this process, scored as nbgrader scores.

A kernel takes a second to start; a function call takes none. The grading cycle's own test
(test_grading_cycle.py) goes through kernels and shows that the scores are the same.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import signal
import threading
import warnings
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import nbformat
from IPython.lib.pretty import pretty

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "book").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
RELEASED = sorted((ROOT / "exercises").glob("*/*.ipynb"))

SECONDS_PER_CELL = 120
SOLUTION_BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION[ \t]*\n(?P<body>.*?)^[ \t]*### END SOLUTION[ \t]*\n?",
    re.MULTILINE | re.DOTALL,
)


def short(path: Path) -> str:
    """Name a file for a test id."""
    return path.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Cell:
    """A notebook's cell, as far as grading cares."""

    id: str
    kind: str  # "code" or "markdown"
    source: str
    role: str  # "free", "locked", "solution", "test" or "manual"
    points: float = 0.0

    @property
    def names(self) -> set[str]:
        """Every name that the code mentions."""
        return {node.id for node in ast.walk(ast.parse(self.source)) if isinstance(node, ast.Name)}

    @property
    def defines(self) -> set[str]:
        """Names that the code's top level binds."""
        found = set()
        for statement in ast.parse(self.source).body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                found.add(statement.name)
            elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
                found |= {
                    node.id
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
                }
        return found


def role_of(metadata: dict) -> str:
    """Name what nbgrader takes a cell for."""
    if not metadata:
        return "free"
    if metadata["grade"]:
        return "manual" if metadata["solution"] else "test"
    if metadata["solution"]:
        return "solution"
    return "locked" if metadata["locked"] else "free"


@cache
def read(path: Path) -> tuple[Cell, ...]:
    """Read a notebook's cells."""
    cells = []
    for raw in nbformat.read(path, as_version=4).cells:
        metadata = raw.metadata.get("nbgrader", {})
        cells.append(
            Cell(
                id=metadata.get("grade_id", raw.id),
                kind=raw.cell_type,
                source=raw.source,
                role=role_of(metadata),
                points=float(metadata.get("points", 0)),
            )
        )
    return tuple(cells)


def of_role(cells: tuple[Cell, ...], role: str) -> list[Cell]:
    """Keep the code cells of one role."""
    return [cell for cell in cells if cell.role == role and cell.kind == "code"]


def blank(cells: tuple[Cell, ...], stub: str) -> tuple[Cell, ...]:
    """Put nbgrader's stub in the place of every solution, and keep the tests whole."""

    def cleared(match):
        return "".join(f"{match['indent']}{line}\n" for line in stub.splitlines())

    return tuple(
        replace(cell, source=SOLUTION_BLOCK.sub(cleared, cell.source + "\n"))
        if cell.role == "solution"
        else cell
        for cell in cells
    )


class OutOfTimeError(BaseException):
    """A cell ran too long. Not an Exception, so that no cell can catch it."""


@contextlib.contextmanager
def time_limit(seconds: float):
    """Stop the code inside after ``seconds`` of computing, where the platform can.

    The processor's time counts, so that a busy machine stops nothing that would end.
    """
    if not hasattr(signal, "SIGPROF") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum, frame):
        raise OutOfTimeError(f"more than {seconds} s of computing")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@dataclass(frozen=True)
class Outcome:
    """What a cell left behind."""

    result: str | None  # the text of its last expression
    error: BaseException | None
    stderr: str


def execute(cell: Cell, namespace: dict, seconds: float = SECONDS_PER_CELL) -> Outcome:
    """Run a code cell in ``namespace``, as a kernel would."""
    error = result = None
    stderr = io.StringIO()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(stderr),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            with time_limit(seconds):
                result = run_source(cell, namespace)
        except (Exception, OutOfTimeError) as problem:
            error = problem
    text = stderr.getvalue() + "".join(str(one.message) for one in warned)
    return Outcome(result, error, text)


def run_source(cell: Cell, namespace: dict) -> str | None:
    """Run statements; return the text of a last expression that is not None."""
    tree = ast.parse(cell.source)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not ends_quiet(cell.source):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, f"<{cell.id}>", "exec"), namespace)
    value = None if last is None else eval(compile(last, f"<{cell.id}>", "eval"), namespace)
    return None if value is None else pretty(value)


def ends_quiet(source: str) -> bool:
    """Tell whether a final semicolon hides the last value."""
    return source.rstrip().endswith(";")


def score(cell: Cell, outcome: Outcome) -> float:
    """Give the points of a test cell, by the rules of nbgrader's ``determine_grade``."""
    if outcome.error is not None or outcome.stderr:
        return 0.0
    if outcome.result is not None:
        with contextlib.suppress(ValueError):
            given = float(outcome.result)
            if given > cell.points:
                raise OverflowError(f"{cell.id}: {given} of {cell.points} points")
            return given if given >= 0 else cell.points
    return cell.points


def run_all(cells: tuple[Cell, ...], folder: Path) -> tuple[dict, dict[str, float], dict]:
    """Run every code cell in order; return the namespace, the points and the outcomes."""
    namespace = {"__name__": "__main__"}
    points, outcomes = {}, {}
    with contextlib.chdir(folder):
        for cell in cells:
            if cell.kind != "code":
                continue
            outcomes[cell.id] = execute(cell, namespace)
            if cell.role == "test":
                points[cell.id] = score(cell, outcomes[cell.id])
    close_figures()
    return namespace, points, outcomes


def run_tests(
    tests: list[Cell], namespace: dict, seconds: float = SECONDS_PER_CELL
) -> dict[str, float]:
    """Run test cells in a copy of ``namespace`` and return their points."""
    points = {test.id: score(test, execute(test, dict(namespace), seconds)) for test in tests}
    close_figures()
    return points


def close_figures() -> None:
    """Forget the figures that cells have drawn."""
    import matplotlib.pyplot as plt

    plt.close("all")


os.environ.setdefault("MPLBACKEND", "agg")
