"""Hidden tests on the learner's own machine.

The release has none: nbgrader takes them out. What they call comes with the course, though, and
the visible test of the same task says of which task it is: ``TASK.check(answer)`` there means
``TASK.check_hidden(answer)``, and for a test that hunts bugs its hidden bugs.
"""

from __future__ import annotations

import ast

from ..check import partial_credit
from ..outline import Question, marked


def try_hidden(task, points, answer, *kind):
    """Run a task's hidden checks; return what the cell gives for partial credit, if it does."""
    if hasattr(task, "hidden_parts"):
        return partial_credit(points, task.hidden_parts(answer, *kind))
    return task.check_hidden(answer)


def hidden_source(question: Question, notebook) -> str | None:
    """Write the code of a hidden test cell, or None where the release gives no hint.

    Parameters
    ----------
    question : Question
        Hidden.
    notebook : NotebookNode
        The release.
    """
    visible = [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and _sibling(marked(cell).get("grade_id", ""), question.name)
    ]
    for source in visible:
        lines, found = [], None
        for statement in ast.parse(source).body:
            if isinstance(statement, ast.ImportFrom):
                lines.append(ast.unparse(statement))
            elif found is None:
                found = _check_call(statement)
        if found is not None:
            arguments = ", ".join(map(ast.unparse, (found.func.value, *_with(question, found))))
            return "\n".join(
                (
                    *lines,
                    "from grading.learner.hidden import try_hidden",
                    f"try_hidden({arguments})",
                )
            )
    return None


def _with(question, call):
    return ast.Constant(question.points), *call.args


def _sibling(name, hidden):
    """Tell whether two cells test the same thing: all but the last word of the name is equal."""
    return name != hidden and name.rpartition("_")[0] == hidden.rpartition("_")[0]


def _check_call(statement):
    """Return the call of a statement ``TASK.check(...)``, None for another statement."""
    call = getattr(statement, "value", None)
    if isinstance(statement, ast.Expr) and isinstance(call, ast.Call):
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr == "check" and call.args:
            return call
    return None
