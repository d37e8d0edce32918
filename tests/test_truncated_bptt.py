"""Truncated BPTT: what goes on between windows, what is cut, and what it equals."""

from functools import partial

import numpy as np
import pytest
from recurrent_layers import CELLS, arrays, draw_like, fill

import rnncore as rc

close = partial(np.testing.assert_allclose, rtol=1e-10, atol=1e-12)
summed = partial(rc.softmax_cross_entropy, reduction="sum")
N, T, D, H, V = 3, 12, 2, 4, 5


def single(rng, cell=rc.LSTM):
    return fill(rc.Stack([cell(D, H, rng=rng), rc.Dense(H, V, rng=rng)]), rng)


def deep(rng, cell=rc.LSTM):
    """A stack in a stack: the state is nested, with None for the dense layers."""
    lower = rc.Stack([cell(D, H, rng=rng), rc.Dense(H, 3, rng=rng)])
    return fill(rc.Stack([lower, cell(3, 7, rng=rng), rc.Dense(7, V, rng=rng)]), rng)


def draw(rng, t=T):
    return rng.standard_normal((N, t, D)), rng.integers(V, size=(N, t))


def windows(x, targets, steps):
    return [(x[:, t : t + steps], targets[:, t : t + steps]) for t in range(0, T, steps)]


def full_bptt(model, x, targets, state=None):
    y, final, cache = model.forward(x, state=state)
    value, dy = summed(y, targets)
    return value, model.backward(dy, cache)[2], final


every_model = pytest.mark.parametrize("build", [single, deep])
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)


@every_cell
@every_model
def test_one_window_is_full_bptt(rng, build, cell):
    model, (x, targets) = build(rng, cell), draw(rng)
    start = draw_like(model.forward(x)[1], rng)
    expected = full_bptt(model, x, targets, start)
    (got,) = rc.truncated_bptt(model, [(x, targets)], summed, state=start)
    assert got[0] == expected[0]
    for name, g in expected[1].items():
        np.testing.assert_array_equal(got[1][name], g)
    for a, b in zip(arrays(got[2]), arrays(expected[2]), strict=True):
        np.testing.assert_array_equal(a, b)


@every_cell
@every_model
@pytest.mark.parametrize("steps", [1, 3, 5, 12])
def test_the_forward_pass_never_breaks_off(rng, build, cell, steps):
    model, (x, targets) = build(rng, cell), draw(rng)
    value, _, final = full_bptt(model, x, targets)
    values, _, states = zip(
        *rc.truncated_bptt(model, windows(x, targets, steps), summed), strict=True
    )
    close(sum(values), value)
    for a, b in zip(arrays(states[-1]), arrays(final), strict=True):
        close(a, b)


@every_cell
@every_model
def test_the_gradient_is_that_of_a_constant_carried_state(rng, build, cell):
    model, (x, targets) = build(rng, cell), draw(rng)
    pairs = windows(x, targets, 4)
    runs = list(rc.truncated_bptt(model, pairs, summed))
    for (_, _, carried), (value, grads, _), (x2, y2) in zip(
        runs[:-1], runs[1:], pairs[1:], strict=True
    ):
        constant = draw_like(carried, np.random.default_rng(0))
        for a, b in zip(arrays(constant), arrays(carried), strict=True):
            a[...] = b

        def loss(_, x2=x2, y2=y2, constant=constant):
            return summed(model.forward(x2, state=constant)[0], y2)[0]

        close(loss(None), value)
        for name, p in model.params.items():
            assert rc.relative_error(grads[name], rc.numerical_gradient(loss, p)) < 1e-7, name


def test_the_cut_is_not_nothing(rng):
    model, (x, targets) = single(rng), draw(rng)
    whole = full_bptt(model, x, targets)[1]
    cut = [grads for _, grads, _ in rc.truncated_bptt(model, windows(x, targets, 3), summed)]
    assert rc.relative_error(sum(g["0.Whh"] for g in cut), whole["0.Whh"]) > 1e-3


