"""What holds for any sizes, lengths and values: properties of all layers, drawn by Hypothesis."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent_layers import KINDS, arrays, draw_like, fill, rows_of

import rnncore as rc

settings.register_profile("properties", derandomize=True, deadline=None, database=None)
few = settings(settings.get_profile("properties"), max_examples=20)


def both(kind, merge):
    """Build a maker of a bidirectional layer, whose halves are of different kinds."""
    return lambda d, h, rng: rc.Bidirectional(
        KINDS[kind](d, h, rng=rng), rc.GRU(d, h, rng=rng), merge=merge
    )


def deep(d, h, rng):
    layers = [rc.LSTM(d, h, rng=rng), rc.Dropout(0.4, training=False), rc.GRU(h, 2, rng=rng)]
    return rc.Stack([*layers, rc.Dense(2, 3, rng=rng)])


def deep_both(d, h, rng):
    upper = rc.Bidirectional(rc.LSTM(2 * h, 2, rng=rng), rc.RNN(2 * h, 2, rng=rng), merge="sum")
    return rc.Stack([both("tanh", "concat")(d, h, rng), upper])


def classifier(d, h, rng):
    pooled = [both("gru-before", "concat")(d, h, rng), rc.MaxPoolTime()]
    return rc.Stack([*pooled, rc.Dense(2 * h, 3, rng=rng)])


def last_step(d, h, rng):
    return rc.Stack([rc.LSTM(d, h, rng=rng), rc.LastStep()])


CAUSAL = {name: lambda d, h, rng, kind=kind: kind(d, h, rng=rng) for name, kind in KINDS.items()}
CAUSAL["stack"] = deep
TWO_WAYS = {
    "both-concat": both("lstm", "concat"),
    "both-sum": both("tanh", "sum"),
    "both-mean": both("gru-before", "mean"),
    "both-mul": both("lstm", "mul"),
}
SEQUENCES = CAUSAL | TWO_WAYS | {"stack-both": deep_both}
LAYERS = SEQUENCES | {"max-pool": classifier, "last-step": last_step}


def over(makers):
    return pytest.mark.parametrize("make", makers.values(), ids=makers.keys())


class Case(NamedTuple):
    """What one example of a property is made of."""

    sizes: tuple  # N, T, D, H
    lengths: np.ndarray | None  # (N,)
    seed: int


@st.composite
def cases(draw, shortest=0, least_steps=1, padded=False):
    """Draw sizes, lengths and a seed for the values."""
    n, t, d, h = (draw(st.integers(low, 4)) for low in (1, least_steps, 1, 1))
    lengths = st.lists(st.integers(shortest, t), min_size=n, max_size=n).map(np.array)
    lengths = lengths if padded else st.none() | lengths
    return Case((n, t, d, h), draw(lengths), draw(st.integers(0, 2**16)))


class Drawn(NamedTuple):
    """A layer with values for all arguments of its two passes."""

    layer: object
    x: np.ndarray
    start: object
    lengths: np.ndarray | None
    dy: np.ndarray
    dfinal: object


def values(make, case):
    rng = np.random.default_rng(case.seed)
    n, t, d, h = case.sizes
    layer = fill(make(d, h, rng), rng)
    x = rng.standard_normal((n, t, d))
    y, final, _ = layer.forward(x)
    start, dfinal = draw_like(final, rng), draw_like(final, rng)
    return Drawn(layer, x, start, case.lengths, rng.standard_normal(y.shape), dfinal)


class Results(NamedTuple):
    """Everything that the two passes compute."""

    y: np.ndarray
    final: object
    dx: np.ndarray
    dstart: object
    grads: dict


def run(layer, x, start, lengths, dy, dfinal):
    y, final, cache = layer.forward(x, state=start, lengths=lengths)
    return Results(y, final, *layer.backward(dy, cache, dstate=dfinal))


def flat(value):
    """List all arrays of results, states or gradients."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, tuple):
        return [a for part in value for a in flat(part)]
    return arrays(value)


def close(ours, theirs):
    for a, b in zip(flat(ours), flat(theirs), strict=True):
        assert rc.relative_error(a, b) < 1e-12


def equal(ours, theirs):
    for a, b in zip(flat(ours), flat(theirs), strict=True):
        np.testing.assert_array_equal(a, b)


def added(a, b):
    return {name: a[name] + b[name] for name in a}


