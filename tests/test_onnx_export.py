"""ONNX models of recurrent layers, run in ONNX Runtime."""

import sys

import numpy as np
import pytest

import rnncore as rc

D, H = 2, 7
CELLS = {
    "RNN": (rc.RNN, {}),
    "RNN relu": (rc.RNN, {"nonlinearity": "relu"}),
    "LSTM": (rc.LSTM, {}),
    "LSTM identity": (rc.LSTM, {"candidate": "identity", "output": "relu"}),
    "LSTM relu": (rc.LSTM, {"candidate": "relu", "output": "identity"}),
    "GRU": (rc.GRU, {}),
    "GRU before": (rc.GRU, {"reset_after": False}),
}
SIZES = {"batch": (3, 5), "one": (1, 1), "row": (1, 5), "step": (3, 1)}
cells = pytest.mark.parametrize("cell", CELLS)


@pytest.fixture(autouse=True)
def onnxruntime():
    pytest.importorskip("onnx", reason="onnx is not installed")
    return pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


@pytest.fixture
def run(onnxruntime):
    """Return a function that runs a model's bytes and gives its outputs by name."""

    def run(content, **inputs):
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(None, inputs), strict=True))

    return run


def make(rng, cell="LSTM", hidden=H, dtype=np.float32, **options):
    """Build a layer whose every parameter is different from zero."""
    kind, own = CELLS[cell]
    layer = kind(D, hidden, rng=rng, dtype=dtype, **own, **options)
    for p in layer.params.values():
        p[...] = 0.6 * rng.standard_normal(p.shape)
    return layer


def draw(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def parts(layer, state, prefix="", end=""):
    """Name the parts of a state as the model does."""
    if isinstance(layer, rc.Stack | rc.Bidirectional):
        if isinstance(layer, rc.Stack):
            inner = {f"{i}.": one for i, one in enumerate(layer.layers)}
        else:
            inner = {"forward.": layer.forward_layer, "backward.": layer.backward_layer}
        named = {}
        for (name, one), part in zip(inner.items(), state, strict=True):
            if part is not None:
                named |= parts(one, part, prefix + name, end)
        return named
    state = state if isinstance(state, tuple) else (state,)
    return {prefix + n + end: part for n, part in zip(layer.states, state, strict=True)}


def assert_same(outputs, layer, y, state):
    expected = {"y": y} | parts(layer, state)
    assert list(outputs) == list(expected)
    for name, array in expected.items():
        assert outputs[name].shape == array.shape
        np.testing.assert_allclose(outputs[name], array, rtol=1e-5, atol=1e-5, err_msg=name)


@cells
@pytest.mark.parametrize("learn_h0", [False, True])
def test_one_model_computes_the_same_for_every_batch_and_length(rng, run, cell, learn_h0):
    layer = make(rng, cell, learn_h0=learn_h0)
    content = rc.to_onnx(layer).SerializeToString()
    for n, t in SIZES.values():
        x = draw(rng, n, t, D)
        assert_same(run(content, x=x), layer, *layer.forward(x)[:2])


@cells
@pytest.mark.parametrize("learn_h0", [False, True])
@pytest.mark.parametrize("given_state", [False, True])
def test_lengths_and_state_are_those_of_the_layer(rng, run, cell, learn_h0, given_state):
    layer, x = make(rng, cell, learn_h0=learn_h0), draw(rng, 3, 5, D)
    lengths = np.array([5, 0, 2], np.int32)
    state = tuple(draw(rng, 3, H) for _ in layer.states)
    state = state if len(state) > 1 else state[0]
    given = parts(layer, state, end="0") if given_state else {}
    model = rc.to_onnx(layer, state=given_state, lengths=True)
    y, final, _ = layer.forward(x, state=state if given_state else None, lengths=lengths)
    assert_same(run(model.SerializeToString(), x=x, lengths=lengths, **given), layer, y, final)


@pytest.mark.parametrize("merge", ["concat", "sum", "mean", "mul"])
@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU"])
def test_both_directions_and_every_merge(rng, run, cell, merge):
    ahead, back = (make(rng, cell) for _ in range(2))
    layer, x = rc.Bidirectional(ahead, back, merge=merge), draw(rng, 3, 5, D)
    model = rc.to_onnx(layer).SerializeToString()
    assert_same(run(model, x=x), layer, *layer.forward(x)[:2])
    lengths = np.array([5, 0, 2], np.int32)
    state = ahead.forward(x)[1], back.forward(-x)[1]
    model = rc.to_onnx(layer, state=True, lengths=True).SerializeToString()
    y, final, _ = layer.forward(x, state=state, lengths=lengths)
    outputs = run(model, x=x, lengths=lengths, **parts(layer, state, end="0"))
    assert_same(outputs, layer, y, final)


@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU"])
def test_deep_networks_with_dropout_in_both_directions(rng, run, cell):
    kind, n = CELLS[cell][0], 3
    both = rc.Bidirectional(kind(H, 5, rng=rng), kind(H, 3, rng=rng))
    layer = rc.Stack([kind(D, H, rng=rng), rc.Dropout(0.5, rng=rng), both, kind(8, 11, rng=rng)])
    for p in layer.params.values():
        p[...] = 0.6 * rng.standard_normal(p.shape)
    layer.training = False
    x, lengths = rng.standard_normal((n, 5, D)), np.array([5, 0, 2], np.int32)
    model = rc.to_onnx(layer).SerializeToString()
    assert_same(run(model, x=x.astype(np.float32)), layer, *layer.forward(x)[:2])
    state = layer.forward(-x)[1]
    given = {name: part.astype(np.float32) for name, part in parts(layer, state, end="0").items()}
    model = rc.to_onnx(layer, state=True, lengths=True).SerializeToString()
    y, final, _ = layer.forward(x, state=state, lengths=lengths)
    outputs = run(model, x=x.astype(np.float32), lengths=lengths, **given)
    assert_same(outputs, layer, y, final)


def test_a_stack_of_a_stack_says_its_input_size(rng):
    layer = rc.Stack([rc.Stack([rc.Dropout(0.5), make(rng)])])
    model = rc.to_onnx(layer)
    assert model.graph.input[0].type.tensor_type.shape.dim[2].dim_value == D
    assert [output.name for output in model.graph.output] == ["y", "0.1.h", "0.1.c"]


def test_two_directions_of_different_cells_and_sizes(rng, run):
    layer = rc.Bidirectional(make(rng, "LSTM"), make(rng, "GRU", hidden=5))
    x = draw(rng, 3, 5, D)
    model = rc.to_onnx(layer).SerializeToString()
    assert_same(run(model, x=x), layer, *layer.forward(x)[:2])


def test_the_model_says_its_shapes():
    model = rc.to_onnx(rc.LSTM(D, H), state=True, lengths=True)

    def shapes(values):
        return {
            v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]
            for v in values
        }

    state = ["N", H]
    assert shapes(model.graph.input) == {
        "x": ["N", "T", D],
        "h0": state,
        "c0": state,
        "lengths": ["N"],
    }
    assert shapes(model.graph.output) == {"y": ["N", "T", H], "h": state, "c": state}
    assert model.producer_name == "rnncore"
    assert model.producer_version == rc.__version__


