"""Messages about the first thing that is wrong with an answer."""

import numpy as np
import pytest

from grading.compare import first_difference

ONES = np.ones((2, 3))
ONE_WRONG = np.array([[1.0, 1, 1], [1, 2, 1]])

CASES = {
    "right": (ONES, ONES, None),
    "right number of another type": (np.float64(2), 2.0, None),
    "an integer where a number is asked": (2, 2.0, None),
    "right tuple as a list": ([ONES, 1], (ONES, 1), None),
    "right list as an array": (np.array([3, 4]), [3, 4], None),
    "minus zero": (
        np.ones(1),
        -np.zeros(1),
        "h is wrong in 1 of 1 entries; first at [0]: 1, expected 0",
    ),
    "right text": ("abc", "abc", None),
    "right nothing": (None, None, None),
    "rounding": (ONES * (1 + 1e-9), ONES, None),
    "int32 for int64": (np.arange(3, dtype=np.int32), np.arange(3), None),
    "none": (None, ONES, "h should be a NumPy array, but is None"),
    "list": ([[1.0]], ONES, "h should be a NumPy array, but is of type list"),
    "shape": (ONES.T, ONES, "h should have shape (2, 3), but has (3, 2)"),
    "shape before dtype": (np.ones(3, int), ONES, "h should have shape (2, 3), but has (3,)"),
    "float32": (
        ONES.astype(np.float32),
        ONES,
        "h should have dtype float64, but has float32",
    ),
    "integers": (ONES.astype(int), ONES, "h should have dtype float64, but has int64"),
    "floats": (np.ones(3), np.ones(3, int), "h should have dtype int64, but has float64"),
    "nan": (ONES * np.nan, ONES, "h holds NaN or infinity, first at index (0, 0)"),
    "value": (
        ONE_WRONG,
        ONES,
        "h is wrong in 1 of 6 entries; first at [1, 1]: 2, expected 1",
    ),
    "truth values": (
        np.array([True, True]),
        np.array([True, False]),
        "h is wrong in 1 of 2 entries; first at [1]: True, expected False",
    ),
    "number": (3.5, 2.0, "h is wrong: 3.5, expected 2"),
    "truth for number": (True, 1.0, "h should be a number, but is the truth value True"),
    "text for number": ("2", 2, "h should be a number, but is of type str"),
    "number for truth": (1, True, "h should be a truth value, but is the number 1"),
    "text": ("abd", "abc", "h is wrong: it is 'abd'"),
    "too few": ((ONES,), (ONES, 1), "h should be a list of 2 values, but has 1"),
    "inside": ((ONES, 2), (ONES, 1), "h[1] is wrong: 2, expected 1"),
    "one value": (
        ONES,
        (ONES, 1),
        "h should be a list of 2 values, but is an array of shape (2, 3)",
    ),
    "keys": ({"a": 1}, {"b": 1}, "h should have the keys ['b'], but has ['a']"),
    "no dict": (1, {"b": 1}, "h should be a dict with the keys ['b'], but is the number 1"),
    "entry": ({"b": ONE_WRONG}, {"b": ONES}, "h['b'] is wrong in 1 of 6 entries; first at [1, 1]"),
}


@pytest.mark.parametrize(("got", "expected", "message"), CASES.values(), ids=CASES.keys())
def test_message(got, expected, message):
    found = first_difference(got, expected, "h")
    if message is None:
        assert found is None
    else:
        assert found.startswith(message)


def test_values_can_stay_hidden():
    found = first_difference(ONE_WRONG, ONES, "h", reveal=False)
    assert found == "h is wrong in 1 of 6 entries"
    assert first_difference(3.5, 2.0, "h", reveal=False) == "h is wrong"
    assert first_difference("abd", "abc", "h", reveal=False) == "h is wrong"
