"""The long short-term memory layer."""

import numpy as np

from .recurrence import as_rows, lstm_scan, lstm_scan_backward
from .recurrent import Recurrent
from .steps import LSTM_ACTIVATIONS
from .validation import check_choice, check_number


class LSTM(Recurrent):
    """Long short-term memory: a cell state that gates write, keep and read.

    With ``a_t = x_t @ Wxh + h_{t-1} @ Whh + bh`` split into four blocks of H columns::

        i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)      g = f_c(a_g)
        c_t = f * c_{t-1} + i * g                               h_t = o * f_h(c_t)

    The gates stand in the order ``i, f, g, o``. The state is a tuple ``(h, c)``.

    Parameters
    ----------
    input_size : int
        D.
    hidden_size : int
        H.
    forget_bias : float
        Initial value of the forget gate's bias; with 1 a fresh cell keeps most of its state.
    candidate, output : {"tanh", "relu", "identity"}
        The functions ``f_c`` and ``f_h``.
    learn_h0 : bool
        Make the initial state parameters ``h0`` and ``c0`` (H,), used when no state is passed.
    rng : numpy.random.Generator, optional
        Source of the initial weights: Glorot-uniform ``Wxh``, orthogonal ``Whh``, by gate.
    dtype : {float32, float64}
        Of parameters, inputs and outputs.

    Attributes
    ----------
    params : dict
        ``Wxh`` (D, 4H), ``Whh`` (H, 4H), ``bh`` (4H,) and, with ``learn_h0``, ``h0``, ``c0``.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997; the forget gate: Gers, Schmidhuber and Cummins
    2000; forget bias 1: Jozefowicz, Zaremba and Sutskever 2015.
    """

    gates = 4
    states = ("h", "c")

    def __init__(
        self,
        input_size,
        hidden_size,
        forget_bias=1.0,
        candidate="tanh",
        output="tanh",
        learn_h0=False,
        rng=None,
        dtype=np.float64,
    ):
        self.activations = (
            check_choice("candidate", candidate, LSTM_ACTIVATIONS),
            check_choice("output", output, LSTM_ACTIVATIONS),
        )
        super().__init__(input_size, hidden_size, learn_h0, rng, dtype)
        bias = check_number("forget_bias", forget_bias)
        self.params["bh"][self.hidden_size : 2 * self.hidden_size] = bias

    def _scan(self, x, start, live):
        z, c, squashed, gates = lstm_scan(x, *start, self.params, self.activations, live)
        return z, [as_rows(c[-1])], (c, squashed, gates)

    def _scan_backward(self, dy, dfinal, cache):
        steps = (cache.z, *cache.inner)
        dx, dh, dc, grads = lstm_scan_backward(
            dy, *dfinal, steps, cache.live, self.params, self.activations
        )
        return dx, [dh, dc], grads
