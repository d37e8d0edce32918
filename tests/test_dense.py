"""The affine layer."""

import numpy as np
import pytest

import rnncore as rc

N, T, D, V = 2, 5, 3, 7


@pytest.fixture
def layer(rng):
    layer = rc.Dense(D, V, rng=rng)
    layer.params["b"][:] = rng.standard_normal(V)
    return layer


@pytest.mark.parametrize("shape", [(N, D), (N, T, D), (1, 1, D)])
def test_gradients_agree_with_differences(layer, rng, shape):
    errors = rc.gradient_check(layer, rng.standard_normal(shape), rng=rng)
    assert set(errors) == {"W", "b", "x"}
    assert max(errors.values()) < 1e-7, errors


def test_gradients_with_lengths(layer, rng):
    errors = rc.gradient_check(
        layer, rng.standard_normal((N, T, D)), lengths=np.array([2, 5]), rng=rng
    )
    assert max(errors.values()) < 1e-7, errors


def test_every_step_is_the_same_product(layer, rng):
    x = rng.standard_normal((N, T, D))
    y, state, _ = layer.forward(x, lengths=np.array([2, 0]))
    assert state is None
    np.testing.assert_allclose(y[0, :2], x[0, :2] @ layer.params["W"] + layer.params["b"])
    assert not y[0, 2:].any()
    assert not y[1].any()


def test_float32_stays_float32(rng):
    layer = rc.Dense(D, V, rng=rng, dtype=np.float32)
    x = rng.standard_normal((N, T, D)).astype(np.float32)
    y, _, cache = layer.forward(x, lengths=np.array([2, 5]))
    dx, _, grads = layer.backward(y, cache)
    assert {a.dtype for a in (y, dx, *grads.values())} == {np.dtype(np.float32)}


def test_bad_input(layer):
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T, 3\), got \(2, 5, 4\)"):
        layer.forward(np.ones((N, T, 4)))
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T, 3\), got \(2, 3\)"):
        layer.forward(np.ones((N, D)), lengths=np.array([1, 1]))
    with pytest.raises(TypeError, match="x: expected an array"):
        layer.forward([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="state: Dense has none"):
        layer.forward(np.ones((N, D)), state=np.ones((N, V)))
    _, _, cache = layer.forward(np.ones((N, D)))
    with pytest.raises(ValueError, match=r"dy: expected shape \(2, 7\)"):
        layer.backward(np.ones((N, D)), cache)
