"""How the submissions of a class are spread: one after the other, over processes, over machines.

An engine is a function ``engine(grade, tasks, workers, **options)``. It yields ``(task, answer,
problem)`` in the order in which submissions finish; without an ``answer`` the ``problem`` says
why. ``tasks`` may be a generator: only a few tasks are in memory at a time.
"""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from .course import CourseError, code_key
from .isolated import Died, Pen

TRIES = 2
PATIENCE = 30  # seconds until a scheduler has answered
_one_at_a_time = threading.Lock()


def serial(grade, tasks, workers=1, **options):
    """Grade in this process, one after the other."""
    for task in tasks:
        yield task, grade(task), ""


def processes(grade, tasks, workers, seconds=1800, **options):
    """Grade each submission in a process of its own, ``workers`` at a time.

    A process that dies takes one attempt along and nothing else.
    """
    pen = Pen(seconds)

    def attempt(task):
        for left in reversed(range(TRIES)):
            try:
                return pen.call(grade, task)
            except Died:
                if not left or pen.closed:
                    raise

    pool = ThreadPoolExecutor(workers)
    try:
        yield from _windowed(pool, attempt, tasks, lambda: workers + 1)
    finally:
        pen.close()
        pool.shutdown(cancel_futures=True)


def dask(grade, tasks, workers, scheduler=None, **options):
    """Grade on the Dask cluster at ``scheduler``, or on one of ``workers`` local processes.

    Raises
    ------
    CourseError
        Dask is not installed, not reachable, or has other code.
    """
    client = _connect(workers, scheduler)
    try:
        _compare_code(client)
        pool = client.get_executor(pure=False)
        width = lambda: 2 * max(1, sum(client.nthreads().values()))  # noqa: E731
        yield from _windowed(pool, _Exclusive(grade), tasks, width)
    finally:
        client.close()
        if client.cluster is not None:
            client.cluster.close()


class _Exclusive:
    """Let one thread of a worker grade at a time: nbgrader changes the working directory."""

    def __init__(self, grade):
        self.grade = grade

    def __call__(self, task):
        with _one_at_a_time:
            return self.grade(task)


def _connect(workers, scheduler):
    try:
        from dask import config
        from distributed import Client, LocalCluster
    except ImportError:
        raise CourseError(
            "The engine dask needs the package distributed: pip install 'rnncore[classroom]'"
        ) from None
    if scheduler:
        try:
            return Client(scheduler, timeout=PATIENCE, set_as_default=False)
        except OSError as error:
            raise CourseError(f"No Dask scheduler answers at {scheduler}: {error}") from None
    with config.set({"distributed.scheduler.allowed-failures": TRIES - 1}):
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        )
    return Client(cluster, set_as_default=False)


def _compare_code(client):
    """Refuse workers that would grade otherwise than this machine."""
    ours = code_key()
    try:
        theirs = client.run(code_key)
    except Exception as error:
        raise CourseError(
            f"A Dask worker cannot load the course: {error}. Install the course in the workers' "
            "environment."
        ) from None
    other = [address for address, key in theirs.items() if key != ours]
    if other:
        raise CourseError(
            f"These Dask workers have another version of the course: {', '.join(other)}. "
            "Install this one there and restart them."
        )


def _windowed(pool, function, tasks, width):
    waiting = {}
    for task in tasks:
        waiting[pool.submit(function, task)] = task
        if len(waiting) >= width():
            yield from _finished(waiting)
    while waiting:
        yield from _finished(waiting)


def _finished(waiting):
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        task = waiting.pop(future)
        error = future.exception()
        if error is None:
            yield task, future.result(), ""
        else:
            yield task, None, f"{error}" or type(error).__name__


ENGINES = {"serial": serial, "processes": processes, "dask": dask}
