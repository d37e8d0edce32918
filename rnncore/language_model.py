"""A language model: the distribution of the next symbol, at every step."""

import numpy as np

from .dense import Dense
from .embedding import Embedding
from .initializers import make_rng
from .naming import named
from .rnn import RNN


class LanguageModel:
    """Embedding, recurrent layer and dense layer, ``logits_t = Dense(cell(Embedding(x_t)))``.

    Parameters
    ----------
    vocab_size : int
        V.
    hidden_size : int
        H.
    embedding_size : int, optional
        D; by default H.
    cell : class
        The recurrent layer, built as ``cell(D, H, rng=rng, dtype=dtype)``.
    rng : numpy.random.Generator, optional
    dtype : {float32, float64}

    Attributes
    ----------
    params : dict
        Those of the three layers, prefixed ``embedding.``, ``cell.`` and ``head.``; the same
        arrays.
    """

    def __init__(
        self,
        vocab_size,
        hidden_size,
        embedding_size=None,
        cell=RNN,
        rng=None,
        dtype=np.float32,
    ):
        rng = make_rng(rng)
        embedding_size = hidden_size if embedding_size is None else embedding_size
        self.embedding = Embedding(vocab_size, embedding_size, rng=rng, dtype=dtype)
        self.cell = cell(embedding_size, hidden_size, rng=rng, dtype=dtype)
        self.head = Dense(hidden_size, vocab_size, rng=rng, dtype=dtype)
        self.vocab_size = self.embedding.vocab_size
        self.params = named(
            embedding=self.embedding.params,
            cell=self.cell.params,
            head=self.head.params,
        )

    def forward(self, x, state=None, lengths=None):
        """Compute the logits of the next symbol after every prefix.

        Parameters
        ----------
        x : integer array (N, T)
        state : the cell's state, optional
        lengths : integer array (N,), optional

        Returns
        -------
        logits : ndarray (N, T, V)
        state : the cell's state after the last step
        cache : tuple
        """
        vectors, _, embedding_cache = self.embedding.forward(x, lengths=lengths)
        h, state, cell_cache = self.cell.forward(vectors, state=state, lengths=lengths)
        logits, _, head_cache = self.head.forward(h, lengths=lengths)
        return logits, state, (embedding_cache, cell_cache, head_cache)

    def backward(self, dlogits, cache, dstate=None):
        """Backpropagate from the logits to every parameter.

        Parameters
        ----------
        dlogits : ndarray (N, T, V)
        cache : tuple
            From `forward`.
        dstate : gradient of the final state, optional

        Returns
        -------
        dx : None
            Symbols have no gradient.
        dstate : gradient of the initial state
        grads : dict
            The keys and shapes of ``params``.
        """
        embedding_cache, cell_cache, head_cache = cache
        dh, _, head = self.head.backward(dlogits, head_cache)
        dvectors, dstate, cell = self.cell.backward(dh, cell_cache, dstate=dstate)
        _, _, embedding = self.embedding.backward(dvectors, embedding_cache)
        return None, dstate, named(embedding=embedding, cell=cell, head=head)
