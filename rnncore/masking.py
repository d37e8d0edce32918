"""Padding: sequences of different lengths in one array."""

import numpy as np

from .validation import check_integer_array, check_lengths, check_size, describe


def length_mask(lengths, steps):
    """Compute ``mask[n, t] = (t < lengths[n])``.

    Parameters
    ----------
    lengths : integer array (N,)
        From 0 to T.
    steps : int
        T.

    Returns
    -------
    mask : boolean ndarray (N, T)

    Raises
    ------
    TypeError, ValueError
        ``lengths`` is not a vector of integers from 0 to T.
    """
    steps = check_size("steps", steps)
    lengths = check_integer_array("lengths", lengths, ("N",), steps + 1)
    return np.arange(steps) < lengths[:, None]


def zero_padding(x, live):
    """Copy ``x (N, T, D)``, zero where ``live (N, T, 1)`` is False, even where it is NaN."""
    return np.where(live, x, x.dtype.type(0))


def pad(sequences, value=0):
    """Put sequences of different lengths into one array, padded at the end.

    Parameters
    ----------
    sequences : list of ndarray, each (T_n, ...)
        All of one dtype, alike in every axis but the first.
    value : number
        What fills the rest.

    Returns
    -------
    x : ndarray (N, T, ...)
        T is the largest length.
    lengths : integer ndarray (N,)

    Raises
    ------
    TypeError, ValueError
        Not a list, or an empty one; every sequence is empty, or the shapes or dtypes do not
        agree.
    """
    if not np.iterable(sequences):
        raise TypeError(f"sequences: expected a list of arrays, got {describe(sequences)}")
    arrays = [np.asarray(sequence) for sequence in sequences]
    if not arrays:
        raise ValueError("sequences: expected at least one sequence, got an empty list")
    tails = {(array.shape[1:], array.dtype) if array.ndim else None for array in arrays}
    if len(tails) != 1 or None in tails:
        shapes = sorted({f"{array.dtype} {array.shape}" for array in arrays})
        raise ValueError(
            f"sequences: expected arrays (T_n, ...) alike in dtype and in all axes but the first, "
            f"got {', '.join(shapes)}"
        )
    lengths = np.array([len(array) for array in arrays])
    if lengths.max() == 0:
        raise ValueError("sequences: expected at least one step, got only empty sequences")
    x = np.full((len(arrays), lengths.max(), *arrays[0].shape[1:]), value, arrays[0].dtype)
    for row, array in zip(x, arrays, strict=True):
        row[: len(array)] = array
    return x, lengths


def reverse(x, lengths=None):
    """Reverse time within each row: ``y[n, t] = x[n, lengths[n] - 1 - t]``, padding in place.

    Reversing twice gives ``x`` back.

    Parameters
    ----------
    x : ndarray (N, T, ...)
    lengths : integer array (N,), optional
        From 0 to T; by default every row is T long.

    Returns
    -------
    ndarray, shape and dtype of x
        A copy.

    Raises
    ------
    TypeError, ValueError
        ``x`` is no array with two axes or more, or ``lengths`` no vector of N integers from
        0 to T.
    """
    if not isinstance(x, np.ndarray):
        raise TypeError(f"x: expected an array of shape (N, T, ...), got {describe(x)}")
    if x.ndim < 2:
        raise ValueError(f"x: expected shape (N, T, ...), got {x.shape}")
    if lengths is None:
        return x[:, ::-1].copy()
    batch, steps = x.shape[:2]
    # Signed, so that no difference of unsigned lengths wraps around.
    ends = check_lengths(lengths, batch, steps).astype(np.intp)[:, None]  # (N, 1)
    t = np.arange(steps)
    return x[np.arange(batch)[:, None], np.where(t < ends, ends - 1 - t, t)]
