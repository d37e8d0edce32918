"""The affine layer, applied at every step."""

import numpy as np

from .initializers import float_dtype, glorot_uniform, make_rng
from .masking import length_mask, zero_padding
from .validation import check_float_array, check_lengths, check_no_state, check_size


class Dense:
    """Affine layer ``y = x @ W + b``, the same at every step.

    Parameters
    ----------
    input_size : int
        D.
    output_size : int
        V.
    rng : numpy.random.Generator, optional
        Source of the Glorot-uniform ``W``; ``b`` starts at zero.
    dtype : {float32, float64}
        Of parameters, inputs and outputs.

    Attributes
    ----------
    params : dict
        ``W`` (D, V), ``b`` (V,).
    """

    def __init__(self, input_size, output_size, rng=None, dtype=np.float64):
        self.input_size = check_size("input_size", input_size)
        self.output_size = check_size("output_size", output_size)
        self.dtype = float_dtype(dtype)
        shape = (self.input_size, self.output_size)
        self.params = {
            "W": glorot_uniform(make_rng(rng), shape, self.dtype),
            "b": np.zeros(self.output_size, self.dtype),
        }

    def forward(self, x, state=None, lengths=None):
        """Compute ``y = x @ W + b``.

        Parameters
        ----------
        x : ndarray (N, T, D) or (N, D)
        state : None
            There is none; part of the common protocol.
        lengths : integer array (N,), optional
            Past a row's end the output is zero. Needs ``x`` of shape (N, T, D).

        Returns
        -------
        y : ndarray (N, T, V) or (N, V)
        state : None
        cache : tuple

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape.
        """
        check_no_state(self, state)
        sequence = lengths is not None or getattr(x, "ndim", 3) != 2
        check_float_array("x", x, ("N", *(("T",) if sequence else ()), self.input_size), self.dtype)
        mask = None
        if lengths is not None:
            mask = length_mask(check_lengths(lengths, *x.shape[:2]), x.shape[1])[:, :, None]
            x = zero_padding(x, mask)
        y = x @ self.params["W"] + self.params["b"]
        if lengths is not None:
            y *= mask
        return y, None, (x, mask)

    def backward(self, dy, cache, dstate=None):
        """Compute ``dx = dy @ W.T``, ``dW = x.T @ dy`` and ``db = sum of dy``.

        Parameters
        ----------
        dy : ndarray, shape of the output
        cache : tuple
            From `forward`.
        dstate : None

        Returns
        -------
        dx : ndarray, shape of the input
        dstate : None
        grads : dict
            ``W`` and ``b``, summed over batch and time.

        Raises
        ------
        TypeError, ValueError
            ``dy`` has another dtype or shape than the output.
        """
        x, mask = cache
        check_float_array("dy", dy, (*x.shape[:-1], self.output_size), self.dtype)
        if mask is not None:
            dy = zero_padding(dy, mask)
        flat = dy.reshape(-1, self.output_size)  # (N*T, V)
        grads = {"W": x.reshape(-1, self.input_size).T @ flat, "b": flat.sum(axis=0)}
        return dy @ self.params["W"].T, None, grads
