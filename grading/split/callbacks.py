"""Implementations that run here for a learner's test, which runs in the kernel."""

import base64
import binascii
import contextlib
import signal
import threading
import time
from pathlib import Path

from .line import BadReplyError
from .wire import WireError

try:
    import resource
except ImportError:  # Windows
    resource = None

MEMORY = 2**30  # bytes that an implementation may take for a learner's test
SECONDS = 20.0


def receive(exchange, text):
    """Take what came from the kernel.

    Raises
    ------
    BadReplyError
        It is not what the agent sends.
    """
    try:
        return exchange.receive(base64.b64decode(text, validate=True))
    except (WireError, binascii.Error, ValueError) as problem:
        raise BadReplyError(f"an answer that cannot be read: {problem}") from None


def serve(exchange, functions, text):
    """Run one of ``functions`` as the kernel asks, and make the answer.

    Parameters
    ----------
    exchange : Exchange
        The call during which the kernel asks.
    functions : list of callable
    text : str

    Returns
    -------
    str
    """
    match receive(exchange, text):
        case (int(number), tuple(args), dict(kwargs)) if 0 <= number < len(functions):
            pass
        case _:
            raise BadReplyError("a call of nothing")
    box = [_outcome(functions[number], args, kwargs)]
    # Nobody may hold on to the arguments, or `send` takes them for kept.
    del args, kwargs
    try:
        reply = exchange.send(box, settle=True, seal=True)
    except WireError as problem:
        error = {"text": str(problem), "kinds": ["builtins.ValueError"]}
        reply = exchange.send([("raised", error)], settle=True)
    return base64.b64encode(reply).decode("ascii")


def _outcome(function, args, kwargs):
    try:
        with _memory_limit(), _time_limit():
            return ("returned", function(*args, **kwargs))
    except Exception as error:
        kinds = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
        return ("raised", {"text": str(error)[:2000], "kinds": kinds})


@contextlib.contextmanager
def _memory_limit():
    """Keep a learner's test from filling the grader's memory, where the platform can."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[0])
        before = resource.getrlimit(resource.RLIMIT_AS)
    except (OSError, AttributeError):
        yield
        return
    limit = pages * resource.getpagesize() + MEMORY
    if before[0] != resource.RLIM_INFINITY:
        limit = min(limit, before[0])
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextlib.contextmanager
def _time_limit():
    """Stop an implementation that a learner's test keeps busy, where the platform can."""
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(signum, frame):
        raise TimeoutError(f"more than {SECONDS:g} seconds")

    handler = signal.signal(signal.SIGALRM, stop)
    left, _ = signal.setitimer(signal.ITIMER_REAL, SECONDS)
    started = time.monotonic()
    try:
        yield
    finally:
        rest = max(left - (time.monotonic() - started), 0.001) if left else 0
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, rest)