def test_weights_of_float64_are_rounded(rng, run):
    layer, x = make(rng, dtype=np.float64, learn_h0=True), draw(rng, 3, 5, D)
    outputs = run(rc.to_onnx(layer).SerializeToString(), x=x)
    assert outputs["y"].dtype == np.float32
    assert_same(outputs, layer, *layer.forward(x.astype(np.float64))[:2])


def test_a_saved_model_is_the_model(rng, run, tmp_path):
    layer, x = make(rng), draw(rng, 3, 5, D)
    lengths = np.array([4, 1, 5], np.int32)
    state = layer.forward(x)[1]
    rc.save_onnx(tmp_path / "lstm.onnx", layer, state=True, lengths=True)
    assert [path.name for path in tmp_path.iterdir()] == ["lstm.onnx"]
    outputs = run(
        (tmp_path / "lstm.onnx").read_bytes(), x=x, lengths=lengths, **parts(layer, state, end="0")
    )
    assert_same(outputs, layer, *layer.forward(x, state=state, lengths=lengths)[:2])


def test_other_layers_are_refused(rng, tmp_path):
    for layer in (rc.Dense(D, H, rng=rng), rc.Stack([make(rng), rc.Dense(H, D)]), None):
        with pytest.raises(TypeError, match=r"layer: expected RNN, .* got (Dense|NoneType)"):
            rc.save_onnx(tmp_path / "model.onnx", layer)
    with pytest.raises(TypeError, match="got Dropout alone"):
        rc.save_onnx(tmp_path / "model.onnx", rc.Stack([rc.Dropout(0.5)]))
    assert not list(tmp_path.iterdir())


def test_without_onnx_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match="python -m pip install onnx"):
        rc.to_onnx(rc.RNN(D, H))
