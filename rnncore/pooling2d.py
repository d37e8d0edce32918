"""Pooling over images: the largest value of every block of pixels."""

import numpy as np

from .validation import check_float_array, check_no_lengths, check_no_state, check_size


class MaxPool2D:
    """The largest value of every block of S x S pixels, channel by channel.

    ``y[n, i, j, c] = max over u, v below S of x[n, S*i + u, S*j + v, c]``. Rows and columns at
    the end that fill no block are left out. Among equal values the first one gets the gradient.

    Parameters
    ----------
    size : int
        S, the side of a block and the step to the next one.

    Attributes
    ----------
    params : dict
        Empty.

    Notes
    -----
    Source: Ranzato, Huang, Boureau and LeCun 2007.
    """

    def __init__(self, size=2):
        self.size = check_size("size", size)
        self.params = {}

    def forward(self, x, state=None, lengths=None):
        """Pick the largest value of every block.

        Parameters
        ----------
        x : floating ndarray (N, rows, columns, C)
        state, lengths : None
            There are none; part of the common protocol.

        Returns
        -------
        y : ndarray (N, rows // S, columns // S, C)
        state : None
        cache : tuple

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape, or an image is smaller than a block.
        """
        check_no_state(self, state)
        check_no_lengths(self, lengths)
        check_float_array("x", x, ("N", "rows", "columns", "C"))
        size = self.size
        batch, rows, columns, channels = x.shape
        if min(rows, columns) < size:
            raise ValueError(
                f"x: expected images of at least {size} x {size} pixels, got {x.shape}"
            )
        rows, columns = rows // size, columns // size
        blocks = x[:, : rows * size, : columns * size]
        blocks = blocks.reshape(batch, rows, size, columns, size, channels).swapaxes(2, 3)
        blocks = blocks.reshape(batch, rows, columns, size * size, channels)
        picked = blocks.argmax(axis=3, keepdims=True)  # (N, rows, columns, 1, C)
        y = np.take_along_axis(blocks, picked, axis=3)[:, :, :, 0]
        return y, None, (x.shape, x.dtype, picked)

    def backward(self, dy, cache, dstate=None):
        """Pass the gradient to the pixel that was picked; all others get zero.

        Parameters
        ----------
        dy : ndarray (N, rows // S, columns // S, C)
        cache : tuple
            From `forward`.
        dstate : None

        Returns
        -------
        dx : ndarray (N, rows, columns, C)
        dstate : None
        grads : dict
            Empty.

        Raises
        ------
        TypeError, ValueError
            ``dy`` has another dtype or shape than the output.
        """
        shape, dtype, picked = cache
        batch, rows, columns, _, channels = picked.shape
        check_float_array("dy", dy, (batch, rows, columns, channels), dtype)
        size = self.size
        blocks = np.zeros((batch, rows, columns, size * size, channels), dtype)
        np.put_along_axis(blocks, picked, dy[:, :, :, None], axis=3)
        blocks = blocks.reshape(batch, rows, columns, size, size, channels).swapaxes(2, 3)
        dx = np.zeros(shape, dtype)
        dx[:, : rows * size, : columns * size] = blocks.reshape(
            batch, rows * size, columns * size, channels
        )
        return dx, None, {}
