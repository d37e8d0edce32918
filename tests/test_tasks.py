"""The classic tasks: the papers' data to the letter, the criteria at their edges, bad input."""

import numpy as np
import pytest

import rnncore as rc
from rnncore.tasks import adding, copying, long_lag, reber, temporal_order

MODULES = [adding, copying, long_lag, reber, temporal_order]


def answers(data, size):
    """Perfect outputs: one-hot targets, or the numbers themselves."""
    return data.targets.copy() if size == 1 else rc.one_hot(data.targets, size)


@pytest.mark.parametrize("module", MODULES)
def test_shapes_dtypes_and_seeds(module):
    one, again = (module.draw(7, rng=np.random.default_rng(3), dtype=np.float32) for _ in range(2))
    other = module.draw(7, rng=np.random.default_rng(4), dtype=np.float32)
    assert one.x.dtype == np.float32
    assert one.targets.dtype in (np.float32, np.int64)
    assert one.x.shape[:2] == one.mask.shape == one.targets.shape[:2]
    live = rc.length_mask(one.lengths, one.x.shape[1])
    assert not one.x[~live].any()
    assert not one.mask[~live].any()
    assert not one.targets[~one.mask].any()
    np.testing.assert_array_equal(one.x, again.x)
    assert one.x.shape != other.x.shape or (one.x != other.x).any()
    assert module.draw(1, rng=np.random.default_rng(0)).x.dtype == np.float64


@pytest.mark.parametrize("module", MODULES)
def test_bad_draws(module):
    with pytest.raises(ValueError, match="count: expected an integer of at least 1, got 0"):
        module.draw(0)
    with pytest.raises(TypeError, match=r"rng: expected a numpy\.random\.Generator"):
        module.draw(2, rng=3)
    with pytest.raises(TypeError, match="dtype: expected float32 or float64"):
        module.draw(2, dtype=int)


@pytest.mark.parametrize(
    ("module", "size"),
    [(adding, 1), (copying, 9), (long_lag, 101), (reber, 7), (temporal_order, 4)],
)
def test_bad_outputs(module, size, rng):
    data = module.draw(3, rng=rng)
    n, t = data.mask.shape
    with pytest.raises(ValueError, match=rf"outputs: expected shape \({n}, {t}, {size}\)"):
        module.correct(np.zeros((n, t, size + 1)), data)
    with pytest.raises(TypeError, match="outputs: expected a floating dtype, got int64"):
        module.correct(np.zeros((n, t, size), int), data)
    with pytest.raises(ValueError, match=r"outputs: .* NaN"):
        module.correct(np.full((n, t, size), np.nan), data)


def test_adding_is_the_papers():
    data = adding.draw(4000, 100, np.random.default_rng(0))
    values, markers = np.moveaxis(data.x, 2, 0)
    rows, last = np.arange(4000), data.lengths - 1
    assert set(data.lengths) == set(range(100, 111))
    assert (np.abs(values) <= 1).all()
    assert values.min() < -0.99
    assert values.max() > 0.99
    assert (markers[rows, last] == -1).all()
    assert set(np.unique(markers)) == {-1, 0, 1}
    assert ((markers == 1).sum(axis=1) == 2).all()
    places = np.nonzero(markers == 1)[1].reshape(-1, 2)
    assert set(places[:, 0]) <= set(range(50))
    assert places[:, 0].max() == 9
    assert places[:, 1].max() == 49  # a lag of at least 50 to the end
    on_first = places[:, 0] == 0
    assert on_first.any()
    assert (markers[~on_first, 0] == -1).all()
    assert not values[on_first, 0].any()
    assert ((markers == -1).sum(axis=1) == 2 - on_first).all()
    total = (values * (markers == 1)).sum(axis=1)
    np.testing.assert_allclose(data.targets[rows, last, 0], 0.5 + total / 4)
    assert (data.mask.sum(axis=1) == 1).all()
    assert data.mask[rows, last].all()


def test_adding_marks_every_early_place():
    data = adding.draw(4000, 20, np.random.default_rng(0))
    assert set(np.nonzero(data.x[:, :, 1] == 1)[1]) == set(range(10))
    with pytest.raises(ValueError, match="steps: expected at least 11"):
        adding.draw(2, 10)


