"""Tasks of an exercise, and the messages that a learner reads.

A `Task` knows how to draw inputs, what is right, and the *misconceptions*: well-known wrong
answers, each with the sentence that helps. When a learner's result equals what a misconception
computes, the message names it.
"""

import contextlib
import copy
import io
import os
import re
import secrets
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import library
from .compare import first_difference

HERE = str(Path(__file__).parent) + os.sep
VISIBLE_SEED = 2026
HIDDEN_DRAWS = 5


class CheckFailed(AssertionError):
    """An answer is not right. Jupyter shows the message alone, without a traceback."""

    def _render_traceback_(self):
        return str(self).splitlines()


@dataclass(frozen=True)
class Misconception:
    """A well-known wrong answer.

    Attributes
    ----------
    name : str
        A slug.
    wrong : callable
        The whole wrong implementation; for a value, a function that returns the wrong value.
    cause : str
        One sentence for the learner: what this answer does, and what it should do.
    section : str
        Where the book explains it: chapter and section title.
    loses : tuple of str
        The ``grade_id`` of every test cell that this answer fails.
    loses_part : tuple of str
        Of every test cell that gives it partial credit.
    """

    name: str
    wrong: Callable
    cause: str
    section: str
    loses: tuple[str, ...]
    loses_part: tuple[str, ...] = ()


def slips(task, *rows, cells=("test", "hidden"), part=()):
    """Make misconceptions of a task from rows of name, wrong, cause and section.

    Each loses the points of the test cells ``{task}_{cell}`` for ``cells``, and some of the points
    for ``part``.
    """
    loses, loses_part = (tuple(f"{task}_{cell}" for cell in group) for group in (cells, part))
    return tuple(Misconception(*row, loses, loses_part) for row in rows)


@dataclass(frozen=True)
class Task:
    """One thing that a learner writes: a function, or with ``value=True`` a value.

    Attributes
    ----------
    name : str
        Its name in the notebook.
    draw : callable
        ``draw(rng)`` returns a dict of arguments. A value has none.
    reference : callable
        The right answer, on `rnncore`.
    returns : tuple of str
        Names of what is returned; more than one is a tuple in this order.
    misconceptions : tuple of Misconception
    edges : tuple of callable
        More draws, for the hidden check alone: one step, a batch of one.
    value : bool
    library : tuple of str, or None
        What of `rnncore` the answer may call while it is checked; None stands for everything.
    rtol, atol : float
        Tolerances of `compare.first_difference`.
    """

    name: str
    draw: Callable[[np.random.Generator], dict[str, Any]] = lambda rng: {}
    reference: Callable = None
    returns: tuple[str, ...] = ("the result",)
    misconceptions: tuple[Misconception, ...] = ()
    edges: tuple[Callable, ...] = ()
    value: bool = False
    library: tuple[str, ...] | None = ()
    rtol: float = 1e-6
    atol: float = 1e-8

    def check(self, answer, seed=VISIBLE_SEED):
        """Compare with the right answer on fixed inputs; say what is wrong.

        Another seed gives other inputs: a student may have one of one's own.

        Raises
        ------
        CheckFailed
        """
        # A function's expected output helps; of a value it would be the answer itself.
        arguments = self.draw(np.random.default_rng(seed))
        self._check_draw(answer, arguments, reveal=not self.value)
        print(f"{self.name}: right.")

    def check_hidden(self, answer):
        """Compare on fresh inputs and on the edge cases, without showing values.

        Raises
        ------
        CheckFailed
        """
        rng = np.random.default_rng(secrets.randbits(64))
        for draw in (self.draw,) * (1 if self.value else HIDDEN_DRAWS) + self.edges:
            self._check_draw(answer, draw(rng), reveal=False)
        print(f"{self.name}: right on fresh inputs too.")

    def _check_draw(self, answer, arguments, reveal):
        called = "" if self.value else f"\n  called with {_describe(arguments)}"
        got = self._run(answer, arguments, called)
        expected, _ = _quietly(self.reference, copy.deepcopy(arguments))
        problem = self._difference(got, expected, reveal)
        if problem:
            if got is None and not self.value:
                problem += " (is there a return?)"
            raise CheckFailed(
                f"{self.name}: {problem}.{called}{self._likely(got, expected, arguments)}"
            )

    def _run(self, answer, arguments, called):
        """Call the learner's function on copies; its own errors become messages."""
        if self.value:
            return answer
        if not callable(answer):
            raise CheckFailed(
                f"{self.name} should be a function, but is of type {type(answer).__name__}."
            )
        given = copy.deepcopy(arguments)
        try:
            got, noise = _quietly(library.reaching(self.library, answer, HERE), given)
        except NotImplementedError:
            raise CheckFailed(f"{self.name} is not written yet.") from None
        except Exception as error:
            own = own_frame(error, __file__, library.__file__)
            line = f"\n  in line {own.lineno} of {own.name}: {own.line}" if own else ""
            raise CheckFailed(
                f"{self.name} stopped with {type(error).__name__}: {_plainly(error)}.{line}{called}"
            ) from None
        for line in noise:
            print(f"{self.name} says: {line}")
        for name, value in arguments.items():
            if _plain(value) and first_difference(given[name], value, name, 0, 0):
                way = f"{name}.copy()" if isinstance(value, np.ndarray) else "copy.deepcopy"
                raise CheckFailed(
                    f"{self.name} changes its argument {name}; work on a copy ({way})."
                )
        return got

    def _difference(self, got, expected, reveal):
        names = self.returns
        tolerances = {"rtol": self.rtol, "atol": self.atol, "reveal": reveal}
        if len(names) == 1:
            return first_difference(got, expected, names[0], **tolerances)
        if not isinstance(got, tuple | list) or len(got) != len(names):
            is_now = f"{len(got)} values" if isinstance(got, tuple | list) else "one value"
            is_now = "None" if got is None else is_now
            return (
                f"it should return {', '.join(names)} ({len(names)} values), but returns {is_now}"
            )
        for name, one_got, one_expected in zip(names, got, expected, strict=True):
            problem = first_difference(one_got, one_expected, name, **tolerances)
            if problem:
                return problem
        return None

    def _likely(self, got, expected, arguments):
        """Name the misconception that computes what the learner computed."""
        for misconception in self.misconceptions:
            try:
                wrong, _ = _quietly(misconception.wrong, copy.deepcopy(arguments))
            except Exception:  # a misconception need not work on every input
                continue
            same = not self._difference(got, wrong, reveal=False)
            if same and self._difference(wrong, expected, reveal=False):
                return f"\n  Likely cause: {misconception.cause}\n  See: {misconception.section}."
        return ""


