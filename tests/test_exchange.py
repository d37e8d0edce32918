"""Weights to and from PyTorch, Keras and safetensors files."""

import sys
from functools import partial

import numpy as np
import pytest
from foreign_cells import run_keras, run_ours

import rnncore as rc
from rnncore import atomic

close = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-13)
N, T, D, H, V = 3, 5, 2, 7, 11
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}
FORMS = ["RNN", "LSTM", "GRU", "GRU before"]


def draw(rng, form, dtype=np.float64):
    """Draw the parameters of one layer; "GRU before" is the one without bhn."""
    kind = form.split()[0]
    shapes = {"Dense": {"W": (D, V), "b": (V,)}, "Embedding": {"W": (V, D)}}.get(kind)
    if shapes is None:
        width = GATES[kind] * H
        shapes = {"Wxh": (D, width), "Whh": (H, width), "bh": (width,)}
        shapes |= {"bhn": (H,)} if form == "GRU" else {}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def layer_of(form, dtype=np.float64):
    """Build the layer of a form, or skip the test where there is none yet."""
    kind = form.split()[0]
    if not hasattr(rc, kind):
        pytest.skip(f"rc.{kind} is not there")
    options = {"reset_after": form == "GRU"} if kind == "GRU" else {}
    return getattr(rc, kind)(D, H, dtype=dtype, **options)


def assert_same(ours, theirs):
    assert list(ours) == list(theirs)
    for name in ours:
        assert ours[name].dtype == theirs[name].dtype
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def assert_independent(params, arrays, back):
    """Overwrite one set of copies after the other: the rest keep their values."""
    assert all(array.flags.c_contiguous for array in (*arrays, *back))
    for copies, others in ((arrays, (*back, *params.values())), (back, params.values())):
        for array in copies:
            array[...] = 0
        assert all(array.all() for array in others)


# PyTorch


def torch_module(torch, kind, **options):
    if kind == "Dense":
        return torch.nn.Linear(D, V, dtype=torch.float64, **options)
    if kind == "Embedding":
        return torch.nn.Embedding(V, D, dtype=torch.float64, **options)
    options = {"batch_first": True, "dtype": torch.float64} | options
    return getattr(torch.nn, kind)(D, H, **options)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.mark.parametrize("kind", GATES)
def test_weights_of_pytorch_compute_the_same_here(rng, torch, kind):
    module, x = torch_module(torch, kind), rng.standard_normal((N, T, D))
    params = rc.from_pytorch(module.state_dict(), kind)
    close(run_ours(kind, params, x), module(torch.tensor(x))[0].detach().numpy())
    layer = layer_of(kind)
    rc.load_params(layer, params)
    close(layer.forward(x)[0], module(torch.tensor(x))[0].detach().numpy())


@pytest.mark.parametrize("kind", GATES)
def test_our_weights_compute_the_same_in_pytorch(rng, torch, kind):
    module, x, params = torch_module(torch, kind), rng.standard_normal((N, T, D)), draw(rng, kind)
    arrays = rc.to_pytorch(params, kind)
    module.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    close(run_ours(kind, params, x), module(torch.tensor(x))[0].detach().numpy())


def test_dense_and_embedding_compute_the_same_in_pytorch(rng, torch):
    for kind in ("Dense", "Embedding"):
        module, params = torch_module(torch, kind), draw(rng, kind)
        arrays = rc.to_pytorch(params, kind)
        module.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        x = rng.standard_normal((N, D)) if kind == "Dense" else rng.integers(0, V, (N, T))
        ours = x @ params["W"] + params["b"] if kind == "Dense" else params["W"][x]
        close(ours, module(torch.tensor(x)).detach().numpy())
        assert_same(rc.from_pytorch(module.state_dict(), kind), params)


