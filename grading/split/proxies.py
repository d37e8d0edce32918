"""What a test cell sees of the student's kernel: functions that are called there, and data."""

import base64
import builtins
import sys
from traceback import FrameSummary

import numpy as np

from grading.check import CheckFailed
from grading.library import within_reach

from .agent import CALL
from .callbacks import receive, serve
from .line import BadReplyError, CallTimeoutError
from .shared import Exchange

MISSING = object()


class RemoteError(Exception):
    """An exception of the student's code, in the student's kernel.

    Attributes
    ----------
    learner_frames : list of traceback.FrameSummary
        Where it was raised, for `grading.check.own_frame`.
    """

    def __init__(self, text, frames):
        self.text, self.learner_frames = text, frames

    def __str__(self):
        return self.text


class RemoteExit(BaseException):
    """The student's code asked to stop everything, or was stopped."""


class Thing:
    """Something in the student's kernel that is not plain data; no test can use it."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        kind = type(self).__name__
        raise CheckFailed(f"A check needs plain data here, but the answer is of type {kind}.")


class Student:
    """The student's namespace.

    Parameters
    ----------
    line : Line
    clock : callable
        Returns the deadline of a call that starts now.
    closed_library : bool
        Whether functions are kept from the library as `grading.library` has it.
    """

    def __init__(self, line, clock, closed_library=True):
        self.line, self.clock, self.closed_library = line, clock, closed_library
        self.slow = set()  # functions that took too long: not called again

    def look_up(self, names):
        """Map those of ``names`` that exist to proxies and values."""
        if not names:
            return {}
        exchange = Exchange(0, opaque=_thing)
        found = self._ask(exchange, {"do": "look up", "names": list(names)})
        if not isinstance(found, dict):
            raise BadReplyError("names that are no names")
        proxies = {name: self._proxy(name, found.get(name)) for name in names}
        return {name: value for name, value in proxies.items() if value is not MISSING}

    def _proxy(self, name, described):
        match described:
            case ("value", value):
                return value
            case ("function", str(called), str()):
                return self._function(name, called)
            case ("module", str()):
                return _thing("module")
            case ("too large", str(problem)):
                raise CheckFailed(f"{name} cannot be checked: {problem}.")
            case ("missing",):
                return MISSING
        raise BadReplyError("a name that stands for nothing known")

    def _function(self, name, called):
        def function(*args, **kwargs):
            return self.call(name, args, kwargs)

        function.__name__ = function.__qualname__ = called[:100]
        function.student = True
        return function

    def call(self, name, args, kwargs):
        """Call a function of the student's; its changes to the arguments come back."""
        if name in self.slow:
            raise CallTimeoutError(name)
        functions = []

        def number(value):
            if getattr(value, "student", False):
                return None
            functions.append(value)
            called = str(getattr(value, "__name__", type(value).__name__))
            return ["function", len(functions) - 1, called]

        exchange = Exchange(0, function=number, opaque=_thing)
        request = {"do": "call", "name": name, "args": args, "kwargs": kwargs}
        request["numpy"] = np.geterr()
        request["library"] = within_reach.get() if self.closed_library else None
        try:
            reply = self._ask(exchange, request, lambda text: serve(exchange, functions, text))
        except CallTimeoutError:
            self.slow.add(name)
            raise CallTimeoutError(name) from None
        match reply:
            case ("returned", value, dict(noise)):
                _repeat(noise)
                return value
            case ("raised", dict(error), dict(noise)):
                _repeat(noise)
                raise remote_error(error)
        raise BadReplyError("an answer that is neither a result nor an exception")

    def _ask(self, exchange, request, answer=None):
        text = base64.b64encode(exchange.send([request])).decode("ascii")
        expression = f"{CALL}({text!r})"
        reply = self.line.execute("", self.clock(), expression, answer)
        return receive(exchange, reply)


def _repeat(noise):
    """Print here what was printed, warned of and written to standard error there."""
    out, err, warned = (noise.get(kind) for kind in ("out", "err", "warned"))
    if not (isinstance(out, str) and isinstance(err, str) and isinstance(warned, list)):
        raise BadReplyError("output that is no text")
    sys.stdout.write(out)
    for line in warned:
        sys.stderr.write(f"{line}\n")
    sys.stderr.write(err)


def _thing(kind):
    name = kind if kind.isidentifier() else "unknown"
    return type(name, (Thing,), {})()


def remote_error(described):
    """Make the exception of what the kernel says of it."""
    match described:
        case {"name": str(name), "kinds": [*kinds], "text": str(text), "frames": [*frames]}:
            pass
        case _:
            raise BadReplyError("an exception that is none")
    if "builtins.Exception" not in kinds:
        return RemoteExit(f"{_plain_name(name)}: {text}")
    base = next((kind for kind in map(_known, kinds) if kind), Exception)
    bases = (RemoteError,) if base is Exception else (RemoteError, base)
    kind = type(_plain_name(name), bases, {})
    error = kind.__new__(kind)
    RemoteError.__init__(error, text, [_frame(frame) for frame in frames])
    return error


def _frame(described):
    match described:
        case (str(name), int(line), str(source)):
            return FrameSummary("<answer>", line, name, line=source)
    raise BadReplyError("a line that is none")


def _plain_name(name):
    return name if name.isidentifier() else "Exception"


def _known(kind):
    """Return one of Python's or NumPy's own exceptions by its name."""
    module, _, name = str(kind).rpartition(".")
    homes = {"builtins": builtins, "numpy.exceptions": np.exceptions, "numpy.linalg": np.linalg}
    found = getattr(homes.get(module), name, None)
    usable = isinstance(found, type) and issubclass(found, Exception)
    return found if usable and not issubclass(found, ExceptionGroup) else None
