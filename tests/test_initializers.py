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


DRAWN = {
    **{
        kind.__name__: lambda rng, kind=kind: kind(3, 4, rng=rng).params
        for kind in (rc.RNN, rc.LSTM, rc.GRU, rc.Dense, rc.Conv2D, rc.Embedding, rc.LanguageModel)
    },
    "EncoderDecoder": lambda rng: rc.EncoderDecoder(3, 4, 2, rng=rng).params,
    "Captioner": lambda rng: rc.Captioner((4, 4, 1), 2, 4, 3, rng=rng).params,
    "Dropout": lambda rng: {"y": rc.Dropout(0.5, rng).forward(np.ones((3, 4, 5)))[0]},
    "glorot_uniform": lambda rng: {"W": rc.glorot_uniform(rng, (3, 4))},
    "orthogonal": lambda rng: {"W": rc.orthogonal(rng, (4, 4))},
    "minibatches": lambda rng: {"order": np.concatenate(list(rc.minibatches(20, 3, rng)))},
    "sample": lambda rng: {"ids": rc.sample(np.zeros((20, 3)), rng=rng)},
    "generate": lambda rng: {
        "ids": rc.generate(rc.LanguageModel(4, 2, rng=np.random.default_rng(0)), [1], 20, rng=rng)
    },
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN.keys())
def test_the_generator_decides_what_is_drawn(draw):
    first, again, other = (draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert any((first[name] != other[name]).any() for name in first)


def test_bounds_of_the_first_weights(rng):
    W = rc.glorot_uniform(rng, (40, 56))
    assert 0.98 * 0.25 < np.abs(W).max() <= 0.25  # sqrt(6 / 96)
    assert abs(W.mean()) < 0.02
    Q = rc.orthogonal(rng, (20, 20))
    np.testing.assert_allclose(Q.T @ Q, np.eye(20), atol=1e-14)
    # Without the correction of signs the diagonal of R would decide: it is one-sided.
    diagonals = [np.diag(rc.orthogonal(rng, (2, 2))) for _ in range(400)]
    assert np.abs(np.mean(diagonals, axis=0)).max() < 0.15
    W = rc.Embedding(50, 40, rng=rng).params["W"]
    assert abs(W.mean()) < 0.1
    assert abs(W.std() - 1) < 0.1
    for draw in (rc.glorot_uniform, rc.orthogonal):
        assert draw(rng, (3, 3), np.float32).dtype == np.float32
        assert draw(None, (3, 3)).dtype == np.float64
