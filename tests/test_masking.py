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
    alone, lengths = rc.pad([np.ones(2)])
    np.testing.assert_array_equal(alone, [[1, 1]])
    np.testing.assert_array_equal(lengths, [2])


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_reversal_stays_within_the_length(dtype):
    x = np.arange(1, 13, dtype=dtype).reshape(3, 4)
    expected = [[3, 2, 1, 4], [5, 6, 7, 8], [12, 11, 10, 9]]
    for unsigned in (np.int64, np.uint8, np.uint64):
        y = rc.reverse(x, np.array([3, 0, 4], unsigned))
        np.testing.assert_array_equal(y, expected)
        assert y.dtype == dtype
    np.testing.assert_array_equal(rc.reverse(x), x[:, ::-1])


@pytest.mark.parametrize("lengths", [None, [5, 0, 2], [1, 4, 3]])
def test_reversing_twice_gives_the_sequence_back(rng, lengths):
    x = rng.standard_normal((3, 5, 2))
    y = rc.reverse(x, lengths)
    assert not np.shares_memory(x, y)
    np.testing.assert_array_equal(rc.reverse(y, lengths), x)


def test_bad_input_to_reverse():
    with pytest.raises(TypeError, match=r"x: expected an array .* got list"):
        rc.reverse([[1, 2]])
    with pytest.raises(ValueError, match=r"x: expected shape \(N, T, ...\), got \(2,\)"):
        rc.reverse(np.ones(2))
    with pytest.raises(ValueError, match="lengths: expected values from 0 to 3"):
        rc.reverse(np.ones((2, 3)), [1, 4])
