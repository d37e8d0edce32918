"""The vanilla recurrent layer; what all recurrent layers share is in test_recurrent.py."""

import numpy as np
import pytest
from layer_steps import assert_layer_equals_steps, randomize

import rnncore as rc

N, T, D, H = 3, 5, 2, 7


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_layer_equals_single_steps(rng, nonlinearity):
    layer = randomize(rc.RNN(D, H, nonlinearity, rng=rng), rng)
    assert_layer_equals_steps(
        layer,
        lambda x, h: rc.rnn_step(x, h, **layer.params, nonlinearity=nonlinearity),
        rc.rnn_step_backward,
        rng,
    )


def test_without_recurrence_it_is_a_dense_layer(rng):
    layer = randomize(rc.RNN(D, H, rng=rng), rng)
    layer.params["Whh"][:] = 0
    x = rng.standard_normal((N, T, D))
    y, _, _ = layer.forward(x)
    expected = np.tanh(x @ layer.params["Wxh"] + layer.params["bh"])
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-13)


def test_bias_starts_at_zero(rng):
    assert not rc.RNN(D, H, rng=rng).params["bh"].any()


def test_unknown_nonlinearity():
    with pytest.raises(ValueError, match="nonlinearity: expected one of 'tanh', 'relu'"):
        rc.RNN(2, 3, "gelu")
