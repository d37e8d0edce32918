"""Exercise 10, find the bug: what is right, the wrong implementations, insufficient tests."""

from functools import wraps
from itertools import pairwise

import numpy as np

import rnncore as rc
from grading.check import slips
from grading.hunt import Bug, Hunt

GRADIENT = "Chapter 4, The check"
PATHS = "Chapter 4, The idea: two paths leave every state"
TRUNCATED = "Chapter 4, Truncated BPTT: carry the state, cut the gradient"
DIFFERENT = "Chapter 4, Three different things"
PADDING = "Chapter 9, The padding trap"
BOTH = "Chapter 9, The check"
LIMITS = "Chapter 3, The check: limiting cases and a gradient"
DECODER = "Chapter 2, Encoder-decoder: a number to its Roman numeral"
SHARED = "Chapter 3, Weights are shared, activations are not"


def _weights(rng, D, H):
    return {
        "Wxh": rng.standard_normal((D, H)) / np.sqrt(D),
        "Whh": rng.standard_normal((H, H)) / np.sqrt(H),
        "bh": rng.uniform(0.2, 0.8, H),
    }


def _layer(Wxh, Whh, bh):
    layer = rc.RNN(*Wxh.shape)
    layer.params.update(Wxh=Wxh, Whh=Whh, bh=bh)
    return layer


def _close(got, want, rtol=1e-10):
    assert got.keys() == want.keys()
    for name in want:
        assert got[name].shape == want[name].shape
        assert np.allclose(got[name], want[name], rtol=rtol, atol=rtol)


def _last_digit(a):
    """Round the other way in the last digit, as a sum in another order may; 0 stays 0."""
    if isinstance(a, dict):
        return {name: _last_digit(value) for name, value in a.items()}
    return np.where(a == 0, a, np.nextafter(a, np.inf))


def _rounded_otherwise(right):
    @wraps(right)
    def rounded(*args, **kwargs):
        return _last_digit(right(*args, **kwargs))

    return rounded


# --- 1. bptt


def bptt_by_layer(x, h0, Wxh, Whh, bh, dh_own):
    """Go back with the library's layer."""
    layer = _layer(Wxh, Whh, bh)
    dx, dh0, grads = layer.backward(dh_own, layer.forward(x, state=h0)[2])
    return {"dx": dx, "dh0": dh0, **{f"d{name}": g for name, g in grads.items()}}


def bptt_by_steps(x, h0, Wxh, Whh, bh, dh_own, bug=None):
    """Go back step by step; ``bug`` names what is done wrong on the way."""
    if bug == "float32 input":
        x = x.astype(np.float32)
    states = [h0]
    for x_t in x.swapaxes(0, 1):
        h = np.tanh(x_t @ Wxh + states[-1] @ Whh + bh)
        states.append(h.astype(np.float32).astype(float) if bug == "float32 states" else h)
    dx, from_next = np.zeros(x.shape), np.zeros_like(h0)
    dtype = np.float32 if bug == "float32 buffer" else float
    sums = {n: np.zeros_like(p, dtype) for n, p in (("dWxh", Wxh), ("dWhh", Whh), ("dbh", bh))}
    for t in reversed(range(x.shape[1])):
        own = dh_own[:, t]
        if bug == "last loss" and t + 1 < x.shape[1]:
            own = np.zeros_like(own)
        slope = 1 - states[t + 1] ** 2
        da = (own + from_next) * slope
        dx[:, t] = (own * slope if bug == "own path" else da) @ Wxh.T
        sums["dWxh"] += x[:, t].T @ da
        sums["dWhh"] += states[t].T @ da
        sums["dbh"] += da.sum(axis=0)
        from_next = (own * slope if bug == "one step" else da) @ Whh.T
    return {"dx": dx, "dh0": from_next, **sums}


def _bptt_bug(bug):
    return lambda x, h0, Wxh, Whh, bh, dh_own: bptt_by_steps(x, h0, Wxh, Whh, bh, dh_own, bug)


def _bptt_case(T=5, N=3):
    rng = np.random.default_rng(8)
    w = _weights(rng, 2, 4)
    h0, x = rng.uniform(-0.9, 0.9, (N, 4)), rng.standard_normal((N, T, 2))
    return {"x": x, "h0": h0, **w, "dh_own": rng.standard_normal((N, T, 4))}


def _bptt_shapes(bptt):
    case = _bptt_case()
    for name, gradient in bptt(**case).items():
        key = "dh_own" if name == "dh" else name[1:]
        assert gradient.shape == case[key].shape
        assert np.isfinite(gradient).all()


def _bptt_one_step(bptt):
    case = _bptt_case(T=1)
    _close(bptt(**case), bptt_by_layer(**case), rtol=1e-11)


def _bptt_loose(bptt):
    case = _bptt_case()
    _close(bptt(**case), bptt_by_layer(**case), rtol=1e-3)


def _bptt_exact(bptt):
    case = _bptt_case()
    want = bptt_by_layer(**case)
    for name, gradient in bptt(**case).items():
        assert np.array_equal(gradient, want[name])


