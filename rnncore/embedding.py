"""The embedding layer: a row of a table for every symbol."""

import numpy as np

from .initializers import float_dtype, make_rng
from .masking import length_mask, zero_padding
from .validation import (
    check_float_array,
    check_integer_array,
    check_lengths,
    check_no_state,
    check_size,
)


class Embedding:
    """Look up ``y[n, t] = W[x[n, t]]``, which equals ``one_hot(x) @ W`` without the product.

    Parameters
    ----------
    vocab_size : int
        V, the number of symbols.
    embedding_size : int
        D, the length of a symbol's vector.
    rng : numpy.random.Generator, optional
        Source of the standard normal ``W``.
    dtype : {float32, float64}
        Of parameters and outputs.

    Attributes
    ----------
    params : dict
        ``W`` (V, D).
    """

    def __init__(self, vocab_size, embedding_size, rng=None, dtype=np.float64):
        self.vocab_size = check_size("vocab_size", vocab_size)
        self.embedding_size = check_size("embedding_size", embedding_size)
        self.dtype = float_dtype(dtype)
        shape = (self.vocab_size, self.embedding_size)
        self.params = {"W": make_rng(rng).standard_normal(shape).astype(self.dtype)}

    def forward(self, x, state=None, lengths=None):
        """Look up the vector of every symbol.

        Parameters
        ----------
        x : integer array (N, T)
            Symbols from 0 to V - 1.
        state : None
            There is none; part of the common protocol.
        lengths : integer array (N,), optional
            Past a row's end the output is zero.

        Returns
        -------
        y : ndarray (N, T, D)
        state : None
        cache : tuple

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape, or a symbol is out of range.
        """
        check_no_state(self, state)
        x = check_integer_array("x", x, ("N", "T"), self.vocab_size)
        mask = None
        y = self.params["W"][x]
        if lengths is not None:
            mask = length_mask(check_lengths(lengths, *x.shape), x.shape[1])[:, :, None]
            y *= mask
        return y, None, (x, mask)

    def backward(self, dy, cache, dstate=None):
        """Add every position's gradient to its symbol's row: ``dW[v] = sum of dy where x = v``.

        Parameters
        ----------
        dy : ndarray (N, T, D)
        cache : tuple
            From `forward`.
        dstate : None

        Returns
        -------
        dx : None
            Symbols have no gradient.
        dstate : None
        grads : dict
            ``W`` (V, D).

        Raises
        ------
        TypeError, ValueError
            ``dy`` has another dtype or shape than the output.
        """
        x, mask = cache
        check_float_array("dy", dy, (*x.shape, self.embedding_size), self.dtype)
        if mask is not None:
            dy = zero_padding(dy, mask)
        order = np.argsort(x, axis=None, kind="stable")
        symbols, starts = np.unique(x.ravel()[order], return_index=True)
        dW = np.zeros_like(self.params["W"])
        # Sums of runs of equal symbols: many times faster than np.add.at row by row.
        dW[symbols] = np.add.reduceat(dy.reshape(-1, self.embedding_size)[order], starts)
        return None, None, {"W": dW}
