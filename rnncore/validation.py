"""Checks at the public boundary: one clear error instead of a wrong result later."""

from collections.abc import Hashable

import numpy as np


def describe(value):
    """Say what a value is, in the words of an error message: shape and dtype, or type."""
    if isinstance(value, np.ndarray):
        return f"shape {value.shape}, dtype {value.dtype}"
    return f"{type(value).__name__}"


def _fits(shape, expected):
    if len(shape) != len(expected):
        return False
    return all(
        size == want if isinstance(want, int) else size >= 1
        for size, want in zip(shape, expected, strict=True)
    )


def _spell(expected):
    return "(" + ", ".join(str(want) for want in expected) + ("," * (len(expected) == 1)) + ")"


def _wanted(dtype):
    return "a floating dtype" if dtype is None else f"dtype {np.dtype(dtype)}"


def check_float_array(name, value, shape, dtype=None):
    """Return ``value`` if it is a floating array of the given shape, else raise.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : ndarray
        What the caller passed.
    shape : tuple of int or str
        An ``int`` must match; a ``str`` such as ``"N"`` stands for any size of at least 1.
    dtype : dtype, optional
        Exact dtype; by default any floating dtype is accepted.

    Raises
    ------
    TypeError
        Not an array, or not of the dtype.
    ValueError
        Not of the shape.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(
            f"{name}: expected an array of shape {_spell(shape)} and {_wanted(dtype)}, "
            f"got {describe(value)}; convert it with np.asarray"
        )
    if dtype is None:
        if value.dtype.kind != "f":
            raise TypeError(
                f"{name}: expected a floating dtype, got {value.dtype}; use {name}.astype(float)"
            )
    elif value.dtype != dtype:
        raise TypeError(
            f"{name}: expected {_wanted(dtype)}, got {value.dtype}; "
            f"use {name}.astype(np.{np.dtype(dtype)})"
        )
    if not _fits(value.shape, shape):
        raise ValueError(f"{name}: expected shape {_spell(shape)}, got {value.shape}")
    return value


def check_integer_array(name, value, shape, upper):
    """Return ``value`` as an integer array of the given shape with entries in ``[0, upper)``."""
    value = np.asarray(value)
    if value.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected an integer dtype, got {value.dtype}")
    if not _fits(value.shape, shape):
        raise ValueError(f"{name}: expected shape {_spell(shape)}, got {value.shape}")
    if value.size == 0:
        raise ValueError(f"{name}: expected at least one value, got shape {value.shape}")
    low, high = value.min(), value.max()
    if low < 0 or high >= upper:
        raise ValueError(
            f"{name}: expected values from 0 to {upper - 1}, got values from {low} to {high}"
        )
    return value


def check_numbers(name, value):
    """Return ``value`` as an array if it is of real numbers, else raise."""
    value = np.asarray(value)
    if value.dtype.kind not in "fiu":
        raise TypeError(f"{name}: expected an array of numbers, got {value.dtype}")
    return value


def check_mask(mask, shape):
    """Return ``mask`` as a boolean array of the given shape; None stands for True everywhere."""
    if mask is None:
        return np.ones(shape, bool)
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise TypeError(f"mask: expected dtype bool, got {mask.dtype}; use mask.astype(bool)")
    if mask.shape != shape:
        raise ValueError(f"mask: expected shape {shape}, got {mask.shape}")
    if not mask.any():
        raise ValueError("mask: expected at least one position that counts, got none")
    return mask


def check_lengths(lengths, batch, steps):
    """Return ``lengths`` as an ``(N,)`` integer array with entries in ``[0, T]``, or None."""
    if lengths is None:
        return None
    return check_integer_array("lengths", lengths, (batch,), steps + 1)


def check_size(name, value):
    """Return a size as an ``int`` of at least 1, else raise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected an integer of at least 1, got {value!r}")
    if value < 1:
        raise ValueError(f"{name}: expected an integer of at least 1, got {value}")
    return int(value)


def _check_number(name, value, wanted):
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: expected a number {wanted}, got {value!r}")


def check_number(name, value):
    """Return a finite number as a ``float``, else raise."""
    _check_number(name, value, "that is finite")
    if not np.isfinite(value):
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return float(value)


