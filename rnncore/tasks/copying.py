"""The copying problem: read ten symbols, wait, and repeat them when told to."""

import numpy as np

from ..batching import one_hot
from ..initializers import float_dtype, make_rng
from ..validation import check_size
from .sequences import Sequences, check_outputs

SYMBOLS, LENGTH = 8, 10
BLANK, DELIMITER = 8, 9


def draw(count, delay=100, rng=None, dtype=np.float64):
    """Draw ten symbols, ``delay - 1`` blanks, a delimiter and ten blanks; copy at the end.

    The symbols are uniform from 0 to 7, the blank is 8, the delimiter 9. The target is blank
    for ``delay + 10`` steps and then the ten symbols in their order.

    Parameters
    ----------
    count : int
        N.
    delay : int
        Steps from the last symbol read to the delimiter, at least 1.
    rng : numpy.random.Generator, optional
    dtype : {float32, float64}

    Returns
    -------
    Sequences
        ``x`` (N, T, 10), one-hot, with T = ``delay + 20``; ``targets`` (N, T) classes from 0
        to 8; ``mask`` is True everywhere.

    Raises
    ------
    TypeError, ValueError
        An argument is not of its type or range.

    Notes
    -----
    Source: Arjovsky, Shah and Bengio 2016, the copying memory problem, with the placing of
    blanks in the authors' published code.
    """
    count, delay = check_size("count", count), check_size("delay", delay)
    dtype, steps = float_dtype(dtype), delay + 2 * LENGTH
    symbols = make_rng(rng).integers(SYMBOLS, size=(count, LENGTH))
    ids = np.full((count, steps), BLANK)
    targets = ids.copy()
    ids[:, :LENGTH] = targets[:, -LENGTH:] = symbols
    ids[:, LENGTH + delay - 1] = DELIMITER
    x = one_hot(ids, SYMBOLS + 2, dtype)
    return Sequences(x, np.full(count, steps), targets, np.ones((count, steps), bool))


def memoryless_loss(delay):
    """Compute ``10 * log(8) / (delay + 20)``: the mean cross-entropy without any memory.

    In nats: sure of every blank, and all symbols equally likely at the last ten steps. Source:
    Arjovsky, Shah and Bengio 2016.
    """
    return float(LENGTH * np.log(SYMBOLS) / (check_size("delay", delay) + 2 * LENGTH))


def correct(outputs, data):
    """Say for each sequence whether the most active unit is the right one at every step.

    Parameters
    ----------
    outputs : ndarray (N, T, 9)
        One unit for each of the eight symbols and one for the blank; logits do.
    data : Sequences
        From `draw`.

    Returns
    -------
    boolean ndarray (N,)

    Raises
    ------
    TypeError, ValueError
        ``outputs`` has another dtype or shape, or is not finite.

    Notes
    -----
    The paper compares losses and sets no criterion; this one is ours.
    """
    check_outputs(outputs, data, SYMBOLS + 1)
    return (outputs.argmax(axis=2) == data.targets).all(axis=1)


def solved(outputs, data):
    """Say whether all sequences are correct; a criterion of ours, as in `correct`."""
    return bool(correct(outputs, data).all())
