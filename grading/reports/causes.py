"""Find the name of the misconception that a check's message speaks of."""

from __future__ import annotations

import importlib
import importlib.util
import re

from ..check import Task

LIKELY = re.compile(r"Likely cause:\s*(.+?)\s*(?=See:|Likely cause:|\Z)", re.DOTALL)


def plain(text):
    """Return the text with every run of white space as one blank."""
    return " ".join(text.split())


def tasks_of(assignment: str) -> tuple[Task, ...]:
    """Return the tasks of an assignment of this course; none for an assignment of another."""
    name = f"grading.tasks.e{assignment}"
    if not f"e{assignment}".isidentifier() or importlib.util.find_spec(name) is None:
        return ()
    module = importlib.import_module(name)
    return tuple(value for value in vars(module).values() if isinstance(value, Task))


def known_causes(assignment: str) -> dict[str, tuple[str, str]]:
    """Map each cause, as a sentence, to the name of its misconception and its section.

    Two misconceptions of the same cause share the first one's name.
    """
    causes: dict[str, tuple[str, str]] = {}
    for task in tasks_of(assignment):
        for wrong in task.misconceptions:
            causes.setdefault(plain(wrong.cause), (wrong.name, wrong.section))
    return causes


def met(message: str, causes) -> set[str]:
    """Return the causes that a message names. What is not a known cause is left out.

    A student's own output can reach a message; only sentences of the course count.
    """
    return {cause for found in LIKELY.findall(message) if (cause := plain(found)) in causes}
