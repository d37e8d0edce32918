"""Greedy and beam search against every sequence there is."""

from itertools import pairwise, product

import numpy as np
import pytest
from conditional_models import deep

import rnncore as rc

V, H, LENGTH, START, END = 3, 4, 4, 2, 1
ALPHAS = (0, 0.7, 2)


def language_model(rng, cell=rc.RNN):
    """A model of few symbols, sharp enough that the best beginning may be a trap."""
    model = rc.LanguageModel(V, H, cell=cell, rng=rng, dtype=np.float64)
    for p in model.params.values():
        p[...] = 1.5 * rng.standard_normal(p.shape)
    model.training = False
    return model


def start_of(kind, rng):
    """Build a model; return its step and its initial state for one row."""
    options = {"rng": rng, "dtype": np.float64}
    if kind == "encoder-decoder":
        model = rc.EncoderDecoder(5, V, H, cell=rc.LSTM, **options)
        return model.decoder.step, model.encode(rng.integers(0, 5, (1, 3)))[0]
    if kind == "captioner":
        model = rc.Captioner((4, 4, 1), 2, V, H, cell=rc.GRU, **options)
        return model.decoder.step, model.encode(rng.standard_normal((1, 4, 4, 1)))[0]
    return language_model(rng, {"rnn": rc.RNN, "lstm": rc.LSTM, "deep": deep}[kind]).step, None


every_kind = pytest.mark.parametrize(
    "kind", ["rnn", "lstm", "deep", "encoder-decoder", "captioner"]
)


def every_sequence(step, state, end, alpha):
    """Score all sequences that end with the end symbol or at the full length, best first."""
    scored = {}
    for ids in product(range(V), repeat=LENGTH):
        ids = ids[: ids.index(end) + 1] if end in ids else ids
        log_prob, last, now = 0.0, START, state
        for symbol in ids:
            log_probs, now = step(np.array([last]), now)
            log_prob, last = log_prob + log_probs[0, symbol], symbol
        scored[ids] = (log_prob / ((5 + len(ids)) / 6) ** alpha, log_prob)
    return sorted(scored.items(), key=lambda item: -item[1][0])


def assert_same(hypotheses, expected):
    assert len(hypotheses) == len(expected)
    for found, (ids, (score, log_prob)) in zip(hypotheses, expected, strict=True):
        assert tuple(found.ids) == ids
        assert found.log_prob == pytest.approx(log_prob, rel=1e-12)
        assert found.score == pytest.approx(score, rel=1e-12)


@every_kind
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("end", [END, None])
def test_a_beam_of_every_beginning_is_exact(rng, kind, alpha, end):
    for _ in range(5):
        step, state = start_of(kind, rng)
        expected = every_sequence(step, state, end, alpha)
        found = rc.beam_search(step, START, LENGTH, V**LENGTH, state, end, alpha)
        assert_same(found, expected)


def plain_beam(model, width, length, end, alpha):
    """Search with one call of the whole model for every beginning, to the full length."""
    beam, found = [((), 0.0)], []
    for _ in range(length):
        longer = []
        for ids, log_prob in beam:
            logits, _, _ = model.forward(np.array([[START, *ids]]))
            added = rc.log_softmax(logits[0, -1])
            longer += [((*ids, symbol), log_prob + added[symbol]) for symbol in range(V)]
        longer = sorted(longer, key=lambda pair: -pair[1])[:width]
        found += [pair for pair in longer if pair[0][-1] == end]
        beam = [pair for pair in longer if pair[0][-1] != end]
    scored = [(ids, (p / ((5 + len(ids)) / 6) ** alpha, p)) for ids, p in found + beam]
    return sorted(scored, key=lambda item: -item[1][0])[:width]


@pytest.mark.parametrize("width", [2, 3, 5])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_stopping_early_changes_no_result(rng, alpha, width):
    stopped = 0
    for _ in range(8):
        model, calls = language_model(rng), []

        def step(ids, state, model=model, calls=calls):
            calls.append(len(ids))
            return model.step(ids, state)

        found = rc.beam_search(step, START, 9, width, None, END, alpha)
        assert_same(found, plain_beam(model, width, 9, END, alpha))
        assert max(calls) <= width
        stopped += len(calls) < 9
    assert stopped > 0 or alpha > 0  # with a penalty a longer one may always come


@every_kind
@pytest.mark.parametrize("end", [END, None])
def test_a_beam_of_one_is_greedy(rng, kind, end):
    for _ in range(10):
        step, state = start_of(kind, rng)
        (found,) = rc.beam_search(step, START, 7, 1, state, end, alpha=0.6)
        ids, lengths = rc.greedy_search(step, np.array([START]), 7, state, end)
        np.testing.assert_array_equal(found.ids, ids[0, : lengths[0]])


