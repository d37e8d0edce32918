"""Padding and masks."""

import numpy as np
import pytest

import rnncore as rc


def test_pad_and_mask_belong_together():
    x, lengths = rc.pad([np.array([1, 2]), np.array([3]), np.array([4, 5, 6])], value=-1)
    np.testing.assert_array_equal(x, [[1, 2, -1], [3, -1, -1], [4, 5, 6]])
    np.testing.assert_array_equal(lengths, [2, 1, 3])
    mask = rc.length_mask(lengths, 3)
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, x != -1)


def test_pad_keeps_features_and_dtype():
    x, lengths = rc.pad([np.ones((2, 3), np.float32), np.ones((1, 3), np.float32)])
    assert x.shape == (2, 2, 3)
    assert x.dtype == np.float32
    assert x.sum() == 9
    np.testing.assert_array_equal(lengths, [2, 1])


def test_an_empty_sequence_may_stand_among_others():
    x, lengths = rc.pad([np.ones(0), np.ones(2)])
    np.testing.assert_array_equal(x, [[0, 0], [1, 1]])
    np.testing.assert_array_equal(lengths, [0, 2])


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "got an empty list"),
        ([np.ones(0)], "only empty sequences"),
        ([np.ones((2, 3)), np.ones((2, 4))], r"alike in dtype .* float64 \(2, 3\)"),
        ([np.ones(2), np.ones(2, int)], "alike in dtype"),
        ([np.float64(1)], "alike in dtype"),
    ],
)
def test_bad_sequences(sequences, message):
    with pytest.raises(ValueError, match=message):
        rc.pad(sequences)


def test_bad_lengths():
    with pytest.raises(ValueError, match=r"lengths: expected values from 0 to 3, got .* to 4"):
        rc.length_mask(np.array([4]), 3)
    with pytest.raises(TypeError, match="lengths: expected an integer dtype"):
        rc.length_mask(np.array([1.0]), 3)
