"""Deep networks: gradients, state, dropout between layers, pooling, bad input."""

from functools import partial

import numpy as np
import pytest
from recurrent_layers import CELLS, arrays, draw_like, fill

import rnncore as rc

close = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-13)
N, T, D, H, V = 3, 5, 2, 4, 3
LENGTHS = {"whole": None, "mixed": np.array([5, 0, 2]), "short": np.array([1, 4, 3])}
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)
all_lengths = pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())


def deep(rng, cell=rc.RNN, dtype=np.float64, noise=None):
    """Two recurrent layers with dropout between them, and a dense layer."""
    options = {"rng": rng, "dtype": dtype}
    layers = [cell(D, 3, **options), rc.Dropout(0.4, noise), cell(3, 2, **options)]
    stack = fill(rc.Stack([*layers, rc.Dense(2, V, **options)]), rng)
    stack.training = noise is not None
    return stack


def both_ways(rng, cell=rc.RNN, dtype=np.float64):
    """Two bidirectional layers."""
    options = {"rng": rng, "dtype": dtype}
    lower = rc.Bidirectional(cell(D, 2, **options), cell(D, 1, **options))
    upper = rc.Bidirectional(cell(3, 1, **options), cell(3, 2, **options))
    return fill(rc.Stack([lower, upper]), rng)


def draw(layer, rng, n=N, t=T):
    """Draw an input, output gradient, and two states."""
    x = rng.standard_normal((n, t, D))
    y, state, _ = layer.forward(x)
    return x, rng.standard_normal(y.shape), draw_like(state, rng), draw_like(state, rng)


@every_cell
@all_lengths
@pytest.mark.parametrize("build", [deep, both_ways])
def test_gradients_agree_with_differences(rng, build, cell, lengths):
    layer = build(rng, cell)
    x, _, state, _ = draw(layer, rng)
    errors = rc.gradient_check(layer, x, state, lengths, rng)
    assert {name for name in errors if not name.startswith("state")} == set(layer.params) | {"x"}
    assert sum(name.startswith("state[") for name in errors) == len(arrays(state))
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize(("n", "t"), [(1, 1), (1, 5), (3, 1)])
@pytest.mark.parametrize("build", [deep, both_ways])
def test_gradients_of_one_row_or_one_step(rng, build, n, t):
    layer = build(rng)
    x, _, state, _ = draw(layer, rng, n, t)
    errors = rc.gradient_check(layer, x, state=state, rng=rng)
    assert max(errors.values()) < 1e-7, errors


@all_lengths
def test_gradients_through_dropout_in_training(rng, lengths):
    noise = np.random.default_rng(5)
    layer = deep(rng, noise=noise)
    assert layer.training
    x = rng.standard_normal((N, T, D))
    errors = rc.gradient_check(layer, x, lengths=lengths, rng=rng, noise=noise)
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize("pool", [rc.LastStep, rc.MaxPoolTime])
@all_lengths
def test_gradients_of_a_classifier(rng, pool, lengths):
    noise = np.random.default_rng(5)
    body = rc.Bidirectional(rc.RNN(D, H, rng=rng), rc.RNN(D, H, rng=rng), merge="mul")
    head = [rc.Dropout(0.3, noise), rc.Dense(H, V, rng=rng)]
    layer = fill(rc.Stack([body, pool(), *head]), rng)
    x = rng.standard_normal((N, T, D))
    assert layer.forward(x, lengths=lengths)[0].shape == (N, V)
    errors = rc.gradient_check(layer, x, lengths=lengths, rng=rng, noise=noise)
    assert max(errors.values()) < 1e-7, errors


def test_gradients_of_symbols_through_a_stack_in_a_stack(rng):
    inner = rc.Stack([rc.RNN(D, H, rng=rng), rc.RNN(H, V, rng=rng)])
    layer = fill(rc.Stack([rc.Embedding(7, D, rng=rng), inner]), rng)
    assert set(layer.params) >= {"0.W", "1.0.Wxh", "1.1.Whh"}
    errors = rc.gradient_check(layer, rng.integers(0, 7, (N, T)), lengths=LENGTHS["mixed"], rng=rng)
    assert set(errors) == set(layer.params)
    assert max(errors.values()) < 1e-7, errors


def test_it_is_its_layers_one_after_the_other(rng):
    layer = deep(rng)
    x, dy, start, dfinal = draw(layer, rng)
    y, final, cache = layer.forward(x, state=start, lengths=LENGTHS["mixed"])
    h, caches = x, []
    for part, part_start, part_final in zip(layer.layers, start, final, strict=True):
        h, end, part_cache = part.forward(h, state=part_start, lengths=LENGTHS["mixed"])
        caches.append(part_cache)
        assert (end is None) == (part_final is None) == (not hasattr(part, "hidden_size"))
        if end is not None:
            close(part_final, end)
    close(y, h)
    dx, dstart, grads = layer.backward(dy, cache, dstate=dfinal)
    for i in reversed(range(4)):
        dy, dh0, own = layer.layers[i].backward(dy, caches[i], dstate=dfinal[i])
        assert (dh0 is None) == (dstart[i] is None)
        if dh0 is not None:
            close(dstart[i], dh0)
        for name, grad in own.items():
            close(grads[f"{i}.{name}"], grad)
    close(dx, dy)
    assert list(grads) == list(layer.params)