def test_adding_criterion():
    data = adding.draw(2000, 20, np.random.default_rng(0))
    outputs = answers(data, 1) + 0.009
    outputs[~data.mask] = np.nan  # only the end counts
    assert adding.solved(outputs, data)
    assert not adding.solved(outputs + 0.002, data)
    outputs[0] += 0.03
    assert adding.correct(outputs, data).all()
    outputs[0] += 0.002
    np.testing.assert_array_equal(adding.correct(outputs, data), np.arange(2000) > 0)
    assert not adding.solved(outputs, data)
    few = adding.draw(3, 20, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"data: expected at least 2000 sequences, .* got 3"):
        adding.solved(answers(few, 1), few)
    assert adding.solved(answers(few, 1), few, sequences=3)


@pytest.mark.parametrize(
    ("relevant", "places"),
    [(2, [(10, 20), (50, 60)]), (3, [(10, 20), (33, 43), (66, 76)])],
)
def test_temporal_order_is_the_papers(relevant, places):
    data = temporal_order.draw(3000, relevant, np.random.default_rng(0))
    text = np.array(list("EBabcdXY"))[data.x.argmax(axis=2)]
    assert set(data.lengths) == set(range(100, 111))
    seen = [set() for _ in places]
    for row, length, target in zip(text, data.lengths, data.targets, strict=True):
        assert row[0] == "E"
        assert row[length - 1] == "B"
        (where,) = np.nonzero(np.isin(row, ["X", "Y"]))
        for one, place in zip(seen, where + 1, strict=True):
            one.add(place)
        assert "XY".index(row[where[-1]]) == target[length - 1] % 2
        assert target[length - 1] == int("".join(row[where]).translate({88: "0", 89: "1"}), 2)
        rest = np.delete(row[:length], [0, length - 1, *where])
        assert set(rest) <= set("abcd")
    assert seen == [set(range(low, high + 1)) for low, high in places]
    counts = np.bincount(data.targets[data.mask], minlength=2**relevant)
    expected = 3000 / 2**relevant
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    np.testing.assert_array_equal(data.mask.sum(axis=1), 1)


@pytest.mark.parametrize(("relevant", "size"), [(2, 4), (3, 8)])
def test_temporal_order_criterion(relevant, size):
    data = temporal_order.draw(2000, relevant, np.random.default_rng(0))
    outputs = answers(data, size)
    outputs[~data.mask] = np.nan
    assert temporal_order.solved(outputs, data)
    assert temporal_order.correct(outputs + 0.29, data).all()
    assert not temporal_order.solved(outputs + 0.29, data)
    outputs[5, data.lengths[5] - 1, size - 1] -= 0.31  # one unit of one sequence
    np.testing.assert_array_equal(temporal_order.correct(outputs, data), np.arange(2000) != 5)
    assert not temporal_order.solved(outputs, data)
    with pytest.raises(ValueError, match="data: expected at least 2001 sequences"):
        temporal_order.solved(outputs, data, sequences=2001)
    with pytest.raises(ValueError, match="relevant: expected one of 2, 3, got 4"):
        temporal_order.draw(2, relevant=4)


INNER = ["BTSSXXTVVE", "BPVVE", "BTXXVPSE", "BPVPXVPXVPXVVE", "BTSXXVPSE"]
NOT_INNER = ["BTSSPXSE", "BPTVVB", "BTXXVVSE", "BPVSPSE", "BTSSSE"]


def test_reber_membership():
    for inner in INNER:
        assert reber.is_member(f"BT{inner}TE")
        assert reber.is_member(f"BP{inner}PE")
        for wrong in (inner, f"BT{inner}PE", f"BP{inner}TE", f"BT{inner}T", f"BT{inner}TEE"):
            assert not reber.is_member(wrong)
    assert not any(reber.is_member(f"BT{inner}TE") for inner in NOT_INNER)
    assert not reber.is_member("")


def test_reber_legal_next():
    word, sets = "BTBPTVPXVVETE", "B TP B TP TV TV PV XS TV PV E T E".split()
    for t, expected in enumerate(sets):
        assert reber.legal_next(word[:t]) == set(expected)
    assert reber.legal_next(word) == set()
    assert reber.legal_next("BPBTS") == {"S", "X"}
    assert reber.legal_next("BPBPVVE") == {"P"}
    with pytest.raises(ValueError, match=r"prefix: expected one of \['P', 'T'\] at position 1"):
        reber.legal_next("BX")


def test_reber_strings_and_edges():
    train = reber.draw(2000, np.random.default_rng(0))
    words = reber.strings(train)
    assert all(map(reber.is_member, words))
    assert min(map(len, words)) == 9
    second = np.array([word[1] == "T" for word in words])
    assert abs(second.mean() - 0.5) < 5 * 0.5 / np.sqrt(2000)
    for n in (0, 7):
        ids = train.targets[n, : train.lengths[n]]
        assert words[n] == "B" + "".join(reber.SYMBOLS[i] for i in ids)
    test = reber.draw(256, np.random.default_rng(1), exclude=words)
    assert not set(reber.strings(test)) & set(words)


