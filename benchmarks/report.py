"""The table of the benchmark as text, and its geometric means."""

import math

from .cases import Case, operations


def figures(record):
    """Compute from a record's times what the table shows.

    ``ratio``, ``forward_ratio`` and ``naive_ratio`` divide rnncore's time by PyTorch's, forward and
    backward or forward alone, and by the naive loop's: below 1 rnncore is faster.
    ``share_of_peak`` divides the rate of the matrix products over forward and backward by the
    measured peak. ``floor`` is the ratio to PyTorch of a program whose products run at the peak
    and that does nothing else.
    """
    seconds = record["seconds"]
    ours, theirs = seconds["rnncore"], seconds["PyTorch"]
    found = {"ratio": ours["both"] / theirs["both"]}
    if record["size"] == "character model":
        return found
    case = Case(record["cell"], record["dtype"], record["size"])
    least = operations(case)["both"] / record["peak"]  # seconds
    return found | {
        "forward_ratio": ours["forward"] / theirs["forward"],
        "naive_ratio": ours["both"] / seconds["naive NumPy"]["both"],
        "share_of_peak": least / ours["both"],
        "floor": least / theirs["both"],
    }


def geometric_mean(values):
    """Average ratios: the n-th root of their product."""
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def lines(records):
    """Write the table for a terminal, from records with their figures."""
    yield f"{'':36}{'ms':>9}{'/PyTorch':>10}{'forward':>9}{'/naive':>8}{'share of peak':>15}"
    for r in records:
        name = f"{r['cell']:5}{r['dtype']:8} {r['size']:15} {r['threads']} thread"
        row = f"{name:36}{r['seconds']['rnncore']['both'] * 1e3:9.2f}{r['ratio']:10.2f}"
        if "floor" in r:
            row += f"{r['forward_ratio']:9.2f}{r['naive_ratio']:8.2f}{r['share_of_peak']:15.0%}"
        yield row
    for threads in sorted({r["threads"] for r in records}):
        layers = [r for r in records if r["threads"] == threads and "floor" in r]
        if layers:
            ratios = [r["ratio"] for r in layers]
            floor = geometric_mean(r["floor"] for r in layers)
            yield (
                f"{threads} thread(s): geometric mean {geometric_mean(ratios):.2f}, "
                f"worst {max(ratios):.2f}, floor {floor:.2f}"
            )
