"""A language model: the distribution of the next symbol, at every step."""

import numpy as np

from .composite import Composite, build_cell
from .dense import Dense
from .embedding import Embedding
from .initializers import make_rng
from .losses import log_softmax
from .naming import named
from .rnn import RNN
from .validation import check_integer_array


class LanguageModel(Composite):
    """Embedding, recurrent layer and dense layer, ``logits_t = Dense(cell(Embedding(x_t)))``.

    Parameters
    ----------
    vocab_size : int
        V.
    hidden_size : int
        H.
    embedding_size : int, optional
        D; by default H.
    cell : class or function
        Builds the recurrent layer, ``cell(D, H, rng=rng, dtype=dtype)``: `RNN`, `LSTM`, `GRU`,
        or a function that returns a `Stack`.
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
        self.cell = build_cell(cell, embedding_size, hidden_size, rng, dtype)
        self.head = Dense(hidden_size, vocab_size, rng=rng, dtype=dtype)
        self.layers = (self.embedding, self.cell, self.head)
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

    def step(self, ids, state=None):
        """Read one symbol of every row and return the distributions of the next one.

        `greedy_search` and `beam_search` take this method as their ``step``.

        Parameters
        ----------
        ids : integer array (N,)
        state : the cell's state, optional

        Returns
        -------
        log_probs : ndarray (N, V)
            ``log_softmax`` of the logits.
        state : the cell's state after this symbol
        """
        ids = check_integer_array("ids", ids, ("N",), self.vocab_size)
        logits, state, _ = self.forward(ids[:, None], state=state)
        return log_softmax(logits[:, 0]), state
