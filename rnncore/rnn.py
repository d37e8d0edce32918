"""The vanilla recurrent layer over whole sequences."""

from typing import NamedTuple

import numpy as np

from .initializers import float_dtype, glorot_uniform, make_rng, orthogonal
from .steps import NONLINEARITIES, activate, slope
from .validation import check_choice, check_float_array, check_lengths, check_size


class RNNCache(NamedTuple):
    """What `RNN.backward` needs of a forward pass; time comes first."""

    x: np.ndarray  # (T, N, D)
    h: np.ndarray  # (T + 1, N, H), h[0] the initial state
    live: np.ndarray | None  # (T, N, 1), False past a sequence's end
    learned_start: bool


class RNN:
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
    The layer owns its parameters and remembers no call: `forward` hands out a cache that
    `backward` takes back. Source: Elman 1990; Werbos 1990 for the backward pass.
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
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.nonlinearity = check_choice("nonlinearity", nonlinearity, NONLINEARITIES)
        self.learn_h0 = bool(learn_h0)
        self.dtype = float_dtype(dtype)
        rng = make_rng(rng)
        self.params = {
            "Wxh": glorot_uniform(rng, (self.input_size, self.hidden_size), self.dtype),
            "Whh": orthogonal(rng, (self.hidden_size, self.hidden_size), self.dtype),
            "bh": np.zeros(self.hidden_size, self.dtype),
        }
        if self.learn_h0:
            self.params["h0"] = np.zeros(self.hidden_size, self.dtype)

    def forward(self, x, state=None, lengths=None):
        """Run the recurrence over a batch of sequences.

        Parameters
        ----------
        x : ndarray (N, T, D)
        state : ndarray (N, H), optional
            ``h_0``; by default the parameter ``h0`` or zeros.
        lengths : integer array (N,), optional
            How many steps of each row count, from 0 to T. Past its end a row's output is
            zero and its state stays as it is.

        Returns
        -------
        y : ndarray (N, T, H)
            The state after every step.
        state : ndarray (N, H)
            The state after each row's last step.
        cache : RNNCache

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape.
        """
        check_float_array("x", x, ("N", "T", self.input_size), self.dtype)
        batch, steps, _ = x.shape
        lengths = check_lengths(lengths, batch, steps)
        live = None
        if lengths is not None:
            live = (np.arange(steps)[:, None] < lengths)[:, :, None]  # (T, N, 1)

        x = np.ascontiguousarray(x.swapaxes(0, 1))  # (T, N, D)
        h = np.empty((steps + 1, batch, self.hidden_size), self.dtype)
        h[0] = self._start(state, batch)
        # The inputs of all steps need no recurrence: one product instead of T.
        a = x @ self.params["Wxh"] + self.params["bh"]  # (T, N, H)
        for t in range(steps):
            a[t] += h[t] @ self.params["Whh"]
            activate(a[t], self.nonlinearity, out=h[t + 1])
            if live is not None:
                np.copyto(h[t + 1], h[t], where=~live[t])

        y = h[1:].swapaxes(0, 1).copy()  # (N, T, H)
        if live is not None:
            y *= live.swapaxes(0, 1)
        return y, h[-1].copy(), RNNCache(x, h, live, self.learn_h0 and state is None)

    def backward(self, dy, cache, dstate=None):
        """Backpropagate through time.

        With ``da_t = dh_t * f'(a_t)`` and ``dh_t = dy_t + da_{t+1} @ Whh.T``, the
        gradient of each parameter is the sum over all steps.

        Parameters
        ----------
        dy : ndarray (N, T, H)
            Derivative of the loss by the outputs.
        cache : RNNCache
            From `forward`.
        dstate : ndarray (N, H), optional
            Derivative of the loss by the final state; zero by default.

        Returns
        -------
        dx : ndarray (N, T, D)
        dstate : ndarray (N, H)
            Derivative of the loss by the initial state.
        grads : dict
            The keys and shapes of ``params``, summed over batch and time.

        Raises
        ------
        TypeError, ValueError
            ``dy`` or ``dstate`` has another dtype or shape.
        """
        x, h, live, learned_start = cache
        steps, batch, _ = x.shape
        check_float_array("dy", dy, (batch, steps, self.hidden_size), self.dtype)
        dh = np.zeros((batch, self.hidden_size), self.dtype)
        if dstate is not None:
            dh += check_float_array("dstate", dstate, dh.shape, self.dtype)

        # All slopes at once; da starts as the slope and becomes dh * slope in the loop.
        da = slope(h[1:], self.nonlinearity)  # (T, N, H)
        if live is not None:
            da *= live
            dy = dy * live.swapaxes(0, 1)
        for t in reversed(range(steps)):
            dh = dh + dy[:, t]
            da[t] *= dh
            through_step = da[t] @ self.params["Whh"].T
            # Past its end a row's state is copied, so its gradient is too.
            dh = through_step if live is None else np.where(live[t], through_step, dh)

        flat = da.reshape(-1, self.hidden_size)  # (T*N, H)
        grads = {
            "Wxh": x.reshape(-1, self.input_size).T @ flat,
            "Whh": h[:-1].reshape(-1, self.hidden_size).T @ flat,
            "bh": flat.sum(axis=0),
        }
        if self.learn_h0:
            grads["h0"] = dh.sum(axis=0) if learned_start else np.zeros_like(self.params["h0"])
        dx = (da @ self.params["Wxh"].T).swapaxes(0, 1).copy()  # (N, T, D)
        return dx, dh, grads

    def _start(self, state, batch):
        if state is not None:
            return check_float_array("state", state, (batch, self.hidden_size), self.dtype)
        return self.params["h0"] if self.learn_h0 else self.dtype.type(0)
