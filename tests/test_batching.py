"""Batches and streams."""

import numpy as np
import pytest

import rnncore as rc


def test_rows_of_a_stream_go_on_from_batch_to_batch():
    batches = list(rc.stream_batches(np.arange(24), batch_size=2, steps=3))
    assert len(batches) == 3
    x = np.concatenate([x for x, _ in batches], axis=1)
    y = np.concatenate([y for _, y in batches], axis=1)
    np.testing.assert_array_equal(x, [range(9), range(11, 20)])
    np.testing.assert_array_equal(y, x + 1)
    for ours, theirs in zip(rc.stream_batches(list(range(24)), 2, 3), batches, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_shortest_stream():
    ((x, y),) = rc.stream_batches(np.arange(7), batch_size=2, steps=3)
    np.testing.assert_array_equal(x, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(y, [[1, 2, 3], [4, 5, 6]])
    with pytest.raises(
        ValueError, match="expected at least 7 symbols for 2 rows of 3 steps, got 6"
    ):
        rc.stream_batches(np.arange(6), batch_size=2, steps=3)


def test_minibatches_cover_everything_once(rng):
    batches = list(rc.minibatches(11, 4, rng))
    assert [len(b) for b in batches] == [4, 4, 3]
    seen = np.concatenate(batches)
    np.testing.assert_array_equal(np.sort(seen), np.arange(11))
    assert (seen != np.arange(11)).any()


def test_one_hot():
    y = rc.one_hot(np.array([[0, 2]]), 3, np.float32)
    np.testing.assert_array_equal(y, [[[1, 0, 0], [0, 0, 1]]])
    assert y.dtype == np.float32
    with pytest.raises(ValueError, match="ids: expected values from 0 to 2"):
        rc.one_hot(np.array([3]), 3)


@pytest.mark.parametrize("ids", [np.ones(9), np.ones((3, 3), int)])
def test_streams_are_vectors_of_integers(ids):
    with pytest.raises(TypeError, match="ids: expected a vector of integers"):
        rc.stream_batches(ids, 1, 2)


def test_bad_sizes():
    with pytest.raises(ValueError, match="batch_size: expected an integer of at least 1"):
        rc.stream_batches(np.arange(9), 0, 2)
    with pytest.raises(ValueError, match="batch_size"):
        next(rc.minibatches(3, 0))
