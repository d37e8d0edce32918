"""The adding problem: keep two marked numbers until the end, and add them."""

import numpy as np

from ..initializers import float_dtype, make_rng
from ..masking import length_mask
from ..validation import check_size
from .sequences import Sequences, check_enough, check_outputs, last_step_mask

TOLERANCE = 0.04
AVERAGE_ERROR = 0.01
SEQUENCES = 2000


def draw(count, steps=100, rng=None, dtype=np.float64):
    """Draw sequences of pairs (value, marker); the target is ``0.5 + (X1 + X2) / 4``.

    Values are uniform in [-1, 1], lengths uniform from ``steps`` to ``steps + steps // 10``.
    One of the first ten pairs is marked 1 (its value is X1), then one of the first
    ``steps // 2 - 1`` pairs still unmarked (X2). Of the others, the first and the last have
    the marker -1 and the rest 0. A marked first pair gets the value 0.

    Parameters
    ----------
    count : int
        N.
    steps : int
        The shortest length, at least 11.
    rng : numpy.random.Generator, optional
    dtype : {float32, float64}

    Returns
    -------
    Sequences
        ``x`` (N, T, 2) with T = ``steps + steps // 10``; ``targets`` (N, T, 1), from 0 to 1;
        ``mask`` is True at each row's last step alone.

    Raises
    ------
    TypeError, ValueError
        An argument is not of its type or range.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.4, experiment 4. The paper says that X1
    becomes 0 when the first pair is marked; here X2 does as well when it is that pair.
    """
    count, steps = check_size("count", count), check_size("steps", steps)
    if steps < 11:
        raise ValueError(f"steps: expected at least 11, for ten pairs and an end, got {steps}")
    rng, dtype, rows = make_rng(rng), float_dtype(dtype), np.arange(count)
    longest = steps + steps // 10
    lengths = rng.integers(steps, longest, size=count, endpoint=True)
    first = rng.integers(10, size=count)
    second = rng.integers(steps // 2 - 1, size=count)
    second += second >= first  # skip the pair that is marked already
    x = np.zeros((count, longest, 2))
    x[:, :, 0] = rng.uniform(-1, 1, (count, longest)) * length_mask(lengths, longest)
    x[:, 0, 1] = x[rows, lengths - 1, 1] = -1
    x[rows, first, 1] = x[rows, second, 1] = 1
    x[x[:, 0, 1] == 1, 0, 0] = 0
    targets = np.zeros((count, longest, 1))
    total = x[rows, first, 0] + x[rows, second, 0]
    targets[rows, lengths - 1, 0] = 0.5 + total / 4
    mask = last_step_mask(lengths, longest)
    return Sequences(x.astype(dtype), lengths, targets.astype(dtype), mask)


def correct(outputs, data):
    """Say for each sequence whether the error at its end is below 0.04.

    Parameters
    ----------
    outputs : ndarray (N, T, 1)
    data : Sequences
        From `draw`.

    Returns
    -------
    boolean ndarray (N,)

    Raises
    ------
    TypeError, ValueError
        ``outputs`` has another dtype or shape, or is not finite where it counts.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.4.
    """
    return _errors(outputs, data) < TOLERANCE


def solved(outputs, data, sequences=SEQUENCES):
    """Say whether all sequences are correct, with a mean absolute error below 0.01.

    Parameters
    ----------
    outputs : ndarray (N, T, 1)
    data : Sequences
        At least ``sequences`` of them.
    sequences : int
        The paper asks for 2000; with fewer the criterion is easier than the paper's.

    Returns
    -------
    bool

    Raises
    ------
    TypeError, ValueError
        As in `correct`, or there are too few sequences.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.4: training stops once the average
    training error is below 0.01 and the 2000 most recent sequences were processed correctly;
    then 2560 more sequences test the network. Which average the paper means it does not say.
    """
    check_enough(data, sequences)
    errors = _errors(outputs, data)
    return bool((errors < TOLERANCE).all() and errors.mean() < AVERAGE_ERROR)


def _errors(outputs, data):
    check_outputs(outputs, data, 1)
    return np.abs(outputs - data.targets)[data.mask][:, 0]  # (N,)
