"""Two layers in both directions of time: gradients, state, bad input."""

from functools import partial

import numpy as np
import pytest
from recurrent_layers import CELLS, arrays, draw_like, fill

import rnncore as rc

close = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-13)
N, T, D, H = 3, 5, 2, 3
LENGTHS = {"whole": None, "mixed": np.array([5, 0, 2]), "short": np.array([1, 4, 3])}
MERGES = ("concat", "sum", "mean", "mul")
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)
every_merge = pytest.mark.parametrize("merge", MERGES)
all_lengths = pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())


def make(rng, cell=rc.RNN, merge="concat", dtype=np.float64, **options):
    """Build a layer whose every parameter is different from zero."""
    sizes = (H, H) if merge != "concat" else (H, 1)
    halves = (cell(D, size, rng=rng, dtype=dtype, **options) for size in sizes)
    return fill(rc.Bidirectional(*halves, merge=merge), rng)


def draw(layer, rng, n=N, t=T):
    """Draw an input, output gradient, and two states."""
    x = rng.standard_normal((n, t, D))
    y, state, _ = layer.forward(x)
    return x, rng.standard_normal(y.shape), draw_like(state, rng), draw_like(state, rng)


@every_cell
@every_merge
@all_lengths
def test_gradients_agree_with_differences(rng, cell, merge, lengths):
    layer = make(rng, cell, merge)
    x, _, state, _ = draw(layer, rng)
    errors = rc.gradient_check(layer, x, state, lengths, rng)
    assert {name for name in errors if not name.startswith("state")} == set(layer.params) | {"x"}
    assert sum(name.startswith("state[") for name in errors) == len(arrays(state))
    assert max(errors.values()) < 1e-7, errors


@every_cell
def test_gradients_without_a_state(rng, cell):
    layer = make(rng, cell)
    errors = rc.gradient_check(layer, rng.standard_normal((N, T, D)), rng=rng)
    assert set(errors) == set(layer.params) | {"x"}
    assert max(errors.values()) < 1e-7, errors


@every_merge
@pytest.mark.parametrize(("n", "t"), [(1, 1), (1, 5), (3, 1)])
def test_gradients_of_one_row_or_one_step(rng, merge, n, t):
    layer = make(rng, merge=merge)
    x, _, state, _ = draw(layer, rng, n, t)
    errors = rc.gradient_check(layer, x, state=state, rng=rng)
    assert max(errors.values()) < 1e-7, errors


def test_learned_starts_get_their_gradients(rng):
    layer = make(rng, learn_h0=True)
    errors = rc.gradient_check(layer, rng.standard_normal((N, T, D)), rng=rng)
    assert {"forward.h0", "backward.h0"} < set(errors)
    assert max(errors.values()) < 1e-7, errors


def test_one_direction_may_start_from_a_given_state(rng):
    layer = make(rng)
    x, dy, (forward, _), (dforward, _) = draw(layer, rng)
    errors = rc.gradient_check(layer, x, state=(forward, None), rng=rng)
    assert "state[0]" in errors
    assert max(errors.values()) < 1e-7, errors
    zeros = np.zeros((N, 1))
    y, _, cache = layer.forward(x, state=(forward, None))
    close(y, layer.forward(x, state=(forward, zeros))[0])
    dx, _, _ = layer.backward(dy, cache, dstate=(dforward, None))
    close(dx, layer.backward(dy, cache, dstate=(dforward, zeros))[0])


@every_cell
@every_merge
@pytest.mark.parametrize("lengths", [None, np.array([5, 0, 2])])
def test_float32_stays_float32(rng, cell, merge, lengths):
    layer = make(rng, cell, merge, dtype=np.float32)
    x = rng.standard_normal((N, T, D)).astype(np.float32)
    y, state, cache = layer.forward(x, lengths=lengths)
    dx, dstate, grads = layer.backward(y, cache, dstate=state)
    results = arrays((y, state, dx, dstate, *grads.values()))
    assert {a.dtype for a in results} == {np.dtype(np.float32)}