@over(CAUSAL)
@given(case=cases(least_steps=2), where=st.floats(0, 0.999))
@few
def test_chunks_with_carried_state_and_gradient_equal_the_whole(make, case, where):
    layer, x, start, lengths, dy, dfinal = values(make, case)
    whole = run(layer, x, start, lengths, dy, dfinal)
    steps = case.sizes[1]
    cut = 1 + int(where * (steps - 1))
    early = late = None
    if lengths is not None:
        early, late = np.minimum(lengths, cut), np.maximum(lengths - cut, 0)
    first, middle, first_cache = layer.forward(x[:, :cut], state=start, lengths=early)
    second = run(layer, x[:, cut:], middle, late, dy[:, cut:], dfinal)
    dx, dstart, grads = layer.backward(dy[:, :cut], first_cache, dstate=second.dstart)
    close(
        Results(
            np.concatenate([first, second.y], axis=1),
            second.final,
            np.concatenate([dx, second.dx], axis=1),
            dstart,
            added(grads, second.grads),
        ),
        whole,
    )


@over(LAYERS)
@given(case=cases(), swap=st.randoms(use_true_random=False))
@few
def test_the_order_of_rows_does_not_matter(make, case, swap):
    drawn = values(make, case)
    order = np.array(swap.sample(range(case.sizes[0]), case.sizes[0]))
    shuffled = run(drawn.layer, *(rows_of(part, order) for part in drawn[1:]))
    whole = run(*drawn)
    close(shuffled[:4], tuple(rows_of(part, order) for part in whole[:4]))
    close(shuffled.grads, whole.grads)


@over(CAUSAL)
@given(case=cases(least_steps=2), where=st.floats(0, 0.999))
@few
def test_a_later_input_changes_no_earlier_output(make, case, where):
    layer, x, start, lengths, dy, _ = values(make, case)
    cut = 1 + int(where * (case.sizes[1] - 1))
    y, _, cache = layer.forward(x, state=start, lengths=lengths)
    changed = x.copy()
    changed[:, cut:] += 1
    equal(layer.forward(changed, state=start, lengths=lengths)[0][:, :cut], y[:, :cut])
    # Seen from behind: an earlier output has no gradient by a later input.
    dy[:, cut:] = 0
    dx, _, _ = layer.backward(dy, cache)
    assert not dx[:, cut:].any()


@over(SEQUENCES)
@given(case=cases(shortest=1))
@few
def test_padded_rows_equal_each_row_alone(make, case):
    drawn = values(make, case)
    whole, steps = run(*drawn), case.sizes[1]
    sums = dict.fromkeys(whole.grads, 0)
    for n in range(case.sizes[0]):
        length = steps if case.lengths is None else case.lengths[n]
        row = slice(n, n + 1)
        layer, x, start, _, dy, dfinal = (drawn[0], *(rows_of(p, row) for p in drawn[1:]))
        alone = run(layer, x[:, :length], start, None, dy[:, :length], dfinal)
        ours = tuple(rows_of(part, row) for part in whole[:4])
        close((ours[0][:, :length], ours[1], ours[2][:, :length], ours[3]), alone[:4])
        assert not ours[0][:, length:].any()
        assert not ours[2][:, length:].any()
        sums = added(sums, alone.grads)
    close(sums, whole.grads)


@over(LAYERS)
@given(case=cases(padded=True), content=st.sampled_from([0.0, 1e3, np.inf, np.nan]))
@few
def test_what_stands_in_the_padding_has_no_effect(make, content, case):
    layer, x, start, lengths, dy, dfinal = values(make, case)
    live = rc.length_mask(lengths, case.sizes[1])[:, :, None]
    padded_dy = np.where(live, dy, content) if dy.ndim == 3 else dy
    padded = run(layer, np.where(live, x, content), start, lengths, padded_dy, dfinal)
    equal(padded, run(layer, x, start, lengths, dy, dfinal))


@over(LAYERS)
@given(case=cases(), a=st.floats(-2, 2), b=st.floats(-2, 2))
@few
def test_the_backward_pass_is_linear(make, case, a, b):
    layer, x, start, lengths, dy, dfinal = values(make, case)
    _, _, cache = layer.forward(x, state=start, lengths=lengths)
    rng = np.random.default_rng(case.seed + 1)
    other_dy, other_dfinal = rng.standard_normal(dy.shape), draw_like(dfinal, rng)

    def mix(p, q):
        if isinstance(p, tuple):
            return tuple(mix(*pair) for pair in zip(p, q, strict=True))
        return None if p is None else a * p + b * q

    mixed = layer.backward(mix(dy, other_dy), cache, dstate=mix(dfinal, other_dfinal))
    one = layer.backward(dy, cache, dstate=dfinal)
    other = layer.backward(other_dy, cache, dstate=other_dfinal)
    for p, q, r in zip(*map(flat, (mixed, one, other)), strict=True):
        np.testing.assert_allclose(p, a * q + b * r, rtol=1e-9, atol=1e-10 * (1 + abs(q).max()))


