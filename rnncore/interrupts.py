"""Ctrl-C at the right moment."""

import signal
import threading
from contextlib import contextmanager


@contextmanager
def interrupts_held():
    """Hold Ctrl-C back until the block is done, so that what stands in it happens whole."""
    previous = signal.getsignal(signal.SIGINT)
    # Python delivers signals to the main thread alone; None is a handler not set from Python.
    if threading.current_thread() is not threading.main_thread() or previous is None:
        yield
        return
    came = []
    signal.signal(signal.SIGINT, lambda *_: came.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if came:
        signal.raise_signal(signal.SIGINT)
