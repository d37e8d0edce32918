"""What holds for every recurrent layer: gradients, dtypes, state, bad input."""

from functools import partial

import numpy as np
import pytest
from recurrent_layers import KINDS, fill

import rnncore as rc

N, T, D, H = 3, 5, 2, 7
LENGTHS = {"whole": None, "mixed": np.array([5, 0, 2]), "short": np.array([1, 4, 3])}
close = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-12)


@pytest.fixture(params=KINDS)
def make(request, rng):
    """Build a layer of each kind, whose every parameter is different from zero."""
    kind = KINDS[request.param]

    def build(dtype=np.float64, **more):
        return fill(kind(D, H, rng=rng, dtype=dtype, **more), rng)

    return build


def draw_state(layer, rng, n=N):
    """Draw a state: an array, for the LSTM two."""
    parts = tuple(rng.standard_normal((n, H)) for _ in layer.states)
    return parts if len(parts) > 1 else parts[0]


def parts(state):
    """List the arrays of a state."""
    return list(state) if isinstance(state, tuple) else [state]


def rows(state, index):
    """Take some rows of a state."""
    return tuple(s[index] for s in state) if isinstance(state, tuple) else state[index]


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
@pytest.mark.parametrize("given_state", [False, True])
@pytest.mark.parametrize("learn_h0", [False, True])
def test_gradients_agree_with_differences(make, rng, learn_h0, given_state, lengths):
    layer = make(learn_h0=learn_h0)
    state = draw_state(layer, rng) if given_state else None
    errors = rc.gradient_check(
        layer, rng.standard_normal((N, T, D)), state=state, lengths=lengths, rng=rng
    )
    names = {name for name in errors if name.startswith("state")}
    assert set(errors) == set(layer.params) | {"x"} | names
    assert len(names) == given_state * len(layer.states)
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize(("n", "t"), [(1, 1), (1, 5), (3, 1)])
def test_gradients_of_one_row_or_one_step(make, rng, n, t):
    layer = make(learn_h0=True)
    x, state = rng.standard_normal((n, t, D)), draw_state(layer, rng, n)
    errors = rc.gradient_check(layer, x, state=state, rng=rng)
    assert max(errors.values()) < 1e-7, errors


def test_a_row_of_length_zero_keeps_its_state(make, rng):
    layer = make()
    start, dstate = draw_state(layer, rng), draw_state(layer, rng)
    x = rng.standard_normal((N, T, D))
    y, state, cache = layer.forward(x, state=start, lengths=np.array([0, T, T]))
    assert not y[0].any()
    _, dstart, _ = layer.backward(np.ones((N, T, H)), cache, dstate=dstate)
    for before, after in ((start, state), (dstate, dstart)):
        np.testing.assert_array_equal(parts(rows(before, 0)), parts(rows(after, 0)))


@pytest.mark.parametrize("lengths", [None, np.array([5, 0, 2])])
@pytest.mark.parametrize("learn_h0", [False, True])
def test_float32_stays_float32(make, rng, learn_h0, lengths):
    layer = make(dtype=np.float32, learn_h0=learn_h0)
    x = rng.standard_normal((N, T, D)).astype(np.float32)
    y, state, cache = layer.forward(x, lengths=lengths)
    dx, dstate, grads = layer.backward(y, cache, dstate=state)
    arrays = [y, *parts(state), cache.h, *cache.inner, dx, *parts(dstate)]
    arrays += [*grads.values(), *layer.params.values()]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}


