"""Optimizers: the update rule, in place, in the parameters' own dtype."""

import numpy as np
import pytest

import rnncore as rc

OPTIMIZERS = [rc.SGD, rc.Momentum, rc.RMSprop, rc.Adam]


def test_sgd_updates_in_place():
    w = np.array([1.0, 2.0])
    rc.SGD({"w": w}, lr=0.5).step({"w": np.array([2.0, -1.0])})
    np.testing.assert_array_equal(w, [0, 2.5])


def test_momentum_adds_up_past_gradients():
    w = np.array([1.0])
    opt = rc.Momentum({"w": w}, lr=0.5, momentum=0.25)
    for expected in (0.0, -1.25, -2.5625):  # steps of 0.5 times 2, 2.5 and 2.625
        opt.step({"w": np.array([2.0])})
        np.testing.assert_allclose(w, expected)


def test_momentum_zero_is_gradient_descent(rng):
    w = rng.standard_normal(5)
    plain = w.copy()
    ours, sgd = rc.Momentum({"w": w}, lr=0.3, momentum=0), rc.SGD({"w": plain}, lr=0.3)
    for g in rng.standard_normal((4, 5)):
        ours.step({"w": g})
        sgd.step({"w": g})
    np.testing.assert_array_equal(w, plain)


def test_rmsprop_divides_by_the_running_root_mean_square():
    w = np.array([1.0])
    opt = rc.RMSprop({"w": w}, lr=0.1, alpha=0.75, eps=1.0)
    opt.step({"w": np.array([4.0])})  # v = 4, a step of 0.1 * 4 / (2 + 1)
    np.testing.assert_allclose(w, 1 - 0.4 / 3)
    opt.step({"w": np.array([-2.0])})  # v = 3 + 1
    np.testing.assert_allclose(w, 1 - 0.4 / 3 + 0.2 / 3)


def test_adam_equals_the_published_algorithm(rng):
    w, lr, b1, b2, eps = rng.standard_normal(5), 0.02, 0.8, 0.95, 1e-6
    ours = w.copy()
    opt = rc.Adam({"w": ours}, lr=lr, betas=(b1, b2), eps=eps)
    m = v = np.zeros(5)
    for k in range(1, 8):
        g = rng.standard_normal(5)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        w = w - lr * (m / (1 - b1**k)) / (np.sqrt(v / (1 - b2**k)) + eps)
        opt.step({"w": g})
        np.testing.assert_allclose(ours, w, rtol=1e-12)


