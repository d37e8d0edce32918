"""The gradient check itself: it must see mistakes."""

import numpy as np
import pytest

import rnncore as rc


def test_numerical_gradient_of_a_cubic(rng):
    x = rng.standard_normal((3, 2))
    kept = x.copy()
    np.testing.assert_allclose(
        rc.numerical_gradient(lambda a: np.sum(a**3), x), 3 * x**2, rtol=1e-8, atol=1e-9
    )
    np.testing.assert_array_equal(x, kept)


def test_input_is_restored_when_the_function_fails():
    x = np.ones(3)
    with pytest.raises(ZeroDivisionError):
        rc.numerical_gradient(lambda a: 1 / 0, x)
    np.testing.assert_array_equal(x, 1)


def test_relative_error():
    assert rc.relative_error([3.0, 0.0], [0.0, 4.0]) == pytest.approx(5 / 7)
    assert rc.relative_error([1.0], [1.0]) == 0
    assert rc.relative_error([0.0], [0.0]) == 0
    assert rc.relative_error([1.0], [-1.0]) == 1
    with pytest.raises(ValueError, match=r"got \(1,\) and \(2,\)"):
        rc.relative_error([1.0], [1.0, 2.0])


@pytest.mark.parametrize("broken", ["x", "state", "Wxh", "Whh", "bh"])
def test_every_single_mistake_is_seen(rng, broken):
    class Wrong(rc.RNN):
        def backward(self, dy, cache, dstate=None):
            dx, dh0, grads = super().backward(dy, cache, dstate)
            results = {"x": dx, "state": dh0, **grads}
            results[broken].flat[0] *= 1.01
            return dx, dh0, grads

    layer = Wrong(2, 5, rng=rng)
    layer.params["bh"][:] = rng.standard_normal(5)
    errors = rc.gradient_check(
        layer, rng.standard_normal((3, 4, 2)), state=rng.standard_normal((3, 5)), rng=rng
    )
    assert {name for name, error in errors.items() if error > 1e-6} == {broken}


def test_only_float64_is_checked():
    with pytest.raises(TypeError, match="expected a float64 array, got float32"):
        rc.numerical_gradient(np.sum, np.ones(2, np.float32))
    with pytest.raises(TypeError, match="got list"):
        rc.numerical_gradient(np.sum, [1.0])
    with pytest.raises(ValueError, match="eps: expected"):
        rc.numerical_gradient(np.sum, np.ones(2), eps=0)