def test_forward_and_backward_change_none_of_their_arguments(make, rng):
    layer = make()
    x, dy = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, H))
    start, dstate, lengths = draw_state(layer, rng), draw_state(layer, rng), LENGTHS["mixed"]
    given = [x, dy, *parts(start), *parts(dstate), lengths]
    kept = [a.copy() for a in given]
    y, state, cache = layer.forward(x, state=start, lengths=lengths)
    first = layer.backward(dy, cache, dstate=dstate)
    y[:] = np.nan  # the caller may do what it likes with the results
    for part in parts(state):
        part[:] = np.nan
    second = layer.backward(dy, cache, dstate=dstate)
    for before, after in zip(kept, given, strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(first[0], second[0])
    for name in first[2]:
        np.testing.assert_array_equal(first[2][name], second[2][name])


def test_learned_start_is_used_only_without_a_state(make, rng):
    layer = make(learn_h0=True)
    x = rng.standard_normal((N, T, D))
    repeated = tuple(np.tile(layer.params[name + "0"], (N, 1)) for name in layer.states)
    y, _, learned_cache = layer.forward(x)
    y_given, _, cache = layer.forward(x, state=repeated if len(repeated) > 1 else repeated[0])
    np.testing.assert_array_equal(y, y_given)
    _, dstate, grads = layer.backward(y, cache)
    assert not any(grads[name + "0"].any() for name in layer.states)
    learned = layer.backward(y, learned_cache)[2]
    for name, d in zip(layer.states, parts(dstate), strict=True):
        close(learned[name + "0"], d.sum(axis=0))


def test_initial_recurrent_matrices_are_orthogonal(rng):
    for kind in KINDS.values():
        layer = kind(D, H, rng=rng)
        for block in np.split(layer.params["Whh"], layer.gates, axis=1):
            np.testing.assert_allclose(block.T @ block, np.eye(H), atol=1e-12)
        bound = np.sqrt(6 / (D + H))
        assert 0.5 * bound < np.abs(layer.params["Wxh"]).max() <= bound


X = np.ones((N, T, D))
BAD_FORWARD = {
    "wrong rank": ({"x": X[0]}, ValueError, r"x: expected shape \(N, T, 2\), got \(5, 2\)"),
    "wrong size": ({"x": X[:, :, :1]}, ValueError, r"x: expected shape \(N, T, 2\)"),
    "integers": ({"x": X.astype(int)}, TypeError, "x: expected dtype float64, got int64"),
    "float32": ({"x": X.astype(np.float32)}, TypeError, "x: expected dtype float64, got float32"),
    "list": ({"x": X.tolist()}, TypeError, "x: expected an array .* got list"),
    "empty batch": ({"x": X[:0]}, ValueError, r"got \(0, 5, 2\)"),
    "no steps": ({"x": X[:, :0]}, ValueError, r"got \(3, 0, 2\)"),
    "lengths above T": ({"x": X, "lengths": [1, 2, 6]}, ValueError, "lengths: .* from 0 to 5"),
    "negative length": ({"x": X, "lengths": [1, 2, -1]}, ValueError, "lengths: .* from -1"),
    "lengths shape": ({"x": X, "lengths": [1, 2]}, ValueError, r"lengths: expected shape \(3,\)"),
    "lengths float": ({"x": X, "lengths": [1.0, 2, 3]}, TypeError, "lengths: .* integer"),
}


@pytest.mark.parametrize(
    ("arguments", "error", "message"), BAD_FORWARD.values(), ids=BAD_FORWARD.keys()
)
def test_bad_input_gets_a_clear_error(make, arguments, error, message):
    with pytest.raises(error, match=message):
        make().forward(**arguments)


def test_bad_gradient_gets_a_clear_error(make):
    layer = make()
    _, _, cache = layer.forward(X)
    with pytest.raises(ValueError, match=r"dy: expected shape \(3, 5, 7\), got \(3, 5, 8\)"):
        layer.backward(np.ones((N, T, H + 1)), cache)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input_size": 0}, ValueError, "input_size: expected an integer"),
        ({"input_size": 2.0}, TypeError, "input_size: expected an integer"),
        ({"hidden_size": True}, TypeError, "hidden_size"),
        ({"rng": 0}, TypeError, "default_rng"),
        ({"dtype": np.float16}, TypeError, "float32 or float64"),
    ],
)
@pytest.mark.parametrize("kind", [rc.RNN, rc.LSTM, rc.GRU])
def test_bad_construction_gets_a_clear_error(kind, arguments, error, message):
    with pytest.raises(error, match=message):
        kind(**({"input_size": 2, "hidden_size": 3} | arguments))
