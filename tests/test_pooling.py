"""One vector from a whole sequence: the last step, and the largest value over time."""

import numpy as np
import pytest

import rnncore as rc

N, T, H = 3, 5, 7
LENGTHS = {"whole": None, "mixed": np.array([5, 0, 2]), "short": np.array([1, 4, 3])}
POOLS = [rc.LastStep, rc.MaxPoolTime]
every_pool = pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool.__name__)
all_lengths = pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())


@every_pool
@all_lengths
def test_gradients_agree_with_differences(rng, pool, lengths):
    errors = rc.gradient_check(pool(), rng.standard_normal((N, T, H)), lengths=lengths, rng=rng)
    assert set(errors) == {"x"}
    assert errors["x"] < 1e-7


@every_pool
@pytest.mark.parametrize("shape", [(1, 1, H), (1, T, H), (N, 1, H)])
def test_gradients_of_one_row_or_one_step(rng, pool, shape):
    assert rc.gradient_check(pool(), rng.standard_normal(shape), rng=rng)["x"] < 1e-7


@every_pool
@all_lengths
def test_each_row_alone(rng, pool, lengths):
    x = rng.standard_normal((N, T, H)) - 5  # a maximum below the padding's zero
    y, state, _ = pool().forward(x, lengths=lengths)
    assert state is None
    for n, length in enumerate([T] * N if lengths is None else lengths):
        steps = x[n, :length]
        if length == 0:
            expected = np.zeros(H)
        else:
            expected = steps[-1] if pool is rc.LastStep else steps.max(axis=0)
        np.testing.assert_array_equal(y[n], expected)


@every_pool
@pytest.mark.parametrize("fill_value", [0, 1e3, np.nan])
def test_what_stands_in_the_padding_does_not_matter(rng, pool, fill_value):
    x, lengths = rng.standard_normal((N, T, H)) - 5, LENGTHS["mixed"]
    live = rc.length_mask(lengths, T)[:, :, None]
    y, _, _ = pool().forward(x, lengths=lengths)
    padded, _, cache = pool().forward(np.where(live, x, fill_value), lengths=lengths)
    np.testing.assert_array_equal(padded, y)
    dx, _, grads = pool().backward(np.ones((N, H)), cache)
    assert grads == {}
    assert not dx[~live[:, :, 0]].any()
    np.testing.assert_array_equal(dx.sum(axis=1), np.array([1, 0, 1])[:, None] * np.ones(H))


def test_the_first_of_equal_maxima_gets_the_gradient():
    x = np.array([[[1.0], [4.0], [4.0], [2.0], [9.0]]])
    layer = rc.MaxPoolTime()
    y, _, cache = layer.forward(x, lengths=[4])
    np.testing.assert_array_equal(y, [[4.0]])
    dx, _, _ = layer.backward(np.array([[3.0]]), cache)
    np.testing.assert_array_equal(dx[0, :, 0], [0, 3, 0, 0, 0])


@every_pool
@all_lengths
def test_float32_stays_float32(rng, pool, lengths):
    layer = pool()
    y, _, cache = layer.forward(rng.standard_normal((N, T, H)).astype(np.float32), lengths=lengths)
    dx, _, _ = layer.backward(y, cache)
    assert y.dtype == dx.dtype == np.float32


@every_pool
def test_output_and_arguments_stay_apart(rng, pool):
    layer, x, dy = pool(), rng.standard_normal((N, T, H)), rng.standard_normal((N, H))
    kept_x, kept_dy, lengths = x.copy(), dy.copy(), np.array([5, 0, 2])
    y, _, cache = layer.forward(x, lengths=lengths)
    first, _, _ = layer.backward(dy, cache)
    y[:], lengths[:] = np.nan, 1
    second, _, _ = layer.backward(dy, cache)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(x, kept_x)
    np.testing.assert_array_equal(dy, kept_dy)


@every_pool
def test_unsigned_lengths_do_not_wrap_around(rng, pool):
    x = rng.standard_normal((N, T, H))
    y, _, _ = pool().forward(x, lengths=np.array([5, 0, 2], np.uint8))
    np.testing.assert_array_equal(y, pool().forward(x, lengths=[5, 0, 2])[0])


@every_pool
def test_bad_input(pool):
    layer, x = pool(), np.ones((N, T, H))
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T, H\), got \(5, 7\)"):
        layer.forward(x[0])
    with pytest.raises(TypeError, match="x: expected a floating dtype, got int64"):
        layer.forward(x.astype(int))
    with pytest.raises(TypeError, match=r"x: expected an array .* got list"):
        layer.forward(x.tolist())
    with pytest.raises(ValueError, match=r"got \(0, 5, 7\)"):
        layer.forward(x[:0])
    with pytest.raises(ValueError, match=r"lengths: .* from 0 to 5"):
        layer.forward(x, lengths=[1, 2, 6])
    with pytest.raises(TypeError, match=r"lengths: .* integer"):
        layer.forward(x, lengths=[1.0, 2, 3])
    with pytest.raises(ValueError, match=f"state: {pool.__name__} has none, expected None"):
        layer.forward(x, state=x)
    _, _, cache = layer.forward(x)
    with pytest.raises(ValueError, match=r"dy: expected shape \(3, 7\), got \(3, 5, 7\)"):
        layer.backward(x, cache)