@pytest.mark.parametrize("kind", [*GATES, "Dense", "Embedding"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_to_pytorch_and_back_is_exact(rng, kind, dtype):
    params = draw(rng, kind, dtype)
    arrays = rc.to_pytorch(params, kind, prefix="body.", layer=2, reverse=True)
    back = rc.from_pytorch(arrays, kind, prefix="body.", layer=2, reverse=True)
    assert_same(back, params)
    assert_independent(params, arrays.values(), back.values())


def test_names_and_layout_of_pytorch(rng):
    arrays = rc.to_pytorch(draw(rng, "GRU"), "GRU", prefix="rnn.", layer=1, reverse=True)
    assert {name: array.shape for name, array in arrays.items()} == {
        "rnn.weight_ih_l1_reverse": (3 * H, D),
        "rnn.weight_hh_l1_reverse": (3 * H, H),
        "rnn.bias_ih_l1_reverse": (3 * H,),
        "rnn.bias_hh_l1_reverse": (3 * H,),
    }


@pytest.mark.parametrize("kind", GATES)
def test_layers_and_directions_of_pytorch_are_told_apart(rng, torch, kind):
    module = torch_module(torch, kind, num_layers=2, bidirectional=True)
    x = rng.standard_normal((N, T, D))
    y = x
    for layer in range(2):
        get = partial(rc.from_pytorch, module.state_dict(), kind, layer=layer)
        ahead = run_ours(kind, get(), y)
        back = run_ours(kind, get(reverse=True), y[:, ::-1])[:, ::-1]
        y = np.concatenate([ahead, back], axis=2)
    close(y, module(torch.tensor(x))[0].detach().numpy())


@pytest.mark.parametrize("kind", [*GATES, "Dense"])
def test_a_module_without_bias_gives_zeros(torch, kind):
    state = torch_module(torch, kind, bias=False).state_dict()
    params = rc.from_pytorch(state, kind)
    biases = [array for name, array in params.items() if name.startswith("b")]
    assert biases
    assert not any(array.any() for array in biases)
    assert set(params) == set(draw(np.random.default_rng(0), kind))


def test_trainable_tensors_are_read_and_half_precision_is_refused(torch):
    module = torch_module(torch, "RNN")
    close(
        rc.from_pytorch(dict(module.named_parameters()), "RNN")["Whh"],
        module.weight_hh_l0.detach().numpy().T,
    )
    for dtype in (torch.float16, torch.bfloat16):
        with pytest.raises(TypeError, match=r"weight_ih_l0: expected float32 or float64, got tor"):
            rc.from_pytorch(module.to(dtype).state_dict(), "RNN")


def test_projections_of_pytorch_are_refused(torch):
    module = torch_module(torch, "LSTM", proj_size=3)
    with pytest.raises(ValueError, match="proj_size has no counterpart"):
        rc.from_pytorch(module.state_dict(), "LSTM")


W = {
    "weight_ih_l0": np.ones((3 * H, D)),
    "weight_hh_l0": np.ones((3 * H, H)),
    "bias_ih_l0": np.ones(3 * H),
    "bias_hh_l0": np.ones(3 * H),
}
BAD_STATE = {
    "other kind": (W, "LSTM", ValueError, r"weight_hh_l0: expected shape \(28, 7\), got \(21, 7\)"),
    "unknown kind": (W, "Conv", ValueError, "kind: expected one of 'RNN', 'LSTM', 'GRU'"),
    "missing": ({"weight_ih_l0": W["weight_ih_l0"]}, "GRU", ValueError, "'weight_hh_l0' among"),
    "one bias": (
        {k: v for k, v in W.items() if k != "bias_hh_l0"},
        "GRU",
        ValueError,
        "'bias_hh_l0' among",
    ),
    "integers": (
        W | {"weight_ih_l0": np.ones((3 * H, D), int)},
        "GRU",
        TypeError,
        "weight_ih_l0: expected float32 or float64, got int64",
    ),
    "two dtypes": (
        W | {"bias_hh_l0": np.ones(3 * H, np.float32)},
        "GRU",
        TypeError,
        "bias_hh_l0: expected dtype float64, got float32",
    ),
    "rank": (W | {"weight_ih_l0": np.ones(3)}, "GRU", ValueError, r"weight_ih_l0: .* got \(3,\)"),
    "bias": (W | {"bias_ih_l0": np.ones(H)}, "GRU", ValueError, r"bias_ih_l0: .*\(21,\), got"),
    "dense": ({"weight": np.ones((V, D)), "bias": np.ones(D)}, "Dense", ValueError, "bias: .*11"),
    "table": ({"weight": np.ones(V)}, "Embedding", ValueError, r"weight: expected shape \(V, D\)"),
}


@pytest.mark.parametrize(
    ("state", "kind", "error", "message"), BAD_STATE.values(), ids=BAD_STATE.keys()
)
def test_bad_weights_of_pytorch_get_a_clear_error(state, kind, error, message):
    with pytest.raises(error, match=message):
        rc.from_pytorch(state, kind)


BAD_PARAMS = {
    "missing": ("LSTM", lambda p: p.pop("bh"), ValueError, r"params: missing \['bh'\]"),
    "no matrix": ("LSTM", lambda p: p.pop("Whh"), ValueError, "expected 'Whh' among the names"),
    "unexpected": ("LSTM", lambda p: p.update(c=p["bh"]), ValueError, r"unexpected \['c'\]"),
    "stray bhn": ("LSTM", lambda p: p.update(bhn=p["bh"]), ValueError, r"unexpected \['bhn'\]"),
    "shape": ("GRU", lambda p: p.update(bhn=p["bh"]), ValueError, r"bhn: expected shape \(7,\)"),
    "columns": (
        "GRU",
        lambda p: p.update(Whh=p["Whh"][:, :14]),
        ValueError,
        r"Whh: expected shape \(7, 21\), got \(7, 14\)",
    ),
    "two dtypes": (
        "RNN",
        lambda p: p.update(bh=p["bh"].astype(np.float32)),
        TypeError,
        "bh: expected dtype float64, got float32",
    ),
    "float16": (
        "RNN",
        lambda p: p.update(Whh=p["Whh"].astype(np.float16)),
        TypeError,
        "Whh: expected float32 or float64, got float16",
    ),
    "learned start": (
        "RNN",
        lambda p: p.update(h0=p["bh"]),
        ValueError,
        "^h0: (PyTorch|Keras) has no weight for a learned initial state",
    ),
    "dense bias": (
        "Dense",
        lambda p: p.update(b=p["b"][:3]),
        ValueError,
        r"b: expected shape \(11",
    ),
}


@pytest.mark.parametrize("convert", [rc.to_pytorch, rc.to_keras])
@pytest.mark.parametrize(
    ("kind", "spoil", "error", "message"), BAD_PARAMS.values(), ids=BAD_PARAMS.keys()
)
def test_bad_params_get_a_clear_error(rng, convert, kind, spoil, error, message):
    params = draw(rng, kind)
    spoil(params)
    with pytest.raises(error, match=message):
        convert(params, kind)


def test_a_reset_before_the_product_does_not_go_to_pytorch(rng):
    with pytest.raises(ValueError, match="PyTorch's GRU is that of reset_after=True"):
        rc.to_pytorch(draw(rng, "GRU before"), "GRU")


# Keras


def draw_keras(rng, form):
    """Draw what get_weights of a recurrent Keras layer returns."""
    width = GATES[form.split()[0]] * H
    shapes = [(D, width), (H, width), (2, width) if form == "GRU" else (width,)]
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("form", FORMS)
def test_weights_of_keras_compute_the_same_here(rng, form):
    kind, arrays, x = form.split()[0], draw_keras(rng, form), rng.standard_normal((N, T, D))
    params = rc.from_keras(arrays, kind)
    assert ("bhn" in params) == (form == "GRU")
    close(run_ours(kind, params, x), run_keras(kind, arrays, x))
    layer = layer_of(form)
    rc.load_params(layer, params)
    close(layer.forward(x)[0], run_keras(kind, arrays, x))


@pytest.mark.parametrize("form", FORMS)
def test_our_weights_compute_the_same_in_keras(rng, form):
    kind, params, x = form.split()[0], draw(rng, form), rng.standard_normal((N, T, D))
    close(run_keras(kind, rc.to_keras(params, kind), x), run_ours(kind, params, x))


# Keras on PyTorch converts its tensors in a way that NumPy 2 warns of.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("form", [*FORMS, "Dense", "Embedding"])
def test_live_keras_computes_the_same(rng, form):
    keras = pytest.importorskip("keras", reason="Keras is not installed: its equations only")
    kind, params = form.split()[0], draw(rng, form)
    options = {"dtype": "float64"}
    if kind in GATES:
        options["return_sequences"] = True
    if kind == "GRU":
        options["reset_after"] = form == "GRU"
    sizes = {"Dense": (V,), "Embedding": (V, D)}.get(kind, (H,))
    layer = getattr(keras.layers, {"RNN": "SimpleRNN"}.get(kind, kind))(*sizes, **options)
    x = rng.integers(0, V, (N, T)) if kind == "Embedding" else rng.standard_normal((N, T, D))
    inputs = keras.ops.convert_to_tensor(x, dtype=None if kind == "Embedding" else "float64")
    layer(inputs)
    layer.set_weights(rc.to_keras(params, kind))
    if kind in GATES:
        ours = run_ours(kind, params, x)
    else:
        ours = x @ params["W"] + params["b"] if kind == "Dense" else params["W"][x]
    # Keras on PyTorch multiplies float64 matrices in float32.
    theirs = keras.ops.convert_to_numpy(layer(inputs))
    np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5)
    assert_same(rc.from_keras(layer.get_weights(), kind), params)


@pytest.mark.parametrize("form", [*FORMS, "Dense", "Embedding"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_to_keras_and_back_is_exact(rng, form, dtype):
    kind, params = form.split()[0], draw(rng, form, dtype)
    arrays = rc.to_keras(params, kind)
    back = rc.from_keras(arrays, kind)
    assert_same(back, params)
    assert_independent(params, arrays, back.values())


def test_weights_of_keras_may_come_in_any_order_of_names(rng):
    params = draw(rng, "Dense")
    kernel, bias = rc.to_keras(dict(reversed(params.items())), "Dense")
    np.testing.assert_array_equal(kernel, params["W"])
    np.testing.assert_array_equal(bias, params["b"])


@pytest.mark.parametrize(("asked", "after"), [(None, True), (True, True), (False, False)])
def test_a_keras_layer_without_bias_gives_zeros(rng, asked, after):
    params = rc.from_keras(draw_keras(rng, "GRU")[:2], "GRU", reset_after=asked)
    assert not params["bh"].any()
    assert params["bh"].shape == (3 * H,)
    assert ("bhn" in params) == after
    assert not rc.from_keras([np.ones((D, V))], "Dense")["b"].any()


K, R, B = np.ones((D, 3 * H)), np.ones((H, 3 * H)), np.ones(3 * H)
BAD_LIST = {
    "too few": ([K], "GRU", None, ValueError, "arrays: expected 2 or 3 for GRU, got 1"),
    "too many": ([K, B], "Embedding", None, ValueError, "arrays: expected 1 for Embedding, got 2"),
    "other kind": ([K, R, B], "LSTM", None, ValueError, r"arrays\[1\]: expected shape \(7, 28\)"),
    "unknown kind": ([K, R, B], "SimpleRNN", None, ValueError, "kind: expected one of 'RNN'"),
    "kernel": ([K[:, 1:], R, B], "GRU", None, ValueError, r"arrays\[0\]: .*\('?D'?, 21\)"),
    "bias": ([K, R, B[1:]], "GRU", None, ValueError, r"arrays\[2\]: expected shape \(21,\)"),
    "bias before": ([K, R, B], "GRU", True, ValueError, r"arrays\[2\]: expected shape \(2, 21\)"),
    "bias after": ([K, R, np.stack([B, B])], "GRU", False, ValueError, r"shape \(21,\), got \(2"),
    "integers": ([K, R.astype(int), B], "GRU", None, TypeError, r"arrays\[1\]: .* got int64"),
    "two dtypes": ([K.astype("f4"), R, B], "GRU", None, TypeError, r"arrays\[0\]: .* got float32"),
    "dense bias": (
        [K, B[1:]],
        "Dense",
        None,
        ValueError,
        r"b: expected shape \(21,\), got \(20,\)",
    ),
}


@pytest.mark.parametrize(
    ("arrays", "kind", "reset_after", "error", "message"), BAD_LIST.values(), ids=BAD_LIST.keys()
)
def test_bad_weights_of_keras_get_a_clear_error(arrays, kind, reset_after, error, message):
    with pytest.raises(error, match=message):
        rc.from_keras(arrays, kind, reset_after=reset_after)


# Into a layer


def test_weights_are_copied_into_the_arrays_of_the_layer(rng):
    layer, params = rc.Dense(D, V, rng=rng), draw(rng, "Dense")
    own = layer.params["W"]
    rc.load_params(layer, params)
    assert layer.params["W"] is own
    assert own is not params["W"]
    assert_same(layer.params, params)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"b": np.ones(V - 1)}, ValueError, r"params\['b'\]: expected shape \(11,\), got \(10,\)"),
        ({"b": np.ones(V, np.float32)}, TypeError, r"params\['b'\]: expected dtype float64"),
        ({"bh": np.ones(V)}, ValueError, r"missing \[\], unexpected \['bh'\]"),
    ],
)
def test_a_layer_is_left_as_it_was_by_bad_weights(rng, change, error, message):
    layer = rc.Dense(D, V, rng=rng)
    kept = {name: array.copy() for name, array in layer.params.items()}
    with pytest.raises(error, match=message):
        rc.load_params(layer, draw(rng, "Dense") | change)
    assert_same(layer.params, kept)