@every_cell
@every_model
@pytest.mark.parametrize(("steps", "look_back"), [(3, 4), (4, 3), (6, 9), (12, 1)])
def test_looking_back_over_all_windows_adds_up_to_full_bptt(rng, build, cell, steps, look_back):
    model, (x, targets) = build(rng, cell), draw(rng)
    whole = full_bptt(model, x, targets)[1]
    runs = rc.truncated_bptt(model, windows(x, targets, steps), summed, look_back=look_back)
    every = [grads for _, grads, _ in runs]
    for name, g in whole.items():
        close(sum(grads[name] for grads in every), g)


@every_cell
def test_looking_back_reaches_exactly_so_many_windows(rng, cell):
    model, (x, targets) = deep(rng, cell), draw(rng)
    pairs = windows(x, targets, 3)
    runs = list(rc.truncated_bptt(model, pairs, summed, look_back=2))
    # The last loss through the last two windows, from a constant state before them.
    y, _, cache = model.forward(x[:, 6:], state=runs[1][2])
    dy = np.zeros_like(y)
    dy[:, 3:] = summed(y[:, 3:], targets[:, 9:])[1]
    expected = model.backward(dy, cache)[2]
    for name, g in expected.items():
        close(runs[-1][1][name], g)


def test_a_learned_start_learns_from_the_first_window_alone(rng):
    cell = fill(rc.RNN(D, V, learn_h0=True, rng=rng), rng)
    x, targets = draw(rng)
    first, second = rc.truncated_bptt(cell, windows(x, targets, 6), summed)
    assert first[1]["h0"].any()
    assert not second[1]["h0"].any()


def test_lengths_and_masks_reach_model_and_loss(rng):
    model, (x, targets) = single(rng), draw(rng)
    lengths = np.array([12, 5, 7])
    batch = rc.tasks.Sequences(x, lengths, targets, rc.length_mask(lengths, T))
    ((value, grads, state),) = rc.truncated_bptt(model, [batch], summed)
    for a, b in zip(arrays(state), arrays(model.forward(x, lengths=lengths)[1]), strict=True):
        np.testing.assert_array_equal(a, b)
    x2 = x.copy()
    x2[1, 5:] = 9
    ((same, grads2, _),) = rc.truncated_bptt(model, [batch._replace(x=x2)], summed)
    assert value == same
    y, _, cache = model.forward(x, lengths=lengths)
    expected, dy = summed(y, targets, mask=batch.mask)
    assert value == expected
    for name, g in model.backward(dy, cache)[2].items():
        np.testing.assert_array_equal(grads[name], g)
        np.testing.assert_array_equal(grads2[name], g)


def test_a_loss_is_given_a_mask_only_where_a_batch_has_one(rng):
    model, pair = single(rng), draw(rng)
    ((value, _, _),) = rc.truncated_bptt(model, [pair], lambda y, targets: summed(y, targets))
    assert value == full_bptt(model, *pair)[0]


def test_streams_train_a_language_model(rng):
    ids = np.tile(np.arange(7), 60)
    model = rc.LanguageModel(7, 16, cell=rc.LSTM, rng=rng)
    optimizer, values = rc.Adam(model.params, lr=0.02), []
    for _ in range(4):
        batches = rc.stream_batches(ids, 4, 5)
        for value, grads, _ in rc.truncated_bptt(model, batches, rc.softmax_cross_entropy):
            optimizer.step(grads)
            values.append(value)
            assert all(g.dtype == np.float32 for g in grads.values())
    assert values[-1] < 0.1 < 1.5 < values[0]


def test_bad_input(rng):
    model, pair = single(rng), draw(rng)
    with pytest.raises(TypeError, match=r"model: expected a layer"):
        next(rc.truncated_bptt(3, [pair], summed))
    for look_back in (0, -1):
        with pytest.raises(ValueError, match="look_back: expected an integer of at least 1"):
            next(rc.truncated_bptt(model, [pair], summed, look_back=look_back))
    with pytest.raises(TypeError, match=r"batches: expected pairs .* got 3 parts"):
        next(rc.truncated_bptt(model, [(*pair, 1)], summed))
    with pytest.raises(TypeError, match=r"batches: expected pairs .* got ndarray"):
        next(rc.truncated_bptt(model, pair, summed))
    assert list(rc.truncated_bptt(model, [], summed)) == []
