"""Weights to and from the names and the layout of PyTorch's ``state_dict``."""

import numpy as np

from ..validation import check_choice, check_dict, check_float_array
from .kinds import GATES, KINDS, as_float_array, check_params, refuse_learned_start


def to_pytorch(params, kind, prefix="", layer=0, reverse=False):
    """Convert a layer's weights to those of the PyTorch module that computes the same.

    PyTorch multiplies from the other side, ``W x`` for our ``x W``, so matrices are
    transposed. The order of the gates is the same. Its two biases are ours and zero, but for
    the GRU's new gate, where ``bias_hh`` holds ``bhn``.

    Parameters
    ----------
    params : dict of ndarray
        As in ``layer.params``.
    kind : {"RNN", "LSTM", "GRU", "Dense", "Embedding"}
    prefix : str
        Put before every name: ``"rnn."`` if the module is the attribute ``rnn`` of another.
    layer : int
        The number in the names: ``weight_ih_l0`` is the first layer's.
    reverse : bool
        The weights of the backward direction, ``weight_ih_l0_reverse``.

    Returns
    -------
    dict of ndarray
        ``weight_ih_l0`` (G*H, D), ``weight_hh_l0`` (G*H, H), ``bias_ih_l0`` and
        ``bias_hh_l0`` (G*H,); for Dense ``weight`` (V, D) and ``bias`` (V,); for Embedding
        ``weight`` (V, D). Copies, in the dtype of ``params``.

    Raises
    ------
    TypeError, ValueError
        A weight is missing or has another dtype or shape; a GRU with ``reset_after=False`` or
        a learned initial state, which PyTorch does not have.

    Notes
    -----
    RNN's nonlinearity is an option of the module, ``torch.nn.RNN(nonlinearity="relu")``, and
    not in its weights. Source: the documentation of torch.nn.RNN, LSTM, GRU, Linear.
    """
    check_params(params, kind)
    if kind == "Embedding":
        return {prefix + "weight": params["W"].copy()}
    if kind == "Dense":
        return {prefix + "weight": params["W"].T.copy(), prefix + "bias": params["b"].copy()}
    refuse_learned_start(params, "PyTorch")
    if kind == "GRU" and "bhn" not in params:
        raise ValueError(
            "params: expected 'bhn'; PyTorch's GRU is that of reset_after=True and cannot "
            "compute reset_after=False"
        )
    bias_hh = np.zeros_like(params["bh"])
    if kind == "GRU":
        bias_hh[-len(params["bhn"]) :] = params["bhn"]
    arrays = (params["Wxh"].T.copy(), params["Whh"].T.copy(), params["bh"].copy(), bias_hh)
    return dict(zip(_names(prefix, layer, reverse), arrays, strict=True))


def from_pytorch(state_dict, kind, prefix="", layer=0, reverse=False):
    """Convert weights of a PyTorch module to those of the layer that computes the same.

    The inverse of `to_pytorch`. Where PyTorch adds its two biases, ours is their sum.

    Parameters
    ----------
    state_dict : dict of ndarray or tensor
        From ``module.state_dict()``. Names of other layers and modules are left alone.
    kind : {"RNN", "LSTM", "GRU", "Dense", "Embedding"}
    prefix, layer, reverse
        As in `to_pytorch`: which of the names to read.

    Returns
    -------
    dict of ndarray
        ``Wxh`` (D, G*H), ``Whh`` (H, G*H), ``bh`` (G*H,) and, for a GRU, ``bhn`` (H,), which
        makes it one with ``reset_after=True``; ``W`` and ``b`` for Dense; ``W`` for Embedding.
        Copies. A module made with ``bias=False`` gives biases of zero.

    Raises
    ------
    TypeError, ValueError
        A weight is missing, has another shape or dtype, or belongs to an LSTM with
        ``proj_size``.
    """
    check_choice("kind", kind, KINDS)
    check_dict("state_dict", state_dict, "module.state_dict()")
    if kind not in GATES:
        return _from_feedforward(state_dict, kind, prefix)
    names = _names(prefix, layer, reverse)
    if names[0].replace("weight_ih", "weight_hr") in state_dict:
        raise ValueError("state_dict: an LSTM with proj_size has no counterpart here")
    weight_ih, weight_hh = (_weight(state_dict, name) for name in names[:2])
    check_float_array(names[1], weight_hh, ("G*H", "H"))
    hidden = weight_hh.shape[1]
    rows = len(GATES[kind]) * hidden
    check_float_array(names[1], weight_hh, (rows, hidden))
    check_float_array(names[0], weight_ih, (rows, "D"), weight_hh.dtype)
    bias_ih, bias_hh = _biases(state_dict, names[2:], np.zeros(rows, weight_hh.dtype))
    params = {"Wxh": weight_ih.T.copy(), "Whh": weight_hh.T.copy(), "bh": bias_ih + bias_hh}
    if kind == "GRU":  # the reset gate multiplies the second bias of n: it stays apart
        params["bh"][-hidden:] = bias_ih[-hidden:]
        params["bhn"] = bias_hh[-hidden:].copy()
    return params


def _names(prefix, layer, reverse):
    end = f"_l{layer}" + "_reverse" * bool(reverse)
    return [prefix + name + end for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


def _weight(state_dict, name):
    if name not in state_dict:
        raise ValueError(f"state_dict: expected {name!r} among the names, got {list(state_dict)}")
    return as_float_array(name, state_dict[name])


def _biases(state_dict, names, zero):
    """Return the named biases, all checked, or zeros when the module has none of them."""
    if not any(name in state_dict for name in names):
        return [zero] * len(names)
    biases = [_weight(state_dict, name) for name in names]
    for name, bias in zip(names, biases, strict=True):
        check_float_array(name, bias, zero.shape, zero.dtype)
    return biases


def _from_feedforward(state_dict, kind, prefix):
    name = prefix + "weight"
    weight = check_float_array(name, _weight(state_dict, name), ("V", "D"))
    if kind == "Embedding":
        return {"W": weight.copy()}
    zero = np.zeros(len(weight), weight.dtype)
    (bias,) = _biases(state_dict, [prefix + "bias"], zero)
    return {"W": weight.T.copy(), "b": bias.copy()}
