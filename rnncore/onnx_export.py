"""Recurrent layers as ONNX models, for programs that run those."""

import numpy as np

from . import __version__
from .atomic import write_atomically
from .bidirectional import Bidirectional
from .dropout import Dropout
from .exchange.kinds import GATES, reorder_gates
from .gru import GRU
from .lstm import LSTM
from .rnn import RNN
from .stack import Stack

OPSET, IR_VERSION = 17, 8
# ONNX's orders in our letters: its LSTM has i, o, f, c and its GRU z, r, h.
ONNX_GATES = {"RNN": "h", "LSTM": "iofg", "GRU": "zrn"}
ACTIVATIONS = {"tanh": "Tanh", "relu": "Relu", "identity": "Affine"}


def to_onnx(layer, state=False, lengths=False):
    """Convert a recurrent layer to an ONNX model that computes the same in float32.

    Parameters
    ----------
    layer : RNN, LSTM, GRU, or a Bidirectional or Stack of them
        A stack's Dropout layers drop nothing in the model.
    state : bool
        Take the initial state as input; otherwise it is the learned one, or zero.
    lengths : bool
        Take the rows' lengths as input.

    Returns
    -------
    onnx.ModelProto
        Inputs ``x`` (N, T, D), with ``state`` ``h0`` and, for an LSTM, ``c0`` (N, H), with
        ``lengths`` ``lengths`` (N,) of int32, each from 0 to T. Outputs ``y`` (N, T, H), and
        the final state ``h`` and ``c`` (N, H). The states of a Bidirectional are prefixed
        ``forward.`` and ``backward.``, those of a Stack ``0.``, ``1.`` and so on. N and T
        are free.

    Raises
    ------
    ImportError
        The package onnx is missing.
    TypeError
        Another layer.

    Notes
    -----
    ONNX Runtime's recurrent operators compute in float32, so weights of float64 are rounded.
    Source: the operators RNN, LSTM and GRU in ONNX's documentation.
    """
    graph = _Graph(state, lengths)
    x = graph.node("Transpose", ["x"], perm=[1, 0, 2])  # (T, N, D)
    graph.value("inputs", "x", ("N", "T", _input_size(layer)))
    y, size = _add_layer(graph, layer, x, "")
    graph.node("Transpose", [y], ["y"], perm=[1, 0, 2])  # (N, T, H)
    graph.value("outputs", "y", ("N", "T", size), first=True)
    if lengths:
        graph.value("inputs", "lengths", ("N",), integer=True)
    return graph.model()


def save_onnx(path, layer, state=False, lengths=False):
    """Write a layer to an ONNX file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        Replaced if it exists.
    layer, state, lengths
        As in `to_onnx`, which also names the errors.
    """
    write_atomically(path, to_onnx(layer, state, lengths).SerializeToString())


def onnx_weights(params, kind):
    """Return the inputs W (1, G*H, D), R (1, G*H, H) and B (1, 2*G*H) of an ONNX operator.

    ONNX multiplies as PyTorch does, has its own order of gates, and puts the biases of input
    and recurrence behind each other; ours is the first, and ``bhn`` a part of the second.
    """
    recurrent = np.zeros_like(params["bh"])
    if "bhn" in params:
        recurrent[-len(params["bhn"]) :] = params["bhn"]
    wxh, whh, bias, recurrent = (
        reorder_gates(array, GATES[kind], ONNX_GATES[kind]).astype(np.float32)
        for array in (params["Wxh"], params["Whh"], params["bh"], recurrent)
    )
    return wxh.T[None], whh.T[None], np.concatenate([bias, recurrent])[None]


def _input_size(layer):
    while isinstance(layer, Stack):
        layer = _kept(layer)[0][1]
    return getattr(layer, "input_size", None)


def _kept(stack):
    """Return the numbers and layers of a stack that the model has: all but Dropout."""
    kept = [(i, inner) for i, inner in enumerate(stack.layers) if not isinstance(inner, Dropout)]
    if not kept:
        raise TypeError("layer: expected a recurrent layer in the Stack, got Dropout alone")
    return kept


def _add_layer(graph, layer, x, prefix, direction="forward"):
    """Add a layer that reads ``x`` (T, N, D); return its output (T, N, H) and H."""
    if isinstance(layer, Stack):
        for i, inner in _kept(layer):
            x, size = _add_layer(graph, inner, x, f"{prefix}{i}.")
        return x, size
    if isinstance(layer, Bidirectional):
        ahead, size = _add_layer(graph, layer.forward_layer, x, prefix + "forward.")
        back, _ = _add_layer(graph, layer.backward_layer, x, prefix + "backward.", "reverse")
        if layer.merge == "concat":
            return graph.node("Concat", [ahead, back], axis=2), layer.output_size
        merged = graph.node("Mul" if layer.merge == "mul" else "Add", [ahead, back])
        if layer.merge == "mean":
            merged = graph.node("Mul", [merged, graph.constant(np.float32(0.5))])
        return merged, size
    if not isinstance(layer, RNN | LSTM | GRU):
        raise TypeError(
            "layer: expected RNN, LSTM, GRU, or a Bidirectional or Stack of them, "
            f"got {type(layer).__name__}"
        )
    return _add_recurrence(graph, layer, x, prefix, direction), layer.hidden_size