def check_positive(name, value):
    """Return a number as a finite ``float`` above zero, else raise."""
    _check_number(name, value, "above 0")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name}: expected a finite number above 0, got {value}")
    return float(value)


def check_not_negative(name, value):
    """Return a number as a finite ``float`` of at least zero, else raise."""
    _check_number(name, value, "of at least 0")
    if not (np.isfinite(value) and value >= 0):
        raise ValueError(f"{name}: expected a finite number of at least 0, got {value}")
    return float(value)


def check_choice(name, value, choices):
    """Return ``value`` if it is one of ``choices``, else raise."""
    if not isinstance(value, Hashable) or value not in choices:  # an array compares by entry
        raise ValueError(f"{name}: expected one of {', '.join(map(repr, choices))}, got {value!r}")
    return value


def check_finite(name, value):
    """Raise ``ValueError`` naming the first entry of ``value`` that is NaN or infinite."""
    finite = np.isfinite(value)
    if finite.all():
        return
    first = tuple(int(i) for i in np.argwhere(~finite)[0])
    raise ValueError(
        f"{name}: {int(finite.size - finite.sum())} of {finite.size} entries are NaN or infinite, "
        f"the first at index {first}; training diverged or the input was not finite: "
        "lower the learning rate or clip the gradients"
    )


def check_same_keys(name, got, expected, of="params"):
    """Raise unless two dictionaries of arrays have the same keys and shapes."""
    if not isinstance(got, dict):
        raise TypeError(f"{name}: expected a dictionary like {of}, got {describe(got)}")
    if set(got) != set(expected):
        missing, extra = (
            sorted(set(expected) - set(got)),
            sorted(set(got) - set(expected)),
        )
        raise ValueError(
            f"{name}: expected the keys of {of}; missing {missing}, unexpected {extra}"
        )
    for key, array in expected.items():
        if np.shape(got[key]) != array.shape:
            raise ValueError(
                f"{name}[{key!r}]: expected shape {array.shape}, got {np.shape(got[key])}"
            )


def check_dict(name, value, example="layer.params"):
    """Return ``value`` if it is a dictionary, else raise."""
    if not isinstance(value, dict):
        raise TypeError(
            f"{name}: expected a dictionary of arrays such as {example}, got {describe(value)}"
        )
    return value


def check_arrays(name, value):
    """Return ``value`` if it is a dictionary of floating arrays, else raise."""
    for key, array in check_dict(name, value).items():
        check_float_array(f"{name}[{key!r}]", array, np.shape(array))
    return value


def check_fraction(name, value):
    """Return a number as a ``float`` from 0 up to, but not including, 1, else raise."""
    _check_number(name, value, "from 0 to below 1")
    if not 0 <= value < 1:
        raise ValueError(f"{name}: expected a number from 0 to below 1, got {value}")
    return float(value)


def check_layer(name, value, attributes=(), example="rc.Dense(2, 3)"):
    """Return ``value`` if it is a layer that has these further attributes, else raise."""
    if not all(hasattr(value, a) for a in ("params", "forward", "backward", *attributes)):
        got = f"the class {value.__name__}" if isinstance(value, type) else describe(value)
        raise TypeError(f"{name}: expected a layer such as {example}, got {got}")
    return value


def check_no_state(layer, state):
    """Raise ``ValueError`` unless the state passed to a layer without one is None."""
    if state is not None:
        name = type(layer).__name__
        raise ValueError(f"state: {name} has none, expected None, got {type(state).__name__}")


def check_no_lengths(layer, lengths):
    """Raise ``ValueError`` unless the lengths passed to a layer without a time axis are None."""
    if lengths is not None:
        name = type(layer).__name__
        raise ValueError(f"lengths: {name} has no time axis, expected None, got {lengths!r}")


def check_parts(name, value, size, meaning):
    """Return ``value`` if it is a tuple of ``size`` parts; for None as many times None."""
    if value is None:
        return (None,) * size
    if not isinstance(value, tuple):
        raise TypeError(f"{name}: expected a tuple {meaning}, got {describe(value)}")
    if len(value) != size:
        raise ValueError(f"{name}: expected a tuple {meaning} of {size}, got {len(value)} parts")
    return value
