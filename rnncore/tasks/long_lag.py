"""Noise-free sequences with a long time lag: the last symbol repeats the first."""

import numpy as np

from ..batching import one_hot
from ..initializers import float_dtype, make_rng
from ..validation import check_size
from .sequences import Sequences, check_outputs

TOLERANCE = 0.25


def both(lag=100, dtype=np.float64):
    """Build the only two sequences, ``(x, a_1, ..., a_{p-1}, x)`` and ``(y, ..., y)``.

    Every next symbol is to be predicted. All follow from the one before but the last, for
    which the first has to be kept for ``p`` steps.

    Parameters
    ----------
    lag : int
        ``p``, at least 2.
    dtype : {float32, float64}

    Returns
    -------
    Sequences
        ``x`` (2, p, p + 1), one-hot: ``a_1`` to ``a_{p-1}``, then x and y; ``targets`` (2, p),
        the symbol after each; ``mask`` is True everywhere.

    Raises
    ------
    TypeError, ValueError
        An argument is not of its type or range.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.2, experiment 2a.
    """
    lag = check_size("lag", lag)
    if lag < 2:
        raise ValueError(f"lag: expected at least 2, for a symbol between the ends, got {lag}")
    ids = np.tile(np.arange(-1, lag), (2, 1))
    ids[:, 0] = ids[:, -1] = (lag - 1, lag)
    x = one_hot(ids[:, :-1], lag + 1, float_dtype(dtype))
    return Sequences(x, np.full(2, lag), ids[:, 1:], np.ones((2, lag), bool))


def draw(count, lag=100, rng=None, dtype=np.float64):
    """Draw from the two sequences of `both`, each with probability 1/2.

    Parameters
    ----------
    count : int
        N.
    lag : int
        ``p``, at least 2.
    rng : numpy.random.Generator, optional
    dtype : {float32, float64}

    Returns
    -------
    Sequences
        ``x`` (N, p, p + 1), ``targets`` (N, p), ``mask`` True everywhere.

    Raises
    ------
    TypeError, ValueError
        An argument is not of its type or range.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.2, experiment 2a.
    """
    rows = make_rng(rng).integers(2, size=check_size("count", count))
    return Sequences(*(array[rows] for array in both(lag, dtype)))


def correct(outputs, data):
    """Say for each sequence whether the error of all output units is always below 0.25.

    Parameters
    ----------
    outputs : ndarray (N, p, p + 1)
        One unit per symbol; the target is 1 for the next symbol and 0 for the others.
    data : Sequences
        From `draw` or `both`.

    Returns
    -------
    boolean ndarray (N,)

    Raises
    ------
    TypeError, ValueError
        ``outputs`` has another dtype or shape, or is not finite.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.2.
    """
    symbols = data.x.shape[2]
    check_outputs(outputs, data, symbols)
    errors = np.abs(outputs - one_hot(data.targets, symbols))
    return (errors < TOLERANCE).all(axis=(1, 2))


def solved(outputs, data):
    """Say whether all sequences are correct, both kinds among them.

    The paper asks for 10,000 sequences in a row. A network that starts each from the same
    state gives one answer to each of the two kinds, so one of each decides: use `both`.

    Parameters
    ----------
    outputs : ndarray (N, p, p + 1)
    data : Sequences
        With at least one sequence of each kind.

    Returns
    -------
    bool

    Raises
    ------
    TypeError, ValueError
        As in `correct`, or one kind of sequence is missing.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.2.
    """
    if len(np.unique(data.targets[:, -1])) < 2:
        raise ValueError("data: expected both kinds of sequences, got one; use both(lag)")
    return bool(correct(outputs, data).all())