def test_params_are_the_layers_own_arrays(rng):
    layer = make(rng)
    for prefix, half in (("forward", layer.forward_layer), ("backward", layer.backward_layer)):
        for name, array in half.params.items():
            assert layer.params[f"{prefix}.{name}"] is array
    assert len(layer.params) == 6
    assert layer.output_size == H + 1
    assert make(rng, merge="mul").output_size == H


@every_merge
def test_only_a_product_keeps_the_two_outputs(rng, merge):
    _, _, cache = make(rng, merge=merge).forward(rng.standard_normal((N, T, D)))
    assert (cache.factors is None) == (merge != "mul")


@every_merge
def test_forward_and_backward_change_none_of_their_arguments(rng, merge):
    layer, lengths = make(rng, merge=merge), np.array([5, 0, 2])
    x, dy, start, dfinal = draw(layer, rng)
    kept = [a.copy() for a in arrays((x, dy, start, dfinal, lengths))]
    y, _, cache = layer.forward(x, state=start, lengths=lengths)
    first = layer.backward(dy, cache, dstate=dfinal)
    for before, after in zip(kept, arrays((x, dy, start, dfinal, lengths)), strict=True):
        np.testing.assert_array_equal(before, after)
    y[:] = np.nan  # the caller may do what it likes with the output and the lengths
    lengths[:] = 0
    second = layer.backward(dy, cache, dstate=dfinal)
    for before, after in zip(arrays(first[:2]), arrays(second[:2]), strict=True):
        np.testing.assert_array_equal(before, after)


def test_bad_input_gets_a_clear_error(rng):
    layer, x = make(rng), np.ones((N, T, D))
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T, 2\), got \(5, 2\)"):
        layer.forward(x[0])
    with pytest.raises(TypeError, match="x: expected dtype float64, got int64"):
        layer.forward(x.astype(int))
    with pytest.raises(TypeError, match=r"x: expected an array .* got list"):
        layer.forward(x.tolist())
    with pytest.raises(ValueError, match=r"got \(0, 5, 2\)"):
        layer.forward(x[:0])
    with pytest.raises(ValueError, match=r"lengths: .* from 0 to 5"):
        layer.forward(x, lengths=[1, 2, 6])
    with pytest.raises(TypeError, match=r"state: expected a tuple \(forward state, backward"):
        layer.forward(x, state=np.ones((N, H)))
    with pytest.raises(ValueError, match=r"state: expected a tuple .* of 2, got 3 parts"):
        layer.forward(x, state=(None, None, None))
    with pytest.raises(ValueError, match=r"state: expected shape \(3, 3\), got \(3, 4\)"):
        layer.forward(x, state=(np.ones((N, 4)), None))
    _, _, cache = layer.forward(x)
    with pytest.raises(ValueError, match=r"dy: expected shape \(3, 5, 4\), got \(3, 5, 3\)"):
        layer.backward(np.ones((N, T, H)), cache)
    with pytest.raises(TypeError, match="dstate: expected a tuple"):
        layer.backward(np.ones((N, T, H + 1)), cache, dstate=np.ones((N, H)))


def test_bad_construction_gets_a_clear_error():
    a, b = rc.RNN(D, H), rc.RNN(D, H)
    with pytest.raises(ValueError, match="merge: expected one of 'concat', 'sum', 'mean', 'mul'"):
        rc.Bidirectional(a, b, merge="ave")
    with pytest.raises(ValueError, match="backward_layer: expected a layer of its own"):
        rc.Bidirectional(a, a)
    with pytest.raises(TypeError, match=r"backward_layer: expected a layer .* got the class RNN"):
        rc.Bidirectional(a, rc.RNN)
    with pytest.raises(TypeError, match=r"forward_layer: .* such as rc.RNN\(2, 3\), got Dense"):
        rc.Bidirectional(rc.Dense(D, H), b)
    with pytest.raises(ValueError, match="backward_layer: expected input_size 2, got 3"):
        rc.Bidirectional(a, rc.RNN(3, H))
    with pytest.raises(ValueError, match="backward_layer: expected hidden_size 3, got 4"):
        rc.Bidirectional(a, rc.RNN(D, 4), merge="sum")
    with pytest.raises(ValueError, match="backward_layer: expected dtype float64, got float32"):
        rc.Bidirectional(a, rc.RNN(D, H, dtype=np.float32))
