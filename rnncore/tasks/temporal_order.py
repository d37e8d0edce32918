"""Temporal order: classify a sequence by the order of two or three far-apart symbols."""

import numpy as np

from ..batching import one_hot
from ..initializers import float_dtype, make_rng
from ..masking import length_mask
from ..validation import check_choice, check_size
from .sequences import Sequences, check_enough, check_outputs, last_step_mask

SYMBOLS = "EBabcdXY"
TOLERANCE = 0.3
AVERAGE_ERROR = 0.1
SEQUENCES = 2000
SHORTEST, LONGEST = 100, 110
# First and last place, counted from 1, of each symbol that matters.
PLACES = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}


def draw(count, relevant=2, rng=None, dtype=np.float64):
    """Draw sequences that start with E, end with B and hold two or three X or Y.

    The length is uniform from 100 to 110. The symbols X or Y, each with probability 1/2,
    stand at places drawn from 10 to 20 and 50 to 60 (task 6a), or from 10 to 20, 33 to 43 and
    66 to 76 (task 6b), counted from 1. Every other symbol is one of a, b, c and d. Classes
    count up as binary numbers with X = 0 and Y = 1: XX, XY, YX, YY are 0 to 3.

    Parameters
    ----------
    count : int
        N.
    relevant : {2, 3}
        How many symbols matter: 2 for task 6a with 4 classes, 3 for task 6b with 8.
    rng : numpy.random.Generator, optional
    dtype : {float32, float64}

    Returns
    -------
    Sequences
        ``x`` (N, 110, 8), one-hot in the order of `SYMBOLS`; ``targets`` (N, 110) classes;
        ``mask`` is True at each row's last step alone.

    Raises
    ------
    TypeError, ValueError
        An argument is not of its type or range.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.6, experiment 6. That places count from
    1 follows from the shortest lags of 40 and 24 in the paper's table 10.
    """
    count = check_size("count", count)
    check_choice("relevant", relevant, tuple(PLACES))
    rng, dtype, rows = make_rng(rng), float_dtype(dtype), np.arange(count)
    lengths = rng.integers(SHORTEST, LONGEST, size=count, endpoint=True)
    ids = rng.integers(SYMBOLS.index("a"), SYMBOLS.index("X"), size=(count, LONGEST))
    ids[:, 0] = SYMBOLS.index("E")
    ids[rows, lengths - 1] = SYMBOLS.index("B")
    classes = np.zeros(count, int)
    for low, high in PLACES[relevant]:
        is_y = rng.integers(2, size=count)
        place = rng.integers(low, high, size=count, endpoint=True)
        ids[rows, place - 1] = SYMBOLS.index("X") + is_y
        classes = 2 * classes + is_y
    x = one_hot(ids, len(SYMBOLS), dtype) * length_mask(lengths, LONGEST)[:, :, None]
    mask = last_step_mask(lengths, LONGEST)
    return Sequences(x, lengths, classes[:, None] * mask, mask)


def correct(outputs, data):
    """Say for each sequence whether the final error of all output units is below 0.3.

    Parameters
    ----------
    outputs : ndarray (N, 110, V)
        One unit per class, V = 4 or 8, such as a softmax; the target is 1 for the class and 0
        for the others.
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
    Source: Hochreiter and Schmidhuber 1997, section 5.6.
    """
    return (_errors(outputs, data) < TOLERANCE).all(axis=1)


def solved(outputs, data, sequences=SEQUENCES):
    """Say whether all sequences are correct, with a mean absolute error below 0.1.

    Parameters
    ----------
    outputs : ndarray (N, 110, V)
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
    Source: Hochreiter and Schmidhuber 1997, section 5.6: training stops once the average
    training error is below 0.1 and the 2000 most recent sequences were classified correctly;
    then 2560 more sequences test the network. Which average the paper means it does not say;
    here it is over sequences and output units.
    """
    check_enough(data, sequences)
    errors = _errors(outputs, data)
    return bool((errors < TOLERANCE).all() and errors.mean() < AVERAGE_ERROR)


def _errors(outputs, data):
    relevant = int(data.x[0, :, SYMBOLS.index("X") :].sum())
    check_outputs(outputs, data, 2**relevant)
    return np.abs(outputs[data.mask] - one_hot(data.targets[data.mask], 2**relevant))  # (N, V)
