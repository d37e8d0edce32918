"""Searching for the most probable sequence: greedily, or with a beam.

Both searches know a model only by a function ``step(ids, state) -> log_probs, state``. It reads
one symbol of every row, ``ids`` (B,), and returns the log-probabilities of the next one (B, V)
and the new state: an array, or nested tuples and lists of arrays, with rows first; None before
the first symbol of a model that starts afresh. `LanguageModel.step` is such a function.
"""

from typing import NamedTuple

import numpy as np

from .validation import check_float_array, check_not_negative, check_size


class Hypothesis(NamedTuple):
    """A sequence that `beam_search` found."""

    ids: np.ndarray  # (L,), without the start symbol, with the end symbol if it was reached
    log_prob: float  # in nats
    score: float  # log_prob / length_penalty(L, alpha)


def length_penalty(length, alpha):
    """Compute ``((5 + length) / (5 + 1)) ** alpha``, which a log-probability is divided by.

    A sum of log-probabilities falls with every symbol, so without a penalty short sequences
    win; ``alpha = 0`` gives 1, no penalty. Both are numbers of at least 0. Source: Wu et al.
    2016, section 7.
    """
    alpha = check_not_negative("alpha", alpha)
    return ((5 + check_not_negative("length", length)) / 6) ** alpha


def greedy_search(step, start, length, state=None, end=None):
    """Take the most probable symbol at every step, for many rows at once.

    Parameters
    ----------
    step : function
        As above, for instance ``model.step``.
    start : integer array (N,)
        The symbol that every row reads first.
    length : int
        How many symbols to find.
    state : nested arrays with N rows, optional
    end : int, optional
        The symbol after which a row is over.

    Returns
    -------
    ids : integer ndarray (N, length)
        Without the start symbol; past a row's end filled with the end symbol.
    lengths : integer ndarray (N,)
        With the end symbol, if it was reached.

    Raises
    ------
    TypeError, ValueError
        ``step`` returned something else than log-probabilities, or an argument is out of range.
    """
    last, length = _check_symbols("start", start, "(N,)"), check_size("length", length)
    stop = _check_end(end)
    ids, lengths = np.full((len(last), length), stop), np.full(len(last), length)
    live = np.ones(len(last), bool)
    for t in range(length):
        log_probs, state = step(last, state)
        last = _check_log_probs(log_probs, len(last), stop).argmax(axis=1)
        ids[live, t] = last[live]
        lengths[live & (last == stop)] = t + 1
        live &= last != stop
        if not live.any():
            break
    return ids, lengths


def beam_search(step, start, length, width, state=None, end=None, alpha=0.0):
    """Keep the ``width`` most probable beginnings at every step, and extend them all at once.

    A beginning that reaches the end symbol leaves the beam; the others compete again for all
    its places. The search ends when nothing in the beam can still be among the best. With a
    width of at least V ** length it is exact, with a width of 1 it is `greedy_search`.

    Parameters
    ----------
    step : function
        As above, for instance ``model.step``.
    start : int
        The symbol that is read first.
    length : int
        The most symbols of a sequence, with the end symbol.
    width : int
    state : nested arrays with one row, optional
    end : int, optional
        The symbol after which a sequence is over. Without one all have the full length.
    alpha : float
        Exponent of `length_penalty`, at least 0; 0 turns it off.

    Returns
    -------
    hypotheses : list of Hypothesis
        At most ``width``, the best score first. One that met ``length`` has no end symbol.

    Raises
    ------
    TypeError, ValueError
        ``step`` returned something else than log-probabilities, or an argument is out of range.

    Notes
    -----
    Source: Sutskever, Vinyals and Le 2014, section 3.2.
    """
    length, width = check_size("length", length), check_size("width", width)
    alpha = check_not_negative("alpha", alpha)
    stop, start = _check_end(end), _check_symbols("start", start, "()")
    ids, totals, best = start.reshape(1, 1), np.zeros(1), []
    for t in range(1, length + 1):
        log_probs, state = step(ids[:, -1], state)
        _check_log_probs(log_probs, len(ids), stop)
        ids, totals, parents = _extend(ids, totals, log_probs, width)
        over = (ids[:, -1] == stop) | (t == length)
        for row in np.flatnonzero(over):
            score = totals[row] / length_penalty(t, alpha)
            best.append(Hypothesis(ids[row, 1:], float(totals[row]), float(score)))
        best = sorted(best, key=lambda hypothesis: -hypothesis.score)[:width]
        ids, totals, state = ids[~over], totals[~over], _take_rows(state, parents[~over])
        # Totals only fall, and no penalty is larger than that of the full length.
        bound = totals.max(initial=-np.inf) / length_penalty(length, alpha)
        if not len(ids) or (len(best) == width and best[-1].score >= bound):
            break
    return best


def _extend(ids, totals, log_probs, width):
    """Pick the best of all beginnings one symbol longer; say which row each one extends."""
    candidates = (totals[:, None] + log_probs).ravel()  # (B*V,)
    picked = np.argsort(-candidates, kind="stable")[:width]
    picked = picked[candidates[picked] > -np.inf]
    parents, symbols = np.divmod(picked, log_probs.shape[1])
    ids = np.concatenate([ids[parents], symbols[:, None]], axis=1)
    return ids, candidates[picked], parents


def _take_rows(state, rows):
    """Pick rows of every array of a nested state."""
    if isinstance(state, tuple | list):
        return type(state)(_take_rows(part, rows) for part in state)
    return None if state is None else state[rows]


def _check_symbols(name, value, shape):
    """Return one symbol, or a vector of symbols; the model knows how many there are."""
    value = np.asarray(value)
    if value.ndim != (shape == "(N,)") or value.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers {shape}, got {value.dtype} {value.shape}")
    if value.size and value.min() < 0:
        raise ValueError(f"{name}: expected symbols of at least 0, got {value.min()}")
    return value


def _check_end(end):
    """Return the end symbol, or -1, which no symbol equals."""
    return -1 if end is None else int(_check_symbols("end", end, "()"))


def _check_log_probs(log_probs, rows, stop):
    check_float_array("log_probs", log_probs, (rows, "V"))
    if stop >= log_probs.shape[1]:
        raise ValueError(f"end: expected a symbol below {log_probs.shape[1]}, got {stop}")
    # At most 1 in sum, so that symbols may be forbidden; the bound keeps exp from overflowing.
    total = np.exp(np.minimum(log_probs, 1)).sum(axis=1)
    if not ((total <= 1.001) & (log_probs.max(axis=1) > -np.inf)).all():
        raise ValueError(
            "log_probs: expected log-probabilities, a row's probabilities adding up to 1 at most "
            f"and to more than 0, got rows that add up to {total}; use rc.log_softmax"
        )
    return log_probs