# safetensors


@pytest.fixture
def safetensors():
    return pytest.importorskip("safetensors", reason="safetensors is not installed")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_safetensors_file_keeps_names_values_and_dtype(rng, safetensors, tmp_path, dtype):
    params = rc.named(rnn=draw(rng, "LSTM", dtype), head=draw(rng, "Dense", dtype))
    params["transposed"] = params["rnn.Wxh"].T  # not contiguous
    params["single"] = params["rnn.Wxh"][:1, ::2]
    rc.save_safetensors(tmp_path / "model.safetensors", params, {"epoch": "3"})
    loaded, metadata = rc.load_safetensors(str(tmp_path / "model.safetensors"))
    assert metadata == {"epoch": "3", "rnncore_version": rc.__version__}
    assert set(loaded) == set(params)
    for name, array in loaded.items():
        assert array.dtype == dtype
        np.testing.assert_array_equal(array, params[name], err_msg=name)
        array[...] = 0  # the caller's own


def test_safetensors_of_pytorch_are_read_and_written(rng, safetensors, torch, tmp_path):
    files = pytest.importorskip("safetensors.torch")
    module, params = torch_module(torch, "GRU"), draw(rng, "GRU")
    rc.save_safetensors(tmp_path / "a", rc.to_pytorch(params, "GRU"))
    module.load_state_dict(files.load_file(tmp_path / "a"))
    files.save_file(module.state_dict(), tmp_path / "b")
    assert_same(rc.from_pytorch(rc.load_safetensors(tmp_path / "b")[0], "GRU"), params)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    rng, safetensors, tmp_path, monkeypatch, broken
):
    path = tmp_path / "model.safetensors"
    rc.save_safetensors(path, draw(rng, "RNN"))
    before = path.read_bytes()

    def fail(*_):
        raise OSError("the disk is full")

    if broken == "fsync":
        monkeypatch.setattr(atomic.os, "fsync", fail)
    else:
        monkeypatch.setattr(atomic.Path, "replace", fail)
    with pytest.raises(OSError, match="disk is full"):
        rc.save_safetensors(path, draw(rng, "RNN"))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("params", "metadata", "error", "message"),
    [
        ({}, None, ValueError, "params: expected at least one array"),
        ({"W": np.ones(3, int)}, None, TypeError, "W: expected float32 or float64, got int64"),
        ({"W": np.ones(3, np.float16)}, None, TypeError, "W: expected float32 or float64"),
        ({1: np.ones(3)}, None, TypeError, "expected strings, got 1"),
        ({"W": np.ones(3)}, {"epoch": 3}, TypeError, "expected strings, got 3"),
    ],
)
def test_bad_content_is_not_saved(safetensors, tmp_path, params, metadata, error, message):
    with pytest.raises(error, match=message):
        rc.save_safetensors(tmp_path / "model", params, metadata)
    assert not list(tmp_path.iterdir())


def test_bad_files_get_a_clear_error(rng, safetensors, tmp_path):
    path = tmp_path / "model.safetensors"
    with pytest.raises(FileNotFoundError):
        rc.load_safetensors(path)
    rc.save_safetensors(path, draw(rng, "RNN"))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ValueError, match=r"model.safetensors is not a whole safetensors file"):
        rc.load_safetensors(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        rc.load_safetensors(path)
    pytest.importorskip("safetensors.numpy").save_file({"ids": np.arange(3)}, path)
    with pytest.raises(TypeError, match="ids: expected float32 or float64, got I64"):
        rc.load_safetensors(path)


def test_without_safetensors_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for call in (
        partial(rc.save_safetensors, tmp_path / "a", {"W": np.ones(2)}),
        partial(rc.load_safetensors, tmp_path / "a"),
    ):
        with pytest.raises(ImportError, match="python -m pip install safetensors"):
            call()