@every_cell
@all_lengths
@pytest.mark.parametrize("training", [False, True])
def test_float32_stays_float32(rng, cell, training, lengths):
    noise = np.random.default_rng(1) if training else None
    for layer in (deep(rng, cell, np.float32, noise), both_ways(rng, cell, np.float32)):
        x = rng.standard_normal((N, T, D)).astype(np.float32)
        y, state, cache = layer.forward(x, lengths=lengths)
        dx, dstate, grads = layer.backward(y, cache, dstate=state)
        results = arrays((y, state, dx, dstate, *grads.values()))
        assert {a.dtype for a in results} == {np.dtype(np.float32)}


def test_params_are_the_layers_own_arrays(rng):
    layer = deep(rng)
    for i, part in enumerate(layer.layers):
        for name, array in part.params.items():
            assert layer.params[f"{i}.{name}"] is array
    assert len(layer.params) == sum(len(part.params) for part in layer.layers)


def test_the_switch_reaches_every_dropout(rng):
    inner = rc.Stack([rc.Dropout(0.5, rng), rc.Dense(D, V, rng=rng)])
    dropouts = [inner.layers[0], rc.Dropout(0.5, rng)]
    layer = rc.Stack([inner, dropouts[1]])
    assert layer.training
    layer.training = False
    assert not layer.training
    assert [dropout.training for dropout in dropouts] == [False, False]
    dropouts[0].training = True
    assert layer.training
    assert not rc.Stack([rc.Dense(D, V)]).training


X = np.ones((N, T, D))
BAD_FORWARD = {
    "wrong size": ({"x": X[:, :, :1]}, ValueError, r"x: expected shape \(N, T, 2\)"),
    "integers": ({"x": X.astype(int)}, TypeError, "x: expected dtype float64, got int64"),
    "list": ({"x": X.tolist()}, TypeError, r"x: expected an array .* got list"),
    "empty batch": ({"x": X[:0]}, ValueError, r"got \(0, 5, 2\)"),
    "lengths above T": ({"x": X, "lengths": [1, 2, 6]}, ValueError, r"lengths: .* from 0 to 5"),
    "one state": (
        {"x": X, "state": np.ones((N, H))},
        TypeError,
        "state: expected a tuple with one",
    ),
    "few states": ({"x": X, "state": (None,) * 3}, ValueError, r"state: .* of 4, got 3 parts"),
    "state of dropout": (
        {"x": X, "state": (None, np.ones((N, H)), None, None)},
        ValueError,
        "Dropout has none",
    ),
}


@pytest.mark.parametrize(
    ("arguments", "error", "message"), BAD_FORWARD.values(), ids=BAD_FORWARD.keys()
)
def test_bad_input_gets_a_clear_error(rng, arguments, error, message):
    with pytest.raises(error, match=message):
        deep(rng).forward(**arguments)


def test_an_error_names_the_layer_in_which_sizes_do_not_fit(rng):
    layer = rc.Stack([rc.RNN(D, H, rng=rng), rc.RNN(5, H, rng=rng)])
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T, 5\), got") as caught:
        layer.forward(X)
    assert caught.value.__notes__ == ["in layers[1] of the stack, RNN"]


def test_bad_gradient_gets_a_clear_error(rng):
    layer = deep(rng)
    y, _, cache = layer.forward(X)
    with pytest.raises(ValueError, match=r"dy: expected shape \(3, 5, 3\)"):
        layer.backward(y[:, :, :1], cache)
    with pytest.raises(
        ValueError, match=r"^dstate: .* tuple with one part for each layer of 4, got 2"
    ):
        layer.backward(y, cache, dstate=(None, None))


def test_bad_construction_gets_a_clear_error():
    dense = rc.Dense(D, D)
    with pytest.raises(ValueError, match="layers: expected at least one layer, got none"):
        rc.Stack([])
    with pytest.raises(TypeError, match="layers: expected a list of layers, got Dense"):
        rc.Stack(dense)
    with pytest.raises(TypeError, match=r"layers\[1\]: expected a layer .* got the class LastStep"):
        rc.Stack([dense, rc.LastStep])
    with pytest.raises(ValueError, match=r"layers\[2\]: expected a layer .* got layers\[0\]"):
        rc.Stack([dense, rc.LastStep(), dense])
    dropout = rc.Dropout(0.5)
    rc.Stack([dropout, dense, dropout])  # nothing to own: fine