def test_first_step_of_adam_has_size_lr():
    w = np.zeros(3)
    rc.Adam({"w": w}, lr=0.1).step({"w": np.array([1e-3, -5.0, 100.0])})
    np.testing.assert_allclose(w, [-0.1, 0.1, -0.1], rtol=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_layers_learn_through_named_params(optimizer, rng):
    layer, head = rc.RNN(2, 5, rng=rng), rc.Dense(5, 1, rng=rng)
    opt = optimizer(rc.named(rnn=layer.params, head=head.params), lr=0.01)
    x, targets = rng.standard_normal((7, 3, 2)), rng.standard_normal((7, 3, 1))
    losses = []
    for _ in range(60):
        h, _, layer_cache = layer.forward(x)
        y, _, head_cache = head.forward(h)
        loss, dy = rc.mean_squared_error(y, targets)
        dh, _, head_grads = head.backward(dy, head_cache)
        _, _, layer_grads = layer.backward(dh, layer_cache)
        opt.step(rc.named(rnn=layer_grads, head=head_grads))
        losses.append(loss)
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_float32_stays_float32(optimizer):
    w = np.ones(3, np.float32)
    opt = optimizer({"w": w}, lr=0.1)
    opt.step({"w": np.ones(3, np.float32)})
    assert w.dtype == np.float32
    averages = [getattr(opt, name) for name in "umv" if hasattr(opt, name)]
    assert all(a["w"].dtype == np.float32 for a in averages)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_bad_gradients_change_nothing(optimizer):
    params = {"w": np.ones(3), "b": np.ones(2)}
    opt = optimizer(params)
    with pytest.raises(ValueError, match=r"grads: .* missing \['b'\], unexpected \['c'\]"):
        opt.step({"w": np.ones(3), "c": np.ones(2)})
    with pytest.raises(ValueError, match=r"grads\['b'\]: expected shape \(2,\), got \(3,\)"):
        opt.step({"w": np.ones(3), "b": np.ones(3)})
    for p in params.values():
        np.testing.assert_array_equal(p, 1)


def test_bad_settings():
    with pytest.raises(ValueError, match="lr: expected a finite number above 0"):
        rc.SGD({}, lr=0)
    with pytest.raises(ValueError, match="eps: expected"):
        rc.Adam({}, eps=-1)
    for momentum in (-0.1, 1.0):
        with pytest.raises(ValueError, match="momentum: expected a number from 0 to below 1"):
            rc.Momentum({}, momentum=momentum)
    with pytest.raises(TypeError, match="alpha: expected a number from 0 to below 1"):
        rc.RMSprop({}, alpha="0.9")
    with pytest.raises(ValueError, match="eps: expected a finite number above 0"):
        rc.RMSprop({}, eps=0)
    for betas in ((0.9,), (0.9, 1.0), (-0.1, 0.9)):
        with pytest.raises(ValueError, match=r"betas.*: expected"):
            rc.Adam({}, betas=betas)


def test_settings_that_are_not_given_are_the_usual_ones():
    settings = {
        "SGD": {"lr": 0.1},
        "Momentum": {"lr": 0.01, "momentum": 0.9},
        "RMSprop": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8},
        "Adam": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8},
    }
    for name, expected in settings.items():
        opt = getattr(rc, name)({})
        assert {key: getattr(opt, key) for key in expected} == expected
    assert rc.Adam({}, betas=(0, 0)).betas == (0, 0)


def parameters(rng, dtype=np.float64):
    return {"w": rng.standard_normal((3, 2)).astype(dtype), "b": np.ones(5, dtype)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_another_optimizer_goes_on_from_the_state(optimizer, dtype, rng):
    ours = parameters(rng, dtype)
    opt = optimizer(ours, lr=0.02)
    for _ in range(3):
        opt.step(parameters(rng, dtype))
    theirs = parameters(rng, dtype)
    other = optimizer(theirs, lr=0.02)
    other.step(parameters(rng, dtype))  # what it had is replaced
    state = opt.state()
    other.load_state(state)
    for name, p in ours.items():
        theirs[name][...] = p
    for _ in range(3):
        grads = parameters(rng, dtype)
        opt.step(grads)
        other.step(grads)
    for name, p in ours.items():
        np.testing.assert_array_equal(theirs[name], p)
    assert other.steps == opt.steps == 6
    # The state is a copy: both went on, it did not.
    assert state["steps"] == 3
    for key, value in opt.state().items():
        assert value.dtype == (dtype if key != "steps" else np.int64)
        assert (value != state[key]).any()


def test_bad_state_changes_nothing(rng):
    opt = rc.Adam(parameters(rng))
    opt.step(parameters(rng))
    before, good = opt.state(), rc.Adam(parameters(rng)).state()
    wrong = {**good, "v.b": np.ones(6)}
    with pytest.raises(ValueError, match=r"state\['v.b'\]: expected shape \(5,\), got \(6,\)"):
        opt.load_state(wrong)
    with pytest.raises(TypeError, match=r"state\['v.b'\]: expected dtype float64, got float32"):
        opt.load_state({**good, "v.b": np.ones(5, np.float32)})
    with pytest.raises(ValueError, match=r"state: expected the keys of Adam.state\(\); missing \["):
        opt.load_state(rc.RMSprop(parameters(rng)).state())
    for key, value in opt.state().items():
        np.testing.assert_array_equal(value, before[key])