def _bptt_some(*names, steps=slice(None), rtol=1e-11):
    """Make a test of the gradients with these names alone."""

    def test(bptt):
        case = _bptt_case()
        got, want = bptt(**case), bptt_by_layer(**case)
        _close({n: got[n][:, steps] for n in names}, {n: want[n][:, steps] for n in names}, rtol)

    return test


def _bptt_weights(bptt, rtol=1e-11):
    case = _bptt_case()
    got, want = bptt(**case), bptt_by_layer(**case)
    names = ("dWxh", "dWhh", "dbh")
    _close({n: got[n] for n in names}, {n: want[n] for n in names}, rtol)


def _bptt_last_loss(bptt, rtol=1e-11):
    case = _bptt_case()
    case["dh_own"][:, :-1] = 0
    _close(bptt(**case), bptt_by_layer(**case), rtol)


def _bptt_dtype(bptt):
    assert all(gradient.dtype == np.float64 for gradient in bptt(**_bptt_case()).values())


def _bptt_nonzero(bptt):
    assert all(np.abs(gradient).max() > 0 for gradient in bptt(**_bptt_case()).values())


BPTT_TEST = Hunt(
    name="check_bptt",
    right=(_rounded_otherwise(bptt_by_steps), bptt_by_layer),
    bugs=(
        Bug("dx without the path through the next state", _bptt_bug("own path"), "time"),
        Bug("the path ends after one step", _bptt_bug("one step"), "time", hidden=True),
        Bug("only the last step has a loss", _bptt_bug("last loss"), "time", hidden=True),
        Bug("sums in a float32 buffer", _bptt_bug("float32 buffer"), "precision"),
        Bug("states in float32", _bptt_bug("float32 states"), "precision", hidden=True),
        Bug("x in float32", _bptt_bug("float32 input"), "precision", hidden=True),
    ),
    misconceptions=slips(
        "check_bptt",
        (
            "shapes_only",
            _bptt_shapes,
            "the test catches no more than one that looks at shapes, or at finite numbers; a wrong "
            "gradient has those too. Compare values with an independent computation, over "
            "several steps.",
            GRADIENT,
        ),
        (
            "not_zero",
            _bptt_nonzero,
            "the test asks that gradients are not zero; wrong ones are not zero either. Compare "
            "values with an independent computation.",
            GRADIENT,
        ),
        (
            "exact_equality",
            _bptt_exact,
            "the test asks for equality to the last bit; sums in another order differ by about "
            "1e-16. Allow a small tolerance.",
            GRADIENT,
        ),
        cells=("time_test", "time_hidden", "precision_test", "precision_hidden"),
    )
    + slips(
        "check_bptt",
        (
            "one_step",
            _bptt_one_step,
            "the test runs sequences of one step, where no state has a next one. Take several "
            "steps, with a loss at each.",
            PATHS,
        ),
        cells=("time_test", "time_hidden"),
    )
    + slips(
        "check_bptt",
        (
            "last_step",
            _bptt_some("dx", steps=slice(-1, None)),
            "the test looks at the last step of dx alone, which no later step acts on. Look at "
            "all steps, and at all five gradients.",
            PATHS,
        ),
        cells=("time_test", "time_hidden", "precision_test"),
    )
    + slips(
        "check_bptt",
        (
            "dx_only",
            _bptt_some("dx"),
            "the test compares dx alone, and the weights' gradients are added up elsewhere; look "
            "at all five.",
            PATHS,
        ),
        cells=("precision_test",),
    )
    + slips(
        "check_bptt",
        (
            "dh0_only",
            _bptt_some("dh0"),
            "the test compares dh0 alone, the end of the way back; what branches off on the way "
            "is not looked at. Look at all five.",
            PATHS,
        ),
        cells=("time_test", "precision_test"),
    )
    + slips(
        "check_bptt",
        (
            "loss_at_the_end",
            _bptt_last_loss,
            "the test has a loss at the last step alone, so that the losses of the steps before "
            "may be lost. Give every step a loss of its own.",
            PATHS,
        ),
        cells=(),
        part=("time_hidden",),
    )
    + slips(
        "check_bptt",
        (
            "loss_at_the_end_loosely",
            lambda bptt: _bptt_last_loss(bptt, rtol=1e-6),
            "the test has a loss at the last step alone, and its tolerance lets float32 pass. Give "
            "every step a loss of its own, and ask for more digits.",
            PATHS,
        ),
        cells=("precision_test", "precision_hidden"),
        part=("time_hidden",),
    )
    + slips(
        "check_bptt",
        (
            "dtype_only",
            _bptt_dtype,
            "the test looks at the dtype alone; what went through float32 on the way can come back "
            "as float64. Compare values too.",
            GRADIENT,
        ),
        cells=("time_test", "time_hidden", "precision_hidden"),
    )
    + slips(
        "check_bptt",
        (
            "weights_only",
            _bptt_weights,
            "the test compares the gradients of the weights alone; look at all five.",
            PATHS,
        ),
        cells=("time_test",),
    )
    + slips(
        "check_bptt",
        (
            "weights_only_loosely",
            lambda bptt: _bptt_weights(bptt, rtol=1e-6),
            "the test compares the gradients of the weights alone, and its tolerance lets "
            "float32 pass. Look at all five, and ask for more digits.",
            PATHS,
        ),
        cells=("time_test", "precision_test", "precision_hidden"),
    )
    + slips(
        "check_bptt",
        (
            "loose_tolerance",
            _bptt_loose,
            "the tolerance lets float32 pass; in float64 an error of 1e-8 is a bug. Ask for more "
            "digits, and for the dtype.",
            "Chapter 4, How small should ε be?",
        ),
        cells=("precision_test", "precision_hidden"),
    ),
)


