"""What each choice in ``rnncore/recurrence.py`` gains: the plain way beside it, by turns."""

import statistics
from contextlib import ExitStack, closing
from time import perf_counter

import numpy as np

from .cases import SIZES, Case
from .contenders import VARIANTS
from .measure import Worker, measure


def by_turns(plain, ours, repeats):
    """Time two functions in alternation; the medians, in seconds."""
    times = []
    for _ in range(repeats + 1):
        row = []
        for function in (plain, ours):
            start = perf_counter()
            function()
            row.append(perf_counter() - start)
        times.append(row)
    plain, ours = (statistics.median(column) for column in zip(*times[1:], strict=True))
    return {"plain": plain, "ours": ours}


def pieces(dtype):
    """List pairs of functions, plain and ours, that compute the same piece of an LSTM, S3."""
    batch, steps, size, hidden = SIZES["S3"]
    rng = np.random.default_rng(0)
    width = size + 1 + hidden
    z = rng.standard_normal((steps, batch, width)).astype(dtype)
    da = rng.standard_normal((steps, batch, 4 * hidden)).astype(dtype)
    W = rng.standard_normal((width, 4 * hidden)).astype(dtype)
    by_gate = [np.ascontiguousarray(part) for part in np.split(W, 4, axis=1)]
    a, product = da[0], np.empty((batch, 4 * hidden), dtype)
    half = a.dtype.type(0.5)

    def per_step():
        total = np.zeros_like(W)
        for z_t, da_t in zip(z, da, strict=True):
            total += z_t.T @ da_t
        return total

    def at_once():
        return z.reshape(-1, width).T @ da.reshape(-1, 4 * hidden)

    def through_tanh():
        np.tanh(a, out=product)
        np.multiply(product, half, out=product)
        np.add(product, half, out=product)

    parts = np.split(rng.standard_normal((5, batch, hidden)).astype(dtype), 5)
    i, g, f, c, into = parts

    def fresh():
        return f * c + i * g

    def in_place():
        np.multiply(f, c, out=into)
        np.multiply(i, g, out=g)
        np.add(into, g, out=into)

    return {
        "time first": (per_step, at_once, 20),
        "all gates at once": (
            lambda: [z[0] @ part for part in by_gate],
            lambda: np.matmul(z[0], W, out=product),
            400,
        ),
        "sigmoid through tanh": (lambda: 1 / (1 + np.exp(-a)), through_tanh, 400),
        "in place": (fresh, in_place, 400),
    }


def measure_tricks(progress):
    """Measure all choices in both dtypes; a record for each."""
    for dtype in ("float32", "float64"):
        for name, (plain, ours, repeats) in pieces(dtype).items():
            progress.set_description(f"{name}, {dtype}")
            yield {"name": name, "dtype": dtype, "of": "piece", **by_turns(plain, ours, repeats)}
            progress.update()
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(closing(Worker(name, 1))) for name in ("rnncore", *VARIANTS)
        }
        for dtype in ("float32", "float64"):
            progress.set_description(f"panels, memory, {dtype}")
            seconds = measure(Case("LSTM", dtype, "S2"), workers)
            ours = seconds.pop("rnncore")["both"]
            for name, plain in seconds.items():
                yield {
                    "name": name,
                    "dtype": dtype,
                    "of": "layer",
                    "plain": plain["both"],
                    "ours": ours,
                }
                progress.update()
