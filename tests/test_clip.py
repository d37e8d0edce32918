"""Gradient clipping."""

import numpy as np
import pytest

import rnncore as rc


@pytest.fixture
def grads():
    return {"W": np.array([[3.0, 0.0]]), "b": np.array([-4.0])}


def test_norm_is_over_all_arrays_and_direction_stays(grads):
    clipped, norm = rc.clip_grad_norm(grads, 1.0)
    assert norm == 5.0
    np.testing.assert_allclose(clipped["W"], [[0.6, 0]])
    np.testing.assert_allclose(clipped["b"], [-0.8])
    assert rc.global_norm(clipped) == pytest.approx(1)
    assert rc.global_norm(rc.clip_grad_norm(clipped, 0.1)[0]) == pytest.approx(0.1)
    np.testing.assert_array_equal(grads["b"], [-4])


def test_small_gradients_stay_as_they_are(grads):
    clipped, norm = rc.clip_grad_norm(grads, 5.5)
    assert norm == 5
    for name in grads:
        np.testing.assert_array_equal(clipped[name], grads[name])
    zero, norm = rc.clip_grad_norm({"W": np.zeros(3)}, 1)
    assert norm == 0
    assert not zero["W"].any()


def test_clipping_by_value_cuts_each_entry(grads):
    clipped = rc.clip_grad_value(grads, 3.5)
    np.testing.assert_array_equal(clipped["W"], [[3, 0]])
    np.testing.assert_array_equal(clipped["b"], [-3.5])
    np.testing.assert_array_equal(rc.clip_grad_value(grads, 2)["W"], [[2, 0]])
    np.testing.assert_array_equal(grads["b"], [-4])


def test_float32_stays_float32_and_its_norm_does_not_overflow():
    grads = {"W": np.full(4, 1e30, np.float32)}
    clipped, norm = rc.clip_grad_norm(grads, 1.0)
    assert norm == pytest.approx(2e30, rel=1e-6)
    assert clipped["W"].dtype == np.float32
    np.testing.assert_allclose(clipped["W"], 0.5, rtol=1e-6)
    assert rc.clip_grad_value(grads, 1.0)["W"].dtype == np.float32


@pytest.mark.parametrize("clip", [rc.clip_grad_norm, rc.clip_grad_value])
def test_bad_input(grads, clip):
    for bound in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="expected a finite number above 0"):
            clip(grads, bound)
    with pytest.raises(TypeError, match="expected a number above 0"):
        clip(grads, "1")
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="grads: NaN or infinite in b;"):
            clip({**grads, "b": np.array([bad])}, 1.0)