# --- 2. the initial weights of an LSTM


def init_by_library(D, H, rng):
    """Take the library's initial weights."""
    return dict(rc.LSTM(D, H, rng=rng).params)


def init_by_gate(D, H, rng, bug=None):
    """Draw the four gates one after the other; ``bug`` names what is done wrong."""
    if bug == "own generator":
        rng = np.random.default_rng(0)
    limit = np.sqrt(6 / (D + H))
    Wxh = [rng.uniform(-limit, limit, (D, H)) for _ in range(4)]
    Whh = [np.linalg.qr(rng.standard_normal((H, H)))[0] for _ in range(4)]
    bh = np.zeros(4 * H)
    bh[2 * H : 3 * H] = bug == "bias of g"
    bh[H : 2 * H] = bug != "bias of g"
    if bug == "all alike":
        Wxh, Whh = Wxh[:1] * 4, Whh[:1] * 4
    if bug == "i and o alike":
        Wxh[3], Whh[3] = Wxh[0], Whh[0]
    if bug == "Whh alike":
        Whh = Whh[:1] * 4
    if bug == "orthogonal at once":
        Whh = [np.linalg.qr(rng.standard_normal((4 * H, H)))[0].T]
    if bug == "wide":
        Whh = [np.sqrt(3 / H) * rng.uniform(-1, 1, (H, H)) for _ in range(4)]
    return {"Wxh": np.hstack(Wxh), "Whh": np.hstack(Whh), "bh": bh}


def _init_bug(bug):
    return lambda D, H, rng: init_by_gate(D, H, rng, bug)


def _init_shapes(init):
    params = init(3, 5, np.random.default_rng(1))
    assert [params[n].shape for n in ("Wxh", "Whh", "bh")] == [(3, 20), (5, 20), (20,)]


def _init_gate_by_gate(init):
    D, H = 3, 5
    params = init(D, H, np.random.default_rng(1))
    for k in range(4):
        block = slice(k * H, k * H + H)
        assert np.all(np.abs(params["Wxh"][:, block]) <= np.sqrt(6 / (D + H)))
        W = params["Whh"][:, block]
        assert np.allclose(W.T @ W, np.eye(H))
        assert np.all(params["bh"][block] == (k == 1))


def _init_library(init):
    params = init(3, 5, np.random.default_rng(1))
    for name, want in rc.LSTM(3, 5, rng=np.random.default_rng(1)).params.items():
        assert np.allclose(params[name], want)


def _init_statistics(init):
    params = init(30, 50, np.random.default_rng(1))
    assert abs(params["Wxh"].mean()) < 0.05
    assert abs(params["Whh"].mean()) < 0.05
    assert params["bh"].sum() == 50


def _init_gates_differ(init):
    params = init(3, 5, np.random.default_rng(1))
    for name in ("Wxh", "Whh"):
        blocks = np.split(params[name], 4, axis=1)
        for k in range(4):
            for j in range(k):
                assert not np.allclose(blocks[j], blocks[k])


def _init_biases(init):
    assert np.array_equal(init(3, 5, np.random.default_rng(1))["bh"], np.repeat([0, 1, 0, 0], 5))


def _init_orthogonal(init):
    for W in np.split(init(3, 5, np.random.default_rng(1))["Whh"], 4, axis=1):
        assert np.allclose(W.T @ W, np.eye(5))


def _init_neighbours_differ(init):
    params = init(3, 5, np.random.default_rng(1))
    for name in ("Wxh", "Whh"):
        blocks = np.split(params[name], 4, axis=1)
        assert not any(np.allclose(*pair) for pair in pairwise(blocks))


def _init_inputs_differ(init):
    blocks = np.split(init(3, 5, np.random.default_rng(1))["Wxh"], 4, axis=1)
    for k in range(4):
        assert not any(np.allclose(block, blocks[k]) for block in blocks[:k])


