"""Keep an answer from calling what it is asked to write: `rnncore`, but for what its task names.

Python tells a profile function of every call. While an answer is checked, a call that enters the
library is refused, by whatever name the answer knows it. In the student's kernel this file runs
inside the grader's agent.
"""

import contextlib
import importlib.util
import os
import sys
import threading
from contextvars import ContextVar
from pathlib import Path

PACKAGE = "rnncore"
# What the answer that a test calls now may use; None stands for everything.
within_reach = ContextVar("within_reach", default=None)


class LibraryClosedError(RuntimeError):
    """An answer called a part of the library that its task does not name."""


def _folder():
    spec = importlib.util.find_spec(PACKAGE)
    return str(Path(spec.origin).parent) + os.sep if spec else None


FOLDER = _folder()


def reaching(names, answer, own):
    """Let an answer call only a part of the library.

    Parameters
    ----------
    names : sequence of str or None
        Functions and classes of `rnncore`; None stands for everything.
    answer : callable
        A function, or a proxy for one in a student's kernel, which reads `within_reach`.
    own : str
        The folder of the checks: functions from there, as an answer gets them for arguments, may
        call everything.

    Returns
    -------
    callable
    """
    # Behind a proxy the other process watches; to watch here too would take time.
    here = None if getattr(answer, "student", False) else names

    def call(*args, **kwargs):
        token = within_reach.set(names)
        try:
            with watch(here, own):
                return answer(*args, **kwargs)
        finally:
            within_reach.reset(token)

    return call


def watch(names, own=None):
    """Open a context that refuses calls of the library; for the parameters see `reaching`.

    Raises
    ------
    LibraryClosedError
        At the call, and again at the end where the answer caught the first.
    """
    unwatched = names is None or FOLDER is None
    return contextlib.nullcontext() if unwatched else _Watch(frozenset(names), own)


class _Watch:
    def __init__(self, names, own):
        self.names, self.own = names, own
        self.permitted = self.refused = None

    def __enter__(self):
        self.before, self.before_in_threads = sys.getprofile(), threading.getprofile()
        threading.setprofile(self._see)  # for threads that start from now on
        sys.setprofile(self._see)

    def __exit__(self, kind, error, trace):
        removed = sys.getprofile() != self._see
        sys.setprofile(self.before)
        threading.setprofile(self.before_in_threads)
        if isinstance(error, LibraryClosedError):
            return
        if self.refused:
            raise LibraryClosedError(self.refused)
        if removed:
            raise LibraryClosedError("The answer takes away the profile function of its check")

    def _see(self, frame, event, arg):
        """Look at one call or return, as `sys.setprofile` has it."""
        if self.permitted is not None:  # whatever a permitted call does is permitted
            if event == "return" and frame is self.permitted:
                self.permitted = None
            return
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith((FOLDER, self.own or FOLDER)):
            return
        if file.startswith(FOLDER) and not self._is_named(frame):
            self.refused = self._words(frame.f_code)
            raise LibraryClosedError(self.refused)
        self.permitted = frame

    def _is_named(self, frame):
        """Whether a function is named, or belongs to an object of a class that is."""
        code = frame.f_code
        if code.co_qualname.partition(".")[0] in self.names:
            return True
        if not code.co_argcount:
            return False
        first = frame.f_locals.get(code.co_varnames[0])
        kind = first if isinstance(first, type) else type(first)
        return any(base.__name__ in self.names for base in type.mro(kind))

    def _words(self, code):
        name = code.co_qualname.partition(".")[0]
        called = PACKAGE if name == "<module>" else f"{PACKAGE}.{name}"
        words = f"{called} is out of reach while this answer is checked, so compute it yourself"
        if self.names:
            can = ", ".join(f"{PACKAGE}.{name}" for name in sorted(self.names))
            words += f"; the answer may call {can}"
        return words
