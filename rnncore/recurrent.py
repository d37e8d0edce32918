"""What all recurrent layers share: arguments, state, lengths, parameters."""

from typing import NamedTuple

import numpy as np

from .initializers import float_dtype, glorot_uniform, make_rng, orthogonal
from .memory import empty
from .validation import check_float_array, check_lengths, check_size


class RecurrentCache(NamedTuple):
    """What the backward pass needs of a forward pass; time comes first."""

    z: np.ndarray  # (T + 1, N, D + 1 + H): the input, 1 and the state before each step
    input_size: int
    inner: tuple  # what the cell itself keeps
    live: np.ndarray | None  # (T, N, 1), False past a sequence's end
    learned_start: bool
    cell: type

    @property
    def x(self):
        """The inputs (T, N, D)."""
        return self.z[:-1, :, : self.input_size]

    @property
    def h(self):
        """The states (T + 1, N, H), h[0] the initial one."""
        return self.z[:, :, self.input_size + 1 :]


def swap_axes(a):
    """Copy an array with batch and time exchanged."""
    swapped = a.swapaxes(0, 1)
    copy = empty(swapped.shape, a.dtype)
    copy[...] = swapped
    return copy


class Recurrent:
    """Base of `RNN`, `LSTM` and `GRU`; a subclass adds its cell as `_scan` and `_scan_backward`.

    Gate k of a parameter of ``G * H`` columns owns the columns ``k * H`` to ``(k + 1) * H``.
    The layer owns its parameters and remembers no call: `forward` hands out a cache that
    `backward` takes back.
    """

    gates = 1
    states = ("h",)

    def __init__(self, input_size, hidden_size, learn_h0, rng, dtype):
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.learn_h0 = bool(learn_h0)
        self.dtype = float_dtype(dtype)
        rng, gates = make_rng(rng), range(self.gates)
        d, h = self.input_size, self.hidden_size
        self.params = {
            "Wxh": np.hstack([glorot_uniform(rng, (d, h), self.dtype) for _ in gates]),
            "Whh": np.hstack([orthogonal(rng, (h, h), self.dtype) for _ in gates]),
            "bh": np.zeros(self.gates * h, self.dtype),
        }
        if self.learn_h0:
            for name in self.states:
                self.params[name + "0"] = np.zeros(h, self.dtype)

    def forward(self, x, state=None, lengths=None):
        """Run the recurrence over a batch of sequences.

        Parameters
        ----------
        x : ndarray (N, T, D)
        state : ndarray (N, H), optional
            ``h_0``, for the LSTM a tuple ``(h_0, c_0)``; by default learned, or zeros.
        lengths : integer array (N,), optional
            How many steps of each row count, from 0 to T. Past its end a row's output is
            zero and its state stays as it is.

        Returns
        -------
        y : ndarray (N, T, H)
            The hidden state after every step.
        state : ndarray (N, H), or a tuple of two
            The state after each row's last step.
        cache : RecurrentCache

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
        start = self._start(state, batch)
        if live is not None:
            x = np.where(live.swapaxes(0, 1), x, self.dtype.type(0))
        z, others, inner = self._scan(x, start, live)

        learned = self.learn_h0 and state is None
        cache = RecurrentCache(z, self.input_size, inner, live, learned, type(self))
        y = swap_axes(cache.h[1:])  # (N, T, H)
        if live is not None:
            y *= live.swapaxes(0, 1)
        return y, self._outside([cache.h[-1].copy(), *others]), cache

    def backward(self, dy, cache, dstate=None):
        """Backpropagate through time; every gradient is the sum over batch and steps.

        Parameters
        ----------
        dy : ndarray (N, T, H)
            Derivative of the loss by the outputs.
        cache : RecurrentCache
            From `forward`.
        dstate : ndarray (N, H), or a tuple of two, optional
            Derivative of the loss by the final state; zero by default.

        Returns
        -------
        dx : ndarray (N, T, D)
        dstate : ndarray (N, H), or a tuple of two
            Derivative of the loss by the initial state.
        grads : dict
            The keys and shapes of ``params``.

        Raises
        ------
        TypeError, ValueError
            ``dy`` or ``dstate`` has another dtype or shape, or ``cache`` is of another cell.
        """
        kind = getattr(cache, "cell", type(cache))
        if kind is not type(self):
            name = type(self).__name__
            raise TypeError(f"cache: expected that of {name}.forward, got one of {kind.__name__}")
        steps, batch, _ = cache.x.shape
        check_float_array("dy", dy, (batch, steps, self.hidden_size), self.dtype)
        dy = swap_axes(dy)  # (T, N, H)
        if cache.live is not None:
            dy = np.where(cache.live, dy, self.dtype.type(0))
        dfinal = self._inside("dstate", dstate, batch)
        dx, dstart, grads = self._scan_backward(dy, dfinal, cache)
        if self.learn_h0:
            for name, d in zip(self.states, dstart, strict=True):
                grads[name + "0"] = d.sum(axis=0) if cache.learned_start else np.zeros_like(d[0])
        return swap_axes(dx), self._outside(dstart), grads

    def _start(self, state, batch):
        if state is None and self.learn_h0:
            shape = (batch, self.hidden_size)
            return [np.broadcast_to(self.params[name + "0"], shape) for name in self.states]
        return self._inside("state", state, batch)

    def _inside(self, name, state, batch):
        """Check a state, or the gradient of one, and return its parts; None gives zeros."""
        shape = (batch, self.hidden_size)
        if state is None:
            return [np.zeros(shape, self.dtype) for _ in self.states]
        if len(self.states) == 1:
            return [check_float_array(name, state, shape, self.dtype).copy()]
        if not isinstance(state, tuple | list) or len(state) != len(self.states):
            got = (
                f"{len(state)} values" if isinstance(state, tuple | list) else type(state).__name__
            )
            raise TypeError(f"{name}: expected a tuple ({', '.join(self.states)}), got {got}")
        labels = [f"{name}[{i}]" for i in range(len(state))]
        return [
            check_float_array(label, part, shape, self.dtype).copy()
            for label, part in zip(labels, state, strict=True)
        ]

    def _outside(self, parts):
        return parts[0] if len(parts) == 1 else tuple(parts)
