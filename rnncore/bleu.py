"""BLEU: how many n-grams of a translation its references share."""

from collections import Counter
from collections.abc import Hashable

import numpy as np

from .validation import check_size, describe


def bleu(candidates, references, max_order=4):
    """Compute the BLEU of a whole corpus, from 0 to 1.

    With ``p_n`` the share of the candidates' n-grams that occur in a reference, each counted
    at most as often as in the one reference where it is most frequent, over all sentences
    together; ``c`` the candidates' total length and ``r`` the total of the reference lengths
    closest to each candidate (the shorter of two equally close)::

        BLEU = min(1, exp(1 - r / c)) * (p_1 * ... * p_K) ** (1 / K)

    Parameters
    ----------
    candidates : list of token lists
        A token is anything that can be compared and hashed: a word, an integer.
    references : list of lists of token lists
        For each candidate one or more references.
    max_order : int
        ``K``, the longest n-gram.

    Returns
    -------
    float
        Not smoothed: 0 as soon as no n-gram of one order is shared.

    Raises
    ------
    TypeError
        A sentence is a string, whose tokens would be characters, or not a sequence.
    ValueError
        There is no candidate, a candidate without a reference, or other lengths of the lists.

    Notes
    -----
    Source: Papineni, Roukos, Ward and Zhu 2002, with uniform weights.
    """
    max_order = check_size("max_order", max_order)
    _check_corpus(candidates, references)
    shared, total = np.zeros(max_order), np.zeros(max_order)
    for candidate, group in zip(candidates, references, strict=True):
        for n in range(1, max_order + 1):
            counts = _ngrams(candidate, n)
            # A | B keeps the larger count of each n-gram, A & B the smaller.
            allowed = Counter()
            for reference in group:
                allowed |= _ngrams(reference, n)
            shared[n - 1] += (counts & allowed).total()
            total[n - 1] += counts.total()
    if not shared.all():
        return 0.0
    c = sum(map(len, candidates))
    r = sum(_closest_length(*pair) for pair in zip(candidates, references, strict=True))
    return float(min(1.0, np.exp(1 - r / c)) * np.exp(np.log(shared / total).mean()))


def _ngrams(sentence, n):
    return Counter(tuple(sentence[i : i + n]) for i in range(len(sentence) - n + 1))


def _closest_length(candidate, group):
    return min((abs(len(r) - len(candidate)), len(r)) for r in group)[1]


def _check_corpus(candidates, references):
    for name, value in {"candidates": candidates, "references": references}.items():
        if not hasattr(value, "__len__"):
            raise TypeError(f"{name}: expected a list, got {describe(value)}")
    if len(candidates) != len(references) or not len(candidates):
        raise ValueError(
            "references: expected one list of references per candidate and at least one "
            f"candidate, got {len(candidates)} candidates and {len(references)} lists"
        )
    for i, (candidate, group) in enumerate(zip(candidates, references, strict=True)):
        _check_sentence(f"candidates[{i}]", candidate)
        if isinstance(group, str) or not hasattr(group, "__len__"):
            raise TypeError(f"references[{i}]: expected a list of token lists, got {group!r}")
        if not len(group):
            raise ValueError(f"references[{i}]: expected at least one reference, got none")
        for j, reference in enumerate(group):
            _check_sentence(f"references[{i}][{j}]", reference)


def _check_sentence(name, sentence):
    if isinstance(sentence, str) or not hasattr(sentence, "__len__"):
        raise TypeError(
            f"{name}: expected a list of tokens, got {sentence!r}; split a text into words first"
        )
    for token in sentence:
        if not isinstance(token, Hashable):
            raise TypeError(f"{name}: expected tokens such as words or integers, got {token!r}")
