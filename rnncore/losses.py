"""Losses over sequences, each with its gradient."""

import numpy as np

from .validation import (
    check_choice,
    check_finite,
    check_float_array,
    check_integer_array,
    check_mask,
)

REDUCTIONS = ("mean", "sum", "sum_over_time")


def log_softmax(a):
    """Compute ``a - log(sum(exp(a)))`` along the last axis, without overflow."""
    a = _check_classes(a)
    shifted = a - a.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(a):
    """Compute ``exp(a) / sum(exp(a))`` along the last axis, without overflow."""
    a = _check_classes(a)
    exp = np.exp(a - a.max(axis=-1, keepdims=True))
    return exp / exp.sum(axis=-1, keepdims=True)


def _check_classes(a):
    a = np.asarray(a)
    if a.dtype.kind not in "fiu":
        raise TypeError(f"a: expected an array of numbers (..., V), got {a.dtype}")
    if a.ndim == 0 or a.shape[-1] == 0:
        raise ValueError(f"a: expected shape (..., V) with at least one class, got {a.shape}")
    return a


def softmax_cross_entropy(logits, targets, mask=None, reduction="mean"):
    """Compute the cross-entropy of integer targets under ``softmax(logits)``, in nats.

    At each position ``L = -log softmax(logits)[target]`` and
    ``dL/dlogits = softmax(logits) - one_hot(target)``.

    Parameters
    ----------
    logits : ndarray (N, T, V) or (N, V)
    targets : integer array (N, T) or (N,)
        Classes from 0 to V - 1.
    mask : boolean array, shape of targets, optional
        Positions that count; a masked position adds nothing to loss or gradient.
    reduction : {"mean", "sum", "sum_over_time"}
        The mean over all positions that count; the sum over them; or the sum over time,
        averaged over the N sequences (``L = sum_t L_t``).

    Returns
    -------
    loss : float
    dlogits : ndarray, shape of logits

    Raises
    ------
    TypeError, ValueError
        Another dtype or shape, a class out of range, a mask without any position, or
        logits that are NaN or infinite.
    """
    _check_outputs("logits", logits, "V")
    targets = check_integer_array("targets", targets, logits.shape[:-1], logits.shape[-1])
    weight = _weights(mask, targets.shape, reduction, logits.dtype)
    check_finite("logits", logits)
    log_p = log_softmax(logits)
    picked = np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]
    dlogits = np.exp(log_p)
    rows = dlogits.reshape(-1, logits.shape[-1])
    rows[np.arange(len(rows)), targets.ravel()] -= 1
    return _total(-picked * weight), dlogits * weight[..., None]


def mean_squared_error(y, targets, mask=None, reduction="mean"):
    """Compute the squared error ``L = (y - target) ** 2`` with ``dL/dy = 2 (y - target)``.

    Parameters
    ----------
    y : ndarray (N, T, D) or (N, D)
    targets : ndarray, shape of y
    mask : boolean array (N, T) or (N,), optional
        Positions that count.
    reduction : {"mean", "sum", "sum_over_time"}
        The mean over all numbers that count; the sum over them; or the sum over time and
        features, averaged over the N sequences.

    Returns
    -------
    loss : float
        In the square of the target's unit.
    dy : ndarray, shape of y

    Raises
    ------
    TypeError, ValueError
        Another dtype or shape, a mask without any position, or an output that is NaN or
        infinite.
    """
    _check_outputs("y", y, "D")
    check_float_array("targets", targets, y.shape, y.dtype)
    weight = _weights(mask, y.shape[:-1], reduction, y.dtype)[..., None]
    if reduction == "mean":
        weight = weight / y.shape[-1]
    check_finite("y", y)
    check_finite("targets", targets)
    # A masked position adds zero even where the difference is large.
    difference = (y - targets) * (weight > 0)
    return _total(difference**2 * weight), (2 * difference * weight).astype(y.dtype, copy=False)


def _check_outputs(name, value, size):
    if isinstance(value, np.ndarray) and value.ndim not in (2, 3):
        raise ValueError(f"{name}: expected shape (N, T, {size}) or (N, {size}), got {value.shape}")
    check_float_array(name, value, ("N", size) if np.ndim(value) == 2 else ("N", "T", size))


def _weights(mask, shape, reduction, dtype):
    """Return the factor of each position's loss in the total."""
    check_choice("reduction", reduction, REDUCTIONS)
    mask = check_mask(mask, shape)
    count = {"mean": mask.sum(), "sum": 1, "sum_over_time": shape[0]}[reduction]
    return (mask / count).astype(dtype)


def _total(losses):
    """Sum in float64, so that a long float32 sum keeps its digits, and refuse a non-finite one."""
    total = float(losses.sum(dtype=np.float64))
    check_finite("loss", np.array(total))
    return total