def test_greedy_takes_the_largest_at_every_step(rng):
    model = language_model(rng, rc.LSTM)
    ids, lengths = rc.greedy_search(model.step, np.array([START]), 6)
    np.testing.assert_array_equal(lengths, [6])
    logits, _, _ = model.forward(np.concatenate([[[START]], ids[:, :-1]], axis=1))
    np.testing.assert_array_equal(ids[0], logits[0].argmax(axis=1))


def test_greedy_rows_equal_each_row_alone(rng):
    model = rc.EncoderDecoder(5, V, H, cell=rc.LSTM, rng=rng, dtype=np.float64)
    for p in model.params.values():
        p[...] = rng.standard_normal(p.shape)
    model.params["decoder.head.b"][END] = 0
    source = rng.integers(0, 5, (24, 3))
    starts = np.full(24, START)
    ids, lengths = rc.greedy_search(model.decoder.step, starts, 6, model.encode(source)[0], END)
    assert len(set(lengths)) > 1
    for n in range(24):
        state, _ = model.encode(source[n : n + 1])
        row, length = rc.greedy_search(model.decoder.step, starts[:1], 6, state, END)
        np.testing.assert_array_equal(ids[n : n + 1], row)
        assert lengths[n] == length[0]
        assert (ids[n, lengths[n] :] == END).all()
        assert (ids[n, : lengths[n] - 1] != END).all()


def table(rows):
    """A step function from a table of the next symbol's probabilities; it counts its calls."""

    def step(ids, state):
        step.calls += 1
        with np.errstate(divide="ignore"):
            return np.log(np.array(rows, float)[ids]), None

    step.calls = 0
    return step


def test_a_beam_sees_past_the_trap_that_greedy_takes():
    step = table([[0.0, 0.6, 0.4], [0.35, 0.33, 0.32], [0.05, 0.05, 0.9]])
    assert rc.greedy_search(step, np.array([0]), 2)[0].tolist() == [[1, 0]]
    found = rc.beam_search(step, 0, 2, 2)
    assert found[0].ids.tolist() == [2, 2]
    assert found[0].log_prob == pytest.approx(np.log(0.36))


def test_the_penalty_prefers_longer_sequences():
    step = table([[0.0, 0.3, 0.7], [0, 1, 0], [0.0, 0.4, 0.6]])  # 1 ends
    lengths = [len(rc.beam_search(step, 0, 8, 8, end=1, alpha=a)[0].ids) for a in (0, 1, 2, 5)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1] == 8
    assert rc.length_penalty(1, 3.0) == 1
    assert rc.length_penalty(7, 1.0) == 2
    assert rc.length_penalty(7, 0) == 1
    assert rc.length_penalty(19, 0.5) == 2


def test_a_hypothesis_that_ends_leaves_the_beam():
    step = table([[0.0, 0.9, 0.1], [0, 1, 0], [0.0, 0.5, 0.5]])
    found = rc.beam_search(step, 0, 3, 2, end=1)
    assert [h.ids.tolist() for h in found] == [[1], [2, 1]]
    assert step.calls == 2  # [2, 2] cannot beat what is found


def test_a_row_that_ended_does_not_end_again():
    step = table([[0.0, 0.9, 0.1], [0, 1, 0], [0.0, 0.1, 0.9]])
    ids, lengths = rc.greedy_search(step, np.array([0, 2]), 3, end=1)
    assert ids.tolist() == [[1, 1, 1], [2, 2, 2]]
    assert lengths.tolist() == [1, 3]
    step.calls = 0
    ids, lengths = rc.greedy_search(step, np.array([0, 0]), 3, end=1)
    assert ids.tolist() == [[1, 1, 1]] * 2
    assert lengths.tolist() == [1, 1]
    assert step.calls == 1


