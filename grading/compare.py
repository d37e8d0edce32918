"""Compare an answer with the expected one, and say the first thing that is wrong."""

import numbers

import numpy as np


def first_difference(got, expected, name, rtol=1e-6, atol=1e-8, reveal=True):
    """Describe the first way in which ``got`` differs from ``expected``, or return None.

    Checked in the order type, shape, dtype, NaN or infinity, first wrong index.

    Parameters
    ----------
    got, expected : ndarray, number, str, None, or tuple, list or dict of these
    name : str
        What the value is called, for the message.
    rtol, atol : float
        Numbers agree when ``|got - expected| <= atol + rtol * |expected|``.
    reveal : bool
        Whether the message may show values.

    Returns
    -------
    str or None
    """
    options = {"rtol": rtol, "atol": atol, "reveal": reveal}
    if isinstance(expected, dict):
        return _compare_dict(got, expected, name, options)
    if isinstance(expected, tuple | list):
        return _compare_sequence(got, expected, name, options)
    if isinstance(expected, np.ndarray):
        return _compare_array(got, expected, name, **options)
    if isinstance(expected, bool | np.bool_ | str) or expected is None:
        wanted = bool if isinstance(expected, np.bool_) else type(expected)
        if not isinstance(got, (bool, np.bool_) if wanted is bool else wanted):
            return f"{name} should be {_sort(expected)}, but is {_kind(got)}"
        if got != expected:
            return f"{name} is wrong" + (f": it is {got!r}" if reveal else "")
        return None
    if isinstance(got, bool) or not isinstance(got, numbers.Number | np.ndarray):
        return f"{name} should be {_sort(expected)}, but is {_kind(got)}"
    return _compare_array(np.asarray(got), np.asarray(expected), name, **options)


def _compare_dict(got, expected, name, options):
    if not isinstance(got, dict):
        return f"{name} should be a dict with the keys {sorted(expected)}, but is {_kind(got)}"
    if set(got) != set(expected):
        return f"{name} should have the keys {sorted(expected)}, but has {sorted(map(str, got))}"
    parts = (first_difference(got[k], expected[k], f"{name}[{k!r}]", **options) for k in expected)
    return next((part for part in parts if part), None)


def _compare_sequence(got, expected, name, options):
    if isinstance(got, np.ndarray) and got.ndim == 1:
        got = got.tolist()
    if not isinstance(got, tuple | list):
        return f"{name} should be a list of {len(expected)} values, but is {_kind(got)}"
    if len(got) != len(expected):
        return f"{name} should be a list of {len(expected)} values, but has {len(got)}"
    parts = (
        first_difference(g, e, f"{name}[{i}]", **options)
        for i, (g, e) in enumerate(zip(got, expected, strict=True))
    )
    return next((part for part in parts if part), None)


def _compare_array(got, expected, name, rtol, atol, reveal):
    if not isinstance(got, np.ndarray | np.generic):
        return f"{name} should be a NumPy array, but is {_kind(got)}"
    got = np.asarray(got)
    if got.shape != expected.shape:
        return f"{name} should have shape {expected.shape}, but has {got.shape}"
    if not _same_dtype(got, expected):
        return f"{name} should have dtype {expected.dtype}, but has {got.dtype}"
    if expected.dtype.kind == "f" and np.isfinite(expected).all() and not np.isfinite(got).all():
        where = _index(~np.isfinite(got))
        return f"{name} holds NaN or infinity" + (f", first at index {where}" if where else "")
    close = _close(got, expected, rtol, atol)
    if close.all():
        return None
    return _wrong_values(got, expected, name, ~close, reveal)


def _wrong_values(got, expected, name, wrong, reveal):
    if not wrong.ndim:
        return f"{name} is wrong" + (
            f": {_show(got[()])}, expected {_show(expected[()])}" if reveal else ""
        )
    share = f"{name} is wrong in {wrong.sum()} of {wrong.size} entries"
    if not reveal:
        return share
    where = _index(wrong)
    at = ", ".join(map(str, where))
    return f"{share}; first at [{at}]: {_show(got[where])}, expected {_show(expected[where])}"


def _show(number):
    # Adding zero turns -0 into 0.
    return f"{number + 0.0:.6g}" if isinstance(number, np.floating) else str(number)


def _close(got, expected, rtol, atol):
    if expected.dtype.kind != "f" and got.dtype.kind != "f":
        return np.asarray(got == expected)
    return np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)


def _same_dtype(got, expected):
    """Tell whether dtypes agree: any integers, the same floats; a lone number may be either."""
    if got.dtype.kind in "iuf" and expected.dtype.kind in "iuf":
        if not expected.ndim:
            return True
        return got.dtype == expected.dtype or (
            got.dtype.kind in "iu" and expected.dtype.kind in "iu"
        )
    return got.dtype.kind == expected.dtype.kind


def _index(mask):
    return tuple(int(i) for i in np.argwhere(mask)[0]) if mask.ndim else ()


def _kind(value):
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, bool):
        return f"the truth value {value}"
    if isinstance(value, numbers.Number):
        return f"the number {value:.6g}" if isinstance(value, float) else f"the number {value}"
    return f"of type {type(value).__name__}"


def _sort(expected):
    """Name what is asked for without giving its value away."""
    if expected is None:
        return "None"
    sorts = {bool: "a truth value", np.bool_: "a truth value", str: "a text"}
    return sorts.get(type(expected), "a number")