def test_reber_criterion():
    data = reber.draw(3, np.random.default_rng(0))
    legal = reber.legal_mask(data)
    np.testing.assert_array_equal(legal.any(axis=2), data.mask)
    outputs = np.where(data.mask[:, :, None], legal * 1.0, np.nan)
    assert reber.solved(outputs, data)
    t = data.lengths[1] - 2  # the first T or P has to be remembered
    outputs[1, t] = outputs[1, t][[0, 2, 1, 3, 4, 5, 6]]
    np.testing.assert_array_equal(reber.correct(outputs, data), [True, False, True])
    assert not reber.solved(outputs, data)
    assert not reber.correct(np.zeros_like(outputs), data).any()  # a tie is not most active


def test_long_lag_is_the_papers(rng):
    data = long_lag.both(4)
    ids = np.concatenate([data.x.argmax(axis=2), data.targets[:, -1:]], axis=1)
    np.testing.assert_array_equal(ids, [[3, 0, 1, 2, 3], [4, 0, 1, 2, 4]])
    np.testing.assert_array_equal(data.targets, ids[:, 1:])
    assert data.x.shape == (2, 4, 5)
    drawn = long_lag.draw(400, 4, rng)
    kinds = drawn.targets[:, -1] - 3
    np.testing.assert_array_equal(drawn.x, data.x[kinds])
    assert abs(kinds.mean() - 0.5) < 5 * 0.5 / np.sqrt(400)
    with pytest.raises(ValueError, match="lag: expected at least 2"):
        long_lag.both(1)


def test_long_lag_criterion():
    data = long_lag.both(4)
    outputs = 0.24 + 0.52 * answers(data, 5)
    assert long_lag.solved(outputs, data)
    outputs[1, 0, 2] += 0.02  # any unit at any step counts
    np.testing.assert_array_equal(long_lag.correct(outputs, data), [True, False])
    assert not long_lag.solved(outputs, data)
    one = rc.tasks.Sequences(*(array[:1] for array in data))
    with pytest.raises(ValueError, match="data: expected both kinds of sequences"):
        long_lag.solved(outputs[:1], one)


def test_copying_is_the_papers(rng):
    data = copying.draw(300, 5, rng)
    ids = data.x.argmax(axis=2)
    assert set(ids[:, :10].ravel()) == set(range(8))
    np.testing.assert_array_equal(ids[0, 10:], [8] * 4 + [9] + [8] * 10)
    np.testing.assert_array_equal(data.targets[:, :15], 8)
    np.testing.assert_array_equal(data.targets[:, 15:], ids[:, :10])
    np.testing.assert_array_equal(data.lengths, 25)
    assert copying.draw(2, 1, rng).x.shape == (2, 21, 10)
    with pytest.raises(ValueError, match="delay: expected an integer of at least 1"):
        copying.draw(2, 0)


def test_copying_criterion_and_memoryless_loss(rng):
    data = copying.draw(3, 5, rng)
    outputs = answers(data, 9)
    assert copying.solved(outputs, data)
    guess = np.full(outputs.shape, -1e3)
    guess[:, :15, 8] = 0
    guess[:, 15:, :8] = 0
    loss, _ = rc.softmax_cross_entropy(guess, data.targets, data.mask)
    assert loss == pytest.approx(copying.memoryless_loss(5))
    outputs[2, -1] = 0
    outputs[2, -1, (data.targets[2, -1] + 1) % 8] = 1
    np.testing.assert_array_equal(copying.correct(outputs, data), [True, True, False])
    assert not copying.solved(outputs, data)


@pytest.mark.parametrize(("module", "size"), [(adding, 1), (reber, 7), (temporal_order, 4)])
def test_a_layer_and_a_loss_take_the_data_as_it_is(module, size, rng):
    data = module.draw(3, rng=rng)
    layer, head = rc.RNN(data.x.shape[2], 5, rng=rng), rc.Dense(5, size, rng=rng)
    h, _, _ = layer.forward(data.x, lengths=data.lengths)
    outputs, _, _ = head.forward(h, lengths=data.lengths)
    loss = rc.mean_squared_error if size == 1 else rc.softmax_cross_entropy
    assert np.isfinite(loss(outputs, data.targets, data.mask)[0])
    assert module.correct(outputs, data).shape == (3,)
