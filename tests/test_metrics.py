"""Measures of quality: values by hand, masks, bad input."""

import numpy as np
import pytest

import rnncore as rc

PREDICTED = np.array([[0, 1, 2, 2], [1, 1, 0, 0], [2, 0, 0, 1]])
TARGETS = np.array([[0, 1, 2, 1], [1, 1, 0, 0], [0, 0, 0, 2]])
MASK = np.array([[1, 1, 1, 0], [1, 1, 1, 1], [1, 0, 0, 0]], bool)


def test_a_fair_die():
    assert rc.perplexity(np.log(6)) == pytest.approx(6)
    assert rc.bits_per_symbol(np.log(8)) == pytest.approx(3)
    assert rc.perplexity(0.0) == 1


def test_accuracy():
    assert rc.accuracy(PREDICTED, TARGETS) == pytest.approx(9 / 12)
    assert rc.accuracy(PREDICTED, TARGETS, MASK) == pytest.approx(7 / 8)
    assert rc.accuracy(np.array([3]), np.array([3])) == 1
    assert rc.accuracy([3, 1], [3, 2]) == 1 / 2


def test_exact_match_wants_whole_sequences():
    assert rc.exact_match(PREDICTED, TARGETS) == pytest.approx(1 / 3)
    assert rc.exact_match(PREDICTED, TARGETS, MASK) == pytest.approx(2 / 3)


def test_a_sequence_without_positions_does_not_count_as_a_match():
    mask = MASK.copy()
    mask[1] = False
    assert rc.exact_match(PREDICTED, TARGETS, mask) == pytest.approx(1 / 2)


def test_f1_per_class():
    # class 0: TP 5, FP 0, FN 1; class 1: TP 3, FP 1, FN 1; class 2: TP 1, FP 2, FN 1
    ours = rc.f1_per_class(PREDICTED, TARGETS, 3)
    np.testing.assert_allclose(ours, [10 / 11, 6 / 8, 2 / 5])


def test_f1_counts_unmasked_positions_alone_and_leaves_unseen_classes_undefined():
    # class 0: TP 3, FN 1; class 1: TP 3; class 2: TP 1, FP 1; class 3 never
    ours = rc.f1_per_class(PREDICTED, TARGETS, 4, MASK)
    np.testing.assert_allclose(ours, [6 / 7, 1, 2 / 3, np.nan])
    np.testing.assert_array_equal(rc.f1_per_class(np.array([0]), np.array([1]), 2), [0, 0])


def test_f1_is_that_of_scikit_learn(rng):
    metrics = pytest.importorskip("sklearn.metrics")
    predicted, targets = rng.integers(5, size=(2, 200))
    theirs = metrics.f1_score(targets, predicted, average=None)
    np.testing.assert_allclose(rc.f1_per_class(predicted, targets, 5), theirs)


def test_mean_absolute_error():
    y, targets = np.array([[1.0, -2.0], [np.nan, 4.0]]), np.array([[3.0, -1.0], [0.0, 4.0]])
    mask = np.array([[True, True], [False, True]])
    assert rc.mean_absolute_error(y, targets, mask) == pytest.approx(1)
    assert rc.mean_absolute_error(y[0], targets[0]) == pytest.approx(1.5)


def test_an_error_in_float32_is_summed_in_float64():
    y = np.array([2**24, 1, 1, 1], np.float32)  # in float32 the ones would be lost
    assert rc.mean_absolute_error(y, 0 * y) == (2**24 + 3) / 4


def test_mean_absolute_scaled_error():
    history = np.array([1.0, 3.0, 2.0, 6.0, 2.0])  # steps of 2, 1, 4 and 4
    y, targets = np.array([1.0, 5.0]), np.array([2.0, 3.0])
    ours = rc.mean_absolute_scaled_error(y, targets, history)
    assert ours == pytest.approx(1.5 / (11 / 4))
    seasonal = rc.mean_absolute_scaled_error(y, targets, history, period=2)
    assert seasonal == pytest.approx(1.5 / (4 / 3))  # two steps apart: 1, 3 and 0
    scaled = rc.mean_absolute_scaled_error(10 * y, 10 * targets, 10 * history)
    assert scaled == pytest.approx(ours)


