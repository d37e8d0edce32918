"""The gated recurrent unit layer."""

import numpy as np

from .recurrence import gru_scan, gru_scan_backward
from .recurrent import Recurrent


class GRU(Recurrent):
    """Gated recurrent unit: a state that is mixed, entry by entry, with a candidate.

    With ``a_t = x_t @ Wxh + bh`` and ``Whh`` split into three blocks of H columns::

        r = sigmoid(a_r + h_{t-1} @ Whr)        z = sigmoid(a_z + h_{t-1} @ Whz)
        n = tanh(a_n + r * (h_{t-1} @ Whn + bhn))        with reset_after
        n = tanh(a_n + (r * h_{t-1}) @ Whn)              without
        h_t = (1 - z) * n + z * h_{t-1}

    The gates stand in the order ``r, z, n``. ``z = 1`` keeps the old state, as in Cho et al.
    2014 and PyTorch; in Chung et al. 2014 ``z = 1`` replaces it. The two forms of the
    reset are different models: weights of one are no weights of the other.

    Parameters
    ----------
    input_size : int
        D.
    hidden_size : int
        H.
    reset_after : bool
        Reset after the product, as cuDNN, PyTorch and Keras' default do, or before it, as
        Cho et al. do.
    learn_h0 : bool
        Make the initial state a parameter ``h0`` (H,), used when no state is passed in.
    rng : numpy.random.Generator, optional
        Source of the initial weights: Glorot-uniform ``Wxh``, orthogonal ``Whh``, by gate.
    dtype : {float32, float64}
        Of parameters, inputs and outputs.

    Attributes
    ----------
    params : dict
        ``Wxh`` (D, 3H), ``Whh`` (H, 3H), ``bh`` (3H,), with ``reset_after`` ``bhn`` (H,), with
        ``learn_h0`` ``h0`` (H,).

    Notes
    -----
    Source: Cho et al. 2014; reset after the product: PyTorch's documentation of ``nn.GRU``.
    """

    gates = 3

    def __init__(
        self,
        input_size,
        hidden_size,
        reset_after=True,
        learn_h0=False,
        rng=None,
        dtype=np.float64,
    ):
        self.reset_after = bool(reset_after)
        super().__init__(input_size, hidden_size, learn_h0, rng, dtype)
        if self.reset_after:
            self.params["bhn"] = np.zeros(self.hidden_size, self.dtype)

    def _scan(self, x, start, live):
        z, reset, gates = gru_scan(x, *start, self.params, self.reset_after, live)
        return z, [], (reset, gates)

    def _scan_backward(self, dy, dfinal, cache):
        steps = (cache.z, *cache.inner)
        dx, grads, dh = gru_scan_backward(
            dy, *dfinal, steps, cache.live, self.params, self.reset_after
        )
        return dx, [dh], grads
