"""LSTM and GRU: layers against single steps, limits, steps' own gradients."""

from itertools import pairwise

import numpy as np
import pytest
from layer_steps import assert_layer_equals_steps, randomize

import rnncore as rc

N, T, D, H = 3, 5, 2, 4


def test_lstm_equals_single_steps(rng):
    layer = randomize(rc.LSTM(D, H, rng=rng), rng)
    assert_layer_equals_steps(
        layer,
        lambda x, h, c: rc.lstm_step(x, h, c, **layer.params),
        rc.lstm_step_backward,
        rng,
    )


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru_equals_single_steps(rng, reset_after):
    layer = randomize(rc.GRU(D, H, reset_after, rng=rng), rng)
    assert_layer_equals_steps(
        layer, lambda x, h: rc.gru_step(x, h, **layer.params), rc.gru_step_backward, rng
    )


def gate(layer, k, bias):
    """Fix gate k: no weights, only a bias."""
    block = slice(k * H, (k + 1) * H)
    layer.params["Wxh"][:, block] = layer.params["Whh"][:, block] = 0
    layer.params["bh"][block] = bias


def test_forget_bias_opens_a_fresh_forget_gate(rng):
    layer = rc.LSTM(D, H, forget_bias=2.5, rng=rng)
    np.testing.assert_array_equal(np.split(layer.params["bh"], 4)[1], 2.5)
    assert np.count_nonzero(layer.params["bh"]) == H
    np.testing.assert_array_equal(np.split(rc.LSTM(D, H, rng=rng).params["bh"], 4)[1], 1)


def test_lstm_with_open_forget_and_closed_input_gate_keeps_its_cell(rng):
    layer = randomize(rc.LSTM(D, H, rng=rng), rng)
    gate(layer, 0, -1e3)
    gate(layer, 1, 1e3)
    h, c = rng.standard_normal((N, H)), rng.standard_normal((N, H))
    _, (_, c_end), cache = layer.forward(rng.standard_normal((N, T, D)), state=(h, c))
    np.testing.assert_array_equal(c_end, c)
    zero = np.zeros((N, H))
    _, (_, dc), _ = layer.backward(np.zeros((N, T, H)), cache, dstate=(zero, c))
    np.testing.assert_allclose(dc, c, rtol=1e-12)  # a free path for the gradient


def test_lstm_step_by_hand():
    one = np.ones((1, 1))
    W = np.array([[0.1, 0.2, 0.3, 0.4]])
    h, c, _ = rc.lstm_step(2 * one, 0.5 * one, -one, W, 2 * W, W[0] - 0.5)
    a = 2 * W + 0.5 * 2 * W + W[0] - 0.5
    i, f, g, o = 1 / (1 + np.exp(-a[0]))
    g = np.tanh(a[0, 2])
    assert c == pytest.approx(f * -1 + i * g)
    assert h == pytest.approx(o * np.tanh(c))


def test_open_reset_alone_is_not_a_vanilla_rnn(rng):
    layer = randomize(rc.GRU(D, H, rng=rng), rng)
    gate(layer, 0, 1e3)
    rnn = rc.RNN(D, H)
    for name in ("Wxh", "Whh", "bh"):
        rnn.params[name][:] = layer.params[name][..., 2 * H :]
    x = rng.standard_normal((N, T, D))
    assert np.abs(layer.forward(x)[0] - rnn.forward(x)[0]).max() > 0.1


def test_the_two_resets_are_different_models(rng):
    after, before = rc.GRU(D, H, True, rng=rng), rc.GRU(D, H, False, rng=rng)
    for name in before.params:
        before.params[name][:] = after.params[name] = 0.7 * rng.standard_normal(
            after.params[name].shape
        )
    x = rng.standard_normal((N, T, D))
    assert np.abs(after.forward(x)[0] - before.forward(x)[0]).max() > 0.01


def test_sigmoid_neither_overflows_nor_loses_symmetry(rng):
    a = np.concatenate([rng.standard_normal(50), [-1e4, 0, 1e4]])
    np.testing.assert_allclose(rc.sigmoid(a)[:50], 1 / (1 + np.exp(-a[:50])), rtol=1e-13)
    np.testing.assert_array_equal(rc.sigmoid(a)[50:], [0, 0.5, 1])
    assert all(p <= q for p, q in pairwise(rc.sigmoid(np.sort(a))))


STEPS = {
    "lstm": (rc.lstm_step, rc.lstm_step_backward, 4, ("h_prev", "c_prev"), ()),
    "gru": (rc.gru_step, rc.gru_step_backward, 3, ("h_prev",), ("bhn",)),
    "gru-before": (rc.gru_step, rc.gru_step_backward, 3, ("h_prev",), ()),
}


@pytest.fixture(params=STEPS)
def one_step(request, rng):
    """Draw the arguments of a step."""
    forward, backward, gates, states, more = STEPS[request.param]
    shapes = {"x": (N, D), **dict.fromkeys(states, (N, H))}
    shapes |= {"Wxh": (D, gates * H), "Whh": (H, gates * H), "bh": (gates * H,)}
    shapes |= dict.fromkeys(more, (H,))
    arguments = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return forward, backward, states, arguments


def test_backward_of_a_step_agrees_with_differences(one_step, rng):
    forward, backward, states, arguments = one_step
    weights = [rng.standard_normal((N, H)) for _ in states]

    def loss(_):
        *state, _ = forward(**arguments)
        return sum(np.sum(w * s) for w, s in zip(weights, state, strict=True))

    *_, cache = forward(**arguments)
    dx, *dstates, grads = backward(*weights, cache)
    found = {"x": dx, **dict(zip(states, dstates, strict=True)), **grads}
    assert set(found) == set(arguments)
    for name, grad in found.items():
        numerical = rc.numerical_gradient(loss, arguments[name])
        assert rc.relative_error(grad, numerical) < 1e-7, name


@pytest.mark.parametrize("name", ["candidate", "output"])
def test_unknown_activation(name):
    with pytest.raises(ValueError, match=f"{name}: expected one of 'tanh', 'relu', 'identity'"):
        rc.LSTM(2, 3, **{name: "gelu"})
