"""Two recurrent layers over one sequence, one in each direction of time."""

from typing import NamedTuple

import numpy as np

from .masking import length_mask, reverse, zero_padding
from .naming import named
from .validation import check_choice, check_float_array, check_layer, check_parts

MERGES = ("concat", "sum", "mean", "mul")


class BidirectionalCache(NamedTuple):
    """What `Bidirectional.backward` needs of a forward pass."""

    forward: tuple  # the caches of the two layers
    backward: tuple
    lengths: np.ndarray | None  # (N,)
    shape: tuple  # (N, T, output_size)
    factors: tuple | None  # both layers' outputs when they are multiplied


class Bidirectional:
    """Read a sequence forwards and backwards, ``y_t = merge(f_t, b_t)``.

    ``f`` is ``forward_layer(x)``; ``b`` is ``reverse(backward_layer(reverse(x)))``, where every
    row is reversed within its length. So ``f_t`` has seen the steps up to ``t``, and ``b_t``
    those from ``t`` on.

    Parameters
    ----------
    forward_layer, backward_layer : recurrent layers
        Two different objects, of one input size and dtype. Unless the outputs are
        concatenated, of one hidden size as well.
    merge : {"concat", "sum", "mean", "mul"}
        ``[f, b]`` along the last axis, ``f + b``, ``(f + b) / 2`` or ``f * b``.

    Attributes
    ----------
    params : dict
        Those of the two layers, prefixed ``forward.`` and ``backward.``; the same arrays.
    output_size : int
        The sum of both hidden sizes with ``concat``, else H.

    Raises
    ------
    TypeError, ValueError
        Something else than two recurrent layers that fit together, or another merge.

    Notes
    -----
    ``y_t`` depends on later inputs: the layer cannot run step by step, nor chunk by chunk.
    Source: Schuster and Paliwal 1997.
    """

    def __init__(self, forward_layer, backward_layer, merge="concat"):
        sizes, example = ("input_size", "hidden_size", "dtype"), "rc.RNN(2, 3)"
        self.forward_layer = check_layer("forward_layer", forward_layer, sizes, example)
        self.backward_layer = check_layer("backward_layer", backward_layer, sizes, example)
        self.merge = check_choice("merge", merge, MERGES)
        if backward_layer is forward_layer:
            raise ValueError("backward_layer: expected a layer of its own, got forward_layer")
        for name in ("input_size", "dtype") if merge == "concat" else sizes:
            want, got = getattr(forward_layer, name), getattr(backward_layer, name)
            if got != want:
                raise ValueError(f"backward_layer: expected {name} {want}, got {got}")
        self.input_size, self.dtype = forward_layer.input_size, forward_layer.dtype
        self.output_size = forward_layer.hidden_size
        if merge == "concat":
            self.output_size += backward_layer.hidden_size
        self.params = named(forward=forward_layer.params, backward=backward_layer.params)

    def forward(self, x, state=None, lengths=None):
        """Run both layers and merge their outputs.

        Parameters
        ----------
        x : ndarray (N, T, D)
        state : tuple (forward state, backward state), optional
            Each as its layer takes it, or None.
        lengths : integer array (N,), optional
            Past a row's end the output is zero.

        Returns
        -------
        y : ndarray (N, T, output_size)
        state : tuple (forward state, backward state)
            The first after each row's last step, the second after its first step, where the
            backward layer ends.
        cache : BidirectionalCache

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape.
        """
        if lengths is not None:
            lengths = np.array(lengths)  # kept for the backward pass, so a copy
        state_f, state_b = check_parts("state", state, 2, "(forward state, backward state)")
        f, state_f, cache_f = self.forward_layer.forward(x, state=state_f, lengths=lengths)
        b, state_b, cache_b = self.backward_layer.forward(
            reverse(x, lengths), state=state_b, lengths=lengths
        )
        b = reverse(b, lengths)
        if self.merge == "concat":
            y = np.concatenate([f, b], axis=-1)  # (N, T, 2H)
        elif self.merge == "mul":
            y = f * b
        else:
            y = f + b if self.merge == "sum" else (f + b) / 2
        factors = (f, b) if self.merge == "mul" else None
        return (
            y,
            (state_f, state_b),
            BidirectionalCache(cache_f, cache_b, lengths, y.shape, factors),
        )

    def backward(self, dy, cache, dstate=None):
        """Split the gradient over the two layers and add what reaches the input.

        ``dx = dx_f + reverse(dx_b)``, where the backward layer gets ``reverse(db)``. With
        ``mul``, ``df = dy * b`` and ``db = dy * f``.

        Parameters
        ----------
        dy : ndarray (N, T, output_size)
        cache : BidirectionalCache
            From `forward`.
        dstate : tuple (forward, backward), optional
            Derivatives of the loss by the two final states; each may be None.

        Returns
        -------
        dx : ndarray (N, T, D)
        dstate : tuple (forward, backward)
            Derivatives of the loss by the two initial states.
        grads : dict
            The keys and shapes of ``params``.

        Raises
        ------
        TypeError, ValueError
            ``dy`` or ``dstate`` has another dtype or shape.
        """
        check_float_array("dy", dy, cache.shape, self.dtype)
        dstate_f, dstate_b = check_parts("dstate", dstate, 2, "(forward, backward)")
        if cache.lengths is not None:
            dy = zero_padding(dy, length_mask(cache.lengths, dy.shape[1])[:, :, None])
        df, db = self._split(dy, cache.factors)
        dx_f, dstate_f, grads_f = self.forward_layer.backward(df, cache.forward, dstate=dstate_f)
        dx_b, dstate_b, grads_b = self.backward_layer.backward(
            reverse(db, cache.lengths), cache.backward, dstate=dstate_b
        )
        dx = dx_f + reverse(dx_b, cache.lengths)
        return dx, (dstate_f, dstate_b), named(forward=grads_f, backward=grads_b)

    def _split(self, dy, factors):
        if self.merge == "concat":
            return np.split(dy, [self.forward_layer.hidden_size], axis=-1)
        if self.merge == "mul":
            f, b = factors
            return dy * b, dy * f
        return (dy, dy) if self.merge == "sum" else (dy / 2, dy / 2)
