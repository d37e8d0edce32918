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
    assert rc.relative_error([1e-9], [2e-9]) == pytest.approx(1 / 3)
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


def test_lengths_and_the_step_of_the_differences_are_handed_on(rng):
    class Spy(rc.RNN):
        def forward(self, x, state=None, lengths=None):
            seen.append(lengths)
            return super().forward(x, state, lengths)

    seen, lengths, x = [], np.array([4, 0, 2]), rng.standard_normal((3, 4, 2))
    errors = [rc.gradient_check(Spy(2, 5, rng=rng), x, lengths=lengths, eps=e) for e in (1e-5, 0.5)]
    assert all(given is lengths for given in seen)
    assert max(errors[0].values()) < 1e-7 < 1e-3 < max(errors[1].values())


def test_an_input_must_be_an_array_even_where_the_layer_takes_a_list(rng):
    class Lenient(rc.Dense):
        def forward(self, x, state=None, lengths=None):
            return super().forward(np.array(x), state, lengths)

    with pytest.raises(TypeError, match=r"^x: expected an array of shape"):
        rc.gradient_check(Lenient(2, 3, rng=rng), [[[1.0, 2.0]]])


class TwoLayers:
    """Two recurrent layers one after the other; the state is ``(h, None, (h,))``."""

    def __init__(self, rng):
        self.layers = rc.RNN(2, 5, rng=rng), rc.RNN(5, 3, rng=rng)
        self.params = rc.named(first=self.layers[0].params, second=self.layers[1].params)

    def forward(self, x, state=None, lengths=None):
        first, _, (second,) = state or (None, None, (None,))
        h, first, cache = self.layers[0].forward(x, first, lengths)
        y, second, top_cache = self.layers[1].forward(h, second, lengths)
        return y, (first, None, (second,)), (cache, top_cache)

    def backward(self, dy, cache, dstate=None):
        first, _, (second,) = dstate
        dh, second, top = self.layers[1].backward(dy, cache[1], second)
        dx, first, bottom = self.layers[0].backward(dh, cache[0], first)
        return dx, (first, None, (second,)), rc.named(first=bottom, second=top)


def draw_state(rng):
    return rng.standard_normal((3, 5)), None, (rng.standard_normal((3, 3)),)


def test_a_state_may_be_a_nested_tuple(rng):
    layer, x = TwoLayers(rng), rng.standard_normal((3, 4, 2))
    errors = rc.gradient_check(layer, x, state=draw_state(rng), lengths=np.array([4, 0, 2]))
    assert set(errors) == set(layer.params) | {"x", "state[0]", "state[2][0]"}
    assert max(errors.values()) < 1e-7, errors
    first_only = (rng.standard_normal((3, 5)), None, (None,))
    errors = rc.gradient_check(layer, x, state=first_only)
    assert set(errors) == set(layer.params) | {"x", "state[0]"}
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize("broken", ["state[0]", "state[2][0]"])
def test_a_mistake_in_one_array_of_the_state_is_seen(rng, broken):
    class Wrong(TwoLayers):
        def backward(self, dy, cache, dstate=None):
            dx, dstate, grads = super().backward(dy, cache, dstate)
            {"state[0]": dstate[0], "state[2][0]": dstate[2][0]}[broken].flat[0] *= 1.01
            return dx, dstate, grads

    errors = rc.gradient_check(
        Wrong(rng), rng.standard_normal((3, 4, 2)), state=draw_state(rng), rng=rng
    )
    assert {name for name, error in errors.items() if error > 1e-6} == {broken}


@pytest.mark.parametrize("part", [0, 2])
def test_every_array_of_the_final_state_counts(rng, part):
    class Deaf(TwoLayers):
        def backward(self, dy, cache, dstate=None):
            dstate = list(dstate)
            dstate[part] = (None,) if part else None
            return super().backward(dy, cache, tuple(dstate))

    errors = rc.gradient_check(Deaf(rng), rng.standard_normal((3, 4, 2)), rng=rng)
    assert errors[("first" if part == 0 else "second") + ".Whh"] > 1e-6


def test_a_state_without_a_gradient_is_an_error(rng):
    class Silent(TwoLayers):
        def backward(self, dy, cache, dstate=None):
            dx, (first, _, _), grads = super().backward(dy, cache, dstate)
            return dx, (first, None, None), grads

    with pytest.raises(ValueError, match=r"expected a gradient of state\[2\]\[0\], got none"):
        rc.gradient_check(Silent(rng), rng.standard_normal((3, 4, 2)), state=draw_state(rng))


def test_only_float64_is_checked():
    with pytest.raises(TypeError, match="expected a float64 array, got float32"):
        rc.numerical_gradient(np.sum, np.ones(2, np.float32))
    with pytest.raises(TypeError, match="got list"):
        rc.numerical_gradient(np.sum, [1.0])
    with pytest.raises(ValueError, match="eps: expected"):
        rc.numerical_gradient(np.sum, np.ones(2), eps=0)


def test_noise_is_drawn_alike_in_every_pass(rng):
    x, noise = rng.standard_normal((3, 4, 2)), np.random.default_rng(1)
    layer = rc.Dropout(0.5, noise)
    assert rc.gradient_check(layer, x, rng=rng, noise=noise)["x"] < 1e-7
    assert rc.gradient_check(layer, x, rng=rng)["x"] > 0.1
