"""The grader's agent in the student's kernel: calls the student's functions, by value.

Nothing here is trusted by the grader: a student may replace all of it, and gains what a function
that returns what it likes gains. It is sent into the kernel behind `wire` and `shared`.
"""

import base64
import builtins
import contextlib
import io
import linecache
import sys
import traceback
import types
import warnings

import numpy as np

from ..library import watch
from .shared import Exchange
from .wire import WireError

ASK = "rnn-grading:"  # how a request to the grader begins
TEXT = 20_000  # characters of output that are kept
OWN_FILE = "<grading agent>"


class Agent:
    """Looks names up in the student's namespace, and calls what they stand for.

    Parameters
    ----------
    namespace : dict
        The student's.
    ask : callable
        Sends a text to the grader while a call runs, and returns the answer.
    """

    def __init__(self, namespace, ask):
        self.namespace, self.ask = namespace, ask

    def handle(self, text):
        """Answer one request of the grader, both in base 64."""
        exchange = Exchange(1, make_function=lambda *node: self._callback(exchange, *node))
        request = exchange.receive(base64.b64decode(text))
        if request["do"] == "look up":
            reply = exchange.send([{name: self._look_up(name) for name in request["names"]}])
        else:
            reply = self._call(exchange, request)
        return base64.b64encode(reply).decode("ascii")

    def _look_up(self, name):
        """Describe what a name stands for; plain data come as they are."""
        if name not in self.namespace:
            return ("missing",)
        value = self.namespace[name]
        if isinstance(value, types.ModuleType):
            return ("module", str(value.__name__))
        if callable(value):
            return ("function", str(getattr(value, "__name__", name)), type(value).__name__)
        try:
            Exchange(1).send([value])
        except WireError as problem:
            return ("too large", str(problem))
        return ("value", value)

    def _call(self, exchange, request):
        said = {"out": io.StringIO(), "err": io.StringIO(), "warned": []}
        try:
            outcome = ("returned", self._run(request, said))
        except BaseException as problem:
            outcome = ("raised", _describe(problem))
        noise = {
            "out": said["out"].getvalue()[:TEXT],
            "err": said["err"].getvalue()[:TEXT],
            "warned": said["warned"][:100],
        }
        try:
            return exchange.send([(*outcome, noise)])
        except Exception as problem:
            # Too large, or an object that breaks when it is looked at.
            fresh = Exchange(1)
            fresh.table.ours = exchange.table.ours
            error = _describe(problem) | {"text": f"its result cannot be compared: {problem}"[:500]}
            return fresh.send([("raised", error, noise)])

    def _run(self, request, said):
        function = self.namespace[request["name"]]
        with (
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stderr(said["err"]),
            contextlib.redirect_stdout(said["out"]),
            np.errstate(**request["numpy"]),
        ):
            warnings.simplefilter("always")
            try:
                with watch(request["library"]):
                    return function(*request["args"], **request["kwargs"])
            finally:
                lines = [f"{w.category.__name__}: {w.message}"[:1000] for w in caught]
                said["warned"] = list(dict.fromkeys(lines))

    def _callback(self, exchange, number, name):
        """Make a function that runs in the grader."""

        def function(*args, **kwargs):
            message = exchange.send([(number, args, kwargs)])
            answer = self.ask(ASK + base64.b64encode(message).decode("ascii"))
            kind, value = exchange.receive(base64.b64decode(answer))
            exchange.settle()
            if kind == "raised":
                raise _error(value)
            return value

        function.__name__ = function.__qualname__ = name
        return function


def _describe(error):
    """Say what was raised, and in which of the learner's lines."""
    frames = [
        (frame.f_code.co_filename, frame.f_code.co_name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename != OWN_FILE
    ]
    found = [
        (str(name), int(line), linecache.getline(file, line).strip()[:300])
        for file, name, line in frames[:20]
    ]
    try:
        text = str(error)
    except Exception:
        text = ""
    kinds = [f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__]
    name = type(error).__name__
    return {"name": name[:100], "kinds": kinds[:20], "text": text[:2000], "frames": found}


def _error(described):
    """Make the exception that the grader's function raised."""
    for kind in described["kinds"]:
        module, _, name = kind.rpartition(".")
        found = getattr(builtins if module == "builtins" else sys.modules.get(module), name, None)
        if isinstance(found, type) and issubclass(found, Exception):
            with contextlib.suppress(Exception):
                return found(described["text"])
    return Exception(described["text"])