INIT_TEST = Hunt(
    name="check_init",
    right=(init_by_gate, init_by_library),
    bugs=(
        Bug("all four gates start alike", _init_bug("all alike"), "gates"),
        Bug("the gates i and o start alike", _init_bug("i and o alike"), "gates", hidden=True),
        Bug("Whh is the same for all gates", _init_bug("Whh alike"), "gates", hidden=True),
        Bug("the bias of 1 stands in the block of g", _init_bug("bias of g"), "values"),
        Bug("Whh made orthogonal at once", _init_bug("orthogonal at once"), "values", hidden=True),
        Bug("Whh of the right size, not orthogonal", _init_bug("wide"), "values", hidden=True),
    ),
    misconceptions=slips(
        "check_init",
        (
            "shapes_only",
            _init_shapes,
            "the test catches no more than one that looks at shapes alone; they say nothing about "
            "the numbers inside.",
            LIMITS,
        ),
        (
            "one_draw",
            _init_library,
            "the test asks for the very numbers that one program draws; another may draw in "
            "another order. Test what the text promises of them.",
            LIMITS,
        ),
        (
            "statistics_of_everything",
            _init_statistics,
            "the test looks at means and sums over all gates, which blocks in the wrong place "
            "do not change. Look at each gate, and compare the gates.",
            LIMITS,
        ),
        cells=("gates_test", "gates_hidden", "values_test", "values_hidden"),
    )
    + slips(
        "check_init",
        (
            "gate_by_gate",
            _init_gate_by_gate,
            "the test looks at each gate by itself, and each is fine. Compare the gates with "
            "each other, each with each.",
            SHARED,
        ),
        cells=("gates_test", "gates_hidden"),
    )
    + slips(
        "check_init",
        (
            "gates_differ",
            _init_gates_differ,
            "the test asks only that the gates differ; it also has to look at what each gate "
            "should be: the place of the ones, and whether each block is orthogonal.",
            LIMITS,
        ),
        cells=("values_test", "values_hidden"),
    )
    + slips(
        "check_init",
        (
            "biases_only",
            _init_biases,
            "the test looks at the biases alone; the weights carry three of the four promises.",
            LIMITS,
        ),
        cells=("gates_test", "gates_hidden", "values_hidden"),
    )
    + slips(
        "check_init",
        (
            "orthogonal_only",
            _init_orthogonal,
            "the test asks only that Whh is orthogonal, gate by gate, which four equal blocks are "
            "too. Compare the gates with each other, and look at the biases.",
            LIMITS,
        ),
        cells=("gates_test", "gates_hidden", "values_test"),
    )
    + slips(
        "check_init",
        (
            "neighbours_differ",
            _init_neighbours_differ,
            "the test compares each gate with the next one only, and nothing else. Compare each "
            "with each, and look at what each gate should be.",
            SHARED,
        ),
        (
            "inputs_differ",
            _init_inputs_differ,
            "the test compares the gates in Wxh alone; Whh has four blocks too. And it has to look "
            "at what each gate should be.",
            SHARED,
        ),
        cells=("values_test", "values_hidden"),
        part=("gates_hidden",),
    ),
)


# --- 3. two directions


def both_by_library(x, lengths, forward, backward):
    """Run the library's bidirectional layer."""
    return rc.Bidirectional(_layer(**forward), _layer(**backward)).forward(x, lengths=lengths)[0]


def both_by_rows(x, lengths, forward, backward, bug=None):
    """Run row by row; ``bug`` names what is done wrong on the way."""
    N, T, _ = x.shape
    H = len(forward["bh"])
    y = np.zeros((N, T, 2 * H))
    for n, end in enumerate(lengths):
        whole = bug in ("whole batch", "padding goes on")
        steps = range(T) if whole else range(end)
        y[n, steps, :H] = _run(x[n, steps], **forward)
        order = steps if bug == "not reversed" else steps[::-1]
        if bug == "padding goes on":
            order = [*reversed(range(end)), *range(end, T)]
        place = list(order)
        if bug == "not put back":
            place = list(steps)
        if bug == "put back over T":
            place = [T - 1 - t for t in steps]
        back = _run(x[n, list(order)], **backward)
        y[n, place, H:] = back[-1] if bug == "last everywhere" and end else back
        if bug == "whole batch":
            y[n, end:] = 0
    return y


def _run(x, Wxh, Whh, bh):
    h, states = np.zeros(len(bh)), np.zeros((len(x), len(bh)))
    for t, x_t in enumerate(x):
        h = np.tanh(x_t @ Wxh + h @ Whh + bh)
        states[t] = h
    return states


def _both_bug(bug):
    return lambda x, lengths, forward, backward: both_by_rows(x, lengths, forward, backward, bug)


def _both_case(T=6, N=3, full=False):
    rng = np.random.default_rng(9)
    lengths = np.array([T] * N if full else [T, *rng.integers(1, T, N - 1)])
    x = rng.standard_normal((N, T, 2)) * rc.length_mask(lengths, T)[:, :, None]
    return {
        "x": x,
        "lengths": lengths,
        "forward": _weights(rng, 2, 4),
        "backward": _weights(rng, 2, 4),
    }


def _both_shapes(bidirectional):
    case = _both_case()
    y = bidirectional(**case)
    assert y.shape == (3, 6, 8)
    assert np.abs(y).max() <= 1


def _both_forward_half(bidirectional):
    case = _both_case(full=True)
    y = bidirectional(**case)
    want = _layer(**case["forward"]).forward(case["x"])[0]
    assert np.allclose(y[:, :, :4], want)


