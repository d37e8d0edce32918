"""Convolution and pooling over images: gradients, both paddings, PyTorch, bad input."""

import numpy as np
import pytest

import rnncore as rc

N, ROWS, COLUMNS, C, F = 2, 5, 7, 3, 4
every_padding = pytest.mark.parametrize("padding", ["same", "valid"])


def make(rng, kernel_size=3, padding="same", dtype=np.float64):
    layer = rc.Conv2D(C, F, kernel_size, padding, rng=rng, dtype=dtype)
    layer.params["b"][:] = rng.standard_normal(F)
    return layer


@every_padding
@pytest.mark.parametrize("kernel_size", [1, 2, 3])
def test_gradients_agree_with_differences(rng, kernel_size, padding):
    layer = make(rng, kernel_size, padding)
    errors = rc.gradient_check(layer, rng.standard_normal((N, ROWS, COLUMNS, C)), rng=rng)
    assert set(errors) == {"W", "b", "x"}
    assert max(errors.values()) < 1e-7, errors


@every_padding
def test_gradients_of_one_image_of_one_window(rng, padding):
    errors = rc.gradient_check(make(rng, 3, padding), rng.standard_normal((1, 3, 3, C)), rng=rng)
    assert max(errors.values()) < 1e-7, errors
    errors = rc.gradient_check(make(rng, 1, padding), rng.standard_normal((1, 1, 1, C)), rng=rng)
    assert max(errors.values()) < 1e-7, errors


@every_padding
@pytest.mark.parametrize("kernel_size", [2, 3])
def test_every_output_is_the_sum_over_its_window(rng, kernel_size, padding):
    layer, x = make(rng, kernel_size, padding), rng.standard_normal((N, ROWS, COLUMNS, C))
    y, state, _ = layer.forward(x)
    assert state is None
    before = (kernel_size - 1) // 2 if padding == "same" else 0
    lost = 0 if padding == "same" else kernel_size - 1
    assert y.shape == (N, ROWS - lost, COLUMNS - lost, F)
    for n, i, j, f in np.ndindex(y.shape):
        total = layer.params["b"][f]
        for u, v in np.ndindex(kernel_size, kernel_size):
            row, column = i + u - before, j + v - before
            if 0 <= row < ROWS and 0 <= column < COLUMNS:
                total += x[n, row, column] @ layer.params["W"][u, v, :, f]
        assert y[n, i, j, f] == pytest.approx(total, rel=1e-12, abs=1e-12)


def to_torch(images):
    """Put channels second."""
    import torch

    return torch.tensor(np.moveaxis(images, -1, 1), requires_grad=True)


def from_torch(images):
    """Put channels last."""
    return np.moveaxis(images.detach().numpy(), 1, -1)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@every_padding
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
def test_convolution_equals_pytorch(rng, kernel_size, padding):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layer, x = make(rng, kernel_size, padding), rng.standard_normal((N, ROWS, COLUMNS, C))
    y, _, cache = layer.forward(x)
    dy = rng.standard_normal(y.shape)
    dx, _, grads = layer.backward(dy, cache)
    theirs = torch.nn.Conv2d(C, F, kernel_size, padding=padding, dtype=torch.float64)
    theirs.weight.data = torch.tensor(layer.params["W"].transpose(3, 2, 0, 1))
    theirs.bias.data = torch.tensor(layer.params["b"])
    their_x = to_torch(x)
    their_y = theirs(their_x)
    their_y.backward(to_torch(dy))
    pairs = [
        (y, from_torch(their_y)),
        (dx, from_torch(their_x.grad)),
        (grads["W"], theirs.weight.grad.numpy().transpose(2, 3, 1, 0)),
        (grads["b"], theirs.bias.grad.numpy()),
    ]
    for ours, expected in pairs:
        np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_pooling_equals_pytorch(rng, size):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layer, x = rc.MaxPool2D(size), rng.standard_normal((N, ROWS, COLUMNS, C))
    y, _, cache = layer.forward(x)
    dy = rng.standard_normal(y.shape)
    their_x = to_torch(x)
    their_y = torch.nn.functional.max_pool2d(their_x, size)
    their_y.backward(to_torch(dy))
    np.testing.assert_array_equal(y, from_torch(their_y))
    np.testing.assert_array_equal(layer.backward(dy, cache)[0], from_torch(their_x.grad))


@pytest.mark.parametrize("shape", [(N, ROWS, COLUMNS, C), (1, 2, 2, 1), (N, 4, 6, C)])
def test_gradients_of_pooling_agree_with_differences(rng, shape):
    errors = rc.gradient_check(rc.MaxPool2D(2), rng.standard_normal(shape), rng=rng)
    assert set(errors) == {"x"}
    assert errors["x"] < 1e-7


def test_pooling_picks_the_largest_of_each_block(rng):
    x = rng.standard_normal((N, ROWS, COLUMNS, C)) - 9  # a maximum below zero
    y, state, _ = rc.MaxPool2D(2).forward(x)
    assert state is None
    assert y.shape == (N, 2, 3, C)
    for i, j in np.ndindex(2, 3):
        block = x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        np.testing.assert_array_equal(y[:, i, j], block.max(axis=(1, 2)))


