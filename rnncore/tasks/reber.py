"""The embedded Reber grammar: predict every symbol that may come next."""

import numpy as np

from ..batching import one_hot
from ..initializers import float_dtype, make_rng
from ..masking import length_mask, pad
from ..validation import check_size
from .sequences import Sequences, check_outputs

SYMBOLS = "BTPSXVE"
# Node of the Reber grammar -> symbol -> next node. A string runs from "start" to "end".
REBER = {
    "start": {"B": 0},
    0: {"T": 1, "P": 2},
    1: {"S": 1, "X": 3},
    2: {"T": 2, "V": 4},
    3: {"X": 2, "S": 5},
    4: {"P": 3, "V": 5},
    5: {"E": "end"},
}


def _embed(grammar):
    """Put a copy of a grammar on each of two branches, between two T and between two P."""
    edges = {"start": {"B": "branch"}, "branch": {}, "last": {"E": "end"}, "end": {}}
    for branch in "TP":
        edges["branch"][branch] = (branch, "start")
        for node, out in grammar.items():
            edges[branch, node] = {symbol: (branch, after) for symbol, after in out.items()}
        edges[branch, "end"] = {branch: "last"}
    return edges


EMBEDDED = _embed(REBER)


def draw_string(rng=None):
    """Walk through the embedded grammar; where there is a choice, each edge has probability 1/2.

    Source: Hochreiter and Schmidhuber 1997, section 5.1, which takes the grammar from
    Cleeremans, Servan-Schreiber and McClelland 1989 and others.
    """
    rng, node, string = make_rng(rng), "start", ""
    while node != "end":
        symbols = list(EMBEDDED[node])
        symbol = symbols[rng.integers(len(symbols))]
        string, node = string + symbol, EMBEDDED[node][symbol]
    return string


def legal_next(prefix):
    """Return the set of symbols that may follow ``prefix``; empty after a whole string.

    Raises ``ValueError`` when no string of the grammar starts like this.
    """
    node = "start"
    for t, symbol in enumerate(prefix):
        if symbol not in EMBEDDED[node]:
            raise ValueError(
                f"prefix: expected one of {sorted(EMBEDDED[node])} at position {t} of {prefix!r}, "
                f"got {symbol!r}"
            )
        node = EMBEDDED[node][symbol]
    return set(EMBEDDED[node])


def is_member(string):
    """Say whether ``string`` is a whole string of the embedded Reber grammar."""
    try:
        return not legal_next(string)
    except ValueError:
        return False


def draw(count, rng=None, exclude=(), dtype=np.float64):
    """Draw strings; at every symbol but the last the next one is to be predicted.

    Parameters
    ----------
    count : int
        N. The paper trains on 256 strings and tests on 256 others.
    rng : numpy.random.Generator, optional
    exclude : iterable of str
        Strings not to draw: for test data, ``strings(train)``.
    dtype : {float32, float64}

    Returns
    -------
    Sequences
        ``x`` (N, T, 7), one-hot in the order of `SYMBOLS`, without the final E; ``targets``
        (N, T), the symbol that did come next; ``mask`` is True at each row's steps.

    Raises
    ------
    TypeError, ValueError
        An argument is not of its type or range.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.1, experiment 1.
    """
    count, dtype, rng = check_size("count", count), float_dtype(dtype), make_rng(rng)
    exclude, drawn = set(exclude), []
    while len(drawn) < count:
        string = draw_string(rng)
        if string not in exclude:
            drawn.append(string)
    ids, lengths = pad([np.array([SYMBOLS.index(s) for s in string]) for string in drawn])
    lengths = lengths - 1  # the final E is only a target
    mask = length_mask(lengths, ids.shape[1] - 1)
    x = one_hot(ids[:, :-1], len(SYMBOLS), dtype) * mask[:, :, None]
    return Sequences(x, lengths, ids[:, 1:] * mask, mask)


def strings(data):
    """Read the strings back from a batch of `draw`: a list of N."""
    ids = data.x.argmax(axis=2)
    return [
        "".join(SYMBOLS[i] for i in row[:length]) + "E"
        for row, length in zip(ids, data.lengths, strict=True)
    ]


def legal_mask(data):
    """Compute ``legal[n, t, v]``: symbol v may follow step t of row n; (N, T, 7), False past it."""
    legal = np.zeros(data.x.shape, bool)
    for row, string in zip(legal, strings(data), strict=True):
        for t in range(len(string) - 1):
            row[t, [SYMBOLS.index(symbol) for symbol in legal_next(string[: t + 1])]] = True
    return legal


def correct(outputs, data):
    """Say for each string whether the legal next symbols are always the most active ones.

    Parameters
    ----------
    outputs : ndarray (N, T, 7)
        One unit per symbol; logits do, for only their order counts.
    data : Sequences
        From `draw`.

    Returns
    -------
    boolean ndarray (N,)
        True where, at every step, each legal symbol's unit is above each illegal one's.

    Raises
    ------
    TypeError, ValueError
        ``outputs`` has another dtype or shape, or is not finite where it counts.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.1.
    """
    check_outputs(outputs, data, len(SYMBOLS))
    legal = legal_mask(data)
    least_legal = np.where(legal, outputs, np.inf).min(axis=2)  # (N, T)
    most_illegal = np.where(legal, -np.inf, outputs).max(axis=2)
    return ((least_legal > most_illegal) | ~data.mask).all(axis=1)


def solved(outputs, data):
    """Say whether all strings are correct; the paper wants it of training and test strings.

    Parameters
    ----------
    outputs : ndarray (N, T, 7)
    data : Sequences
        From `draw`.

    Returns
    -------
    bool

    Raises
    ------
    TypeError, ValueError
        As in `correct`.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997, section 5.1.
    """
    return bool(correct(outputs, data).all())
