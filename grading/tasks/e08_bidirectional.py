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


def _reverse_each_part(x, lengths):
    y = reference_reverse(x, lengths)
    for row, length in zip(y, lengths, strict=True):
        row[length:] = row[length:][::-1].copy()
    return y


def _padding_first(x, lengths):
    rows = zip(x, lengths, strict=True)
    return np.stack([np.concatenate([row[n:], row[:n][::-1]]) for row, n in rows])


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
        (
            "steps_and_features_reversed",
            lambda x, lengths: np.flip(x, (1, 2)).copy(),
            "whole rows are reversed, and the features of each step as well; reverse the steps "
            "alone, within lengths[n].",
            CODE,
        ),
        (
            "everything_reversed",
            lambda x, lengths: np.flip(x).copy(),
            "all three axes are reversed; reverse axis 1 alone, within lengths[n].",
            CODE,
        ),
        (
            "padding_reversed_too",
            _reverse_each_part,
            "the real steps are right, but the padding is turned round as well; it should stay as "
            "it is.",
            CODE,
        ),
        (
            "padding_put_first",
            _padding_first,
            "the padding stands in front of the reversed steps; it should stay at the end.",
            TRAP,
        ),
        (
            "last_real_step_left",
            lambda x, lengths: reference_reverse(x, np.maximum(lengths - 1, 1)),
            "the last real step of each row stays where it is; the slice of a row's real steps "
            "ends before the index lengths[n].",
            CODE,
        ),
        (
            "shortest_length_for_all",
            lambda x, lengths: reference_reverse(x, np.full_like(lengths, lengths.min())),
            "every row is reversed within the length of the shortest; row n has lengths[n].",
            TRAP,
        ),
        (
            "nothing_reversed",
            lambda x, lengths: x.copy(),
            "the result is x as it was given; assign the reversed steps to the copy.",
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


def _both_replaced(**sources):
    """Run right, with some arguments taken from others; ``None`` is zero."""

    def both(**given):
        changed = {
            name: 0 * given[name] if source is None else given[source].copy()
            for name, source in sources.items()
        }
        return reference_both(**{**given, **changed})

    return both


def _both_transposed(**given):
    return reference_both(**{**given, **{n: given[n].T.copy() for n in ("Whh_f", "Whh_b")}})


def _both_turned(turn, turn_back):
    """Run with other ways to turn the input and the output; each is given array and lengths."""

    def both(x, lengths, **given):
        return _both(
            x, lengths, given, lambda a: turn(a, lengths), lambda b: turn_back(b, lengths), lengths
        )[:2]

    return both


def _as_it_is(a, lengths):
    return a


def _whole(a, lengths):
    return _flip(a)


def _both_padding_kept(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    f, _, _ = _layer(Wxh_f, Whh_f, bh_f).forward(x, lengths=lengths)
    b, _, _ = _layer(Wxh_b, Whh_b, bh_b).forward(_flip(x).copy())
    return f, _flip(b).copy()


def _both_stacked(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    f, _, _ = _layer(Wxh_f, Whh_f, bh_f).forward(x, lengths=lengths)
    layer = _layer(Whh_b, Whh_b, bh_b)  # the states have H features
    b, _, _ = layer.forward(reference_reverse(f, lengths), lengths=lengths)
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
        (
            "directions_swapped",
            lambda **given: reference_both(**given)[::-1],
            "f and b are returned in the wrong order.",
            CODE,
        ),
        (
            "backward_loop_without_lengths",
            _both_padding_kept,
            "f is right, but the backward loop runs over the padding: its state has read it when "
            "it comes to the last real step. Keep that state at zero in the padding.",
            TRAP,
        ),
        (
            "input_not_reversed",
            _both_turned(_as_it_is, reference_reverse),
            "the backward layer reads x as it is, and only its output is reversed; reverse what it "
            "reads as well.",
            CODE,
        ),
        (
            "output_turned_over_all_steps",
            _both_turned(reference_reverse, _whole),
            "b is turned back over whole rows, so that a short row's states stand at its end; "
            "turn it back within each length.",
            TRAP,
        ),
        (
            "input_turned_over_all_steps",
            _both_turned(_whole, reference_reverse),
            "the input is reversed over whole rows, so that a short row's padding is read; reverse "
            "it within each length.",
            TRAP,
        ),
        (
            "reads_the_forward_states",
            _both_stacked,
            "the backward direction reads the states f; it reads x, as the forward one does.",
            MATHS,
        ),
        (
            "forward_recurrent_weights",
            _both_replaced(Whh_b="Whh_f"),
            "the backward direction uses Whh_f; it has its own, Whh_b.",
            MATHS,
        ),
        (
            "forward_input_weights",
            _both_replaced(Wxh_b="Wxh_f"),
            "the backward direction uses Wxh_f; it has its own, Wxh_b.",
            MATHS,
        ),
        (
            "forward_bias",
            _both_replaced(bh_b="bh_f"),
            "the backward direction uses bh_f; it has its own, bh_b.",
            MATHS,
        ),
        (
            "backward_bias_forgotten",
            _both_replaced(bh_b=None),
            "the bias of the backward direction is missing.",
            MATHS,
        ),
    )
    + slips(
        "both_directions",
        (
            "no_recurrence",
            _both_replaced(Whh_f=None, Whh_b=None),
            "no state reads another one; carry the state from step to step, in both directions.",
            MATHS,
        ),
        (
            "no_backward_recurrence",
            _both_replaced(Whh_b=None),
            "the backward states do not read b at t + 1; in a loop from the end, carry the state "
            "from each step to the one before it.",
            MATHS,
        ),
        (
            "recurrent_weights_transposed",
            _both_transposed,
            "both Whh are transposed; a state is a row, times Whh as it is.",
            MATHS,
        ),
        (
            "last_real_step_left_out",
            lambda x, lengths, **given: reference_both(x, np.maximum(lengths - 1, 1), **given),
            "the last real step of a row is taken for padding; its index is lengths[n] - 1.",
            CODE,
        ),
        (
            "one_length_for_all",
            lambda x, lengths, **given: reference_both(
                x, np.full_like(lengths, lengths[0]), **given
            ),
            "every row ends where the first one does; row n has lengths[n] steps.",
            TRAP,
        ),
    ),
    library=("rnn_step",),
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
        (
            "sum_and_mean_exchanged",
            lambda f, b: _merges(f, b, total=(f + b) / 2, mean=f + b),
            "total and mean are returned in the wrong order; the sum comes before the mean.",
            MATHS,
        ),
        (
            "joined_along_the_batch",
            lambda f, b: _merges(f, b, joined=np.concatenate([f, b])),
            "joined has the backward states as more rows of the batch; join the features, the last "
            "axis.",
            MATHS,
        ),
        (
            "stacked",
            lambda f, b: _merges(f, b, joined=np.stack([f, b], axis=-1)),
            "joined has an axis too many; np.concatenate joins along an axis that is there, "
            "np.stack makes a new one.",
            MATHS,
        ),
        (
            "mean_over_units",
            lambda f, b: _merges(f, b, mean=np.concatenate([f, b], -1).mean(axis=-1)),
            "mean is taken over all units of a step; unit k of the mean is that of unit k of f and "
            "unit k of b.",
            MATHS,
        ),
        (
            "matrix_product",
            lambda f, b: _merges(f, b, product=f @ b.swapaxes(1, 2)),
            "product is a product of matrices, step by step; it is taken entry by entry, f * b.",
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


def _merges_back_without(*names, **factors):
    """Leave out, or multiply, some of the four gradients."""

    def back(**given):
        changed = dict.fromkeys(names, 0.0) | factors
        return reference_merges_backward(
            **{**given, **{name: factor * given[name] for name, factor in changed.items()}}
        )

    return back


def _merges_back_first_half(djoined, **given):
    half = djoined[..., : given["f"].shape[-1]]
    return reference_merges_backward(np.concatenate([half, half], axis=-1), **given)


def _merges_back_both_halves(djoined, **given):
    H = given["f"].shape[-1]
    both = djoined[..., :H] + djoined[..., H:]
    return reference_merges_backward(np.concatenate([both, both], axis=-1), **given)


def _merges_back_product_itself(**given):
    product = given["f"] * given["b"]
    return _merges_back(**given, factors=(product, product))


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
        (
            "joined_left_out",
            _merges_back_without("djoined"),
            "nothing comes from djoined; its first half belongs to f, its second to b.",
            MATHS,
        ),
        (
            "sum_left_out",
            _merges_back_without("dtotal"),
            "nothing comes from dtotal; both states get it.",
            MATHS,
        ),
        (
            "mean_left_out",
            _merges_back_without("dmean"),
            "nothing comes from dmean; both states get half of it.",
            MATHS,
        ),
        (
            "product_left_out",
            _merges_back_without("dproduct"),
            "nothing comes from dproduct; each state gets it times the other state.",
            MATHS,
        ),
        (
            "product_halved",
            _merges_back_without(dproduct=0.5),
            "the gradient of the product is halved; the derivative of f * b by f is b.",
            MATHS,
        ),
        (
            "product_times_product",
            _merges_back_product_itself,
            "the gradient of the product is multiplied by f * b; the derivative of f * b by f "
            "is b.",
            MATHS,
        ),
        (
            "paths_averaged",
            lambda **given: tuple(d / 4 for d in reference_merges_backward(**given)),
            "this is the mean of the four paths; they add up.",
            MATHS,
        ),
        (
            "gradients_swapped",
            lambda **given: reference_merges_backward(**given)[::-1],
            "df and db are returned in the wrong order.",
            MATHS,
        ),
        (
            "first_half_twice",
            _merges_back_first_half,
            "df is right, but db gets the first half of djoined as well; the second half belongs "
            "to b.",
            MATHS,
        ),
        (
            "halves_added",
            _merges_back_both_halves,
            "both states get both halves of djoined; the first half belongs to f, the second to b.",
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


def _gradient_parts(given_b=None, lengths_b=None, **walk_b):
    """Walk the forward layer rightly, and the backward layer otherwise."""

    def gradient(df, db, f, b, lengths, Wxh_f, Whh_f, Wxh_b, Whh_b):
        weights = {"Wxh": Wxh_b, "Whh": Whh_b}
        weights |= {n: {"Wxh": Wxh_f, "Whh": Whh_f}[n] for n in given_b or ()}
        end = np.full_like(lengths, df.shape[1]) if lengths_b else lengths
        turned = (reference_reverse(a, end) for a in (db, b))
        back = _walk(*turned, end, **weights, **walk_b)
        return _walk(df, f, lengths, Wxh_f, Whh_f) + reference_reverse(back, end)

    return gradient


def _gradient_both_from_start(lengths, **given):
    turned = {n: reference_reverse(given[n], lengths) for n in ("df", "db", "f", "b")}
    return reference_reverse(_gradient_same_way(lengths=lengths, **given | turned), lengths)


def _gradient_ways_exchanged(df, db, f, b, lengths, Wxh_f, Whh_f, Wxh_b, Whh_b):
    turned = (reference_reverse(a, lengths) for a in (df, f))
    forward = reference_reverse(_walk(*turned, lengths, Wxh_f, Whh_f), lengths)
    return forward + _walk(db, b, lengths, Wxh_b, Whh_b)


def _gradient_slope_from_forward(f, b, **given):
    return reference_input_gradient(f=f, b=f, **given)


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
            "gradients_exchanged",
            lambda df, db, **given: reference_input_gradient(db, df, **given),
            "df goes into the backward layer and db into the forward one; they are exchanged.",
            MATHS,
        ),
        (
            "forward_input_weights",
            _gradient_parts(given_b=("Wxh",)),
            "the backward direction goes back to the input through Wxh_f; it has its own, Wxh_b.",
            MATHS,
        ),
        (
            "slope_at_the_other_state",
            _gradient_slope_from_forward,
            "the slope of the backward direction is taken at f; it is 1 - b**2.",
            MATHS,
        ),
        (
            "backward_slope_forgotten",
            _gradient_parts(slope=np.ones_like),
            "the slope of tanh is missing in the backward direction.",
            MATHS,
        ),
        (
            "tanh_applied_again",
            lambda **given: sum(_gradient(**given, slope=lambda h: 1 - np.tanh(h) ** 2)),
            "tanh is applied to the states once more before the slope is taken; f and b are "
            "already what tanh gives.",
            MATHS,
        ),
        (
            "slope_not_squared",
            lambda **given: sum(_gradient(**given, slope=lambda h: 1 - h)),
            "the slope is 1 - h; that of tanh is 1 - h**2.",
            MATHS,
        ),
        (
            "sigmoid_slope",
            lambda **given: sum(_gradient(**given, slope=lambda h: h * (1 - h))),
            "the slope is that of the sigmoid; that of tanh is 1 - h**2.",
            MATHS,
        ),
        (
            "backward_padding_not_ignored",
            _gradient_parts(lengths_b=True),
            "the forward direction is right, but db acts in the padding; nothing comes back from "
            "there.",
            TRAP,
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
            "recurrent_weights_exchanged",
            lambda Whh_f, Whh_b, **given: reference_input_gradient(
                Whh_f=Whh_b, Whh_b=Whh_f, **given
            ),
            "the two Whh are exchanged on the way back; each direction goes back through its own.",
            MATHS,
        ),
        (
            "forward_recurrent_weights",
            _gradient_parts(given_b=("Whh",)),
            "the backward direction goes back through Whh_f; it has its own, Whh_b.",
            MATHS,
        ),
        (
            "backward_direction_not_linked",
            _gradient_parts(link=0.0),
            "in the backward direction each state gets only what db gives it; what comes from the "
            "step before is missing.",
            MATHS,
        ),
        (
            "forward_direction_not_linked",
            lambda **given: _gradient(**given, link=0.0)[0] + _gradient(**given)[1],
            "in the forward direction each state gets only what df gives it; what comes from the "
            "step after is missing.",
            MATHS,
        ),
        (
            "both_walk_from_the_start",
            _gradient_both_from_start,
            "both walks go from the first step to the last; the forward layer read from the start, "
            "so its gradient goes from the last step to the first.",
            MATHS,
        ),
        (
            "ways_exchanged",
            _gradient_ways_exchanged,
            "each walk goes in the order in which its layer read; a gradient goes against it.",
            MATHS,
        ),
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
            "backward_half_from_the_last_column",
            lambda f, b, lengths: np.concatenate([_pick(f, lengths - 1), b[:, -1]], axis=-1),
            "b is taken at index -1, which is padding in a short row; and where a row is whole, b "
            "there has read a single step.",
            CHECK,
        ),
        (
            "ends_exchanged",
            lambda f, b, lengths: np.concatenate([f[:, 0], _pick(b, lengths - 1)], axis=-1),
            "each direction is taken where it has read a single step; f has read the whole row at "
            "its end, b at its start.",
            CHECK,
        ),
        (
            "last_real_step_missed",
            lambda f, b, lengths: np.concatenate(
                [_pick(f, np.maximum(lengths - 2, 0)), b[:, 0]], axis=-1
            ),
            "f is taken one step too early; its last real step is lengths[n] - 1.",
            CHECK,
        ),
        (
            "one_length_for_all",
            lambda f, b, lengths: np.concatenate([f[:, lengths[0] - 1], b[:, 0]], axis=-1),
            "f is taken at the end of the first row, in every row; row n ends at lengths[n] - 1.",
            CHECK,
        ),
        (
            "largest_over_time",
            lambda f, b, lengths: np.concatenate([f, b], axis=-1).max(axis=1),
            "this is the largest value over all steps; pick one state of each direction, the one "
            "that has read the whole row.",
            CHECK,
        ),
        (
            "mean_over_real_steps",
            lambda f, b, lengths: np.concatenate([f, b], axis=-1).sum(axis=1) / lengths[:, None],
            "this is the mean over the real steps; pick one state of each direction, the one that "
            "has read the whole row.",
            CHECK,
        ),
        (
            "halves_added",
            lambda f, b, lengths: _pick(f, lengths - 1) + b[:, 0],
            "the two states are added; put them side by side, 2H numbers.",
            CHECK,
        ),
        (
            "halves_stacked",
            lambda f, b, lengths: np.stack([_pick(f, lengths - 1), b[:, 0]], axis=1),
            "the two states stand on an axis of their own; put them side by side, 2H numbers.",
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
            "padding_counted",
            lambda: [[3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6], *_hears()[2:]],
            "A and B are answered with steps 5 and 6, which are padding in the shorter row; its "
            "output is zero there, before and after.",
            TRAP,
        ),
        (
            "turned_input_only",
            lambda: [*_hears()[:3], [3, 4]],
            "D is answered as a forward layer would be; it reads the reversed row. At which place "
            "of that order does x[0, 3] stand?",
            CODE,
        ),
        (
            "changed_step_left_out",
            lambda: _hears(only=lambda t: t != 3),
            "the changed step itself is left out; its own output moves too.",
            CHECK,
        ),
    ),
)