def test_the_first_of_equal_maxima_gets_the_gradient():
    layer = rc.MaxPool2D(2)
    _, _, cache = layer.forward(np.array([[1.0, 4.0, 9.0], [4.0, 4.0, 9.0]])[None, :, :, None])
    dx, _, grads = layer.backward(np.full((1, 1, 1, 1), 3.0), cache)
    assert grads == {}
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 3, 0], [0, 0, 0]])


def test_they_stack_with_other_layers(rng):
    layer = rc.Stack([make(rng), rc.MaxPool2D(2), rc.Conv2D(F, 2, 2, "valid", rng=rng)])
    errors = rc.gradient_check(layer, rng.standard_normal((N, ROWS, COLUMNS, C)), rng=rng)
    assert set(errors) == {"0.W", "0.b", "2.W", "2.b", "x"}
    assert max(errors.values()) < 1e-7, errors


@every_padding
def test_float32_stays_float32(rng, padding):
    layer = rc.Stack([make(rng, 3, padding, np.float32), rc.MaxPool2D(2)])
    y, _, cache = layer.forward(rng.standard_normal((N, ROWS, COLUMNS, C)).astype(np.float32))
    dx, _, grads = layer.backward(y, cache)
    assert {a.dtype for a in (y, dx, *grads.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", ["same", "valid", "pool"])
def test_output_and_arguments_stay_apart(rng, name):
    layer = rc.MaxPool2D(2) if name == "pool" else make(rng, 3, name)
    x = rng.standard_normal((N, ROWS, COLUMNS, C))
    kept_x = x.copy()
    y, _, cache = layer.forward(x)
    dy = rng.standard_normal(y.shape)
    kept_dy = dy.copy()
    first, _, first_grads = layer.backward(dy, cache)
    y[:] = np.nan
    second, _, second_grads = layer.backward(dy, cache)
    np.testing.assert_array_equal(first, second)
    for key in first_grads:
        np.testing.assert_array_equal(first_grads[key], second_grads[key])
    np.testing.assert_array_equal(x, kept_x)
    np.testing.assert_array_equal(dy, kept_dy)


X = np.ones((N, ROWS, COLUMNS, C))
BAD_IMAGES = {
    "rank": (
        {"x": X[0]},
        ValueError,
        r"x: expected shape \(N, rows, columns, [C3]\), got \(5, 7, 3\)",
    ),
    "list": ({"x": X.tolist()}, TypeError, r"x: expected an array .* got list"),
    "integers": ({"x": X.astype(int)}, TypeError, "x: expected .*float.*, got int64"),
    "empty batch": ({"x": X[:0]}, ValueError, r"got \(0, 5, 7, 3\)"),
    "small image": ({"x": X[:, :2]}, ValueError, r"x: expected images of at least 3 x 3 pixels"),
    "state": ({"x": X, "state": X}, ValueError, "state: (Conv2D|MaxPool2D) has none, exp"),
    "lengths": ({"x": X, "lengths": [1, 2]}, ValueError, "lengths: (Conv2D|MaxPool2D) has no "),
}


@pytest.mark.parametrize("layer", [rc.Conv2D(C, F, 3, "valid"), rc.MaxPool2D(3)])
@pytest.mark.parametrize(
    ("arguments", "error", "message"), BAD_IMAGES.values(), ids=BAD_IMAGES.keys()
)
def test_bad_input_gets_a_clear_error(layer, arguments, error, message):
    with pytest.raises(error, match=message):
        layer.forward(**arguments)


def test_wrong_channels_and_dtype_get_a_clear_error():
    layer = rc.Conv2D(C, F)
    with pytest.raises(ValueError, match=r"x: expected shape \(N, rows, columns, 3\), got"):
        layer.forward(X[..., :2])
    with pytest.raises(TypeError, match="x: expected dtype float64, got float32"):
        layer.forward(X.astype(np.float32))


@pytest.mark.parametrize("layer", [rc.Conv2D(C, F, 3, "valid"), rc.MaxPool2D(3)])
def test_bad_gradient_gets_a_clear_error(layer):
    y, _, cache = layer.forward(X)
    with pytest.raises(ValueError, match=r"dy: expected shape \(2, "):
        layer.backward(y[:, :, :-1], cache)
    with pytest.raises(TypeError, match="dy: expected dtype float64, got float32"):
        layer.backward(y.astype(np.float32), cache)


def test_settings_that_are_not_given_are_the_usual_ones():
    assert rc.MaxPool2D().size == 2
    layer = rc.Conv2D(C, F)
    assert (layer.kernel_size, layer.padding, layer.dtype) == (3, "same", np.float64)


def test_fewer_channels_than_the_window_has_pixels_are_fine():
    y, _, _ = rc.Conv2D(1, F, 3, "valid").forward(np.ones((1, 4, 5, 1)))
    assert y.shape == (1, 2, 3, F)


def test_bad_construction_gets_a_clear_error():
    with pytest.raises(ValueError, match="padding: expected one of 'same', 'valid', got 'full'"):
        rc.Conv2D(C, F, padding="full")
    with pytest.raises(ValueError, match="kernel_size: expected an integer of at least 1, got 0"):
        rc.Conv2D(C, F, 0)
    with pytest.raises(TypeError, match=r"size: expected an integer .* got 2.0"):
        rc.MaxPool2D(2.0)