def test_the_naive_forecast_of_its_own_history_scores_one():
    history = np.array([1.0, 3.0, 2.0, 6.0])
    assert rc.mean_absolute_scaled_error(history[:-1], history[1:], history) == pytest.approx(1)


@pytest.mark.parametrize("metric", [rc.accuracy, rc.exact_match])
def test_bad_classes(metric):
    with pytest.raises(TypeError, match="predicted: expected an integer dtype, got float64"):
        metric(PREDICTED.astype(float), TARGETS)
    with pytest.raises(TypeError, match="targets: expected an integer dtype, got float64"):
        metric(PREDICTED, TARGETS.astype(float))
    with pytest.raises(ValueError, match=r"predicted: expected shape \(3, 4\), got \(3, 3\)"):
        metric(PREDICTED[:, :3], TARGETS)
    with pytest.raises(TypeError, match="mask: expected dtype bool"):
        metric(PREDICTED, TARGETS, MASK.astype(int))
    with pytest.raises(ValueError, match="mask: expected at least one position"):
        metric(PREDICTED, TARGETS, np.zeros((3, 4), bool))


def test_bad_shapes_of_classes():
    with pytest.raises(ValueError, match=r"targets: expected shape \(N, T\), got \(4,\)"):
        rc.exact_match(PREDICTED[0], TARGETS[0])
    with pytest.raises(ValueError, match=r"targets: expected at least one class, got shape \(0,\)"):
        rc.accuracy(np.zeros(0, int), np.zeros(0, int))
    with pytest.raises(ValueError, match="targets: expected values from 0 to 1"):
        rc.f1_per_class(PREDICTED, TARGETS, 2)
    with pytest.raises(TypeError, match=r"classes: expected an integer .* got 3\.0"):
        rc.f1_per_class(PREDICTED, TARGETS, 3.0)


def test_bad_forecasts():
    y = np.array([1.0, 2.0])
    with pytest.raises(TypeError, match="y: expected an array"):
        rc.mean_absolute_error([1.0], np.array([1.0]))
    with pytest.raises(ValueError, match=r"targets: expected shape \(2,\), got \(3,\)"):
        rc.mean_absolute_error(y, np.ones(3))
    with pytest.raises(TypeError, match="targets: expected dtype float64, got float32"):
        rc.mean_absolute_error(y, y.astype(np.float32))
    with pytest.raises(TypeError, match="history: expected dtype float64, got float32"):
        rc.mean_absolute_scaled_error(y, y, y.astype(np.float32))
    for period in (0, -1):
        with pytest.raises(ValueError, match=f"^period: expected an integer .* got {period}"):
            rc.mean_absolute_scaled_error(y, y, y, period=period)
    for name, pair in (("y", (y * np.nan, y)), ("targets", (y, y * np.nan))):
        with pytest.raises(ValueError, match=f"{name}: 2 of 2 entries are NaN"):
            rc.mean_absolute_error(*pair)
    with pytest.raises(ValueError, match=r"history: expected more than period = 2 values, got 2"):
        rc.mean_absolute_scaled_error(y, y, y, period=2)
    with pytest.raises(ValueError, match="history: expected values that change"):
        rc.mean_absolute_scaled_error(y, y, np.ones(4))
    with pytest.raises(ValueError, match="history: 1 of 3 entries are NaN"):
        rc.mean_absolute_scaled_error(y, y, np.array([1.0, np.inf, 2.0]))
    with pytest.raises(ValueError, match=r"y: expected shape \(K,\), got \(1, 2\)"):
        rc.mean_absolute_scaled_error(y[None], y[None], y)
