"""Initial weights."""

import numpy as np
import pytest

import rnncore as rc


def test_identity():
    np.testing.assert_array_equal(rc.identity((2, 2)), [[1, 0], [0, 1]])
    W = rc.identity((3, 3), scale=0.5, dtype=np.float32)
    assert W.dtype == np.float32
    np.testing.assert_array_equal(W @ np.ones(3, np.float32), [0.5, 0.5, 0.5])


def test_a_relu_layer_from_the_identity_keeps_its_state_and_gradient(rng):
    layer = rc.RNN(2, 5, nonlinearity="relu", rng=rng)
    layer.params["Whh"][:] = rc.identity((5, 5))
    state = rng.uniform(0.1, 1, (3, 5))
    y, last, cache = layer.forward(np.zeros((3, 7, 2)), state)
    np.testing.assert_array_equal(last, state)
    dstate = rng.standard_normal((3, 5))
    _, dstart, _ = layer.backward(np.zeros_like(y), cache, dstate=dstate)
    np.testing.assert_array_equal(dstart, dstate)


def test_bad_identity():
    for shape in ((2, 3), (2,), (2, 2, 2)):
        with pytest.raises(ValueError, match=r"shape: expected a square \(n, n\)"):
            rc.identity(shape)
    with pytest.raises(ValueError, match="scale: expected a finite number above 0"):
        rc.identity((2, 2), scale=0)
    with pytest.raises(TypeError, match="dtype: expected float32 or float64"):
        rc.identity((2, 2), dtype=int)
