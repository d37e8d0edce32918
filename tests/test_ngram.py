"""The n-gram baseline."""

import itertools

import numpy as np
import pytest

import rnncore as rc


def test_bigram_by_hand():
    model = rc.NGram(2, 3).fit(np.array([0, 1, 0, 1, 0, 2]))
    # unigrams: three 0, two 1, one 2, three kinds; after 0: two 1, one 2, two kinds.
    p1 = (2 + 3 / 3) / (6 + 3)
    assert model.probability(1, [0]) == pytest.approx((2 + 2 * p1) / (3 + 2))
    assert model.probability(1, []) == pytest.approx(p1)
    assert model.probability(1, [2]) == pytest.approx(p1)  # nothing was seen after 2


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_sum_to_one(rng, order):
    model = rc.NGram(order, 3).fit(rng.integers(0, 2, 60))  # symbol 2 is never seen
    for context in itertools.product(range(3), repeat=3):
        p = [model.probability(v, context) for v in range(3)]
        assert sum(p) == pytest.approx(1, rel=1e-12)
        assert min(p) > 0


def test_only_the_last_symbols_of_a_context_count(rng):
    model = rc.NGram(3, 3).fit(rng.integers(0, 3, 60))
    assert model.probability(1, [0, 0, 1, 2]) == model.probability(1, [1, 2])


def test_cross_entropy_is_the_mean_over_positions(rng):
    model, ids = rc.NGram(3, 4).fit(rng.integers(0, 4, 80)), rng.integers(0, 4, 9)
    nats = [-np.log(model.probability(v, ids[:t])) for t, v in enumerate(ids)]
    assert model.cross_entropy(ids) == pytest.approx(np.mean(nats), rel=1e-12)


def test_longer_context_helps_on_a_cycle():
    ids = np.tile([0, 1, 0, 2], 30)
    bits = [rc.bits_per_symbol(rc.NGram(n, 3).fit(ids).cross_entropy(ids)) for n in (1, 2, 3)]
    assert bits[0] > bits[1] > bits[2]


def test_bad_input():
    with pytest.raises(ValueError, match="call fit"):
        rc.NGram(2, 3).probability(0, [])
    with pytest.raises(ValueError, match="order: expected an integer of at least 1"):
        rc.NGram(0, 3)
    with pytest.raises(ValueError, match="ids: expected values from 0 to 2"):
        rc.NGram(2, 3).fit(np.array([3]))
