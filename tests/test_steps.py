"""The single steps that the book shows."""

import numpy as np
import pytest

import rnncore as rc

N, D, H = 3, 2, 5


@pytest.fixture
def step(rng):
    shapes = {"x": (N, D), "h_prev": (N, H), "Wxh": (D, H), "Whh": (H, H), "bh": (H,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def test_one_unit_by_hand():
    h, _ = rc.rnn_step(*(np.array(v) for v in ([[2.0]], [[0.5]], [[0.3]], [[-0.4]], [0.1])))
    np.testing.assert_allclose(h, [[np.tanh(2 * 0.3 - 0.5 * 0.4 + 0.1)]], rtol=1e-15)


def test_relu_cuts_negative_values(step):
    a = step["x"] @ step["Wxh"] + step["h_prev"] @ step["Whh"] + step["bh"]
    h, _ = rc.rnn_step(**step, nonlinearity="relu")
    np.testing.assert_allclose(h, np.where(a > 0, a, 0), rtol=1e-13)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_backward_agrees_with_differences(step, rng, nonlinearity):
    dh = rng.standard_normal((N, H))
    _, cache = rc.rnn_step(**step, nonlinearity=nonlinearity)
    dx, dh_prev, grads = rc.rnn_step_backward(dh, cache)
    for name, grad in {"x": dx, "h_prev": dh_prev, **grads}.items():
        numerical = rc.numerical_gradient(
            lambda _: np.sum(dh * rc.rnn_step(**step, nonlinearity=nonlinearity)[0]), step[name]
        )
        assert rc.relative_error(grad, numerical) < 1e-7, name


def test_unknown_nonlinearity(step):
    with pytest.raises(ValueError, match="nonlinearity: expected one of 'tanh', 'relu'"):
        rc.rnn_step(**step, nonlinearity="sigmoid")
