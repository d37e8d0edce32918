"""Run the contenders in processes of their own, in alternation, and take medians."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from .cases import REPEATS
from .contenders import CONTENDERS

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Worker:
    """A process that holds one contender."""

    def __init__(self, name, threads):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", name],
            cwd=Path(__file__).resolve().parents[1],
            env=os.environ | dict.fromkeys(THREADS, str(threads)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *request):
        """Send a request and wait for the answer."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a benchmark process stopped at {request}; its error is above")
        return json.loads(line)

    def close(self):
        """End the process."""
        with self.process:
            self.process.stdin.close()


def measure(case, workers, quick=False):
    """Time a case in all workers by turns: the medians, in seconds, by contender."""
    there = {name: w for name, w in workers.items() if w.ask("prepare", *case)}
    times = {name: [] for name in there}
    for _ in range(3 if quick else REPEATS[case.size]):
        for name, worker in there.items():
            times[name].append(worker.ask("run"))
    return {
        name: {
            what: statistics.median(pair[k] for pair in pairs)
            for k, what in enumerate(("forward", "both"))
        }
        for name, pairs in times.items()
    }


def measure_all(cases, threads, progress, quick=False):
    """Measure cases with a number of threads; a record for each, with the peak of its minute."""
    workers = {name: Worker(name, threads) for name in CONTENDERS}
    try:
        for case in cases:
            progress.set_description(f"{threads} thread(s), {' '.join(case)}")
            peak = workers["rnncore"].ask("peak", case.dtype)
            seconds = measure(case, workers, quick)
            yield {**case._asdict(), "threads": threads, "peak": peak, "seconds": seconds}
            progress.update()
    finally:
        for worker in workers.values():
            worker.close()
