"""Exercise 08, bidirectional RNNs: what is asked, what is right, usual mistakes."""

import numpy as np

import rnncore as rc
from grading.check import Task, slips


def _sizes(rng, count, avoid=()):
    choice = [size for size in range(2, 9) if size not in avoid]
    return [int(size) for size in rng.choice(choice, count, replace=False)]


def _frame(rng, N=None, T=None):
    """Draw sizes and lengths; some row is whole, some row has one to T - 2 steps."""
    steps = int(rng.integers(5, 9))
    batch, D, H = _sizes(rng, 3, avoid=(2, steps))
    N, T = N or batch, T or steps
    lengths = rng.integers(1, T + 1, N)
    if N > 1 and T > 2:
        lengths[:2] = [T - 2, T]
        lengths[2:] = np.minimum(lengths[2:], T - 1)
    return N, T, D, H, lengths


def _weights(rng, D, H):
    return {
        "Wxh": rng.standard_normal((D, H)) / np.sqrt(D),
        "Whh": rng.standard_normal((H, H)) / np.sqrt(H),
        "bh": rng.uniform(0.2, 0.8, H),
    }


def _both_weights(rng, D, H):
    sides = {"f": _weights(rng, D, H), "b": _weights(rng, D, H)}
    return {f"{name}_{side}": w for side, group in sides.items() for name, w in group.items()}


def draw_reverse(rng, N=None, T=None):
    """Draw the arguments of `reverse_within`; the padding is not zero."""
    N, T, D, _, lengths = _frame(rng, N, T)
    return {"x": rng.standard_normal((N, T, D)), "lengths": lengths}


def draw_whole(rng):
    """Draw rows without any padding."""
    drawn = draw_reverse(rng)
    return {**drawn, "lengths": np.full_like(drawn["lengths"], drawn["x"].shape[1])}


def draw_both(rng, N=None, T=None):
    """Draw the arguments of `both_directions`; the padding is not zero."""
    N, T, D, H, lengths = _frame(rng, N, T)
    x = rng.standard_normal((N, T, D))
    return {"x": x, "lengths": lengths, **_both_weights(rng, D, H)}


def draw_merges(rng, N=None, T=None):
    """Draw the states of both directions."""
    N, T, _, H, _ = _frame(rng, N, T)
    f, b = rng.uniform(-0.9, 0.9, (2, N, T, H))
    return {"f": f, "b": b}


def draw_merges_backward(rng, N=None, T=None):
    """Draw the gradients of all four merges."""
    drawn = draw_merges(rng, N, T)
    N, T, H = drawn["f"].shape
    grads = {f"d{name}": rng.standard_normal((N, T, H)) for name in ("total", "mean", "product")}
    return {"djoined": rng.standard_normal((N, T, 2 * H)), **grads, **drawn}


def draw_summary(rng, N=None, T=None):
    """Draw the states of both directions, zero in the padding."""
    N, T, _, H, lengths = _frame(rng, N, T)
    f, b = rng.uniform(-0.9, 0.9, (2, N, T, H)) * rc.length_mask(lengths, T)[..., None]
    return {"f": f, "b": b, "lengths": lengths}


def draw_input_gradient(rng, N=None, T=None):
    """Draw the arguments of `input_gradient`, with the states of a real forward pass."""
    given = draw_both(rng, N, T)
    f, b = reference_both(**given)
    df, db = rng.standard_normal((2, *f.shape))
    weights = {name: w for name, w in given.items() if name.startswith("W")}
    return {"df": df, "db": db, "f": f, "b": b, "lengths": given["lengths"], **weights}


def _layer(Wxh, Whh, bh=None):
    layer = rc.RNN(*Wxh.shape)
    layer.params.update(Wxh=Wxh, Whh=Whh, bh=np.zeros(len(Whh)) if bh is None else bh)
    return layer


def _real(x, lengths):
    return x * rc.length_mask(lengths, x.shape[1])[..., None]


