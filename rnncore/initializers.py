"""Initial values for weight matrices."""

import numpy as np

from .validation import check_positive, check_size


def glorot_uniform(rng, shape, dtype=np.float64):
    """Draw ``W ~ U(-b, b)`` with ``b = sqrt(6 / (fan_in + fan_out))``.

    Shapes: ``(fan_in, fan_out)``. Source: Glorot and Bengio 2010, equation 16.
    """
    shape, dtype = _check_shape(shape), float_dtype(dtype)
    bound = np.sqrt(6.0 / sum(shape))
    return make_rng(rng).uniform(-bound, bound, shape).astype(dtype)


def orthogonal(rng, shape, dtype=np.float64):
    """Draw a square matrix with ``W.T @ W = I``, uniformly over the orthogonal group.

    All singular values are 1, so repeated products neither grow nor shrink a vector.
    Source: Saxe, McClelland and Ganguli 2014; the sign correction follows Mezzadri 2007.
    """
    shape, dtype = _check_shape(shape, square=True), float_dtype(dtype)
    q, r = np.linalg.qr(make_rng(rng).standard_normal(shape))
    return (q * np.sign(np.diag(r))).astype(dtype)


def identity(shape, scale=1.0, dtype=np.float64):
    """Build ``W = scale * I``, the start of ``Whh`` in the IRNN.

    With ReLU, zero biases and scale 1 a state that is not negative stays as it is until an
    input changes it, and its gradient passes back through time undiminished; a scale below 1
    makes both decay. Source: Le, Jaitly and Hinton 2015.
    """
    shape = _check_shape(shape, square=True)
    return check_positive("scale", scale) * np.eye(shape[0], dtype=float_dtype(dtype))


def _check_shape(shape, square=False):
    wanted = "a square (n, n)" if square else "(fan_in, fan_out)"
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise ValueError(f"shape: expected {wanted}, got {shape}")
    shape = tuple(check_size(f"shape[{i}]", size) for i, size in enumerate(shape))
    if square and shape[0] != shape[1]:
        raise ValueError(f"shape: expected {wanted}, got {shape}")
    return shape


def make_rng(rng, name="rng"):
    """Return ``rng`` if it is a ``numpy.random.Generator``, a fresh one for None, else raise."""
    if rng is None:
        return np.random.default_rng()
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name}: expected a numpy.random.Generator such as np.random.default_rng(0), "
            f"got {rng!r}"
        )
    return rng


def float_dtype(dtype):
    """Return ``dtype`` as float32 or float64, else raise."""
    try:
        known = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"dtype: expected float32 or float64, got {dtype!r}") from error
    if known not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise TypeError(f"dtype: expected float32 or float64, got {known}")
    return known
