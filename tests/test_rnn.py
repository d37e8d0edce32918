"""The vanilla recurrent layer: gradients, limiting cases, padding, state, bad input."""

from functools import partial

import numpy as np
import pytest

import rnncore as rc

close = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-13)
N, T, D, H = 3, 5, 2, 7
LENGTHS = {"whole": None, "mixed": np.array([5, 0, 2]), "short": np.array([1, 4, 3])}


def make(rng, dtype=np.float64, **options):
    """Build a layer whose every parameter is different from zero."""
    layer = rc.RNN(D, H, rng=rng, dtype=dtype, **options)
    for p in layer.params.values():
        p[...] = 0.7 * rng.standard_normal(p.shape)
    return layer


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
@pytest.mark.parametrize("given_state", [False, True])
@pytest.mark.parametrize("learn_h0", [False, True])
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_gradients_agree_with_differences(rng, nonlinearity, learn_h0, given_state, lengths):
    layer = make(rng, nonlinearity=nonlinearity, learn_h0=learn_h0)
    state = rng.standard_normal((N, H)) if given_state else None
    errors = rc.gradient_check(
        layer, rng.standard_normal((N, T, D)), state=state, lengths=lengths, rng=rng
    )
    assert set(errors) == set(layer.params) | {"x"} | ({"state"} if given_state else set())
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize(("n", "t"), [(1, 1), (1, 5), (3, 1)])
def test_gradients_of_one_row_or_one_step(rng, n, t):
    layer = make(rng)
    errors = rc.gradient_check(
        layer, rng.standard_normal((n, t, D)), state=rng.standard_normal((n, H)), rng=rng
    )
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_layer_equals_single_steps(rng, nonlinearity):
    layer = make(rng, nonlinearity=nonlinearity)
    x, h = rng.standard_normal((N, T, D)), rng.standard_normal((N, H))
    y, state, cache = layer.forward(x, state=h)
    caches = []
    for t in range(T):
        h, step_cache = rc.rnn_step(x[:, t], h, **layer.params, nonlinearity=nonlinearity)
        caches.append(step_cache)
        close(y[:, t], h)
    close(state, h)

    dy, dstate = rng.standard_normal((N, T, H)), rng.standard_normal((N, H))
    dx, dh0, grads = layer.backward(dy, cache, dstate=dstate)
    dh, sums = dstate, dict.fromkeys(layer.params, 0)
    for t in reversed(range(T)):
        dx_t, dh, step = rc.rnn_step_backward(dh + dy[:, t], caches[t])
        close(dx[:, t], dx_t)
        sums = {name: sums[name] + step[name] for name in sums}
    close(dh0, dh)
    for name, total in sums.items():
        close(grads[name], total)


@pytest.mark.parametrize("cut", range(1, T))
def test_chunks_with_carried_state_equal_the_whole(rng, cut):
    layer = make(rng)
    x, dy = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, H))
    y, state, cache = layer.forward(x)
    first, middle, first_cache = layer.forward(x[:, :cut])
    second, end, second_cache = layer.forward(x[:, cut:], state=middle)
    close(np.concatenate([first, second], axis=1), y)
    close(end, state)

    dx, _, grads = layer.backward(dy, cache)
    dx2, dmiddle, grads2 = layer.backward(dy[:, cut:], second_cache)
    dx1, _, grads1 = layer.backward(dy[:, :cut], first_cache, dstate=dmiddle)
    close(np.concatenate([dx1, dx2], axis=1), dx)
    for name in grads:
        close(grads1[name] + grads2[name], grads[name])


