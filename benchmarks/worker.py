"""A process that holds one contender and runs it when asked: ``python -m benchmarks.worker NAME``.

NAME is a contender, or a choice of `VARIANTS` for rnncore without it.

It reads one JSON list a line: ``["prepare", cell, dtype, size]`` or ``["run"]`` or
``["peak", dtype]``, and answers each with one line.
"""

import json
import os
import sys
from time import perf_counter

import numpy as np

from rnncore import recurrence

from .cases import Case
from .contenders import CONTENDERS, VARIANTS


def peak(dtype, size=2048, repeats=5):
    """Measure the rate of a large matrix product, in operations a second: the best of some."""
    A = np.random.default_rng(0).standard_normal((size, size)).astype(dtype)
    out, best = np.empty_like(A), float("inf")
    for _ in range(repeats):
        start = perf_counter()
        np.matmul(A, A, out=out)
        best = min(best, perf_counter() - start)
    return 2 * size**3 / best


def answer(name, request, state):
    """Carry out one request; ``state`` keeps what the last ``prepare`` built."""
    verb, *arguments = request
    if verb == "prepare":
        state["run"] = CONTENDERS[name](Case(*arguments))
        if state["run"] is not None:
            state["run"]()
        return state["run"] is not None
    return list(state["run"]()) if verb == "run" else peak(*arguments)


def main(name):
    """Answer requests until the input ends."""
    if name == "PyTorch":
        import torch

        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    if name in VARIANTS:
        setattr(recurrence, *VARIANTS[name])
        name = "rnncore"
    state = {}
    for line in sys.stdin:
        print(json.dumps(answer(name, json.loads(line), state)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
