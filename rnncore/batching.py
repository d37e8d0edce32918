"""Batches: shuffled examples, and long streams cut into steps."""

import numpy as np

from .initializers import make_rng
from .validation import check_integer_array, check_size


def one_hot(ids, size, dtype=np.float64):
    """Compute ``y[..., v] = 1 if ids[...] == v else 0``.

    Parameters
    ----------
    ids : integer array, any shape
        From 0 to ``size - 1``.
    size : int
        V.
    dtype : dtype

    Returns
    -------
    ndarray (..., V)

    Raises
    ------
    TypeError, ValueError
        ``ids`` is not of integers in range.
    """
    size = check_size("size", size)
    ids = check_integer_array("ids", ids, np.shape(ids), size)
    return np.eye(size, dtype=dtype)[ids]


def minibatches(count, batch_size, rng=None):
    """Yield the indices 0 to ``count - 1`` in random order, ``batch_size`` at a time.

    The last batch holds what is left. One call is one epoch.
    """
    count, batch_size = check_size("count", count), check_size("batch_size", batch_size)
    order = make_rng(rng).permutation(count)
    for start in range(0, count, batch_size):
        yield order[start : start + batch_size]


def stream_batches(ids, batch_size, steps):
    """Cut one long stream into ``batch_size`` parallel streams, read ``steps`` at a time.

    Row n of a batch goes on where row n of the batch before stopped, so the state can be
    carried from one to the next. Targets are the inputs shifted by one. What does not fill
    a whole batch at the end is left out.

    Parameters
    ----------
    ids : integer array (L,)
    batch_size : int
        N.
    steps : int
        T.

    Returns
    -------
    iterator of (x, y), each integer ndarray (N, T)

    Raises
    ------
    TypeError, ValueError
        ``ids`` is not a vector of integers, or too short for one batch.
    """
    batch_size, steps = check_size("batch_size", batch_size), check_size("steps", steps)
    ids = np.asarray(ids)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise TypeError(
            f"ids: expected a vector of integers, got shape {ids.shape}, dtype {ids.dtype}"
        )
    per_row = (len(ids) - 1) // batch_size  # the last symbol is only a target
    if per_row < steps:
        raise ValueError(
            f"ids: expected at least {batch_size * steps + 1} symbols for {batch_size} rows of "
            f"{steps} steps, got {len(ids)}"
        )
    inputs = ids[: batch_size * per_row].reshape(batch_size, per_row)
    targets = ids[1 : batch_size * per_row + 1].reshape(batch_size, per_row)
    return _windows(inputs, targets, steps)


def _windows(inputs, targets, steps):
    for start in range(0, inputs.shape[1] - steps + 1, steps):
        window = slice(start, start + steps)
        yield inputs[:, window], targets[:, window]