def test_lengths_equal_each_row_alone(rng):
    layer = make(rng)
    x, dy = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, H))
    h0, dstate = rng.standard_normal((N, H)), rng.standard_normal((N, H))
    lengths = np.array([5, 1, 3])
    y, state, cache = layer.forward(x, state=h0, lengths=lengths)
    dx, dh0, grads = layer.backward(dy, cache, dstate=dstate)
    sums = dict.fromkeys(grads, 0)
    for n, length in enumerate(lengths):
        row, end, row_cache = layer.forward(x[n : n + 1, :length], state=h0[n : n + 1])
        row_dx, row_dh0, row_grads = layer.backward(
            dy[n : n + 1, :length], row_cache, dstate=dstate[n : n + 1]
        )
        close(y[n, :length], row[0])
        close(state[n], end[0])
        close(dx[n, :length], row_dx[0])
        close(dh0[n], row_dh0[0])
        assert not y[n, length:].any()
        assert not dx[n, length:].any()
        sums = {name: sums[name] + row_grads[name] for name in sums}
    for name, total in sums.items():
        close(grads[name], total)


def test_a_row_of_length_zero_keeps_its_state(rng):
    layer = make(rng)
    h0, dstate = rng.standard_normal((2, H)), rng.standard_normal((2, H))
    y, state, cache = layer.forward(
        rng.standard_normal((2, T, D)), state=h0, lengths=np.array([0, T])
    )
    assert not y[0].any()
    np.testing.assert_array_equal(state[0], h0[0])
    _, dh0, _ = layer.backward(np.ones((2, T, H)), cache, dstate=dstate)
    np.testing.assert_array_equal(dh0[0], dstate[0])


def test_what_stands_in_the_padding_does_not_matter(rng):
    layer = make(rng)
    x, lengths = rng.standard_normal((N, T, D)), np.array([2, 4, 1])
    padded = np.where(rc.length_mask(lengths, T)[:, :, None], x, 1e3)
    dy = rng.standard_normal((N, T, H))
    results = []
    for inputs in (x, padded):
        y, state, cache = layer.forward(inputs, lengths=lengths)
        dx, dstate, grads = layer.backward(dy, cache)
        results.append((y, state, dx, dstate, *grads.values()))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_no_output_depends_on_a_later_input(rng):
    layer = make(rng)
    x = rng.standard_normal((N, T, D))
    y, _, _ = layer.forward(x)
    changed = x.copy()
    changed[:, 3:] += 1
    y_changed, _, _ = layer.forward(changed)
    np.testing.assert_array_equal(y[:, :3], y_changed[:, :3])
    assert (y[:, 3:] != y_changed[:, 3:]).any()


def test_order_of_rows_does_not_matter(rng):
    layer = make(rng)
    x, order = rng.standard_normal((N, T, D)), np.array([2, 0, 1])
    y, _, _ = layer.forward(x)
    shuffled, _, _ = layer.forward(x[order])
    close(shuffled, y[order])


def test_without_recurrence_it_is_a_dense_layer(rng):
    layer = make(rng)
    layer.params["Whh"][:] = 0
    x = rng.standard_normal((N, T, D))
    y, _, _ = layer.forward(x)
    expected = np.tanh(x @ layer.params["Wxh"] + layer.params["bh"])
    close(y, expected)


@pytest.mark.parametrize("lengths", [None, np.array([5, 0, 2])])
@pytest.mark.parametrize("learn_h0", [False, True])
def test_float32_stays_float32(rng, learn_h0, lengths):
    layer = make(rng, dtype=np.float32, learn_h0=learn_h0)
    x = rng.standard_normal((N, T, D)).astype(np.float32)
    y, state, cache = layer.forward(x, lengths=lengths)
    dx, dstate, grads = layer.backward(y, cache, dstate=state)
    arrays = [y, state, cache.h, dx, dstate, *grads.values(), *layer.params.values()]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}


