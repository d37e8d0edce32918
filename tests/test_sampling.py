"""Sampling and generation."""

import numpy as np
import pytest

import rnncore as rc

LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.05]))


def frequencies(rng, draws=20_000, **options):
    ids = rc.sample(np.tile(LOGITS, (draws, 1)), rng=rng, **options)
    return np.bincount(ids, minlength=4) / draws


def assert_close_to(freq, p, draws=20_000):
    """Five standard deviations of a frequency."""
    assert (np.abs(freq - p) <= 5 * np.sqrt(p * (1 - p) / draws)).all(), (freq, p)


def test_frequencies_follow_the_softmax(rng):
    assert_close_to(frequencies(rng), np.exp(LOGITS))


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature_divides_the_logits(rng, temperature):
    p = np.exp(LOGITS) ** (1 / temperature)
    assert_close_to(frequencies(rng, temperature=temperature), p / p.sum())


def test_temperature_zero_is_greedy(rng):
    rows = np.tile(LOGITS, (9, 1))
    rows[4, 2] = 1
    np.testing.assert_array_equal(rc.sample(rows, temperature=0, rng=rng), 4 * [0] + [2] + 4 * [0])
    assert rc.sample([0.0, 9.0], temperature=0) == 1


def test_top_k_keeps_the_k_largest(rng):
    assert_close_to(frequencies(rng, top_k=2), np.array([0.625, 0.375, 0, 0]))
    ties = rc.sample(np.zeros((200, 4)), top_k=2, rng=rng)
    assert set(ties) == {0, 1}
    wide = rng.integers(2, size=(99, 2000)) * 1.0  # enough for a sort that mixes equals up
    kept = wide.copy()
    drawn = rc.sample(wide, top_k=3, rng=rng)
    assert all(k in np.flatnonzero(row)[:3] for k, row in zip(drawn, wide, strict=True))
    np.testing.assert_array_equal(wide, kept)
    assert_close_to(frequencies(rng, top_k=4), np.exp(LOGITS))


def test_shape_and_seed():
    logits = np.zeros((2, 3, 4))
    first = rc.sample(logits, rng=np.random.default_rng(1))
    assert first.shape == (2, 3)
    np.testing.assert_array_equal(first, rc.sample(logits, rng=np.random.default_rng(1)))
    assert not logits.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1}, "temperature: expected a finite number of at least 0"),
        ({"temperature": np.nan}, "temperature"),
        ({"top_k": 5}, "top_k: expected 1 to 4, got 5"),
        ({"top_k": 0}, "top_k: expected an integer of at least 1"),
        ({"logits": np.array([0, np.nan])}, "logits: 1 of 2 entries are NaN"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=message):
        rc.sample(**({"logits": LOGITS} | options))


def test_integer_logits():
    with pytest.raises(TypeError, match="logits: expected floats"):
        rc.sample(np.array([1, 2]))


class Counter:
    """A model whose next symbol is always the one after the last; the state counts calls."""

    vocab_size = 5

    def forward(self, x, state=None):
        self.calls = 0 if state is None else state
        return 50 * rc.one_hot((x + 1) % 5, 5), self.calls + x.shape[1], None


def test_generate_feeds_back_what_it_drew(rng):
    model = Counter()
    ids = rc.generate(model, np.array([1, 2]), 7, rng=rng)
    np.testing.assert_array_equal(ids, [3, 4, 0, 1, 2, 3, 4])
    assert model.calls == 8


def test_generate_equals_scoring_the_whole_prefix(rng):
    model = rc.LanguageModel(7, 5, rng=rng, dtype=np.float64)
    ids = rc.generate(model, np.array([3]), 12, temperature=0)
    whole = np.concatenate([[3], ids])
    logits, _, _ = model.forward(whole[None, :-1])
    np.testing.assert_array_equal(logits[0].argmax(axis=1), ids)


def test_generate_draws_as_sample_does(rng):
    model = rc.LanguageModel(7, 5, rng=rng, dtype=np.float64)
    greedy = rc.generate(model, [3], 12, temperature=0)
    np.testing.assert_array_equal(rc.generate(model, [3], 12, 5.0, top_k=1, rng=rng), greedy)
    hot = np.bincount(rc.generate(model, [3], 700, temperature=1e6, rng=rng), minlength=7)
    assert hot.min() > 50
    by_default = rc.generate(model, [3], 99, rng=np.random.default_rng(1))
    for t, same in ((1.0, True), (2.0, False)):
        drawn = rc.generate(model, [3], 99, t, rng=np.random.default_rng(1))
        assert (drawn == by_default).all() == same


def test_generate_wants_a_prompt(rng):
    model = Counter()
    with pytest.raises(ValueError, match=r"prompt: expected shape \(P,\), got \(0,\)"):
        rc.generate(model, np.zeros(0, int), 3)
    with pytest.raises(ValueError, match="prompt: expected values from 0 to 4"):
        rc.generate(model, np.array([5]), 3)
