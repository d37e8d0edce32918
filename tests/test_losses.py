"""Losses: values by hand, gradients, reductions, masks, and no silent NaN."""

import numpy as np
import pytest

import rnncore as rc

N, T, V = 3, 5, 7
REDUCTIONS = ["mean", "sum", "sum_over_time"]
MASK = np.arange(T) < np.array([5, 1, 3])[:, None]


@pytest.fixture
def logits(rng):
    return rng.standard_normal((N, T, V))


@pytest.fixture
def targets(rng):
    return rng.integers(0, V, (N, T))


def divisor(reduction, mask, features=1):
    return {"mean": mask.sum() * features, "sum": 1, "sum_over_time": N}[reduction]


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_value_and_gradient(logits, targets, reduction, mask):
    loss, dlogits = rc.softmax_cross_entropy(logits, targets, mask, reduction)
    p = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    nats = -np.log(np.take_along_axis(p, targets[:, :, None], axis=2)[:, :, 0])
    counted = np.ones((N, T), bool) if mask is None else mask
    expected = nats[counted].sum() / divisor(reduction, counted)
    assert loss == pytest.approx(expected, rel=1e-12)
    numerical = rc.numerical_gradient(
        lambda a: rc.softmax_cross_entropy(a, targets, mask, reduction)[0], logits
    )
    assert rc.relative_error(dlogits, numerical) < 1e-7
    assert not dlogits[~counted].any()


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_squared_error_value_and_gradient(rng, reduction, mask):
    y, targets = rng.standard_normal((N, T, 2)), rng.standard_normal((N, T, 2))
    loss, dy = rc.mean_squared_error(y, targets, mask, reduction)
    counted = np.ones((N, T), bool) if mask is None else mask
    expected = ((y - targets) ** 2)[counted].sum() / divisor(reduction, counted, features=2)
    assert loss == pytest.approx(expected, rel=1e-12)
    numerical = rc.numerical_gradient(
        lambda a: rc.mean_squared_error(a, targets, mask, reduction)[0], y
    )
    assert rc.relative_error(dy, numerical) < 1e-7
    assert not dy[~counted].any()


def test_a_mask_may_be_a_list(logits, targets):
    loss, dlogits = rc.softmax_cross_entropy(logits, targets, MASK.tolist())
    expected, gradient = rc.softmax_cross_entropy(logits, targets, MASK)
    assert loss == expected
    np.testing.assert_array_equal(dlogits, gradient)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_losses_without_a_time_axis(rng, reduction):
    logits, targets = rng.standard_normal((N, V)), rng.integers(0, V, N)
    flat = rc.softmax_cross_entropy(logits, targets, reduction=reduction)
    timed = rc.softmax_cross_entropy(logits[:, None], targets[:, None], reduction=reduction)
    assert flat[0] == timed[0]
    np.testing.assert_array_equal(flat[1], timed[1][:, 0])
    flat = rc.mean_squared_error(logits, 0 * logits, reduction=reduction)
    timed = rc.mean_squared_error(logits[:, None], 0 * logits[:, None], reduction=reduction)
    assert flat[0] == timed[0]
    np.testing.assert_array_equal(flat[1], timed[1][:, 0])


def test_equal_logits_cost_log_v():
    loss, dlogits = rc.softmax_cross_entropy(np.zeros((1, 1, V)), np.array([[2]]))
    assert loss == pytest.approx(np.log(V), rel=1e-15)
    np.testing.assert_allclose(dlogits[0, 0], 1 / V - np.eye(V)[2], rtol=1e-14)


def test_large_logits_do_not_overflow():
    logits = np.array([[[1e4, 0.0, -1e4]]])
    loss, dlogits = rc.softmax_cross_entropy(logits, np.array([[1]]))
    assert loss == 1e4
    np.testing.assert_allclose(dlogits[0, 0], [1, -1, 0], atol=1e-15)
    np.testing.assert_allclose(rc.softmax(logits)[0, 0], [1, 0, 0], atol=1e-15)
    np.testing.assert_allclose(rc.log_softmax(logits)[0, 0], [0, -1e4, -2e4])
    far_apart = np.array([[1e4, 1e4], [-1e4, -1e4]])  # each row has its own largest
    np.testing.assert_allclose(rc.softmax(far_apart), 0.5)
    np.testing.assert_allclose(rc.log_softmax(far_apart), -np.log(2))


