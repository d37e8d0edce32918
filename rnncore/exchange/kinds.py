"""What the layers' parameters are called, how large they are, and in which order gates stand."""

import numpy as np

from ..initializers import float_dtype
from ..validation import (
    check_choice,
    check_dict,
    check_float_array,
    check_layer,
    check_same_keys,
)

# One letter a gate, in the order of the columns of Wxh, Whh and bh.
GATES = {"RNN": "h", "LSTM": "ifgo", "GRU": "rzn"}
STARTS = {"RNN": ("h0",), "LSTM": ("h0", "c0"), "GRU": ("h0",)}
KINDS = (*GATES, "Dense", "Embedding")
SHAPES = {"Dense": {"W": ("D", "V"), "b": ("V",)}, "Embedding": {"W": ("V", "D")}}


def reorder_gates(array, order, new_order):
    """Put the blocks of the last axis, one a gate, into another order.

    ``reorder_gates(Wxh, "rzn", "zrn")`` turns ``[r | z | n]`` into ``[z | r | n]``.
    """
    blocks = np.split(array, len(order), axis=-1)  # G of (..., H)
    return np.concatenate([blocks[order.index(gate)] for gate in new_order], axis=-1)


def as_float_array(name, value):
    """Return an array or tensor as a float32 or float64 array, else raise ``TypeError``.

    A tensor of PyTorch is known by its ``detach``: PyTorch itself is never imported.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if not str(value.dtype).endswith(("float32", "float64")):
            raise TypeError(f"{name}: expected float32 or float64, got {value.dtype}")
        value = value.numpy()
    value = np.asarray(value)
    if value.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise TypeError(f"{name}: expected float32 or float64, got {value.dtype}")
    return value


def check_params(params, kind):
    """Return a layer's own weights, or raise an error that names the first wrong one.

    Parameters
    ----------
    params : dict of ndarray
        As in ``layer.params``. A GRU with ``bhn`` is one with ``reset_after=True``.
    kind : {"RNN", "LSTM", "GRU", "Dense", "Embedding"}

    Returns
    -------
    dict of ndarray

    Raises
    ------
    TypeError, ValueError
        A weight is missing, unexpected, or has another dtype or shape; or two differ in dtype.
    """
    check_choice("kind", kind, KINDS)
    check_dict("params", params)
    first = "Whh" if kind in GATES else "W"
    if first not in params:
        raise ValueError(f"params: expected {first!r} among the names, got {sorted(params)}")
    shapes = SHAPES.get(kind) or _recurrent_shapes(params, kind)
    check_names(params, shapes, "params")
    dtype = float_dtype(as_float_array(first, params[first]).dtype)
    for name, shape in shapes.items():
        check_float_array(name, params[name], shape, dtype)
    if kind == "Dense":
        check_float_array("b", params["b"], (params["W"].shape[1],), dtype)
    return params


def _recurrent_shapes(params, kind):
    """Return the shapes of a recurrent layer's weights, H being the number of rows of Whh."""
    hidden = len(check_float_array("Whh", params["Whh"], ("H", "G*H")))
    width = len(GATES[kind]) * hidden
    shapes = {"Wxh": ("D", width), "Whh": (hidden, width), "bh": (width,)}
    if "bhn" in params and kind == "GRU":
        shapes["bhn"] = (hidden,)
    if any(name in params for name in STARTS[kind]):
        shapes |= dict.fromkeys(STARTS[kind], (hidden,))
    return shapes


def check_names(got, expected, name):
    """Raise ``ValueError`` unless a dictionary has exactly the expected keys."""
    missing, extra = sorted(set(expected) - set(got)), sorted(set(got) - set(expected))
    if missing or extra:
        raise ValueError(f"{name}: missing {missing}, unexpected {extra}")


def refuse_learned_start(params, library):
    """Raise ``ValueError`` on ``h0`` or ``c0``, which the other library has no weights for."""
    learned = [name for name in ("h0", "c0") if name in params]
    if learned:
        raise ValueError(
            f"{', '.join(learned)}: {library} has no weight for a learned initial state; "
            "leave it out, and pass it there as the initial state"
        )


def load_params(layer, params):
    """Copy weights into a layer's own arrays, so that an optimizer keeps hold of them.

    Parameters
    ----------
    layer : layer
    params : dict of ndarray
        The names, shapes and dtypes of ``layer.params``, for example from `from_pytorch`.

    Raises
    ------
    TypeError, ValueError
        Another name, shape or dtype. The layer is then as it was.
    """
    check_layer("layer", layer)
    check_same_keys("params", params, layer.params)
    for name, own in layer.params.items():
        check_float_array(f"params[{name!r}]", params[name], own.shape, own.dtype)
    for name, own in layer.params.items():
        own[...] = params[name]