@given(case=cases())
@few
def test_reversing_twice_gives_the_sequence_back(case):
    x = np.random.default_rng(case.seed).standard_normal(case.sizes)
    equal(rc.reverse(rc.reverse(x, case.lengths), case.lengths), x)
    for n, row in enumerate(rc.reverse(x, case.lengths)):
        length = case.sizes[1] if case.lengths is None else case.lengths[n]
        equal(row[:length], x[n, :length][::-1])
        equal(row[length:], x[n, length:])


MERGED = {  # y and its derivatives by both halves
    "concat": lambda f, b: (np.concatenate([f, b], axis=2), None),
    "sum": lambda f, b: (f + b, (1, 1)),
    "mean": lambda f, b: ((f + b) / 2, (0.5, 0.5)),
    "mul": lambda f, b: (f * b, (b, f)),
}


@over(TWO_WAYS)
@given(case=cases())
@few
def test_bidirectional_equals_two_layers_by_hand(make, case):
    drawn = values(make, case)
    layer, x, start, lengths, dy, dfinal = drawn
    forward, backward = layer.forward_layer, layer.backward_layer
    f, f_final, f_cache = forward.forward(x, state=start[0], lengths=lengths)
    b, b_final, b_cache = backward.forward(rc.reverse(x, lengths), start[1], lengths)
    y, slopes = MERGED[layer.merge](f, rc.reverse(b, lengths))
    h = case.sizes[3]
    df, db = (dy[..., :h], dy[..., h:]) if slopes is None else (dy * slope for slope in slopes)
    f_dx, f_dstart, f_grads = forward.backward(df, f_cache, dfinal[0])
    b_dx, b_dstart, b_grads = backward.backward(rc.reverse(db, lengths), b_cache, dfinal[1])
    dx, grads = f_dx + rc.reverse(b_dx, lengths), rc.named(forward=f_grads, backward=b_grads)
    close(run(*drawn), Results(y, (f_final, b_final), dx, (f_dstart, b_dstart), grads))


RESETS = over({name: CAUSAL[name] for name in ("gru", "gru-before")})


def gate(layer, k, bias):
    """Fix gate k of a GRU: no weights, only a bias."""
    h = layer.hidden_size
    block = slice(k * h, (k + 1) * h)
    layer.params["Wxh"][:, block] = layer.params["Whh"][:, block] = 0
    layer.params["bh"][block] = bias


@RESETS
@given(case=cases())
@few
def test_gru_with_z_of_one_keeps_its_state_and_the_states_gradient(make, case):
    drawn = values(make, case)
    gate(drawn.layer, 1, 1e3)
    results = run(*drawn._replace(dy=np.zeros_like(drawn.dy)))
    close((results.final, results.dstart), (drawn.start, drawn.dfinal))


@RESETS
@given(case=cases())
@few
def test_gru_with_z_of_zero_and_r_of_one_is_a_vanilla_rnn(make, case):
    drawn = values(make, case)
    h = case.sizes[3]
    gate(drawn.layer, 0, 1e3)
    gate(drawn.layer, 1, -1e3)
    rnn = rc.RNN(drawn.layer.input_size, h)
    for name in ("Wxh", "Whh", "bh"):
        rnn.params[name][:] = drawn.layer.params[name][..., 2 * h :]
    rnn.params["bh"] += drawn.layer.params.get("bhn", 0)
    ours, theirs = run(*drawn), run(rnn, *drawn[1:])
    close(ours[:4], theirs[:4])
    for name, grad in theirs.grads.items():
        close(ours.grads[name][..., 2 * h :], grad)
        assert not ours.grads[name][..., : 2 * h].any()


@RESETS
@given(case=cases())
@few
def test_gru_with_r_and_z_of_zero_forgets_all_but_the_present_input(make, case):
    drawn = values(make, case)
    h = case.sizes[3]
    gate(drawn.layer, 0, -1e3)
    gate(drawn.layer, 1, -1e3)
    results = run(*drawn._replace(lengths=None))
    params = drawn.layer.params
    close(results.y, np.tanh(drawn.x @ params["Wxh"][:, 2 * h :] + params["bh"][2 * h :]))
    assert not results.dstart.any()
    assert not results.grads["Whh"].any()


@RESETS
@given(case=cases())
@few
def test_other_convention_of_the_update_gate_is_a_flipped_sign(make, case):
    """With z' = 1 - z the state is (1 - z') h_prev + z' n: the convention of Chung et al."""
    layer, x, state, _, _, _ = values(make, case)
    h = case.sizes[3]
    y, _, _ = layer.forward(x, state=state)
    for name in ("Wxh", "Whh", "bh"):
        layer.params[name][..., h : 2 * h] *= -1
    for t in range(case.sizes[1]):
        _, (_, _, _, z, n, *_) = rc.gru_step(x[:, t], state, **layer.params)
        state = (1 - z) * state + z * n
        close(y[:, t], state)
