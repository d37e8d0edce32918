"""Run a function in a process of its own, which may die without harm."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from multiprocessing.connection import wait

import psutil

# What a new process has in memory from the start.
PRELOADED = ["grading.classroom.warm"]
# Where a process puts its files, for `tasks.grade`.
SCRATCH = "RNN_GRADING_SCRATCH"


class Died(Exception):
    """The process ended, or was ended, before it had an answer."""


class Pen:
    """Starts a process for each call, and ends those that still run.

    Parameters
    ----------
    seconds : float
        How long a call may take.
    """

    def __init__(self, seconds):
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self.context = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            self.context.set_forkserver_preload(PRELOADED)
        self.seconds = seconds
        self.running = set()
        self.closed = False
        self.lock = threading.Lock()

    def call(self, function, task):
        """Return ``function(task)``, whose answer is JSON.

        Raises
        ------
        Died
        """
        with scratch_folder() as folder:
            return self._call(function, task, folder)

    def _call(self, function, task, folder):
        ours, theirs = self.context.Pipe(duplex=False)
        process = self.context.Process(target=_serve, args=(theirs, function, task, folder))
        with self.lock:
            if self.closed:
                raise Died("the run was stopped")
            process.start()
            tree = Tree(process.pid)
            self.running.add(tree)
        theirs.close()
        try:
            return self._receive(ours, process)
        finally:
            tree.end()
            process.join()
            with self.lock:
                self.running.discard(tree)
            process.close()
            ours.close()

    def _receive(self, ours, process):
        if not wait([ours, process.sentinel], self.seconds):
            raise Died(f"it took more than {self.seconds:g} seconds")
        try:
            reply = json.loads(ours.recv_bytes())
        except EOFError:
            process.join(5)
            raise Died(f"its process ended ({_ending(process.exitcode)})") from None
        if "problem" in reply:
            raise Died(reply["problem"])
        return reply["answer"]

    def close(self):
        """End every process that still runs."""
        with self.lock:
            self.closed = True
            running = list(self.running)
        for tree in running:
            tree.end()


def _ending(code):
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


@contextlib.contextmanager
def scratch_folder():
    """Make a folder with a short path, since sockets have 100 bytes for theirs; remove it after."""
    parent = tempfile.gettempdir()
    if len(parent) > 40 and os.path.isdir("/tmp"):
        parent = "/tmp"
    folder = tempfile.mkdtemp(prefix="rnn-", dir=parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(connection, function, task, folder):
    """Answer one call, in the new process, whose files we remove even if it is killed."""
    os.environ[SCRATCH] = folder
    # Ctrl-C reaches every process of the terminal; the one that started us ends us.
    signal.signal(signal.SIGINT, _leave_it)
    watch = threading.Thread(target=_end_with_parent, daemon=True)
    watch.start()
    _silence()
    try:
        reply = {"answer": function(task)}
    except Exception as error:
        reply = {"problem": f"{type(error).__name__}: {error}"}
    connection.send_bytes(json.dumps(reply).encode())
    connection.close()
    Tree(os.getpid()).end()


def _silence():
    """Send what kernels write to our streams nowhere: it would stand in the progress bar."""
    with open(os.devnull, "r+b") as nowhere:
        for stream in (0, 1, 2):
            os.dup2(nowhere.fileno(), stream)


def _leave_it(signum, frame):
    """Do nothing. A handler, not SIG_IGN: kernels would inherit that."""


def _end_with_parent():
    """Wait for the death of the process that started us, and take our children along."""
    wait([multiprocessing.parent_process().sentinel])
    Tree(os.getpid()).end()


class Tree:
    """A process and all that it starts. psutil notices when the number is another's by now."""

    def __init__(self, pid):
        try:
            self.root = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self.root = None

    def end(self):
        """Kill them all, the root last."""
        with contextlib.suppress(psutil.NoSuchProcess):
            found = self.root.children(recursive=True) if self.root else []
            for process in [*found, *([self.root] if self.root else [])]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