def test_softmax_sums_to_one(logits):
    np.testing.assert_allclose(rc.softmax(logits).sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(np.log(rc.softmax(logits)), rc.log_softmax(logits), rtol=1e-12)
    np.testing.assert_allclose(rc.softmax([0, 0]), 0.5)
    np.testing.assert_allclose(rc.log_softmax(np.zeros(4)), -np.log(4))


def test_float32_stays_float32(logits, targets):
    small = logits.astype(np.float32)
    for reduction in REDUCTIONS:
        loss, dlogits = rc.softmax_cross_entropy(small, targets, MASK, reduction)
        assert type(loss) is float
        assert dlogits.dtype == np.float32
        loss, dy = rc.mean_squared_error(small, small + 1, MASK, reduction)
        assert type(loss) is float
        assert dy.dtype == np.float32


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_never_pass_silently(logits, targets, bad):
    logits[1, 2, 3] = bad
    message = r"1 of 105 entries are NaN or infinite, the first at index \(1, 2, 3\)"
    with pytest.raises(ValueError, match="logits: " + message):
        rc.softmax_cross_entropy(logits, targets)
    with pytest.raises(ValueError, match="y: " + message):
        rc.mean_squared_error(logits, np.zeros_like(logits))
    with pytest.raises(ValueError, match="targets: " + message):
        rc.mean_squared_error(np.zeros_like(logits), logits)


def test_a_large_error_at_a_masked_position_does_not_count():
    y = np.array([[[1.0], [1e200]]])
    loss, dy = rc.mean_squared_error(y, 0 * y, np.array([[True, False]]))
    assert loss == 1
    np.testing.assert_array_equal(dy, [[[2], [0]]])


def test_a_long_float32_sum_keeps_its_digits():
    y = np.full((1, 9_999, 1), 1.0 + 2**-11, np.float32)  # its square is exact in float32
    loss, _ = rc.mean_squared_error(y, 0 * y, reduction="sum")
    assert loss == 9_999 * (1 + 2**-11) ** 2


def test_overflowing_loss_is_refused():
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="loss: 1 of 1"):
        rc.mean_squared_error(np.full((1, 1), 1e200), np.full((1, 1), -1e200))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"logits": np.ones(3)}, ValueError, r"logits: expected shape \(N, T, V\) or \(N, V\)"),
        ({"logits": np.ones((N, T, V), int)}, TypeError, "logits: expected a floating dtype"),
        ({"targets": np.full((N, T), V)}, ValueError, "targets: expected values from 0 to 6"),
        ({"targets": np.zeros((N, T))}, TypeError, "targets: expected an integer dtype"),
        ({"targets": np.zeros((N, 1), int)}, ValueError, r"targets: expected shape \(3, 5\)"),
        ({"mask": MASK.astype(float)}, TypeError, "mask: expected dtype bool, got float64"),
        ({"mask": MASK[:2]}, ValueError, r"mask: expected shape \(3, 5\), got \(2, 5\)"),
        ({"mask": MASK & False}, ValueError, "mask: expected at least one position"),
        ({"reduction": "average"}, ValueError, "reduction: expected one of 'mean', 'sum'"),
    ],
)
def test_bad_input_gets_a_clear_error(logits, targets, arguments, error, message):
    with pytest.raises(error, match=message):
        rc.softmax_cross_entropy(**({"logits": logits, "targets": targets} | arguments))


def test_squared_error_wants_equal_shapes(logits):
    with pytest.raises(ValueError, match=r"targets: expected shape \(3, 5, 7\), got \(3, 5, 1\)"):
        rc.mean_squared_error(logits, logits[:, :, :1])
    with pytest.raises(TypeError, match="y: expected a floating dtype, got int64"):
        rc.mean_squared_error(np.ones((N, T), int), np.ones((N, T), int))
    with pytest.raises(ValueError, match=r"y: expected shape \(N, T, D\) or \(N, D\)"):
        rc.mean_squared_error(np.ones(3), np.ones(3))
