"""Gradient clipping."""

import numpy as np

from .validation import check_arrays, check_positive


def global_norm(grads):
    """Compute ``sqrt(sum of squares of all entries of all arrays)`` as a float."""
    arrays = check_arrays("grads", grads).values()
    return float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))


def clip_grad_norm(grads, max_norm):
    """Scale all gradients by ``min(1, max_norm / norm)``: the direction stays.

    Parameters
    ----------
    grads : dict of ndarray
    max_norm : float
        Above 0.

    Returns
    -------
    clipped : dict of ndarray
        New arrays, of the dtypes of ``grads``.
    norm : float
        The global norm before clipping.

    Raises
    ------
    TypeError, ValueError
        ``grads`` are no floating arrays, ``max_norm`` is not above 0, or a gradient is NaN or
        infinite.

    Notes
    -----
    Source: Pascanu, Mikolov and Bengio 2013, algorithm 1, over all parameters at once.
    """
    max_norm = check_positive("max_norm", max_norm)
    norm = global_norm(grads)
    check_norm(norm, grads)
    scale = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return {name: g * g.dtype.type(scale) for name, g in grads.items()}, norm


def clip_grad_value(grads, limit):
    """Cut every entry to ``[-limit, limit]``: the direction may change.

    Parameters
    ----------
    grads : dict of ndarray
    limit : float
        Above 0.

    Returns
    -------
    clipped : dict of ndarray
        New arrays.

    Raises
    ------
    TypeError, ValueError
        ``grads`` are no floating arrays, ``limit`` is not above 0, or a gradient is NaN or
        infinite.

    Notes
    -----
    Source: Mikolov 2012, as cited by Pascanu, Mikolov and Bengio 2013.
    """
    limit = check_positive("limit", limit)
    check_norm(global_norm(grads), grads)
    return {name: np.clip(g, -limit, limit) for name, g in grads.items()}


def check_norm(norm, grads):
    """Raise ``ValueError`` naming the gradients at fault when the norm is not finite."""
    if not np.isfinite(norm):
        bad = [name for name, g in grads.items() if not np.isfinite(g).all()]
        raise ValueError(
            f"grads: NaN or infinite in {', '.join(bad) or 'their norm'}; "
            "clipping cannot mend that: lower the learning rate or look at the loss"
        )
