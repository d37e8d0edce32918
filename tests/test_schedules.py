"""Learning-rate schedules: values by hand, ends, bad input."""

import numpy as np
import pytest

from rnncore import SGD
from rnncore.schedules import constant, cosine, linear_warmup, step_decay


def rates(schedule, steps, *args, **options):
    return [schedule(step, *args, **options) for step in range(steps)]


def test_constant():
    assert rates(constant, 3, 0.5) == [0.5, 0.5, 0.5]


def test_step_decay_drops_after_every_so_many_steps():
    assert rates(step_decay, 7, 8.0, 3, factor=0.5) == [8, 8, 8, 4, 4, 4, 2]
    assert step_decay(1, 1.0, 1) == pytest.approx(0.1)


def test_cosine_falls_from_lr_to_final_and_stays():
    expected = [3.0, 2 + np.sqrt(0.5), 2.0, 2 - np.sqrt(0.5), 1.0, 1.0, 1.0]
    assert rates(cosine, 7, 3.0, 4, final=1.0) == pytest.approx(expected)
    assert cosine(5, 3.0, 5) == 0
    assert cosine(1, 3.0, 5, final=3.0) == 3


def test_linear_warmup_rises_to_lr_and_stays():
    assert rates(linear_warmup, 6, 2.0, 4) == [0.5, 1, 1.5, 2, 2, 2]
    assert linear_warmup(0, 2.0, 1) == 2


def test_rates_multiply():
    assert linear_warmup(1, 1.0, 4) * cosine(1, 3.0, 2, final=1.0) == pytest.approx(0.5 * 2.0)


def test_a_rate_keeps_float32_parameters_float32():
    w = np.ones(2, np.float32)
    opt = SGD({"w": w})
    opt.lr = cosine(np.int64(1), 0.5, 2)
    opt.step({"w": w})
    assert type(opt.lr) is float
    assert w.dtype == np.float32
    np.testing.assert_allclose(w, 0.75)


@pytest.mark.parametrize(
    ("schedule", "args"),
    [(constant, ()), (step_decay, (2,)), (cosine, (2,)), (linear_warmup, (2,))],
)
def test_bad_step_and_rate(schedule, args):
    for step in (1.0, True, "1"):
        with pytest.raises(TypeError, match="step: expected an integer of at least 0"):
            schedule(step, 0.1, *args)
    with pytest.raises(ValueError, match="step: expected an integer of at least 0, got -1"):
        schedule(-1, 0.1, *args)
    with pytest.raises(ValueError, match="lr: expected a finite number above 0"):
        schedule(0, 0.0, *args)


def test_bad_settings():
    with pytest.raises(ValueError, match="every: expected an integer of at least 1"):
        step_decay(0, 0.1, 0)
    with pytest.raises(ValueError, match="factor: expected a finite number above 0"):
        step_decay(0, 0.1, 2, factor=-1)
    with pytest.raises(ValueError, match="total: expected an integer of at least 1"):
        cosine(0, 0.1, 0)
    for final in (-0.1, 0.2, np.nan):
        with pytest.raises(ValueError, match=r"final: expected a .*number"):
            cosine(0, 0.1, 2, final=final)
    with pytest.raises(ValueError, match="warmup: expected an integer of at least 1"):
        linear_warmup(0, 0.1, 0)
