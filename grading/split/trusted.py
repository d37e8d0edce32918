"""Run a test cell here, in the grader, and record what it gave as a notebook does."""

import ast
import contextlib
import io
import math
import os
import sys
import warnings

from nbformat.v4 import new_output

from grading.check import CheckFailed

from .line import BadReplyError, CallTimeoutError, KernelGoneError
from .names import needed
from .proxies import RemoteExit

TEXT = 100_000  # characters of output that are kept


class Trusted:
    """The namespace of one notebook's test cells.

    Parameters
    ----------
    student : Student
        Where names come from that the test cells do not know.
    given : dict of str to ast.stmt
        Imports of the given cells, for tests that count on them.
    folder : str
        The submission's; nothing is imported from it.
    """

    def __init__(self, student, given=None, folder=""):
        self.student, self.folder = student, folder
        self.given = {} if given is None else given
        self.namespace = {"__name__": "__main__"}

    def run(self, source, name, points):
        """Run a test cell.

        Parameters
        ----------
        source, name : str
        points : float
            The maximum.

        Returns
        -------
        list of nbformat.NotebookNode
            Outputs: what was printed, then an error or the partial credit, if there is any.

        Raises
        ------
        KernelGoneError, BadReplyError
        """
        printed = io.StringIO()
        result = None
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            _own_imports(self.folder),
        ):
            warnings.simplefilter("default")
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                result = _credit(self._execute(source, name), points)
            except (KernelGoneError, BadReplyError):
                raise
            except CallTimeoutError as late:
                result = failure("TimeoutError", f"{late} took too long and was stopped.")
            except (Exception, RemoteExit, SystemExit) as error:
                result = _failed(error)
        text = printed.getvalue()[:TEXT]
        printed = [new_output("stream", name="stdout", text=text)] if text else []
        return printed + ([result] if result else [])

    def _execute(self, source, name):
        """Run statements; return the value of a last expression."""
        tree = ast.parse(source, f"<{name}>")
        self._import_given(tree)
        foreign = self.student.look_up(needed(tree, self.namespace))
        self.namespace |= foreign
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
            last = ast.Expression(tree.body.pop().value)
        try:
            exec(compile(tree, f"<{name}>", "exec"), self.namespace)
            return last and eval(compile(last, f"<{name}>", "eval"), self.namespace)
        finally:
            # What the student's names stand for may change until the next test cell.
            for key, value in foreign.items():
                if self.namespace.get(key) is value:
                    del self.namespace[key]

    def _import_given(self, tree):
        """Import here what a given cell imports in the kernel and this test uses."""
        wanted = [self.given[n] for n in needed(tree, self.namespace) if n in self.given]
        for statement in wanted:
            module = ast.Module([statement], [])
            exec(compile(module, "<given>", "exec"), self.namespace)


def failure(kind, text):
    """Make the output of a test cell that failed."""
    return new_output("error", ename=kind, evalue=text, traceback=text.splitlines())


def _failed(error):
    text = str(error)
    if hasattr(error, "_render_traceback_"):
        lines = error._render_traceback_()
    else:
        lines = f"{type(error).__name__}: {text}".splitlines()
    return new_output("error", ename=type(error).__name__, evalue=text, traceback=lines)


def _credit(value, points):
    """Make the output of partial credit; None gives all points, and anything odd none."""
    if value is None:
        return None
    if type(value) not in (int, float) or not math.isfinite(value):
        raise CheckFailed(
            "This check gives neither points nor an error; use grading.check.partial_credit."
        )
    score = min(max(float(value), 0.0), float(points))
    return new_output("execute_result", data={"text/plain": repr(score)}, execution_count=None)


@contextlib.contextmanager
def _own_imports(folder):
    """Import nothing from a submission: neither by an empty entry of the path nor by its own."""
    before = list(sys.path)
    theirs = os.path.realpath(folder) if folder else None

    def ours(entry):
        inside = theirs and os.path.realpath(entry).startswith(theirs + os.sep)
        return os.path.isabs(entry) and not inside and os.path.realpath(entry) != theirs

    sys.path[:] = [entry for entry in before if ours(entry)]
    try:
        yield
    finally:
        sys.path[:] = before
