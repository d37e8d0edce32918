"""Learning rates as functions of the step number, for ``opt.lr = cosine(step, ...)``.

Steps count from 0: the first update is made with the rate of step 0. Rates multiply, so
``linear_warmup(step, 1.0, 100) * cosine(step, 1e-3, 5000)`` warms up and then decays.
"""

import math

import numpy as np

from .validation import check_not_negative, check_positive, check_size


def constant(step, lr):
    """Return ``lr`` at every step.

    Parameters
    ----------
    step : int
        From 0.
    lr : float
        Above 0.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        ``step`` is not an integer of at least 0, or ``lr`` not a number above 0.
    """
    _check_step(step)
    return check_positive("lr", lr)


def step_decay(step, lr, every, factor=0.1):
    """Compute ``lr * factor ** floor(step / every)``: one drop after every so many steps.

    Parameters
    ----------
    step : int
        From 0.
    lr : float
        The first rate, above 0.
    every : int
        Steps between drops.
    factor : float
        What each drop multiplies by, above 0.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        An argument is not a number of its range.
    """
    drops = _check_step(step) // check_size("every", every)
    return check_positive("lr", lr) * check_positive("factor", factor) ** drops


def cosine(step, lr, total, final=0.0):
    """Compute ``final + (lr - final) * (1 + cos(pi * step / total)) / 2``.

    Half a cosine from ``lr`` at step 0 down to ``final`` at step ``total``; from there on it
    stays at ``final``.

    Parameters
    ----------
    step : int
        From 0.
    lr : float
        The first rate, above 0.
    total : int
        The step at which ``final`` is reached.
    final : float
        From 0 to ``lr``.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        An argument is not a number of its range.

    Notes
    -----
    Source: Loshchilov and Hutter 2017, without restarts.
    """
    lr, total = check_positive("lr", lr), check_size("total", total)
    if check_not_negative("final", final) > lr:
        raise ValueError(f"final: expected a number from 0 to lr = {lr}, got {final}")
    done = min(_check_step(step) / total, 1.0)
    return final + (lr - final) * (1 + math.cos(math.pi * done)) / 2


def linear_warmup(step, lr, warmup):
    """Compute ``lr * min(1, (step + 1) / warmup)``: a line up to ``lr``, then constant.

    Parameters
    ----------
    step : int
        From 0. The first rate is ``lr / warmup``, not 0: no step is wasted.
    lr : float
        The rate after the warm-up, above 0.
    warmup : int
        Steps until ``lr`` is reached.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        An argument is not a number of its range.
    """
    rising = (_check_step(step) + 1) / check_size("warmup", warmup)
    return check_positive("lr", lr) * min(1.0, rising)


def _check_step(step):
    if isinstance(step, bool) or not isinstance(step, int | np.integer):
        raise TypeError(f"step: expected an integer of at least 0, got {step!r}")
    if step < 0:
        raise ValueError(f"step: expected an integer of at least 0, got {step}")
    return int(step)
