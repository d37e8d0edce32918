"""The embedding layer."""

import numpy as np
import pytest

import rnncore as rc

N, T, V, D = 3, 5, 11, 2


def test_it_is_the_product_with_one_hot_rows(rng):
    layer = rc.Embedding(V, D, rng=rng)
    x = rng.integers(0, 4, (N, T))  # symbols repeat
    y, _, cache = layer.forward(x)
    np.testing.assert_allclose(y, rc.one_hot(x, V) @ layer.params["W"], rtol=1e-13)
    dy = rng.standard_normal(y.shape)
    dx, _, grads = layer.backward(dy, cache)
    assert dx is None
    expected = np.einsum("ntv,ntd->vd", rc.one_hot(x, V), dy)
    np.testing.assert_allclose(grads["W"], expected, rtol=1e-12)


@pytest.mark.parametrize("lengths", [None, np.array([5, 0, 2])])
def test_gradients_agree_with_differences(rng, lengths):
    layer = rc.Embedding(V, D, rng=rng)
    errors = rc.gradient_check(layer, rng.integers(0, V, (N, T)), lengths=lengths, rng=rng)
    assert set(errors) == {"W"}
    assert errors["W"] < 1e-7


def test_padding_is_zero_and_gets_no_gradient(rng):
    layer = rc.Embedding(V, D, rng=rng)
    y, _, cache = layer.forward(np.full((1, T), 3), lengths=np.array([2]))
    assert not y[0, 2:].any()
    _, _, grads = layer.backward(np.ones((1, T, D)), cache)
    np.testing.assert_array_equal(grads["W"][3], [2, 2])


def test_float32_stays_float32(rng):
    layer = rc.Embedding(V, D, rng=rng, dtype=np.float32)
    y, _, cache = layer.forward(rng.integers(0, V, (N, T)), lengths=np.array([5, 0, 2]))
    _, _, grads = layer.backward(y, cache)
    assert {y.dtype, grads["W"].dtype} == {np.dtype(np.float32)}


def test_bad_input(rng):
    layer = rc.Embedding(V, D, rng=rng)
    with pytest.raises(ValueError, match="x: expected values from 0 to 10, got values from 0 to 1"):
        layer.forward(np.array([[0, 11]]))
    with pytest.raises(TypeError, match="x: expected an integer dtype, got float64"):
        layer.forward(np.ones((N, T)))
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T\)"):
        layer.forward(np.array([1, 2]))
    with pytest.raises(ValueError, match="state: Embedding has none"):
        layer.forward(np.ones((N, T), int), state=np.ones(2))
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T\), got \(0, 5\)"):
        layer.forward(np.ones((0, T), int))
    _, _, cache = layer.forward(np.ones((N, T), int))
    with pytest.raises(ValueError, match=r"dy: expected shape \(3, 5, 2\), got \(3, 5, 1\)"):
        layer.backward(np.ones((N, T, 1)), cache)
