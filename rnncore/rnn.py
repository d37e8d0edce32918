"""The vanilla recurrent layer over whole sequences."""

import numpy as np

from .recurrence import rnn_scan, rnn_scan_backward
from .recurrent import Recurrent
from .steps import NONLINEARITIES
from .validation import check_choice


class RNN(Recurrent):
    """Vanilla recurrent layer, ``h_t = f(x_t @ Wxh + h_{t-1} @ Whh + bh)``.

    Parameters
    ----------
    input_size : int
        D.
    hidden_size : int
        H.
    nonlinearity : {"tanh", "relu"}
        The function ``f``.
    learn_h0 : bool
        Make the initial state a parameter ``h0`` (H,), used when no state is passed in.
    rng : numpy.random.Generator, optional
        Source of the initial weights: Glorot-uniform ``Wxh``, orthogonal ``Whh``, zero ``bh``.
    dtype : {float32, float64}
        Of parameters, inputs and outputs.

    Attributes
    ----------
    params : dict
        ``Wxh`` (D, H), ``Whh`` (H, H), ``bh`` (H,) and, with ``learn_h0``, ``h0`` (H,).

    Notes
    -----
    The backward pass is ``da_t = dh_t * f'(a_t)`` with ``dh_t = dy_t + da_{t+1} @ Whh.T``.
    Source: Elman 1990; Werbos 1990 for the backward pass.
    """

    def __init__(
        self,
        input_size,
        hidden_size,
        nonlinearity="tanh",
        learn_h0=False,
        rng=None,
        dtype=np.float64,
    ):
        self.nonlinearity = check_choice("nonlinearity", nonlinearity, NONLINEARITIES)
        super().__init__(input_size, hidden_size, learn_h0, rng, dtype)

    def _scan(self, x, start, live):
        return rnn_scan(x, *start, self.params, self.nonlinearity, live), [], ()

    def _scan_backward(self, dy, dfinal, cache):
        dx, dh, grads = rnn_scan_backward(
            dy, *dfinal, cache.z, cache.live, self.params, self.nonlinearity
        )
        return dx, [dh], grads