def _both_one_step(bidirectional):
    case = _both_case(T=1, full=True)
    assert np.allclose(bidirectional(**case), both_by_library(**case))


def _both_full(bidirectional):
    case = _both_case(full=True)
    assert np.allclose(bidirectional(**case), both_by_library(**case))


def _both_exact(bidirectional):
    case = _both_case()
    assert np.array_equal(bidirectional(**case), both_by_library(**case))


def _both_one_row(bidirectional):
    case = _both_case(N=1)
    assert np.allclose(bidirectional(**case), both_by_library(**case))


def _both_fresh(bidirectional):
    case = _both_case()
    case["forward"]["bh"] = np.zeros(4)
    case["backward"]["bh"] = np.zeros(4)
    assert np.allclose(bidirectional(**case), both_by_library(**case))


def _both_part(part, **drawn):
    """Make a test that compares a part of y, as ``part(y, lengths)`` takes it."""

    def test(bidirectional):
        case = _both_case(**drawn)
        got, want = bidirectional(**case), both_by_library(**case)
        assert np.allclose(part(got, case["lengths"]), part(want, case["lengths"]))

    return test


def _both_alone(bidirectional):
    case = _both_case()
    y = bidirectional(**case)
    for n, end in enumerate(case["lengths"]):
        one = {"x": case["x"][n : n + 1, :end], "lengths": case["lengths"][n : n + 1]}
        assert np.allclose(bidirectional(**case | one)[0], y[n, :end])


def _both_padding_is_zero(bidirectional):
    case = _both_case()
    assert np.all(bidirectional(**case)[~rc.length_mask(case["lengths"], 6)] == 0)


BOTH_TEST = Hunt(
    name="check_bidirectional",
    right=(_rounded_otherwise(both_by_rows), both_by_library),
    bugs=(
        Bug(
            "outputs of the reverse direction not reversed back",
            _both_bug("not put back"),
            "direction",
        ),
        Bug("both read forwards", _both_bug("not reversed"), "direction", hidden=True),
        Bug(
            "the last state of the reverse direction at every step",
            _both_bug("last everywhere"),
            "direction",
            hidden=True,
        ),
        Bug("the padding is reversed with the data", _both_bug("whole batch"), "padding"),
        Bug(
            "reversed within the length, put back over all T",
            _both_bug("put back over T"),
            "padding",
            hidden=True,
        ),
        Bug("the state goes on past the end", _both_bug("padding goes on"), "padding", hidden=True),
    ),
    misconceptions=slips(
        "check_bidirectional",
        (
            "exact_equality",
            _both_exact,
            "the test asks for equality to the last bit; right programs differ by about 1e-16. "
            "Allow a small tolerance.",
            BOTH,
        ),
        (
            "shapes_only",
            _both_shapes,
            "the test looks at the shape and the range of y; wrong outputs have those too.",
            BOTH,
        ),
        (
            "forward_half",
            _both_forward_half,
            "the test compares only the first half of y, the direction that is hard to get "
            "wrong. Compare the other half as well.",
            BOTH,
        ),
        (
            "one_step",
            _both_one_step,
            "the test runs sequences of one step, which read the same in both directions. Take "
            "several steps.",
            BOTH,
        ),
        cells=("direction_test", "direction_hidden", "padding_test", "padding_hidden"),
    )
    + slips(
        "check_bidirectional",
        (
            "all_full",
            _both_full,
            "every row of the test is T long, so that nothing is padding. Take rows of "
            "different lengths.",
            PADDING,
        ),
        (
            "one_row",
            _both_one_row,
            "the test has one row, which is T long, so that nothing is padding. Take several "
            "rows of different lengths.",
            PADDING,
        ),
        cells=("padding_test", "padding_hidden"),
    )
    + slips(
        "check_bidirectional",
        (
            "first_step",
            _both_part(lambda y, lengths: y[:, 0]),
            "the test looks at the first step of y alone. There the reverse direction has read the "
            "whole row; compare all steps, and the padding.",
            BOTH,
        ),
        cells=(),
        part=("direction_hidden", "padding_hidden"),
    )
    + slips(
        "check_bidirectional",
        (
            "first_step_of_full_rows",
            _both_part(lambda y, lengths: y[:, 0], full=True),
            "the test looks at the first step of y alone, and every row is T long, so that nothing "
            "is padding. Compare all steps, with rows of different lengths.",
            BOTH,
        ),
        cells=("padding_test", "padding_hidden"),
        part=("direction_hidden",),
    )
    + slips(
        "check_bidirectional",
        (
            "real_steps_only",
            _both_part(lambda y, lengths: y * rc.length_mask(lengths, y.shape[1])[..., None]),
            "the test looks at the real steps alone; y also has to be zero in the padding.",
            PADDING,
        ),
        cells=(),
        part=("padding_hidden",),
    )
    + slips(
        "check_bidirectional",
        (
            "padding_only",
            _both_padding_is_zero,
            "the test asks only that y is zero in the padding. Compare the real steps with an "
            "independent computation.",
            BOTH,
        ),
        cells=("direction_test", "direction_hidden", "padding_test"),
    )
    + slips(
        "check_bidirectional",
        (
            "row_alone",
            _both_alone,
            "the test compares the implementation with itself, a row alone and in the batch. That "
            "finds neighbours that act on a row, and nothing that is wrong in both. Compare with "
            "an independent computation as well.",
            PADDING,
        ),
        cells=("direction_test", "direction_hidden"),
        part=("padding_hidden",),
    )
    + slips(
        "check_bidirectional",
        (
            "forward_half_of_padded_rows",
            _both_part(lambda y, lengths: y[..., :4]),
            "the test compares only the first half of y, the direction that is hard to get "
            "wrong. Compare the other half as well.",
            BOTH,
        ),
        cells=("direction_test", "direction_hidden", "padding_test"),
        part=("padding_hidden",),
    )
    + slips(
        "check_bidirectional",
        (
            "zero_bias",
            _both_fresh,
            "the biases of the test are zero: then a state of zero stays zero over padding of "
            "zeros, and the order does not matter. Draw the biases too.",
            PADDING,
        ),
        cells=("padding_test",),
    ),
)


