"""Numerical gradients, and the comparison with a layer's own."""

import numpy as np

from .initializers import make_rng
from .validation import check_float_array, check_layer, check_numbers, check_positive, describe


def numerical_gradient(f, x, eps=1e-5):
    """Estimate the gradient of a scalar function by central differences.

    Entry by entry, ``(f(x + eps) - f(x - eps)) / (2 eps)``; the error is of order ``eps ** 2``
    from the cut-off series plus ``1e-16 / eps`` from rounding.

    Parameters
    ----------
    f : callable
        Takes ``x``, returns a number. It is called twice for every entry.
    x : float64 ndarray
        Changed while this runs and restored afterwards.
    eps : float
        Step, above 0.

    Returns
    -------
    ndarray, shape of x

    Raises
    ------
    TypeError
        ``x`` is not float64: in float32 rounding hides the gradient; or ``f`` returns something
        else than a number.
    """
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        got = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"x: expected a float64 array, got {got}; rounding hides the gradient")
    eps = check_positive("eps", eps)
    grad = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        try:
            x[index] = kept + eps
            above = _number(f(x))
            x[index] = kept - eps
            below = _number(f(x))
        finally:
            x[index] = kept
        grad[index] = (above - below) / (2 * eps)
    return grad


def _number(value):
    if np.ndim(value) or np.asarray(value).dtype.kind not in "fiu":
        raise TypeError(f"f: expected a function that returns a number, got {describe(value)}")
    return value


def relative_error(a, b):
    """Compute ``|a - b| / (|a| + |b|)`` in the Euclidean norm; 0 when both are zero.

    NaN when an entry is NaN or infinite, so that no comparison with a bound holds.

    Raises
    ------
    TypeError, ValueError
        Not numbers, or the shapes differ.
    """
    a, b = check_numbers("a", a), check_numbers("b", b)
    if a.shape != b.shape:
        raise ValueError(f"expected two arrays of one shape, got {a.shape} and {b.shape}")
    scale = np.linalg.norm(a) + np.linalg.norm(b)
    if not np.isfinite(scale):
        return float("nan")
    return float(np.linalg.norm(a - b) / scale) if scale > 0 else 0.0


def gradient_check(layer, x, state=None, lengths=None, rng=None, eps=1e-5, noise=None):
    """Compare a layer's ``backward`` with numerical gradients.

    The loss is a fixed random weighting of all outputs and of the final state, so that every
    entry counts and no two alike. A state is an array, None, or a tuple of states.

    Parameters
    ----------
    layer : object with ``params``, ``forward`` and ``backward``
        In float64.
    x : ndarray
        The input; integers have no gradient and are not checked.
    state : ndarray or nested tuple of ndarray, optional
        The initial state; a None inside a tuple is not checked.
    lengths : integer array (N,), optional
    rng : numpy.random.Generator, optional
        Draws the weighting.
    eps : float
        Step of the differences.
    noise : numpy.random.Generator, optional
        The generator that the layer draws from, as `Dropout` does. It is put back before
        every forward pass, so that all passes draw the same mask.

    Returns
    -------
    errors : dict of float
        `relative_error` for ``"x"``, ``"state"`` and each parameter, as far as there is one.
        A tuple's arrays are named by their place: ``"state[0]"``, ``"state[1][0]"``.

    Raises
    ------
    TypeError, ValueError
        Something is not float64, or ``backward`` returns no gradient for an array of ``state``.
    """
    rng = make_rng(rng)
    check_layer("layer", layer)
    drawn = None if noise is None else make_rng(noise, "noise").bit_generator.state

    def run():
        if noise is not None:
            noise.bit_generator.state = drawn
        return layer.forward(x, state=state, lengths=lengths)

    y, final, cache = run()
    if y.dtype != np.float64:
        raise TypeError(f"layer: expected outputs in float64, got {y.dtype}; rounding hides errors")
    weight_y = rng.standard_normal(y.shape)
    weight_state = _draw_like(final, rng)

    def loss(_):
        y, final, _ = run()
        pairs = zip(_arrays(final).values(), _arrays(weight_state).values(), strict=True)
        return np.sum(y * weight_y) + sum(np.sum(a * weight) for a, weight in pairs)

    dx, dstate, grads = layer.backward(weight_y, cache, dstate=weight_state)
    pairs = {name: (grads[name], layer.params[name]) for name in layer.params}
    if dx is not None:
        pairs["x"] = (dx, check_float_array("x", x, dx.shape))
    dstate = _arrays(dstate)
    for name, array in _arrays(state).items():
        if name not in dstate:
            raise ValueError(f"backward: expected a gradient of {name}, got none")
        pairs[name] = (dstate[name], array)
    return {
        name: relative_error(grad, numerical_gradient(loss, array, eps))
        for name, (grad, array) in pairs.items()
    }


def _arrays(state, name="state"):
    """Return a state's arrays under their names: ``state``, or ``state[0]``, ``state[1][0]``."""
    if state is None:
        return {}
    if not isinstance(state, tuple | list):
        return {name: state}
    arrays = {}
    for i, part in enumerate(state):
        arrays |= _arrays(part, f"{name}[{i}]")
    return arrays


def _draw_like(state, rng):
    """Draw normal numbers in the form of a state."""
    if isinstance(state, tuple):
        return tuple(_draw_like(part, rng) for part in state)
    return None if state is None else rng.standard_normal(state.shape)