def test_forbidden_symbols_are_never_chosen():
    step = table([[0.0, 0.5, 0.5], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    found = rc.beam_search(step, 0, 3, 50)
    assert [h.ids.tolist() for h in found] == [[1, 2, 1], [2, 1, 2]]


def test_ties_go_to_the_first_symbol_in_both(rng):
    weights = rng.integers(1, 3, (200, 200))  # enough for a sort that mixes equals up
    step = table(weights / weights.sum(axis=1, keepdims=True))
    ids, _ = rc.greedy_search(step, np.array([3]), 3)
    assert ids[0, 0] == np.flatnonzero(weights[3] == 2)[0]
    assert rc.beam_search(step, 3, 3, 1)[0].ids.tolist() == ids[0].tolist()
    found = [h.ids[0] for h in rc.beam_search(step, 3, 1, 5)]
    np.testing.assert_array_equal(found, np.flatnonzero(weights[3] == 2)[:5])


def test_nested_states_follow_their_beginnings():
    """The state is the history itself, in a list in a tuple: it must equal what was chosen."""
    logs = rc.log_softmax(np.random.default_rng(3).standard_normal((9, 3)))

    def step(ids, state):
        assert state is None or isinstance(state[0], list)
        past = np.zeros((len(ids), 0), int) if state is None else state[0][1]
        past = np.concatenate([past, ids[:, None]], axis=1)
        assert len(set(map(tuple, past))) == len(past)
        step.seen |= set(map(tuple, past))
        return logs[past.sum(axis=1) % 9], ([None, past], past[:, 0])

    step.seen = set()
    for hypothesis in rc.beam_search(step, 2, 6, 4):
        assert (2, *hypothesis.ids[:-1].tolist()) in step.seen


def test_float32_log_probs_are_summed_in_float64():
    rows = rc.log_softmax(np.random.default_rng(1).standard_normal((3, 3)).astype(np.float32))
    (found,) = rc.beam_search(lambda ids, state: (rows[ids], None), 0, 200, 1)
    path = [0, *found.ids.tolist()]
    exact = sum(float(rows[a, b]) for a, b in pairwise(path))
    assert found.log_prob == pytest.approx(exact, rel=1e-12)


STEP = table(np.full((3, 3), 1 / 3))
BAD = {
    "length": ({"length": 0}, ValueError, "length: expected an integer of at least 1, got 0"),
    "end too large": ({"end": 3}, ValueError, "end: expected a symbol below 3, got 3"),
    "end below 0": ({"end": -1}, ValueError, "^end: expected symbols of at least 0, got -1"),
    "start below 0": ({"start": -2}, ValueError, "^start: expected symbols of at least 0, got -2"),
    "end not an integer": ({"end": 1.0}, TypeError, r"end: expected integers \(\), got float64"),
    "start not an integer": ({"start": "a"}, TypeError, "start: expected integers"),
    "logits": (
        {"step": lambda ids, state: (np.ones((1, 3)), None)},
        ValueError,
        "log_probs: expected log-probabilities",
    ),
    "too much": (
        {"step": lambda ids, state: (np.log(np.full((1, 3), 0.34)), None)},
        ValueError,
        r"adding up to 1 at most .* got rows that add up to \[1.02\]",
    ),
    "NaN": (
        {"step": lambda ids, state: (np.array([[np.nan, -1.0, -1.0]]), None)},
        ValueError,
        "log_probs: expected log-probabilities",
    ),
    "nothing possible": (
        {"step": lambda ids, state: (np.full((1, 3), -np.inf), None)},
        ValueError,
        "log_probs: expected log-probabilities",
    ),
    "too few rows": (
        {"step": lambda ids, state: (np.full(3, -2.0), None)},
        ValueError,
        r"log_probs: expected shape \(1, V\), got \(3,\)",
    ),
}


@pytest.mark.parametrize(("arguments", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_gets_a_clear_error(arguments, error, message):
    arguments = {"step": STEP, "start": 0, "length": 2} | arguments
    with pytest.raises(error, match=message):
        rc.beam_search(width=2, **arguments)
    with pytest.raises(error, match=message):
        rc.greedy_search(**arguments | {"start": np.array([arguments["start"]])})


@pytest.mark.parametrize("bad", [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]], ids=["nothing", "too much"])
def test_one_bad_row_among_good_ones_gets_a_clear_error(bad):
    step = table([bad, [0.2, 0.3, 0.5], [0.5, 0.3, 0.2]])
    for start in ([0, 1, 2], [1, 0, 2], [1, 2, 0]):
        with pytest.raises(ValueError, match="log_probs: expected log-probabilities"):
            rc.greedy_search(step, np.array(start), 1)


@pytest.mark.parametrize("bad", ["length", "width", "alpha", "start", "end"])
def test_a_bad_argument_is_refused_before_the_model_is_asked(bad):
    step = table(np.full((3, 3), 1 / 3))
    with pytest.raises(TypeError, match=f"^{bad}: expected"):
        rc.beam_search(step, **{"start": 0, "length": 2, "width": 2} | {bad: "1"})
    assert step.calls == 0


def test_bad_width_and_alpha_get_a_clear_error():
    with pytest.raises(ValueError, match="width: expected an integer of at least 1, got 0"):
        rc.beam_search(STEP, 0, 2, 0)
    with pytest.raises(ValueError, match="alpha: expected a finite number of at least 0, got -1"):
        rc.beam_search(STEP, 0, 2, 2, alpha=-1)
    with pytest.raises(TypeError, match="alpha: expected a number of at least 0, got '1'"):
        rc.beam_search(STEP, 0, 2, 2, alpha="1")
    with pytest.raises(TypeError, match=r"start: expected integers \(\), got int64 \(1,\)"):
        rc.beam_search(STEP, np.array([0]), 2, 2)
    with pytest.raises(TypeError, match=r"start: expected integers \(N,\), got int64 \(\)"):
        rc.greedy_search(STEP, 0, 2)
