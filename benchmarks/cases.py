"""What is measured: cells, sizes, dtypes, and how many operations each takes."""

from typing import NamedTuple

SIZES = {
    "S1": (1, 50, 64, 64),
    "S2": (32, 50, 64, 128),
    "S3": (32, 100, 128, 256),
    "S4": (64, 200, 128, 512),
}
REPEATS = {"S1": 61, "S2": 21, "S3": 11, "S4": 5, "character model": 21}
CELLS = {"LSTM": 4, "GRU": 3, "RNN": 1}  # gates
CHARACTERS = (32, 50, 128, 100)  # N, T, H, V of the training step


class Case(NamedTuple):
    """One thing to time; ``size`` is a key of `SIZES` or ``"character model"``."""

    cell: str
    dtype: str
    size: str


def all_cases():
    """List the cases of the table: four sizes in float32, three in float64, a training step."""
    layers = [
        Case(cell, dtype, size)
        for cell in CELLS
        for dtype in ("float32", "float64")
        for size in SIZES
        if (dtype, size) != ("float64", "S4")
    ]
    return layers + [Case(cell, "float32", "character model") for cell in CELLS]


def operations(case):
    """Count the multiplications and additions of the matrix products, forward and backward.

    A step multiplies ``(N, D + H)`` by ``(D + H, G * H)``: 2 N (D + H) G H operations. Going back
    takes two more products of that size: one for the inputs' gradient, one for the weights'.
    """
    batch, steps, size, hidden = SIZES[case.size]
    forward = 2 * batch * steps * (size + hidden) * CELLS[case.cell] * hidden
    return {"forward": forward, "both": 3 * forward}
