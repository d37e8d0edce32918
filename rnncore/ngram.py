"""The n-gram model: the baseline that a language model must beat."""

from collections import Counter

import numpy as np

from .validation import check_integer_array, check_size


class NGram:
    """Interpolated n-gram model with Witten-Bell smoothing.

    With ``c`` the counts after a context and ``u`` the number of different symbols seen there::

        p(v | context) = (c[context, v] + u[context] * p(v | shorter context))
                         / (c[context] + u[context])

    The empty context falls back to the uniform distribution over V, so no symbol has
    probability 0.

    Parameters
    ----------
    order : int
        n: 1 is the unigram, 3 the trigram, which sees the two symbols before.
    vocab_size : int
        V.

    Notes
    -----
    Source: Witten and Bell 1991, method C, in the interpolated form of Chen and Goodman 1998.
    """

    def __init__(self, order, vocab_size):
        self.order = check_size("order", order)
        self.vocab_size = check_size("vocab_size", vocab_size)
        self._counts = None

    def fit(self, ids):
        """Count the n-grams of a stream and return the model.

        Parameters
        ----------
        ids : integer array (L,)
        """
        ids = check_integer_array("ids", ids, ("L",), self.vocab_size).tolist()
        self._counts, self._totals, self._kinds = {}, {}, {}
        for k in range(self.order):  # k symbols of context
            grams = Counter(zip(*(ids[i:] for i in range(k + 1)), strict=False))
            totals, kinds = Counter(), Counter()
            for gram, count in grams.items():
                totals[gram[:-1]] += count
                kinds[gram[:-1]] += 1
            self._counts[k], self._totals[k], self._kinds[k] = grams, totals, kinds
        return self

    def probability(self, symbol, context):
        """Compute ``p(symbol | context)``; of a longer context the last ``order - 1`` count.

        Parameters
        ----------
        symbol : int
        context : integer array (T,)
            The symbols before, none to order - 1 or more.

        Raises
        ------
        TypeError, ValueError
            Not symbols from 0 to V - 1, or the model was not fitted.
        """
        check_integer_array("symbol", symbol, (), self.vocab_size)
        if np.size(context):
            context = check_integer_array("context", context, ("T",), self.vocab_size).tolist()
        return self._probability(symbol, context)

    def _probability(self, symbol, context):
        if self._counts is None:
            raise ValueError("the model has no counts yet: call fit(ids) first")
        context = tuple(context)[max(0, len(context) - self.order + 1) :]
        p = 1 / self.vocab_size
        for k in range(len(context) + 1):
            tail = context[len(context) - k :]
            kinds = self._kinds[k][tail]
            if kinds == 0:  # never seen, so no longer context was either
                break
            p = (self._counts[k][(*tail, symbol)] + kinds * p) / (self._totals[k][tail] + kinds)
        return p

    def cross_entropy(self, ids):
        """Compute the mean of ``-log p(ids[t] | ids[:t])`` in nats, over all positions.

        Parameters
        ----------
        ids : integer array (L,)
        """
        ids = check_integer_array("ids", ids, ("L",), self.vocab_size).tolist()
        start = self.order - 1
        p = [self._probability(v, ids[max(0, t - start) : t]) for t, v in enumerate(ids)]
        return -float(np.log(p).mean())