def own_frame(error, *files):
    """Find the learner's outermost line that an exception went through, or None.

    Parameters
    ----------
    error : Exception
        Its attribute ``learner_frames`` says where it was raised, when that was in another
        process; its traceback otherwise.
    files : str
        The files of the checks, which are not the learner's.

    Returns
    -------
    traceback.FrameSummary or None
    """
    frames = getattr(error, "learner_frames", None)
    if frames is None:
        frames = traceback.extract_tb(error.__traceback__)
    return next((frame for frame in frames if frame.filename not in files), None)


def _plainly(error):
    """Give an error's message; NumPy's words for a product that does not fit become plain."""
    sizes = re.search(r"matmul: .*size (\d+) is different from (\d+)", str(error))
    if not sizes:
        return str(error)
    right, left = sizes.groups()
    return f"in a product A @ B, A has {left} columns but B has {right} rows"


def _quietly(function, arguments):
    """Call, and return the result and what was warned of or written to standard error.

    nbgrader takes any output on standard error for a failure and gives no points.
    """
    errors = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stderr(errors):
        warnings.simplefilter("always")
        result = function(**arguments)
    warned = [f"{w.category.__name__}: {w.message}" for w in caught]
    return result, list(dict.fromkeys(warned + errors.getvalue().splitlines()))


def partial_credit(points, parts):
    """Run several checks and return the share of ``points`` that passed.

    The last expression of a test cell, so that nbgrader gives part of the points: what fails is
    printed, not raised.

    Parameters
    ----------
    points : int or float
        The points of the cell.
    parts : dict of callable
        Name of each part and its check, which raises when it fails.

    Returns
    -------
    float
        A built-in float from 0 to ``points``.
    """
    passed = 0
    for name, part in parts.items():
        try:
            part()
        except Exception as error:
            print(f"{name}: {error}")
        else:
            passed += 1
    score = float(points) * passed / len(parts)
    return min(max(score, 0.0), float(points))


def _plain(value):
    return isinstance(value, np.ndarray | dict | list | tuple)


def _describe(arguments):
    return ", ".join(f"{name} {_brief(value)}" for name, value in arguments.items())


def _brief(value):
    if isinstance(value, np.ndarray):
        return str(value.shape) if value.ndim else repr(value.item())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_brief(v)}" for k, v in value.items()) + "}"
    if isinstance(value, str | int | float | bool) or value is None:
        return repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "..."
    if isinstance(value, list | tuple):
        text = f"a {type(value).__name__} of {len(value)}"
        if 0 < len(value) <= 6 and all(isinstance(item, np.ndarray) for item in value):
            text += f" arrays: {', '.join(_brief(item) for item in value)}"
        return text
    return getattr(value, "__name__", f"a {type(value).__name__}")