# --- 4. a decoder that reads the context at every step


def decode_plain(context, y, Wyh, Wch, Whh, bh, bug=None):
    """Run the decoder; ``bug`` names what is done wrong on the way."""
    h, states, given = context, [], context
    for t in range(y.shape[1]):
        h_prev = given if bug == "no state" else h
        read = np.zeros_like(given) if bug == "first step" and t > 0 else context
        h = np.tanh(y[:, t] @ Wyh + read @ Wch + h_prev @ Whh + bh)
        states.append(h)
        if bug == "overwritten":
            context = h
    if bug == "argument":
        given[:] = h
    if bug == "inputs":
        y[:, 1:] = y[:, :-1].copy()
    return np.stack(states, axis=1)


def decode_by_layer(context, y, Wyh, Wch, Whh, bh):
    """Run the library's layer over inputs and context side by side."""
    many = np.repeat(context[:, None], y.shape[1], axis=1)
    layer = _layer(np.concatenate([Wyh, Wch]), Whh, bh)
    return layer.forward(np.concatenate([y, many], axis=2), state=context)[0]


BUFFERS = {}


def _decode_into_buffer(context, y, Wyh, Wch, Whh, bh):
    """Return the same array at every call of one shape."""
    h = decode_plain(context, y, Wyh, Wch, Whh, bh)
    buffer = BUFFERS.setdefault(h.shape, np.empty_like(h))
    buffer[:] = h
    return buffer


def _decode_bug(bug):
    def decode(context, y, Wyh, Wch, Whh, bh):
        return decode_plain(context, y, Wyh, Wch, Whh, bh, bug)

    return decode


def _decode_case(T=5):
    rng = np.random.default_rng(10)
    return {
        "context": rng.uniform(-0.9, 0.9, (3, 4)),
        "y": rng.standard_normal((3, T, 2)),
        "Wyh": rng.standard_normal((2, 4)),
        "Wch": rng.standard_normal((4, 4)) / 2,
        "Whh": rng.standard_normal((4, 4)) / 2,
        "bh": rng.uniform(0.2, 0.8, 4),
    }


def _decode_shapes(decode):
    h = decode(**_decode_case())
    assert h.shape == (3, 5, 4)
    assert np.isfinite(h).all()


def _decode_one_step(decode):
    case = _decode_case(T=1)
    want = decode_by_layer(**case)
    assert np.allclose(decode(**case), want)


def _decode_results(decode):
    case = _decode_case()
    want = decode_by_layer(**case)
    assert np.allclose(decode(**case), want)


def _decode_exact(decode):
    case = _decode_case()
    before = {name: a.copy() for name, a in case.items()}
    first = decode(**case)
    kept = first.copy()
    assert np.array_equal(first, decode_by_layer(**before))
    assert all(np.array_equal(case[name], before[name]) for name in case)
    decode(**before | {"bh": np.zeros(4)})
    assert np.array_equal(first, kept)


def _decode_arguments(decode):
    case = _decode_case()
    before = {name: a.copy() for name, a in case.items()}
    first = decode(**case)
    kept = first.copy()
    assert all(np.array_equal(case[name], before[name]) for name in case)
    decode(**_decode_case() | {"bh": np.zeros(4)})
    assert np.array_equal(first, kept)


def _decode_leaves(*names, results=False):
    """Make a test that these arguments are unchanged, and with ``results`` of the states too."""

    def test(decode):
        case = _decode_case()
        before, want = {name: case[name].copy() for name in names}, decode_by_layer(**case)
        h = decode(**case)
        assert not results or np.allclose(h, want)
        assert all(np.array_equal(case[name], before[name]) for name in names)

    return test


ARGUMENTS = ("context", "y", "Wyh", "Wch", "Whh", "bh")


