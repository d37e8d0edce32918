"""Equality with PyTorch: frozen results everywhere, live ones where it is installed."""

import numpy as np
import parity_cases
import pytest

import rnncore as rc

LIVE_ROUNDS = 3  # over all combinations
CASES = len(parity_cases.COMBINATIONS)


def assert_equal(number, ours, theirs):
    assert set(ours) == set(theirs)
    for name in ours:
        message = f"{name} of configuration {number}"
        np.testing.assert_allclose(
            ours[name], theirs[name], rtol=1e-10, atol=1e-12, err_msg=message
        )


def test_frozen_results_of_pytorch():
    with np.load(parity_cases.FROZEN) as frozen:
        assert len(frozen) == CASES + 1
        for number in range(CASES):
            ours = parity_cases.run_rnncore(parity_cases.draw(number))
            assert_equal(number, ours, parity_cases.thaw(frozen[str(number)], ours))


def test_live_results_of_pytorch():
    pytest.importorskip("torch", reason="PyTorch is not installed: frozen results only")
    for number in range(LIVE_ROUNDS * CASES):
        case = parity_cases.draw(number)
        assert_equal(number, parity_cases.run_rnncore(case), parity_cases.run_torch(case))


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_optimizers_and_clipping_take_the_steps_of_pytorch(rng, name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    w = rng.standard_normal((3, 5))
    theirs = torch.nn.Parameter(torch.tensor(w))
    ours_opt = getattr(rc, name)({"w": w}, lr=0.03)
    their_opt = getattr(torch.optim, name)([theirs], lr=0.03)
    for _ in range(20):
        g = 3 * rng.standard_normal(w.shape)
        theirs.grad = torch.tensor(g)
        their_norm = torch.nn.utils.clip_grad_norm_([theirs], 8.0)
        clipped, norm = rc.clip_grad_norm({"w": g}, 8.0)
        assert norm == pytest.approx(float(their_norm), rel=1e-12)
        ours_opt.step(clipped)
        their_opt.step()
        # PyTorch divides by norm + 1e-6 where we divide by norm.
        np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "theirs", "settings"),
    [
        ("Momentum", "SGD", {"momentum": 0.8}),
        ("RMSprop", "RMSprop", {"alpha": 0.95, "eps": 1e-4}),
    ],
)
def test_momentum_and_rmsprop_take_the_steps_of_pytorch(rng, name, theirs, settings):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    w = rng.standard_normal((3, 5))
    tensor = torch.nn.Parameter(torch.tensor(w))
    ours_opt = getattr(rc, name)({"w": w}, lr=0.03, **settings)
    their_opt = getattr(torch.optim, theirs)([tensor], lr=0.03, **settings)
    for _ in range(20):
        g = 3 * rng.standard_normal(w.shape)
        tensor.grad = torch.tensor(g)
        ours_opt.step({"w": g})
        their_opt.step()
        np.testing.assert_allclose(w, tensor.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("ours", "name", "settings"),
    [
        (lambda k: rc.schedules.constant(k, 0.3), "ConstantLR", {"factor": 1}),
        (
            lambda k: rc.schedules.step_decay(k, 0.3, 3, 0.5),
            "StepLR",
            {"step_size": 3, "gamma": 0.5},
        ),
        (
            lambda k: rc.schedules.cosine(k, 0.3, 11, 0.02),
            "CosineAnnealingLR",
            {"T_max": 11, "eta_min": 0.02},
        ),
        (
            lambda k: rc.schedules.linear_warmup(k, 0.3, 5),
            "LinearLR",
            {"start_factor": 1 / 5, "total_iters": 4},
        ),
    ],
)
def test_schedules_are_those_of_pytorch(ours, name, settings):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    opt = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule = getattr(torch.optim.lr_scheduler, name)(opt, **settings)
    for step in range(12):
        assert ours(step) == pytest.approx(schedule.get_last_lr()[0], rel=1e-12)
        opt.step()
        schedule.step()


def test_squared_error_is_that_of_pytorch(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    y, targets = rng.standard_normal((3, 5, 2)), rng.standard_normal((3, 5, 2))
    theirs = torch.tensor(y, requires_grad=True)
    loss = torch.nn.functional.mse_loss(theirs, torch.tensor(targets))
    loss.backward()
    ours, dy = rc.mean_squared_error(y, targets)
    assert ours == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(dy, theirs.grad.numpy(), rtol=1e-12)
