"""From an image to a sentence about it."""

import numpy as np

from .composite import Composite
from .conv2d import Conv2D
from .dense import Dense
from .language_model import LanguageModel
from .naming import named
from .pooling2d import MaxPool2D
from .rnn import RNN
from .stack import Stack
from .validation import check_float_array, check_parts, check_size


class Captioner(Composite):
    """Show the decoder an image as its first input; then it is a language model.

    With ``a = MaxPool2D(Conv2D(image))``, one flat row for each image::

        vector = Dense(max(0, a))      state = cell(vector)      logits_t = decoder(ids_t, state)

    Parameters
    ----------
    image_shape : tuple of int
        Rows, columns and channels.
    filters : int
        F, of the convolution, which has windows of 3 x 3 and keeps the image's size.
    vocab_size : int
        V.
    hidden_size : int
        H.
    embedding_size : int, optional
        D, of symbols and of the image's vector; by default H.
    cell : class or function
        Builds the recurrent layer, ``cell(D, H, rng=rng, dtype=dtype)``.
    pool_size : int
        The side of the blocks of pixels that are pooled.
    rng : numpy.random.Generator, optional
    dtype : {float32, float64}

    Attributes
    ----------
    params : dict
        Those of the layers, prefixed ``features.``, ``project.`` and ``decoder.``; the same
        arrays.
    decoder : LanguageModel
        Its ``step`` with the state from `encode` is what `beam_search` needs.

    Notes
    -----
    Source: Vinyals et al. 2015, who also show the image once, before the first symbol.
    """

    def __init__(
        self,
        image_shape,
        filters,
        vocab_size,
        hidden_size,
        embedding_size=None,
        cell=RNN,
        pool_size=2,
        rng=None,
        dtype=np.float32,
    ):
        parts = check_parts("image_shape", image_shape, 3, "(rows, columns, channels)")
        self.image_shape = tuple(check_size(f"image_shape[{i}]", n) for i, n in enumerate(parts))
        rows, columns, channels = self.image_shape
        pool = MaxPool2D(pool_size)
        if pool.size > min(rows, columns):
            raise ValueError(f"pool_size: expected at most {min(rows, columns)}, got {pool.size}")
        embedding_size = hidden_size if embedding_size is None else embedding_size
        options = {"rng": rng, "dtype": dtype}
        self.features = Stack([Conv2D(channels, filters, 3, "same", **options), pool])
        pooled = (rows // pool.size) * (columns // pool.size) * filters
        self.project = Dense(pooled, embedding_size, **options)
        self.decoder = LanguageModel(vocab_size, hidden_size, embedding_size, cell, **options)
        self.layers = (self.features, self.project, self.decoder)
        self.params = named(
            features=self.features.params,
            project=self.project.params,
            decoder=self.decoder.params,
        )

    def encode(self, images):
        """Look at the images.

        Parameters
        ----------
        images : ndarray (N, rows, columns, channels)

        Returns
        -------
        state : the decoder's state after it has seen the image
        cache : tuple
        """
        check_float_array("images", images, ("N", *self.image_shape), self.project.dtype)
        a, _, features_cache = self.features.forward(images)
        flat = np.maximum(a, 0).reshape(len(a), -1)
        vector, _, project_cache = self.project.forward(flat)  # (N, D)
        h, state, cell_cache = self.decoder.cell.forward(vector[:, None])
        return state, (features_cache, a, project_cache, cell_cache, np.zeros_like(h))

    def forward(self, images, ids, lengths=None):
        """Compute the logits of the next symbol after every prefix (teacher forcing).

        Parameters
        ----------
        images : ndarray (N, rows, columns, channels)
        ids : integer array (N, T)
            A start symbol, then the caption without its last symbol.
        lengths : integer array (N,), optional
            Of the captions.

        Returns
        -------
        logits : ndarray (N, T, V)
        state : the decoder's state after the last step
        cache : tuple
        """
        state, encoder_cache = self.encode(images)
        logits, state, decoder_cache = self.decoder.forward(ids, state, lengths)
        return logits, state, (encoder_cache, decoder_cache)

    def backward(self, dlogits, cache, dstate=None):
        """Backpropagate to every parameter and to the pixels.

        Parameters
        ----------
        dlogits : ndarray (N, T, V)
        cache : tuple
            From `forward`.
        dstate : gradient of the final state, optional

        Returns
        -------
        dimages : ndarray (N, rows, columns, channels)
        dstate : None
        grads : dict
            The keys and shapes of ``params``.
        """
        (features_cache, a, project_cache, cell_cache, no_dh), decoder_cache = cache
        _, dstate, decoder = self.decoder.backward(dlogits, decoder_cache, dstate=dstate)
        dvector, _, seeing = self.decoder.cell.backward(no_dh, cell_cache, dstate=dstate)
        for name, grad in seeing.items():  # the cell was used twice
            decoder[f"cell.{name}"] += grad
        dflat, _, project = self.project.backward(dvector[:, 0], project_cache)
        da = dflat.reshape(a.shape) * (a > 0)
        dimages, _, features = self.features.backward(da, features_cache)
        return dimages, None, named(features=features, project=project, decoder=decoder)