DECODE_TEST = Hunt(
    name="check_decode",
    right=(_rounded_otherwise(decode_plain), decode_by_layer),
    bugs=(
        Bug("the context is overwritten with the new state", _decode_bug("overwritten"), "steps"),
        Bug("the context is read at the first step only", _decode_bug("first step"), "steps", True),
        Bug("each step starts from the context", _decode_bug("no state"), "steps", True),
        Bug(
            "the last state is written into the caller's context",
            _decode_bug("argument"),
            "side effects",
        ),
        Bug("y is shifted in place", _decode_bug("inputs"), "side effects", True),
        Bug("each call returns the same buffer", _decode_into_buffer, "side effects", True),
    ),
    misconceptions=slips(
        "check_decode",
        (
            "exact_equality",
            _decode_exact,
            "the test asks for equality to the last bit; right programs differ by about 1e-16. "
            "Allow a small tolerance.",
            LIMITS,
        ),
        (
            "shapes_only",
            _decode_shapes,
            "the test catches no more than one that looks at shapes, or at the first state alone; "
            "these are right in every wrong implementation. Compare all states, and look at the "
            "arguments after the call.",
            LIMITS,
        ),
        (
            "one_step",
            _decode_one_step,
            "the test runs one step, and looks at the result alone. What is overwritten at one "
            "step shows at the next, or in the caller's arrays.",
            DECODER,
        ),
        cells=("steps_test", "steps_hidden", "effects_test", "effects_hidden"),
    )
    + slips(
        "check_decode",
        (
            "results_only",
            _decode_results,
            "the test looks at the result of one call. Look at the arguments after the call, "
            "and at the first result after a second call.",
            SHARED,
        ),
        cells=("effects_test", "effects_hidden"),
    )
    + slips(
        "check_decode",
        (
            "context_only",
            _decode_leaves("context"),
            "the test catches no more than one that looks at the context after the call. Compare "
            "all states, look at every argument, and at the first result after a second call.",
            DECODER,
        ),
        cells=("steps_test", "steps_hidden", "effects_hidden"),
    )
    + slips(
        "check_decode",
        (
            "arguments_only",
            _decode_leaves(*ARGUMENTS),
            "the test catches no more than one that looks at the arguments after the call. Compare "
            "all states, and look at the first result after a second call.",
            DECODER,
        ),
        cells=("steps_test", "steps_hidden"),
        part=("effects_hidden",),
    )
    + slips(
        "check_decode",
        (
            "results_and_context",
            _decode_leaves("context", results=True),
            "the test looks at the states and at the context after the call. The context is not "
            "the only argument, and a second call can change the first result.",
            SHARED,
        ),
        cells=("effects_hidden",),
    )
    + slips(
        "check_decode",
        (
            "results_and_arguments",
            _decode_leaves(*ARGUMENTS, results=True),
            "the test looks at one result, or at each at once. Keep the first result, and look at "
            "it again after a second call with other inputs.",
            SHARED,
        ),
        cells=(),
        part=("effects_hidden",),
    )
    + slips(
        "check_decode",
        (
            "effects_only",
            _decode_arguments,
            "the test looks at what a call leaves behind, and never at the states themselves. "
            "Compare them with an independent computation.",
            DECODER,
        ),
        cells=("steps_test", "steps_hidden"),
    ),
)


# --- 5. truncation


def truncated_by_steps(x, dh_own, h0, Wxh, Whh, bh, k, bug=None):
    """Run forward and back step by step; ``bug`` names what is done wrong on the way."""
    T = x.shape[1]
    before, states = [], [h0]
    for t in range(T):
        start = t > 0 and t % k == 0
        h_prev = states[-1]
        if start and bug in ("zero", "h0", "one early"):
            early = states[-2]
            h_prev = {"zero": np.zeros_like(h0), "h0": h0, "one early": early}[bug]
        before.append(h_prev)
        states.append(np.tanh(x[:, t] @ Wxh + h_prev @ Whh + bh))
    sums = {"dWxh": np.zeros_like(Wxh), "dWhh": np.zeros_like(Whh), "dbh": np.zeros_like(bh)}
    from_next = np.zeros_like(h0)
    for t in reversed(range(T)):
        da = (dh_own[:, t] + from_next) * (1 - states[t + 1] ** 2)
        sums["dWxh"] += x[:, t].T @ da
        start = t > 0 and t % k == 0
        if not (start and bug == "no carried term"):
            sums["dWhh"] += before[t].T @ da
        sums["dbh"] += da.sum(axis=0)
        cut = {"not cut": False, "first cut": t == k}.get(bug, start)
        from_next = np.zeros_like(h0) if cut else da @ Whh.T
    return {"h": np.stack(states[1:], axis=1), **sums}


def truncated_by_chunks(x, dh_own, h0, Wxh, Whh, bh, k):
    """Run the library's layer chunk by chunk."""
    layer, state, states = _layer(Wxh, Whh, bh), h0, []
    sums = {"Wxh": 0, "Whh": 0, "bh": 0}
    for start in range(0, x.shape[1], k):
        y, state, cache = layer.forward(x[:, start : start + k].copy(), state=state)
        _, _, grads = layer.backward(dh_own[:, start : start + k].copy(), cache)
        sums = {name: sums[name] + grads[name] for name in sums}
        states.append(y)
    return {"h": np.concatenate(states, axis=1), **{f"d{n}": g for n, g in sums.items()}}