def _add_recurrence(graph, layer, x, prefix, direction):
    """Add the operator of an RNN, LSTM or GRU, with its initial and final state."""
    kind = next(c.__name__ for c in (RNN, LSTM, GRU) if isinstance(layer, c))
    weights = [graph.constant(array) for array in onnx_weights(layer.params, kind)]
    lengths = "lengths" if graph.lengths else ""
    starts = [_start(graph, layer, x, prefix, name + "0") for name in layer.states]
    y, *final = graph.node(
        kind,
        [x, *weights, lengths, *starts],
        [prefix + name for name in ("Y", *("Y_" + name for name in layer.states))],
        hidden_size=layer.hidden_size,
        direction=direction,
        **_options(layer),
    )
    for name, start, state in zip(layer.states, starts, final, strict=True):
        if graph.lengths and start:
            state = _keep_start(graph, start, state)
        graph.node("Squeeze", [state, graph.constant(np.array([0]))], [prefix + name])  # (N, H)
        graph.value("outputs", prefix + name, ("N", layer.hidden_size))
    return graph.node("Squeeze", [y, graph.constant(np.array([1]))])  # (T, N, H)


def _start(graph, layer, x, prefix, name):
    """Return the initial state's name, (1, N, H): an input, learned, or none, which is zero."""
    if graph.state:
        graph.value("inputs", prefix + name, ("N", layer.hidden_size))
        return graph.node("Unsqueeze", [prefix + name, graph.constant(np.array([0]))])
    if name not in layer.params:
        return ""
    batch = graph.node("Shape", [x], start=1, end=2)
    one, hidden = (graph.constant(np.array([size])) for size in (1, layer.hidden_size))
    shape = graph.node("Concat", [one, batch, hidden], axis=0)
    start = graph.constant(layer.params[name].astype(np.float32)[None, None])
    return graph.node("Expand", [start, shape])


def _keep_start(graph, start, state):
    """Return the initial state for rows of length 0, where ONNX Runtime gives zeros."""
    empty = graph.node("Equal", ["lengths", graph.constant(np.int32(0))])
    empty = graph.node("Unsqueeze", [empty, graph.constant(np.array([0, 2]))])  # (1, N, 1)
    return graph.node("Where", [empty, start, state])


def _options(layer):
    """Return the attributes that say which functions a cell applies."""
    if isinstance(layer, GRU):
        return {"linear_before_reset": int(layer.reset_after)}
    names = [layer.nonlinearity] if isinstance(layer, RNN) else layer.activations
    functions = ["Sigmoid"] * isinstance(layer, LSTM) + [ACTIVATIONS[name] for name in names]
    # identity(a) = 1 * a + 0
    affine = functions.count("Affine")
    numbers = {"activation_alpha": [1.0] * affine, "activation_beta": [0.0] * affine}
    return {"activations": functions, **(numbers if affine else {})}


class _Graph:
    """The parts of an ONNX graph, collected one by one."""

    def __init__(self, state, lengths):
        self.onnx = _onnx()
        self.state, self.lengths = state, lengths
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []

    def node(self, operator, inputs, outputs=None, **attributes):
        """Add an operator; return the name of its output, or the names if there are several."""
        outputs = outputs or [f"{operator.lower()}_{len(self.nodes)}"]
        helper = self.onnx.helper
        self.nodes.append(helper.make_node(operator, inputs, outputs, **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def constant(self, array):
        """Add an array of weights or sizes; return its name."""
        name = f"constant_{len(self.constants)}"
        array = np.ascontiguousarray(array)
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def value(self, end, name, shape, integer=False, first=False):
        """Name an input or output of the whole model, with its shape."""
        tensor = self.onnx.TensorProto
        dtype = tensor.INT32 if integer else tensor.FLOAT
        info = self.onnx.helper.make_tensor_value_info(name, dtype, shape)
        getattr(self, end).insert(0 if first else len(getattr(self, end)), info)

    def model(self):
        """Return the model, checked."""
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, "rnncore", self.inputs, self.outputs, self.constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        model.producer_name, model.producer_version = "rnncore", __version__
        self.onnx.checker.check_model(model, full_check=True)
        return model


def _onnx():
    """Import onnx when it is needed, or say how to install it."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError(
            "an ONNX model needs the package onnx; install it with: python -m pip install onnx"
        ) from error
    return onnx
