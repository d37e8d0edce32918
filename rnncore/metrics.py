"""Measures of a model's quality."""

import numpy as np

from .validation import (
    check_finite,
    check_float_array,
    check_integer_array,
    check_mask,
    check_not_negative,
    check_size,
)


def perplexity(nats):
    """Compute ``exp(L)`` from a mean cross-entropy in nats: sides of an equally hard fair die."""
    return float(np.exp(check_not_negative("nats", nats)))


def bits_per_symbol(nats):
    """Compute ``L / log(2)``: a mean cross-entropy in bits instead of nats."""
    return check_not_negative("nats", nats) / float(np.log(2))


def accuracy(predicted, targets, mask=None):
    """Compute the share of positions where ``predicted == target``.

    Parameters
    ----------
    predicted : integer array, such as (N, T) or (N,)
        Classes, for example ``logits.argmax(axis=-1)``.
    targets : integer array, shape of predicted
    mask : boolean array, shape of predicted, optional
        Positions that count.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        Another dtype or shape, or a mask without any position.
    """
    predicted, targets, mask = _check_classes(predicted, targets, mask)
    return float((predicted == targets)[mask].mean())


def exact_match(predicted, targets, mask=None):
    """Compute the share of sequences that are right at every position that counts.

    Parameters
    ----------
    predicted : integer array (N, T)
    targets : integer array (N, T)
    mask : boolean array (N, T), optional
        Positions that count. A sequence without any does not count either.

    Returns
    -------
    float
        From 0 to 1; never above the accuracy when all sequences are equally long.

    Raises
    ------
    TypeError, ValueError
        Another dtype or shape, or a mask without any position.
    """
    check_integer_array("targets", targets, ("N", "T"), np.inf)
    predicted, targets, mask = _check_classes(predicted, targets, mask)
    right = ((predicted == targets) | ~mask).all(axis=1)
    return float(right[mask.any(axis=1)].mean())


def f1_per_class(predicted, targets, classes, mask=None):
    """Compute for every class the harmonic mean of its precision and its recall.

    With the counts of true positives, false positives and false negatives of a class::

        F1 = 2 * TP / (2 * TP + FP + FN)

    Parameters
    ----------
    predicted : integer array, such as (N, T) or (N,)
        Classes from 0 to V - 1.
    targets : integer array, shape of predicted
    classes : int
        V.
    mask : boolean array, shape of predicted, optional
        Positions that count.

    Returns
    -------
    ndarray (V,)
        From 0 to 1. NaN for a class that neither occurs nor is predicted: it has no F1;
        ``np.nanmean`` is the macro average over the others.

    Raises
    ------
    TypeError, ValueError
        Another dtype or shape, a class out of range, or a mask without any position.
    """
    classes = check_size("classes", classes)
    predicted, targets, mask = _check_classes(predicted, targets, mask, classes)
    predicted, targets = predicted[mask], targets[mask]
    true_positives = np.bincount(targets[predicted == targets], minlength=classes)
    # TP + FP is how often a class is predicted, TP + FN how often it occurs.
    either = np.bincount(predicted, minlength=classes) + np.bincount(targets, minlength=classes)
    return np.where(either > 0, 2 * true_positives / np.maximum(either, 1), np.nan)


def mean_absolute_error(y, targets, mask=None):
    """Compute the mean of ``|y - target|`` (MAE), in the unit of the target.

    Parameters
    ----------
    y : ndarray of floats, any shape
    targets : ndarray, shape and dtype of y
    mask : boolean array, shape of y, optional
        Numbers that count.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        Another dtype or shape, a mask without any position, or a number that counts is NaN
        or infinite.
    """
    check_float_array("y", y, np.shape(y))
    if y.size == 0:
        raise ValueError(f"y: expected at least one number, got shape {y.shape}")
    check_float_array("targets", targets, y.shape, y.dtype)
    mask = check_mask(mask, y.shape)
    check_finite("y", np.where(mask, y, 0))
    check_finite("targets", np.where(mask, targets, 0))
    return float(
        np.abs(y - targets, where=mask, out=np.zeros_like(y)).sum(dtype=float) / mask.sum()
    )


def mean_absolute_scaled_error(y, targets, history, period=1):
    """Compute the mean absolute error in units of a naive forecast's (MASE).

    The naive forecast repeats the value of one ``period`` m before; its error is taken over
    the past on which the model was fitted, ``history`` h of length L::

        MASE = mean |y - target| / (sum over t = m + 1 to L of |h_t - h_{t-m}| / (L - m))

    Parameters
    ----------
    y : ndarray (K,)
        Forecasts of one series.
    targets : ndarray (K,)
        What came.
    history : ndarray (L,)
        The series before the forecasts, in the same unit; L above m.
    period : int
        ``m``: 1 repeats the last value, 12 the same month of the year before.

    Returns
    -------
    float
        Below 1 when the forecasts are better than the naive one-step forecasts of the past.

    Raises
    ------
    TypeError, ValueError
        Another dtype or shape, a number that is NaN or infinite, or a history that is too
        short or in which the naive forecast is never wrong.

    Notes
    -----
    Source: Hyndman and Koehler 2006.
    """
    period = check_size("period", period)
    check_float_array("y", y, ("K",))
    check_float_array("history", history, ("L",), y.dtype)
    check_finite("history", history)
    if len(history) <= period:
        raise ValueError(
            f"history: expected more than period = {period} values, got {len(history)}"
        )
    naive = mean_absolute_error(history[:-period], history[period:])
    if naive == 0:
        raise ValueError(
            f"history: expected values that change within a period of {period}, but the naive "
            "forecast is always right, so there is no unit to measure in"
        )
    return mean_absolute_error(y, targets) / naive


def _check_classes(predicted, targets, mask, classes=np.inf):
    """Return both arrays, checked to be alike, and the mask of positions that count."""
    targets = np.asarray(targets)
    if targets.size == 0:
        raise ValueError(f"targets: expected at least one class, got shape {targets.shape}")
    targets = check_integer_array("targets", targets, targets.shape, classes)
    predicted = check_integer_array("predicted", predicted, targets.shape, classes)
    return predicted, targets, check_mask(mask, targets.shape)