def _truncated_bug(bug):
    def truncated(x, dh_own, h0, Wxh, Whh, bh, k):
        return truncated_by_steps(x, dh_own, h0, Wxh, Whh, bh, k, bug)

    return truncated


def _truncated_case(T=8, k=3):
    case = _bptt_case(T=T)
    return {**case, "k": k}


def _truncated_shapes(truncated):
    case = _truncated_case()
    result = truncated(**case)
    assert result["h"].shape == case["dh_own"].shape
    assert all(result[f"d{n}"].shape == case[n].shape for n in ("Wxh", "Whh", "bh"))


def _truncated_exact(truncated):
    case = _truncated_case()
    want = truncated_by_chunks(**case)
    for name, array in truncated(**case).items():
        assert np.array_equal(array, want[name])


def _truncated_whole(truncated):
    case = _truncated_case(k=8)
    _close(truncated(**case), truncated_by_chunks(**case))


def _truncated_states(truncated):
    case = _truncated_case()
    assert np.allclose(truncated(**case)["h"], truncated_by_chunks(**case)["h"])


def _truncated_no_loss(truncated):
    case = _truncated_case()
    case["dh_own"][:, :] = 0.0
    _close(truncated(**case), truncated_by_chunks(**case))


def _truncated_full_gradient(truncated):
    case = _truncated_case()
    full = case | {"k": 8}
    _close(truncated(**case), truncated_by_chunks(**full))


def _truncated_two(truncated):
    case = _truncated_case(T=6)
    _close(truncated(**case), truncated_by_chunks(**case))


def _truncated_inputs(truncated):
    case = _truncated_case()
    got, want = truncated(**case), truncated_by_chunks(**case)
    _close({"dWxh": got["dWxh"]}, {"dWxh": want["dWxh"]})


def _truncated_differs(truncated):
    case = _truncated_case()
    full = truncated_by_chunks(**case | {"k": 8})
    assert not np.allclose(truncated(**case)["dWhh"], full["dWhh"])


TRUNCATED_TEST = Hunt(
    name="check_truncated",
    right=(_rounded_otherwise(truncated_by_steps), truncated_by_chunks),
    bugs=(
        Bug("every chunk starts from a state of zero", _truncated_bug("zero"), "state"),
        Bug("every chunk starts from h0", _truncated_bug("h0"), "state", hidden=True),
        Bug("the state carried is one step old", _truncated_bug("one early"), "state", hidden=True),
        Bug("the gradient is not cut", _truncated_bug("not cut"), "gradient"),
        Bug("only the first border cuts", _truncated_bug("first cut"), "gradient", hidden=True),
        Bug(
            "dWhh lacks the state carried in",
            _truncated_bug("no carried term"),
            "gradient",
            hidden=True,
        ),
    ),
    misconceptions=slips(
        "check_truncated",
        (
            "exact_equality",
            _truncated_exact,
            "the test asks for equality to the last bit; right programs differ by about 1e-16. "
            "Allow a small tolerance.",
            GRADIENT,
        ),
        (
            "shapes_only",
            _truncated_shapes,
            "the test catches no more than one that looks at shapes, or at the first chunk alone; "
            "these are right in every wrong implementation. Take three chunks or more, and compare "
            "all states and gradients.",
            GRADIENT,
        ),
        (
            "one_chunk",
            _truncated_whole,
            "the test has one chunk, where nothing is carried and nothing is cut. Take k well "
            "below T, with three chunks or more.",
            TRUNCATED,
        ),
        (
            "full_gradient",
            _truncated_full_gradient,
            "the test asks for the gradient of the whole sequence; truncation is meant to give "
            "another one. Compare with what each chunk gives alone.",
            DIFFERENT,
        ),
        cells=("state_test", "state_hidden", "gradient_test", "gradient_hidden"),
    )
    + slips(
        "check_truncated",
        (
            "states_only",
            _truncated_states,
            "the test compares the states and no gradient.",
            TRUNCATED,
        ),
        (
            "no_loss",
            _truncated_no_loss,
            "dh_own is zero in the test, so that every gradient is zero, right or wrong.",
            GRADIENT,
        ),
        cells=("gradient_test", "gradient_hidden"),
    )
    + slips(
        "check_truncated",
        (
            "two_chunks",
            _truncated_two,
            "the test has two chunks and one border between them. Take three chunks or more.",
            TRUNCATED,
        ),
        (
            "without_dWhh",
            _truncated_inputs,
            "the test leaves out dWhh, the one gradient that holds the state carried in; look at "
            "all three.",
            TRUNCATED,
        ),
        cells=(),
        part=("gradient_hidden",),
    )
    + slips(
        "check_truncated",
        (
            "differs_from_the_full_gradient",
            _truncated_differs,
            "the test asks only that the gradient is not that of the whole sequence; many wrong "
            "ones are not. Compare with what each chunk gives alone.",
            DIFFERENT,
        ),
        cells=("state_test", "state_hidden", "gradient_hidden"),
    ),
)