def reference_reverse(x, lengths):
    """Reverse with NumPy's own slices, row by row."""
    y = x.copy()
    for row, given, length in zip(y, x, lengths, strict=True):
        row[:length] = given[:length][::-1]
    return y


def reference_both(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    """Run the library's layer in both directions."""
    layer = rc.Bidirectional(_layer(Wxh_f, Whh_f, bh_f), _layer(Wxh_b, Whh_b, bh_b))
    y, _, _ = layer.forward(_real(x, lengths), lengths=lengths)
    f, b = np.split(y, 2, axis=-1)
    return f.copy(), b.copy()


def reference_merges(f, b):
    """Write all four merges down."""
    return np.concatenate([f, b], axis=-1), f + b, (f + b) / 2, f * b


def reference_merges_backward(djoined, dtotal, dmean, dproduct, f, b):
    """Add what the four merges hand back."""
    H = f.shape[-1]
    shared = dtotal + dmean / 2
    return djoined[..., :H] + shared + dproduct * b, djoined[..., H:] + shared + dproduct * f


def reference_summary(f, b, lengths):
    """Pick each row's two final states."""
    return np.concatenate([f[np.arange(len(f)), lengths - 1], b[:, 0]], axis=-1)


def reference_input_gradient(df, db, f, b, lengths, Wxh_f, Whh_f, Wxh_b, Whh_b):
    """Walk back through both directions with single steps of the library."""
    dx = _walk(df, f, lengths, Wxh_f, Whh_f)
    turned = (reference_reverse(a, lengths) for a in (db, b))
    return dx + reference_reverse(_walk(*turned, lengths, Wxh_b, Whh_b), lengths)


def _walk(dh_own, h, lengths, Wxh, Whh, slope=lambda h: 1 - h**2, back=None, link=1.0):
    """Go back in time through one layer; return dx (N, T, D), zero in the padding."""
    N, T, _ = h.shape
    back = Whh.T if back is None else back
    dx, rest = np.zeros((N, T, len(Wxh))), np.zeros_like(h[:, 0])
    for t in reversed(range(T)):
        live = (t < np.asarray(lengths))[:, None]
        da = (dh_own[:, t] + rest) * slope(h[:, t]) * live
        dx[:, t] = da @ Wxh.T
        rest = link * (da @ back)
    return dx


MATHS, CODE = "Chapter 9, The mathematics", "Chapter 9, The code"
TRAP, CHECK = "Chapter 9, The padding trap", "Chapter 9, The check"
MERGE = "Chapter 9, Four merges"


# --- reversal


def _reverse_at(x, index):
    return np.take_along_axis(x, index[..., None], axis=1)


def _reverse_late(x, lengths):
    t = np.arange(x.shape[1])
    ends = lengths[:, None]
    return _reverse_at(x, np.where(t < ends, (ends - t) % x.shape[1], t))


def _reverse_to_end(x, lengths):
    y = x.copy()
    for row, given, length in zip(y, x, lengths, strict=True):
        row[len(row) - length :] = given[:length][::-1]
    return y


def _reverse_features(x, lengths):
    mask = rc.length_mask(lengths, x.shape[1])[..., None]
    return np.where(mask, x[:, :, ::-1], x)


REVERSE = Task(
    name="reverse_within",
    draw=draw_reverse,
    edges=(
        lambda rng: draw_reverse(rng, N=1),
        lambda rng: draw_reverse(rng, T=1),
        draw_whole,
    ),
    reference=reference_reverse,
    returns=("y",),
    misconceptions=slips(
        "reverse_within",
        (
            "whole_row_reversed",
            lambda x, lengths: x[:, ::-1].copy(),
            "whole rows are reversed, so that a short row begins with its padding; turn around "
            "only the first lengths[n] steps of row n.",
            TRAP,
        ),
        (
            "real_steps_at_the_end",
            _reverse_to_end,
            "the reversed steps stand at the end of the row; they should stand at the start, "
            "with the padding after them as before.",
            TRAP,
        ),
        (
            "padding_set_to_zero",
            lambda x, lengths: _real(reference_reverse(x, lengths), lengths),
            "the real steps are right, but the padding is now zero; it should stay as it is.",
            CODE,
        ),
        (
            "one_step_late",
            _reverse_late,
            "the first step of the result is the one after a row's end; the last real step has "
            "the index lengths[n] - 1.",
            CODE,
        ),
        (
            "one_length_for_all",
            lambda x, lengths: reference_reverse(x, np.full_like(lengths, lengths[0])),
            "every row is reversed within the length of the first one; row n has lengths[n].",
            TRAP,
        ),
        (
            "features_reversed",
            _reverse_features,
            "the features of each step are reversed; reverse the steps, axis 1.",
            CODE,
        ),
        (
            "batch_reversed",
            lambda x, lengths: x[::-1].copy(),
            "the order of the sequences is reversed; reverse the steps of each, axis 1.",
            CODE,
        ),
    ),
)


# --- both directions


def _both(x, lengths, given, turn, turn_back=None, read=None, weights=("f", "b")):
    """Run the forward layer as it should be, and the backward layer in some other way."""
    one, two = (_layer(*(given[f"{n}_{side}"] for n in ("Wxh", "Whh", "bh"))) for side in weights)
    f, end, _ = one.forward(x, lengths=lengths)
    b, _, _ = two.forward(turn(x).copy(), lengths=read)
    return f, _real((turn_back or turn)(b), lengths), end


def _flip(a):
    return a[:, ::-1]


def _both_naive(x, lengths, **given):
    return _both(_real(x, lengths), lengths, given, _flip)[:2]


def _both_padding_read(x, lengths, **given):
    return _both(x, lengths, given, _flip)[:2]


def _both_naive_lengths(x, lengths, **given):
    return _both(x, lengths, given, _flip, read=lengths)[:2]


def _both_naive_lengths_kept(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    f, _, _ = _layer(Wxh_f, Whh_f, bh_f).forward(x, lengths=lengths)
    b, _, _ = _layer(Wxh_b, Whh_b, bh_b).forward(_flip(x).copy(), lengths=lengths)
    return f, _flip(b).copy()


def _both_no_lengths(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    f, _, _ = _layer(Wxh_f, Whh_f, bh_f).forward(x)
    b, _, _ = _layer(Wxh_b, Whh_b, bh_b).forward(_flip(x).copy())
    return f, _flip(b).copy()


def _within(lengths):
    return lambda a: reference_reverse(a, lengths)


def _both_not_back(x, lengths, **given):
    return _both(x, lengths, given, _within(lengths), lambda b: b, lengths)[:2]


def _both_same_weights(x, lengths, **given):
    return _both(x, lengths, given, _within(lengths), read=lengths, weights=("f", "f"))[:2]


def _both_swapped(x, lengths, **given):
    return _both(x, lengths, given, _within(lengths), read=lengths, weights=("b", "f"))[:2]


def _both_forward(x, lengths, **given):
    return _both(x, lengths, given, lambda a: a, read=lengths)[:2]


def _both_continued(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    one, two = _layer(Wxh_f, Whh_f, bh_f), _layer(Wxh_b, Whh_b, bh_b)
    f, end, _ = one.forward(x, lengths=lengths)
    b, _, _ = two.forward(reference_reverse(x, lengths), state=end, lengths=lengths)
    return f, reference_reverse(b, lengths)


def _both_no_zeros(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    one, two = _layer(Wxh_f, Whh_f, bh_f), _layer(Wxh_b, Whh_b, bh_b)
    f, _, _ = one.forward(x)
    b, _, _ = two.forward(reference_reverse(x, lengths))
    return f, reference_reverse(b, lengths)


def _both_no_bias(x, lengths, **given):
    given = {name: w * (not name.startswith("bh")) for name, w in given.items()}
    return reference_both(x, lengths, **given)


BOTH = Task(
    name="both_directions",
    draw=draw_both,
    edges=(lambda rng: draw_both(rng, N=1), lambda rng: draw_both(rng, T=1)),
    reference=reference_both,
    returns=("f", "b"),
    misconceptions=slips(
        "both_directions",
        (
            "padding_read_first",
            _both_padding_read,
            "the backward layer reads the padding of a short row before its last step; it "
            "should start from zeros at the last real step.",
            TRAP,
        ),
        (
            "padding_zeroed_but_read",
            _both_naive,
            "the backward layer reads zeros before the last real step; even these move the "
            "state, through the bias. It should start at the last real step.",
            TRAP,
        ),
        (
            "naive_reversal_with_lengths",
            _both_naive_lengths,
            "whole rows are reversed and then read for lengths[n] steps, so that a short row's "
            "padding is read and its first steps are not; reverse within each length.",
            TRAP,
        ),
        (
            "naive_reversal_with_lengths_kept",
            _both_naive_lengths_kept,
            "whole rows are reversed, there and back, so that b stands at the end of a short "
            "row and has read its padding; reverse within each length, both times.",
            TRAP,
        ),
        (
            "lengths_not_used",
            _both_no_lengths,
            "lengths is not used: the backward layer reads the padding of a short row first, "
            "and there are states in the padding.",
            TRAP,
        ),
        (
            "not_reversed_back",
            _both_not_back,
            "b is in the order in which the backward layer read; b[:, t] should belong to x[:, t].",
            CODE,
        ),
        (
            "both_read_forward",
            _both_forward,
            "b is computed from the first step to the last; it should start at the last real step.",
            MATHS,
        ),
        (
            "one_set_of_weights",
            _both_same_weights,
            "the backward direction uses the forward weights; it has its own.",
            MATHS,
        ),
        (
            "weights_swapped",
            _both_swapped,
            "the two sets of weights are swapped; those with _f belong to the forward direction.",
            MATHS,
        ),
        (
            "backward_starts_from_forward",
            _both_continued,
            "the backward direction starts from the last forward state; the two directions "
            "never talk to each other, and both start from zeros.",
            MATHS,
        ),
        (
            "padding_not_zero",
            _both_no_zeros,
            "the real steps are right, but there are states in the padding; they should be "
            "zero there.",
            TRAP,
        ),
        (
            "bias_forgotten",
            _both_no_bias,
            "the biases are missing.",
            MATHS,
        ),
    ),
)


# --- merges


def _merges(f, b, **changed):
    names = ("joined", "total", "mean", "product")
    right = dict(zip(names, reference_merges(f, b), strict=True))
    return tuple({**right, **changed}.values())


MERGES = Task(
    name="merges",
    draw=draw_merges,
    edges=(lambda rng: draw_merges(rng, N=1), lambda rng: draw_merges(rng, T=1)),
    reference=reference_merges,
    returns=("joined", "total", "mean", "product"),
    misconceptions=slips(
        "merges",
        (
            "joined_along_time",
            lambda f, b: _merges(f, b, joined=np.concatenate([f, b], axis=1)),
            "joined puts the backward states after the forward ones in time; join the features, "
            "the last axis.",
            MATHS,
        ),
        (
            "backward_first",
            lambda f, b: _merges(f, b, joined=np.concatenate([b, f], axis=-1)),
            "joined has the backward states first; the forward states come first.",
            MATHS,
        ),
        (
            "interleaved",
            lambda f, b: _merges(f, b, joined=np.stack([f, b], -1).reshape(*f.shape[:2], -1)),
            "joined takes the units of f and b in turn; all units of f come first.",
            MATHS,
        ),
        (
            "mean_over_time",
            lambda f, b: _merges(f, b, mean=(f + b) / f.shape[1]),
            "mean divides by the number of steps; it is the mean of two states.",
            MATHS,
        ),
        (
            "mean_halves_one_side",
            lambda f, b: _merges(f, b, mean=f + b / 2),
            "mean halves the backward states alone; halve both (mind the brackets).",
            MATHS,
        ),
        (
            "mean_is_the_sum",
            lambda f, b: _merges(f, b, mean=f + b),
            "mean is the sum; half of it is the mean.",
            MATHS,
        ),
        (
            "dot_product",
            lambda f, b: _merges(f, b, product=(f * b).sum(axis=-1, keepdims=True)),
            "product is summed over the units; it is taken entry by entry and keeps all units.",
            MATHS,
        ),
    ),
)


# --- back through the merges


def _merges_back(djoined, dtotal, dmean, dproduct, f, b, half=0.5, order=1, factors=None, whole=1):
    H = f.shape[-1]
    one, two = (djoined[..., :H], djoined[..., H:])[::order]
    shared = whole * dtotal + half * dmean
    of_f, of_b = factors or (b, f)
    return one + shared + dproduct * of_f, two + shared + dproduct * of_b


def _merges_back_even(djoined, dtotal, dmean, dproduct, f, b):
    order = np.concatenate([djoined[..., ::2], djoined[..., 1::2]], axis=-1)
    return reference_merges_backward(order, dtotal, dmean, dproduct, f, b)


MERGES_BACKWARD = Task(
    name="merges_backward",
    draw=draw_merges_backward,
    edges=(
        lambda rng: draw_merges_backward(rng, N=1),
        lambda rng: draw_merges_backward(rng, T=1),
    ),
    reference=reference_merges_backward,
    returns=("df", "db"),
    misconceptions=slips(
        "merges_backward",
        (
            "own_factor",
            lambda **given: _merges_back(**given, factors=(given["f"], given["b"])),
            "through the product, each state gets its own value as the factor; the derivative "
            "of f * b by f is b.",
            MATHS,
        ),
        (
            "product_passes_through",
            lambda **given: _merges_back(**given, factors=(1.0, 1.0)),
            "the gradient of the product reaches both states unchanged, as that of a sum would; "
            "the derivative of f * b by f is b.",
            MATHS,
        ),
        (
            "halves_swapped",
            lambda **given: _merges_back(**given, order=-1),
            "the two halves of djoined are swapped; the first half belongs to f.",
            MATHS,
        ),
        (
            "every_other_entry",
            _merges_back_even,
            "djoined is split into even and odd entries; the first half belongs to f.",
            MATHS,
        ),
        (
            "mean_not_halved",
            lambda **given: _merges_back(**given, half=1.0),
            "the gradient of the mean arrives whole; each state is halved in the mean, so half "
            "of it comes back.",
            MATHS,
        ),
        (
            "sum_shared_out",
            lambda **given: _merges_back(**given, whole=0.5),
            "the gradient of the sum is divided between the two states; each of them gets all "
            "of it, as each adds to the sum with the factor 1.",
            MATHS,
        ),
    ),
)


# --- the gradient of the input


def _gradient(df, db, f, b, lengths, Wxh_f, Whh_f, Wxh_b, Whh_b, **walk):
    dx = _walk(df, f, lengths, Wxh_f, Whh_f, **walk)
    turned = (reference_reverse(a, lengths) for a in (db, b))
    return dx, reference_reverse(_walk(*turned, lengths, Wxh_b, Whh_b, **walk), lengths)


def _gradient_same_way(df, db, f, b, lengths, Wxh_f, Whh_f, Wxh_b, Whh_b):
    return _walk(df, f, lengths, Wxh_f, Whh_f) + _walk(db, b, lengths, Wxh_b, Whh_b)


def _gradient_not_back(lengths, **given):
    one, two = _gradient(lengths=lengths, **given)
    return one + reference_reverse(two, lengths)


def _gradient_padding(df, lengths, **given):
    full = np.full_like(lengths, df.shape[1])
    return sum(_gradient(df=df, lengths=full, **given))


def _gradient_padding_zeroed(lengths, **given):
    return _real(_gradient_padding(lengths=lengths, **given), lengths)


def _gradient_transposed(df, db, f, b, lengths, Wxh_f, Whh_f, Wxh_b, Whh_b):
    return sum(_gradient(df, db, f, b, lengths, Wxh_f, Whh_f.T, Wxh_b, Whh_b.T))


INPUT_GRADIENT = Task(
    name="input_gradient",
    draw=draw_input_gradient,
    edges=(
        lambda rng: draw_input_gradient(rng, N=1),
        lambda rng: draw_input_gradient(rng, T=1),
    ),
    reference=reference_input_gradient,
    returns=("dx",),
    misconceptions=slips(
        "input_gradient",
        (
            "forward_layer_only",
            lambda **given: _gradient(**given)[0],
            "dx holds the forward direction alone; the input was read twice, so two terms add up.",
            MATHS,
        ),
        (
            "backward_layer_only",
            lambda **given: _gradient(**given)[1],
            "dx holds the backward direction alone; the input was read twice, so two terms add up.",
            MATHS,
        ),
        (
            "mean_of_both",
            lambda **given: sum(_gradient(**given)) / 2,
            "dx is the mean of the two directions; their terms add up.",
            MATHS,
        ),
        (
            "slope_forgotten",
            lambda **given: sum(_gradient(**given, slope=np.ones_like)),
            "the slope of tanh is missing, in both directions.",
            MATHS,
        ),
        (
            "no_path_through_time",
            lambda **given: sum(_gradient(**given, link=0.0)),
            "each state gets only what df or db gives it; it also acts on the state that was "
            "computed from it.",
            MATHS,
        ),
        (
            "Whh_not_transposed",
            _gradient_transposed,
            "the way back multiplies by Whh as it is; it should be the transpose.",
            MATHS,
        ),
        (
            "padding_sends_gradients",
            _gradient_padding,
            "df and db act on dx in the padding as well; there the states are fixed at zero, "
            "and nothing comes back from them.",
            TRAP,
        ),
        (
            "padding_zeroed_at_the_end",
            _gradient_padding_zeroed,
            "dx is zero in the padding, but df in the padding has reached the real steps "
            "through time; set the gradient to zero there before it goes on.",
            TRAP,
        ),
    )
    + slips(
        "input_gradient",
        (
            "both_walk_from_the_end",
            _gradient_same_way,
            "both walks go from the last step to the first; the backward layer read from the "
            "end, so its gradient goes from the first step to the last.",
            MATHS,
        ),
        (
            "not_reversed_back",
            _gradient_not_back,
            "the backward direction's share of dx is in its own order of reading; step t of dx "
            "belongs to step t of x.",
            CODE,
        ),
    ),
)


# --- the summary of a sequence


def _pick(a, t):
    return a[np.arange(len(a)), t]


SUMMARY = Task(
    name="summary",
    draw=draw_summary,
    edges=(lambda rng: draw_summary(rng, N=1), lambda rng: draw_summary(rng, T=1)),
    reference=reference_summary,
    returns=("s",),
    misconceptions=slips(
        "summary",
        (
            "last_column",
            lambda f, b, lengths: np.concatenate([f[:, -1], b[:, -1]], axis=-1),
            "both halves are taken at index -1, which is padding in a short row; and where a "
            "row is whole, b there has read a single step.",
            CHECK,
        ),
        (
            "last_real_step",
            lambda f, b, lengths: np.concatenate(
                [_pick(f, lengths - 1), _pick(b, lengths - 1)], axis=-1
            ),
            "both halves are taken at the last real step; there b has read that one step alone. "
            "Where has b read everything?",
            CHECK,
        ),
        (
            "lengths_ignored",
            lambda f, b, lengths: np.concatenate([f[:, -1], b[:, 0]], axis=-1),
            "f is taken from the padding of a short row; its last real step is lengths[n] - 1.",
            CHECK,
        ),
        (
            "both_first",
            lambda f, b, lengths: np.concatenate([f[:, 0], b[:, 0]], axis=-1),
            "both halves are taken at the first step; there f has read that one step alone.",
            CHECK,
        ),
        (
            "backward_half_first",
            lambda f, b, lengths: np.concatenate([b[:, 0], _pick(f, lengths - 1)], axis=-1),
            "the two halves are swapped; the forward half comes first.",
            CHECK,
        ),
        (
            "mean_over_time",
            lambda f, b, lengths: np.concatenate([f, b], axis=-1).mean(axis=1),
            "this is the mean over all steps; pick one state of each direction, the one that "
            "has read the whole row.",
            CHECK,
        ),
    ),
)


# --- who hears what


def hearing_networks():
    """Repeat the networks of the notebook, by name."""
    rng = np.random.default_rng(8)
    one, two = rc.RNN(3, 6, rng=rng), rc.RNN(3, 6, rng=rng)
    lengths = np.array([5, 7])

    def backward(x, turn, turn_back):
        b, _, _ = two.forward(turn(x).copy(), lengths=lengths)
        return turn_back(b)

    def within(x):
        return reference_reverse(x, lengths)

    return {
        "A": lambda x: one.forward(x, lengths=lengths)[0],
        "B": lambda x: rc.Bidirectional(one, two).forward(x, lengths=lengths)[0],
        "C": lambda x: backward(x, _flip, _flip),
        "D": lambda x: backward(x, within, lambda b: b),
    }


def _hears(row=0, step=3, first=0, only=None):
    x = np.random.default_rng(8).standard_normal((2, 7, 3))
    x[0, 5:] = 0
    changed, found = x.copy(), []
    changed[row, step] += 1.0
    for network in hearing_networks().values():
        moved = np.abs(network(changed) - network(x))[row].max(axis=-1) > 1e-9
        steps = [int(t) + first for t in np.flatnonzero(moved)]
        found.append(steps if only is None else [t for t in steps if only(t)])
    return found


HEARS = Task(
    name="hears",
    reference=_hears,
    value=True,
    misconceptions=slips(
        "hears",
        (
            "counted_from_one",
            lambda: _hears(first=1),
            "the steps are counted from 1; use Python's indices, as in x[0, 3].",
            CHECK,
        ),
        (
            "the_longer_row",
            lambda: _hears(row=1),
            "this is what the second sequence hears when its own step 3 changes; change the "
            "first, which is padded.",
            TRAP,
        ),
        (
            "step_after",
            lambda: _hears(step=4),
            "this is what a change of x[0, 4] does; change x[0, 3].",
            CHECK,
        ),
        (
            "forward_all_over",
            lambda: [[3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3], [0, 1, 2, 3]],
            "C and D are answered as a right backward layer would be; each of them has a fault. "
            "Run them.",
            TRAP,
        ),
        (
            "unreversed_output_overlooked",
            lambda: [*_hears()[:3], [0, 1, 2, 3]],
            "D is answered as a right backward layer would be; its output stays in the order in "
            "which it read. At which place of that order does x[0, 3] stand?",
            CODE,
        ),
        (
            "wrong_order_overlooked",
            lambda: [*_hears()[:2], [0, 1, 2, 3], _hears()[3]],
            "C is answered as a right backward layer would be; it reads two steps of padding "
            "first, and stops after five.",
            TRAP,
        ),
        (
            "changed_step_left_out",
            lambda: _hears(only=lambda t: t != 3),
            "the changed step itself is left out; its own output moves too.",
            CHECK,
        ),
    ),
)
