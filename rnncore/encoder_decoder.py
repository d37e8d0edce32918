"""From one sequence of symbols to another."""

import numpy as np

from .composite import Composite, build_cell
from .embedding import Embedding
from .initializers import make_rng
from .language_model import LanguageModel
from .naming import named
from .rnn import RNN


class EncoderDecoder(Composite):
    """Read a source into a state, and continue from it: a language model given the source.

    The encoder's state after each row's last symbol is the decoder's initial state::

        state = encoder(Embedding(source))        logits_t = decoder(target_t, state)

    Parameters
    ----------
    source_size, target_size : int
        How many symbols the source has, and V, those of the target.
    hidden_size : int
        H, of encoder and decoder.
    embedding_size : int, optional
        D; by default H.
    cell : class or function
        Builds both recurrent layers, ``cell(D, H, rng=rng, dtype=dtype)``.
    rng : numpy.random.Generator, optional
    dtype : {float32, float64}

    Attributes
    ----------
    params : dict
        Those of the layers, prefixed ``embedding.``, ``encoder.`` and ``decoder.``; the same
        arrays.
    decoder : LanguageModel
        Its ``step`` with the state from `encode` is what `beam_search` needs.

    Notes
    -----
    Source: Cho et al. 2014; Sutskever, Vinyals and Le 2014, who reverse the source.
    """

    def __init__(
        self,
        source_size,
        target_size,
        hidden_size,
        embedding_size=None,
        cell=RNN,
        rng=None,
        dtype=np.float32,
    ):
        rng = make_rng(rng)
        embedding_size = hidden_size if embedding_size is None else embedding_size
        options = {"rng": rng, "dtype": dtype}
        self.embedding = Embedding(source_size, embedding_size, **options)
        self.encoder = build_cell(cell, embedding_size, hidden_size, **options)
        self.decoder = LanguageModel(target_size, hidden_size, embedding_size, cell, **options)
        self.layers = (self.embedding, self.encoder, self.decoder)
        self.params = named(
            embedding=self.embedding.params,
            encoder=self.encoder.params,
            decoder=self.decoder.params,
        )

    def encode(self, source, lengths=None):
        """Read the source.

        Parameters
        ----------
        source : integer array (N, S)
        lengths : integer array (N,), optional
            Of the source's rows, from 0 to S.

        Returns
        -------
        state : the encoder's state after each row's last symbol
        cache : tuple
        """
        vectors, _, embedding_cache = self.embedding.forward(source, lengths=lengths)
        h, state, encoder_cache = self.encoder.forward(vectors, lengths=lengths)
        return state, (embedding_cache, encoder_cache, np.zeros_like(h))

    def forward(self, source, target, lengths=None, target_lengths=None):
        """Compute the logits of the next target symbol after every prefix (teacher forcing).

        Parameters
        ----------
        source : integer array (N, S)
        target : integer array (N, T)
            What the decoder reads: a start symbol, then the right answer without its last
            symbol, whatever the decoder itself would have said.
        lengths, target_lengths : integer array (N,), optional

        Returns
        -------
        logits : ndarray (N, T, V)
        state : the decoder's state after the last step
        cache : tuple
        """
        state, encoder_cache = self.encode(source, lengths)
        logits, state, decoder_cache = self.decoder.forward(target, state, target_lengths)
        return logits, state, (encoder_cache, decoder_cache)

    def backward(self, dlogits, cache, dstate=None):
        """Backpropagate through the decoder, the state between, and the encoder.

        Parameters
        ----------
        dlogits : ndarray (N, T, V)
        cache : tuple
            From `forward`.
        dstate : gradient of the decoder's final state, optional

        Returns
        -------
        dx, dstate : None
            Symbols have no gradient; the encoder starts from its own state.
        grads : dict
            The keys and shapes of ``params``.
        """
        (embedding_cache, encoder_cache, no_dh), decoder_cache = cache
        _, dstate, decoder = self.decoder.backward(dlogits, decoder_cache, dstate=dstate)
        # Only the last state was used, so the encoder's outputs have no gradient of their own.
        dvectors, _, encoder = self.encoder.backward(no_dh, encoder_cache, dstate=dstate)
        _, _, embedding = self.embedding.backward(dvectors, embedding_cache)
        return None, None, named(embedding=embedding, encoder=encoder, decoder=decoder)
