"""Weights to and from the lists of arrays that Keras' layers get and set."""

import numpy as np

from ..validation import check_choice, check_float_array, describe
from .kinds import (
    GATES,
    KINDS,
    SHAPES,
    as_float_array,
    check_params,
    refuse_learned_start,
    reorder_gates,
)

# Keras' orders in our letters: its LSTM has i, f, c, o and its GRU z, r, h.
KERAS_GATES = {"RNN": "h", "LSTM": "ifgo", "GRU": "zrn"}


def to_keras(params, kind):
    """Convert a layer's weights to the list for ``set_weights`` of the same layer in Keras.

    Keras multiplies from our side, so matrices keep their shape. Its update gate means the
    same, ``h = z * h_prev + (1 - z) * n``, but stands before the reset gate.

    Parameters
    ----------
    params : dict of ndarray
        As in ``layer.params``.
    kind : {"RNN", "LSTM", "GRU", "Dense", "Embedding"}
        ``"RNN"`` is Keras' SimpleRNN.

    Returns
    -------
    list of ndarray
        ``kernel`` (D, G*H), ``recurrent_kernel`` (H, G*H) and ``bias`` (G*H,). The bias of a
        GRU with ``reset_after=True`` is (2, 3*H): a row for the input, a row for the
        recurrence. Dense: ``kernel`` (D, V), ``bias`` (V,). Embedding: (V, D). Copies.

    Raises
    ------
    TypeError, ValueError
        A weight is missing or has another dtype or shape; a learned initial state.

    Notes
    -----
    Source: the ``build`` and ``call`` methods of Keras 3's SimpleRNNCell, LSTMCell, GRUCell.
    """
    check_params(params, kind)
    if kind not in GATES:
        return [params[name].copy() for name in SHAPES[kind]]
    refuse_learned_start(params, "Keras")
    bias = params["bh"]
    if "bhn" in params:
        recurrent = np.zeros_like(bias)
        recurrent[-len(params["bhn"]) :] = params["bhn"]
        bias = np.stack([bias, recurrent])  # (2, 3H)
    return [
        reorder_gates(array, GATES[kind], KERAS_GATES[kind])
        for array in (params["Wxh"], params["Whh"], bias)
    ]


def from_keras(arrays, kind, reset_after=None):
    """Convert what ``get_weights`` of a Keras layer returns to the weights of our layer.

    The inverse of `to_keras`. Where Keras adds its two biases, ours is their sum.

    Parameters
    ----------
    arrays : sequence of ndarray
        ``[kernel, recurrent_kernel, bias]``, ``[kernel, bias]`` or ``[embeddings]``; a layer
        made with ``use_bias=False`` has no bias and gets one of zero.
    kind : {"RNN", "LSTM", "GRU", "Dense", "Embedding"}
    reset_after : bool, optional
        For a GRU. By default as the shape of its bias says, and True, as in Keras, if it has
        no bias.

    Returns
    -------
    dict of ndarray
        Named and shaped as ``layer.params``: a GRU has ``bhn`` if ``reset_after``. Copies.

    Raises
    ------
    TypeError, ValueError
        Another number of arrays, another shape or dtype, or a bias of the other GRU.
    """
    check_choice("kind", kind, KINDS)
    count = {"Dense": 2, "Embedding": 1}.get(kind, 3)
    fewest = 1 if kind == "Embedding" else count - 1
    if not isinstance(arrays, list | tuple):
        raise TypeError(f"arrays: expected a list of arrays, got {describe(arrays)}")
    if not fewest <= len(arrays) <= count:
        expected = str(count) if fewest == count else f"{fewest} or {count}"
        raise ValueError(f"arrays: expected {expected} for {kind}, got {len(arrays)}")
    arrays = [as_float_array(f"arrays[{i}]", array) for i, array in enumerate(arrays)]
    if kind in GATES:
        return _from_recurrent(arrays, kind, reset_after)
    check_float_array("arrays[0]", arrays[0], ("D", "V"))
    if kind == "Embedding":
        return {"W": arrays[0].copy()}
    bias = arrays[1] if len(arrays) == 2 else np.zeros(arrays[0].shape[1], arrays[0].dtype)
    return check_params({"W": arrays[0].copy(), "b": bias.copy()}, kind)


def _from_recurrent(arrays, kind, reset_after):
    kernel, recurrent, *bias = arrays
    check_float_array("arrays[1]", recurrent, ("H", "G*H"))
    hidden = len(recurrent)
    width = len(GATES[kind]) * hidden
    check_float_array("arrays[1]", recurrent, (hidden, width))
    check_float_array("arrays[0]", kernel, ("D", width), recurrent.dtype)
    if reset_after is None:
        reset_after = not bias or bias[0].ndim == 2
    two_biases = kind == "GRU" and reset_after
    shape = (2, width) if two_biases else (width,)
    bias = bias[0] if bias else np.zeros(shape, recurrent.dtype)
    check_float_array("arrays[2]", bias, shape, recurrent.dtype)
    kernel, recurrent, bias = (
        reorder_gates(array, KERAS_GATES[kind], GATES[kind]) for array in (kernel, recurrent, bias)
    )
    params = {"Wxh": kernel, "Whh": recurrent, "bh": bias}
    if two_biases:  # the reset gate multiplies the second bias of n: it stays apart
        params["bh"] = bias.sum(axis=0)
        params["bh"][-hidden:] = bias[0, -hidden:]
        params["bhn"] = bias[1, -hidden:].copy()
    return params
