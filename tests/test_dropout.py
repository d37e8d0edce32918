"""Dropout: its mask, its switch, its gradient."""

import numpy as np
import pytest

import rnncore as rc

N, T, D = 3, 5, 7
LENGTHS = {"whole": None, "mixed": np.array([5, 0, 2])}


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
@pytest.mark.parametrize("training", [False, True])
def test_gradients_agree_with_differences(rng, training, lengths):
    noise = np.random.default_rng(3)
    layer = rc.Dropout(0.4, noise, training=training)
    errors = rc.gradient_check(
        layer, rng.standard_normal((N, T, D)), lengths=lengths, rng=rng, noise=noise
    )
    assert set(errors) == {"x"}
    assert errors["x"] < 1e-7


@pytest.mark.parametrize("shape", [(1, D), (N, D), (1, 1, D)])
def test_gradients_of_other_shapes(rng, shape):
    noise = np.random.default_rng(3)
    layer = rc.Dropout(0.4, noise)
    errors = rc.gradient_check(layer, rng.standard_normal(shape), rng=rng, noise=noise)
    assert errors["x"] < 1e-7


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_kept_entries_are_scaled_and_the_rest_is_zero(rng, rate):
    x = np.ones((20, 50, D))
    y, state, _ = rc.Dropout(rate, rng).forward(x)
    assert state is None
    dropped = y == 0
    np.testing.assert_allclose(y[~dropped], 1 / (1 - rate), rtol=1e-15)
    # 7000 draws: the share and the mean lie within four standard deviations
    spread = np.sqrt(rate * (1 - rate) / x.size)
    assert abs(dropped.mean() - rate) < 4 * spread
    assert abs(y.mean() - 1) < 4 * spread / (1 - rate)


def test_every_pass_in_training_draws_anew_and_caches_stay_apart(rng):
    layer, x = rc.Dropout(0.5, rng), np.ones((N, T, D))
    first, _, first_cache = layer.forward(x)
    second, _, second_cache = layer.forward(x)
    assert (first != second).any()
    np.testing.assert_array_equal(layer.backward(x, first_cache)[0], first)
    np.testing.assert_array_equal(layer.backward(x, second_cache)[0], second)


def test_outside_training_it_is_the_identity_and_draws_nothing(rng):
    layer, x = rc.Dropout(0.5, rng), rng.standard_normal((N, T, D))
    layer.training = False
    before = rng.bit_generator.state
    y, _, cache = layer.forward(x)
    assert rng.bit_generator.state == before
    np.testing.assert_array_equal(y, x)
    assert not np.shares_memory(y, x)
    layer.training = True  # the cache knows how its pass was made
    np.testing.assert_array_equal(layer.backward(x, cache)[0], x)


def test_rate_zero_changes_nothing(rng):
    x = rng.standard_normal((N, T, D))
    np.testing.assert_array_equal(rc.Dropout(0, rng).forward(x)[0], x)


@pytest.mark.parametrize("training", [False, True])
def test_padding_is_zero_and_gets_no_gradient(training):
    layer, x = rc.Dropout(0.3, np.random.default_rng(1), training=training), np.ones((2, T, D))
    y, _, cache = layer.forward(x, lengths=np.array([2, 0]))
    dx, _, grads = layer.backward(x, cache)
    assert grads == {}
    for a in (y, dx):
        assert a[0, :2].any()
        assert not a[0, 2:].any()
        assert not a[1].any()


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
@pytest.mark.parametrize("training", [False, True])
def test_float32_stays_float32_with_the_mask_of_float64(training, lengths):
    zeros = []
    for dtype in (np.float32, np.float64):
        layer = rc.Dropout(0.3, np.random.default_rng(1), training=training)
        y, _, cache = layer.forward(np.ones((N, T, D), dtype), lengths=lengths)
        dx, _, _ = layer.backward(y, cache)
        assert y.dtype == dx.dtype == dtype
        zeros.append(y == 0)
    np.testing.assert_array_equal(*zeros)


def test_bad_input(rng):
    layer, x = rc.Dropout(0.5, rng), np.ones((N, T, D))
    for rate in (1, 1.5, -0.1, np.nan):
        with pytest.raises(ValueError, match="rate: expected a number from 0 to below 1"):
            rc.Dropout(rate, rng)
    for rate in ("0.5", True, None):
        with pytest.raises(TypeError, match="rate: expected a number from 0 to below 1"):
            rc.Dropout(rate, rng)
    with pytest.raises(TypeError, match="default_rng"):
        rc.Dropout(0.5, 0)
    with pytest.raises(TypeError, match="x: expected a floating dtype, got int64"):
        layer.forward(x.astype(int))
    with pytest.raises(TypeError, match=r"x: expected an array .* got list"):
        layer.forward(x.tolist())
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T, D\), got \(0, 5, 7\)"):
        layer.forward(x[:0])
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T, D\), got \(5, 7\)"):
        layer.forward(x[0], lengths=np.array([1, 2, 3, 4, 5]))
    with pytest.raises(ValueError, match=r"lengths: .* from 0 to 5"):
        layer.forward(x, lengths=[1, 2, 6])
    with pytest.raises(ValueError, match="state: Dropout has none, expected None, got ndarray"):
        layer.forward(x, state=x)
    _, _, cache = layer.forward(x)
    with pytest.raises(ValueError, match=r"dy: expected shape \(3, 5, 7\), got \(3, 7\)"):
        layer.backward(x[:, 0], cache)
