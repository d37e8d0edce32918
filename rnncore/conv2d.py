"""Convolution over images, as one matrix product."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .initializers import float_dtype, glorot_uniform, make_rng
from .validation import (
    check_choice,
    check_float_array,
    check_no_lengths,
    check_no_state,
    check_size,
)


class Conv2D:
    """Slide a window of K x K pixels over an image; every position goes through one affine map.

    ``y[n, i, j] = sum over u, v of x[n, i + u, j + v] @ W[u, v] + b`` with stride 1. Channels
    come last, so that a pixel is a row vector like a step of a sequence. The windows of all
    positions, flattened, are the rows of one matrix (im2col); the layer is `Dense` on them.
    As everywhere in deep learning the kernel is not flipped: this is a cross-correlation.

    Parameters
    ----------
    input_size : int
        C, the channels of the input.
    output_size : int
        F, the filters: the channels of the output.
    kernel_size : int
        K.
    padding : {"same", "valid"}
        Zeros around the image so that the output has its size, one more at the end when K is
        even; or none, and the output is smaller by K - 1.
    rng : numpy.random.Generator, optional
        Source of ``W``, Glorot-uniform as a matrix (K*K*C, F); ``b`` starts at zero.
    dtype : {float32, float64}
        Of parameters, inputs and outputs.

    Attributes
    ----------
    params : dict
        ``W`` (K, K, C, F), ``b`` (F,).

    Notes
    -----
    Source: LeCun et al. 1989; as one matrix product: Chellapilla, Puri and Simard 2006.
    """

    def __init__(
        self,
        input_size,
        output_size,
        kernel_size=3,
        padding="same",
        rng=None,
        dtype=np.float64,
    ):
        self.input_size = check_size("input_size", input_size)
        self.output_size = check_size("output_size", output_size)
        self.kernel_size = check_size("kernel_size", kernel_size)
        self.padding = check_choice("padding", padding, ("same", "valid"))
        self.dtype = float_dtype(dtype)
        shape = (self.kernel_size, self.kernel_size, self.input_size, self.output_size)
        matrix = (self.kernel_size**2 * self.input_size, self.output_size)
        self.params = {
            "W": glorot_uniform(make_rng(rng), matrix, self.dtype).reshape(shape),
            "b": np.zeros(self.output_size, self.dtype),
        }

    def forward(self, x, state=None, lengths=None):
        """Compute ``y = windows(x) @ W + b``.

        Parameters
        ----------
        x : ndarray (N, rows, columns, C)
        state, lengths : None
            There are none; part of the common protocol.

        Returns
        -------
        y : ndarray (N, rows, columns, F)
            With ``valid`` padding K - 1 rows and columns fewer.
        state : None
        cache : tuple
            With the windows, K * K times the size of ``x``.

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape, or an image is smaller than the window.
        """
        check_no_state(self, state)
        check_no_lengths(self, lengths)
        check_float_array("x", x, ("N", "rows", "columns", self.input_size), self.dtype)
        k = self.kernel_size
        if self.padding == "same":
            around = ((k - 1) // 2, k // 2)
            x = np.pad(x, ((0, 0), around, around, (0, 0)))
        elif min(x.shape[1:3]) < k:
            raise ValueError(f"x: expected images of at least {k} x {k} pixels, got {x.shape}")
        windows = sliding_window_view(x, (k, k), axis=(1, 2))  # (N, rows, columns, C, K, K)
        flat = np.moveaxis(windows, 3, 5).reshape(*windows.shape[:3], -1)  # (..., K*K*C)
        y = flat @ self._matrix() + self.params["b"]
        return y, None, (flat, x.shape)

    def backward(self, dy, cache, dstate=None):
        """Compute ``dW = windows.T @ dy`` and add the windows' gradients pixel by pixel.

        Parameters
        ----------
        dy : ndarray (N, rows, columns, F)
        cache : tuple
            From `forward`.
        dstate : None

        Returns
        -------
        dx : ndarray (N, rows, columns, C)
        dstate : None
        grads : dict
            ``W`` and ``b``, summed over batch and positions.

        Raises
        ------
        TypeError, ValueError
            ``dy`` has another dtype or shape than the output.
        """
        flat, padded_shape = cache
        batch, rows, columns, size = flat.shape
        check_float_array("dy", dy, (batch, rows, columns, self.output_size), self.dtype)
        k, dy_flat = self.kernel_size, dy.reshape(-1, self.output_size)
        dW = flat.reshape(-1, size).T @ dy_flat
        grads = {"W": dW.reshape(self.params["W"].shape), "b": dy_flat.sum(axis=0)}
        dwindows = (dy @ self._matrix().T).reshape(batch, rows, columns, k, k, -1)
        dx = np.zeros(padded_shape, self.dtype)
        for u in range(k):
            for v in range(k):
                dx[:, u : u + rows, v : v + columns] += dwindows[:, :, :, u, v]
        if self.padding == "same":
            first = (k - 1) // 2
            dx = dx[:, first : first + rows, first : first + columns].copy()
        return dx, None, grads

    def _matrix(self):
        return self.params["W"].reshape(-1, self.output_size)  # (K*K*C, F)
