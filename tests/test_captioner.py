"""The captioner as a composite: gradients, what the image does, learning."""

import numpy as np
import pytest
from conditional_models import Given, deep, learned_start
from recurrent_layers import CELLS, arrays, fill

import rnncore as rc

SHAPE = (3, 5, 2)
N, T, F, V, H, D = 2, 3, 2, 5, 4, 3
every_cell = pytest.mark.parametrize("cell", [*CELLS, deep, learned_start])


def make(rng, cell=rc.RNN, dtype=np.float64):
    model = fill(rc.Captioner(SHAPE, F, V, H, D, cell=cell, rng=rng, dtype=dtype), rng)
    model.training = False
    return model


def draw(rng):
    return rng.standard_normal((N, *SHAPE)), rng.integers(0, V, (N, T))


@every_cell
@pytest.mark.parametrize("lengths", [None, np.array([3, 1])], ids=["whole", "mixed"])
def test_gradients_agree_with_differences(rng, cell, lengths):
    model, (images, ids) = make(rng, cell), draw(rng)
    errors = rc.gradient_check(Given(model, ids), images, lengths=lengths, rng=rng)
    assert set(errors) == set(model.params) | {"x"}
    assert max(errors.values()) < 1e-7, errors


def test_gradients_of_one_row_and_one_step(rng):
    model, (images, ids) = make(rng, rc.LSTM), draw(rng)
    errors = rc.gradient_check(Given(model, ids[:1, :1]), images[:1], rng=rng)
    assert max(errors.values()) < 1e-7, errors


def test_gradients_through_dropout_in_training(rng):
    noise = np.random.default_rng(5)
    model = rc.Captioner(SHAPE, F, V, H, D, deep, rng=noise, dtype=np.float64)
    assert model.training
    images, ids = draw(rng)
    errors = rc.gradient_check(Given(fill(model, rng), ids), images, rng=rng, noise=noise)
    assert max(errors.values()) < 1e-7, errors


def test_the_image_is_the_decoders_first_input(rng):
    model, (images, ids) = make(rng), draw(rng)
    a, _, _ = model.features.forward(images)
    assert a.shape == (N, 1, 2, F)
    vector, _, _ = model.project.forward(a.reshape(N, -1) * (a.reshape(N, -1) > 0))
    words, _, _ = model.decoder.embedding.forward(ids)
    h, final, _ = model.decoder.cell.forward(np.concatenate([vector[:, None], words], axis=1))
    expected, _, _ = model.decoder.head.forward(h[:, 1:])
    logits, state, _ = model.forward(images, ids)
    np.testing.assert_allclose(logits, expected, rtol=1e-12)
    np.testing.assert_allclose(state, final, rtol=1e-12)


def test_lengths_equal_each_row_alone(rng):
    model, (images, ids) = make(rng, rc.GRU), draw(rng)
    lengths, dlogits = np.array([3, 1]), rng.standard_normal((N, T, V))
    logits, _, cache = model.forward(images, ids, lengths)
    dimages, _, _ = model.backward(dlogits, cache)
    for n, length in enumerate(lengths):
        row = slice(n, n + 1)
        row_logits, _, row_cache = model.forward(images[row], ids[row, :length])
        row_dimages, _, _ = model.backward(dlogits[row, :length], row_cache)
        np.testing.assert_allclose(logits[row, :length], row_logits, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(dimages[row], row_dimages, rtol=1e-11, atol=1e-13)
        assert not logits[n, length:].any()


def test_a_pixel_of_value_zero_passes_no_gradient(rng):
    model, (images, ids) = make(rng), draw(rng)
    for name in ("features.0.W", "features.0.b"):
        model.params[name][...] = 0
    logits, _, cache = model.forward(images, ids)
    _, _, grads = model.backward(np.ones_like(logits), cache)
    assert not grads["features.0.b"].any()
    assert grads["project.b"].any()


def test_float32_stays_float32(rng):
    model, (images, ids) = make(rng, rc.LSTM, np.float32), draw(rng)
    logits, state, cache = model.forward(images.astype(np.float32), ids, [3, 1])
    dimages, _, grads = model.backward(logits, cache, dstate=state)
    results = arrays((logits, state, dimages, *grads.values()))
    assert {a.dtype for a in results} == {np.dtype(np.float32)}


def test_params_are_the_layers_own(rng):
    model = rc.Captioner((6, 4, 3), 5, V, H, rng=rng)
    assert model.params["features.0.W"] is model.features.layers[0].params["W"]
    assert model.params["project.W"] is model.project.params["W"]
    assert model.params["decoder.cell.Whh"] is model.decoder.cell.params["Whh"]
    assert model.params["features.0.W"].shape == (3, 3, 3, 5)  # windows of 3 x 3, channels, F
    assert model.params["project.W"].shape == (3 * 2 * 5, H)
    assert make(rng).params["project.W"].shape == (1 * 2 * F, D)
    assert len(model.params) == 10
    assert {p.dtype for p in model.params.values()} == {np.dtype(np.float32)}


def test_it_learns_to_say_where_the_bar_is(rng):
    images = np.zeros((8, 4, 4, 1), np.float32)
    for k in range(4):
        images[k, k], images[4 + k, :, k] = 1, 1
    answer = np.array([[k // 4, 2 + k % 4] for k in range(8)])  # row or column, which one
    ids = np.concatenate([np.full((8, 1), 6), answer[:, :1]], axis=1)
    model = rc.Captioner((4, 4, 1), 4, 7, 16, rng=rng)
    opt = rc.Adam(model.params, lr=0.01)
    for _ in range(100):
        logits, _, cache = model.forward(images, ids)
        loss, dlogits = rc.softmax_cross_entropy(logits, answer)
        opt.step(model.backward(dlogits, cache)[2])
    assert loss < 0.05


def test_bad_input_gets_a_clear_error(rng):
    model, (images, ids) = make(rng), draw(rng)
    with pytest.raises(ValueError, match=r"images: expected shape \(N, 3, 5, 2\), got"):
        model.forward(images[:, :, :3], ids)
    with pytest.raises(TypeError, match="images: expected dtype float64, got float32"):
        model.forward(images.astype(np.float32), ids)
    with pytest.raises(ValueError, match="x: expected values from 0 to 4"):
        model.forward(images, ids + V)
    with pytest.raises(ValueError, match=r"lengths: .* from 0 to 3"):
        model.forward(images, ids, [1, 4])
    with pytest.raises(ValueError, match=r"state: expected shape \(1, 4\), got \(2, 4\)"):
        model.forward(images, ids[:1])
    logits, _, cache = model.forward(images, ids)
    with pytest.raises(ValueError, match=r"dy: expected shape \(2, 3, 5\)"):
        model.backward(logits[:, :1], cache)


def test_bad_construction_gets_a_clear_error():
    with pytest.raises(TypeError, match=r"image_shape: expected a tuple \(rows, columns, channels"):
        rc.Captioner(28, F, V, H)
    with pytest.raises(ValueError, match=r"image_shape: .* of 3, got 2 parts"):
        rc.Captioner((28, 28), F, V, H)
    with pytest.raises(ValueError, match=r"image_shape\[1\]: expected an integer of at least 1"):
        rc.Captioner((28, 0, 1), F, V, H)
    with pytest.raises(ValueError, match="pool_size: expected at most 3, got 4"):
        rc.Captioner(SHAPE, F, V, H, pool_size=4)
    assert rc.Captioner(SHAPE, F, V, H, pool_size=3).params["project.W"].shape == (F, H)