def test_forward_and_backward_change_none_of_their_arguments(rng):
    layer = make(rng)
    x, dy = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, H))
    h0, dstate, lengths = rng.standard_normal((N, H)), rng.standard_normal((N, H)), LENGTHS["mixed"]
    kept = [a.copy() for a in (x, dy, h0, dstate, lengths)]
    y, _, cache = layer.forward(x, state=h0, lengths=lengths)
    first = layer.backward(dy, cache, dstate=dstate)
    y[:] = np.nan  # the caller may do what it likes with the output
    second = layer.backward(dy, cache, dstate=dstate)
    for before, after in zip(kept, (x, dy, h0, dstate, lengths), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(first[0], second[0])


def test_learned_start_is_used_only_without_a_state(rng):
    layer = make(rng, learn_h0=True)
    x = rng.standard_normal((N, T, D))
    repeated = np.tile(layer.params["h0"], (N, 1))
    y, _, _ = layer.forward(x)
    y_given, _, cache = layer.forward(x, state=repeated)
    np.testing.assert_array_equal(y, y_given)
    assert not layer.backward(y, cache)[2]["h0"].any()


def test_initial_recurrent_matrix_is_orthogonal(rng):
    layer = rc.RNN(D, H, rng=rng)
    np.testing.assert_allclose(layer.params["Whh"].T @ layer.params["Whh"], np.eye(H), atol=1e-12)
    bound = np.sqrt(6 / (D + H))
    assert 0.5 * bound < np.abs(layer.params["Wxh"]).max() <= bound
    assert not layer.params["bh"].any()


X = np.ones((N, T, D))
BAD_FORWARD = {
    "wrong rank": ({"x": X[0]}, ValueError, r"x: expected shape \(N, T, 2\), got \(5, 2\)"),
    "wrong size": ({"x": X[:, :, :1]}, ValueError, r"x: expected shape \(N, T, 2\)"),
    "integers": ({"x": X.astype(int)}, TypeError, "x: expected dtype float64, got int64"),
    "float32": ({"x": X.astype(np.float32)}, TypeError, "x: expected dtype float64, got float32"),
    "list": ({"x": X.tolist()}, TypeError, "x: expected an array .* got list"),
    "empty batch": ({"x": X[:0]}, ValueError, r"got \(0, 5, 2\)"),
    "no steps": ({"x": X[:, :0]}, ValueError, r"got \(3, 0, 2\)"),
    "state size": ({"x": X, "state": np.ones((N, H + 1))}, ValueError, r"state: .* got \(3, 8\)"),
    "state tuple": ({"x": X, "state": (np.ones((N, H)),) * 2}, TypeError, "state: .* got tuple"),
    "lengths above T": ({"x": X, "lengths": [1, 2, 6]}, ValueError, "lengths: .* from 0 to 5"),
    "negative length": ({"x": X, "lengths": [1, 2, -1]}, ValueError, "lengths: .* from -1"),
    "lengths shape": ({"x": X, "lengths": [1, 2]}, ValueError, r"lengths: expected shape \(3,\)"),
    "lengths float": ({"x": X, "lengths": [1.0, 2, 3]}, TypeError, "lengths: .* integer"),
}


@pytest.mark.parametrize(
    ("arguments", "error", "message"), BAD_FORWARD.values(), ids=BAD_FORWARD.keys()
)
def test_bad_input_gets_a_clear_error(rng, arguments, error, message):
    with pytest.raises(error, match=message):
        make(rng).forward(**arguments)


@pytest.mark.parametrize(
    ("dy", "dstate", "name"),
    [(np.ones((N, T, H + 1)), None, "dy"), (np.ones((N, T, H)), np.ones((N, H + 1)), "dstate")],
)
def test_bad_gradient_gets_a_clear_error(rng, dy, dstate, name):
    layer = make(rng)
    _, _, cache = layer.forward(X)
    with pytest.raises(ValueError, match=f"{name}: expected shape"):
        layer.backward(dy, cache, dstate=dstate)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input_size": 0, "hidden_size": 3}, ValueError, "input_size: expected an integer"),
        ({"input_size": 2.0, "hidden_size": 3}, TypeError, "input_size: expected an integer"),
        ({"input_size": 2, "hidden_size": True}, TypeError, "hidden_size"),
        ({"input_size": 2, "hidden_size": 3, "nonlinearity": "gelu"}, ValueError, "'tanh', 'relu'"),
        ({"input_size": 2, "hidden_size": 3, "rng": 0}, TypeError, "default_rng"),
        ({"input_size": 2, "hidden_size": 3, "dtype": np.float16}, TypeError, "float32 or float64"),
    ],
)
def test_bad_construction_gets_a_clear_error(arguments, error, message):
    with pytest.raises(error, match=message):
        rc.RNN(**arguments)
