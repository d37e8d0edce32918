"""Exercise 03, backpropagation through time: what is asked, what is right, usual mistakes."""

from dataclasses import replace

import numpy as np

import rnncore as rc
from grading.check import Task, slips

CHUNKS = ((5, 2), (7, 2), (7, 3), (8, 3))  # (T, k), the last chunk shorter


def _sizes(rng, count, avoid=()):
    choice = [size for size in range(2, 9) if size not in avoid]
    return [int(size) for size in rng.choice(choice, count, replace=False)]


def draw_loss(rng, N=None, T=None, scale=2.0):
    """Draw the arguments of `sequence_loss`; some row ends before the last step."""
    steps = int(rng.integers(3, 8))
    batch, V = _sizes(rng, 2, avoid=(steps,))
    N, T = N or batch, T or steps
    lengths = rng.integers(1, T + 1, N)
    lengths[: min(2, N)] = [T - 1, T][: min(2, N)] if T > 1 else 1
    return {
        "logits": scale * rng.standard_normal((N, T, V)),
        "targets": rng.integers(V, size=(N, T)),
        "mask": rc.length_mask(lengths, T),
    }


def draw_loss_empty_row(rng):
    """Draw a batch in which one sequence has no step that counts."""
    drawn = draw_loss(rng)
    drawn["mask"][0] = False
    return drawn


def draw_output(rng, N=None, T=None):
    """Draw the arguments of `output_backward`."""
    batch, steps, H, V = _sizes(rng, 4)
    N, T = N or batch, T or steps
    return {
        "dlogits": rng.standard_normal((N, T, V)),
        "h": rng.uniform(-0.9, 0.9, (N, T, H)),
        "Why": rng.standard_normal((H, V)),
    }


def draw_bptt(rng, N=None, T=None):
    """Draw the arguments of `bptt`, with the states of a real forward pass."""
    steps = int(rng.integers(4, 8))
    batch, D, H = _sizes(rng, 3, avoid=(steps,))
    N, T = N or batch, T or steps
    weights = _weights(rng, D, H)
    x, h0 = rng.standard_normal((N, T, D)), rng.uniform(-0.9, 0.9, (N, H))
    h = _states(x, h0, **weights)
    del weights["bh"]
    return {"dh_own": rng.standard_normal(h.shape), "x": x, "h": h, "h0": h0, **weights}


def draw_truncated(rng, N=None, T=None, k=None):
    """Draw the arguments of `truncated_bptt`; k does not divide T."""
    steps, length = CHUNKS[rng.integers(len(CHUNKS))]
    batch, D, H = _sizes(rng, 3, avoid=(steps, length))
    N, T = N or batch, T or steps
    x, dh_own = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, H))
    h0 = rng.uniform(-0.9, 0.9, (N, H))
    return {"x": x, "dh_own": dh_own, "h0": h0, **_weights(rng, D, H), "k": k or length}


def draw_worst(rng):
    """Draw gradients of very different sizes; the largest difference is not the worst.

    The worst is a matrix, and its error is not a multiple of it: other norms show.
    """
    shares = {"Wxh": float(rng.uniform(1e-3, 1e-2)), "Whh": 0.2, "bh": 1e-2}
    sizes = {"Wxh": 300.0, "Whh": 0.02, "bh": 1.0}
    D, H = _sizes(rng, 2, avoid=(2,))
    shapes = {"Wxh": (D, H), "Whh": (H, H), "bh": (H,)}
    grads, numerical = {}, {}
    for name, size in sizes.items():
        grads[name] = size * rng.uniform(0.5, 1.5, shapes[name])
        noise = shares[name] * rng.standard_normal(shapes[name])
        numerical[name] = grads[name] + size * noise
    return {"grads": grads, "numerical": numerical}


def draw_worst_zero(rng):
    """Draw one gradient that is zero, and rightly so."""
    zero = np.zeros(int(rng.integers(2, 6)))
    return {"grads": {"bh": zero}, "numerical": {"bh": zero.copy()}}


def draw_clip(rng, share=None):
    """Draw the arguments of `clip_by_global_norm`, with a norm above the limit."""
    D, H = _sizes(rng, 2)
    shapes = {"Wxh": (D, H), "Whh": (H, H), "bh": (H,)}
    grads = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    grads["bh"] *= 0.01
    share = share or float(rng.uniform(0.2, 0.6))
    return {"grads": grads, "max_norm": round(share * _norm(grads), 4)}


def draw_clip_example(rng):
    """Give the example of the text: a gradient below the limit."""
    return {"grads": {"W": np.array([3.0]), "b": np.array([0.0, 4.0])}, "max_norm": 10.0}


def draw_clip_zero(rng):
    """Draw gradients that are all zero."""
    drawn = draw_clip(rng)
    return {**drawn, "grads": {name: 0 * g for name, g in drawn["grads"].items()}}


def _weights(rng, D, H):
    return {
        "Wxh": rng.standard_normal((D, H)) / np.sqrt(D),
        "Whh": rng.standard_normal((H, H)) / np.sqrt(H),
        "bh": rng.uniform(0.2, 0.8, H),
    }


def _norm(grads):
    return float(np.sqrt(sum(np.sum(g**2) for g in grads.values())))


def _states(x, h0, Wxh, Whh, bh):
    layer = rc.RNN(*Wxh.shape)
    layer.params.update(Wxh=Wxh, Whh=Whh, bh=bh)
    return layer.forward(x, state=h0)[0]


def reference_loss(logits, targets, mask):
    """Give the library's loss, summed over time."""
    return rc.softmax_cross_entropy(logits, targets, mask, reduction="sum_over_time")


def reference_output(dlogits, h, Why):
    """Go back through the library's dense layer."""
    head = rc.Dense(*Why.shape)
    head.params["W"] = Why
    dh, _, grads = head.backward(dlogits, head.forward(h)[2])
    return dh, grads["W"], grads["b"]


def reference_bptt(dh_own, x, h, h0, Wxh, Whh):
    """Chain the library's single steps backward."""
    before = np.concatenate([h0[:, None], h[:, :-1]], axis=1)
    sums, dx, dh = {"Wxh": 0, "Whh": 0, "bh": 0}, np.empty_like(x), np.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        cache = (x[:, t], before[:, t], h[:, t], Wxh, Whh, "tanh")
        dx[:, t], dh, grads = rc.rnn_step_backward(dh_own[:, t] + dh, cache)
        sums = {name: sums[name] + grads[name] for name in sums}
    return dx, dh, *sums.values()


def reference_truncated(x, dh_own, h0, Wxh, Whh, bh, k):
    """Run the library's layer chunk by chunk, and hand back no gradient between them."""
    layer, state, states, sums = rc.RNN(*Wxh.shape), h0, [], (0, 0, 0)
    layer.params.update(Wxh=Wxh, Whh=Whh, bh=bh)
    for start in range(0, x.shape[1], k):
        y, state, cache = layer.forward(x[:, start : start + k].copy(), state=state)
        _, _, grads = layer.backward(dh_own[:, start : start + k].copy(), cache)
        sums = [total + grads[n] for total, n in zip(sums, ("Wxh", "Whh", "bh"), strict=True)]
        states.append(y)
    return np.concatenate(states, axis=1), *sums


def reference_worst(grads, numerical):
    """Compare with the library's relative error."""
    errors = {name: rc.relative_error(grads[name], numerical[name]) for name in grads}
    worst = max(errors, key=errors.get)
    return worst, errors[worst]


REACH_GAINS = (0.5, 0.9, 1.0)


def reach_network(gain):
    """Repeat the network of the notebook: its states (N, T + 1, H) and Whh."""
    rng = np.random.default_rng(3)
    layer = rc.RNN(4, 24, rng=rng)
    layer.params["Whh"] *= gain
    x = 0.6 * rng.standard_normal((8, 120, 4))
    y, _, _ = layer.forward(x)
    return np.pad(y, ((0, 0), (1, 0), (0, 0))), layer.params["Whh"]


def reach_norms(gain, slope=lambda h: 1 - h**2, shift=0, transpose=True):
    """Give the norm of the last loss's gradient 0, 1, 2, ... steps back."""
    h, Whh = reach_network(gain)
    back = Whh.T if transpose else Whh
    dh = np.ones_like(h[:, 0])
    norms = [np.linalg.norm(dh)]
    for t in range(h.shape[1] - 1, 0, -1):
        dh = (dh * slope(h[:, t - shift])) @ back
        norms.append(np.linalg.norm(dh))
    return np.array(norms)


def reach(offset=0, share=0.01, whole=None, power=1, **options):
    """Find the first distance at which the norm is small."""
    found = []
    for gain in REACH_GAINS:
        norms = reach_norms(gain, **options) ** power
        found.append(int(np.argmax(norms <= share * (whole or norms[0]))) + offset)
    return found


# --- the loss


def _loss_log_gradient(logits, targets, mask):
    weight = mask / len(mask)
    log_p = rc.log_softmax(logits)
    dlogits = (log_p - np.eye(logits.shape[2])[targets]) * weight[..., None]
    return _loss(logits, targets, weight)[0], dlogits


def _loss(logits, targets, weight, axis=2, one_hot=1.0, gradient_weight=None):
    log_p = logits - logits.max(axis=axis, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=axis, keepdims=True))
    picked = np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]
    dlogits = np.exp(log_p) - one_hot * np.eye(logits.shape[2])[targets]
    weight_of_gradient = weight if gradient_weight is None else gradient_weight
    return float(-(picked * weight).sum()), dlogits * weight_of_gradient[..., None]


def _loss_overflowing(logits, targets, mask):
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
        picked = np.log(np.take_along_axis(p, targets[..., None], axis=2)[..., 0])
    weight = mask / len(mask)
    return float(-(picked * weight).sum()), (p - np.eye(p.shape[2])[targets]) * weight[..., None]


MATHS, CODE = "Chapter 4, The mathematics", "Chapter 4, The code, one equation at a time"
SUMS, MISTAKES = "Chapter 4, What the sum over steps holds", "Chapter 4, Common mistakes"
CUT = "Chapter 4, Truncated BPTT: carry the state, cut the gradient"

LOSS_SLIPS = slips(
    "sequence_loss",
    (
        "mean_over_time",
        lambda logits, targets, mask: _loss(logits, targets, mask / mask.size),
        "the loss is averaged over time as well; sum over the steps and average over the "
        "sequences only.",
        MATHS,
    ),
    (
        "mean_over_valid",
        lambda logits, targets, mask: _loss(logits, targets, mask / mask.sum()),
        "the loss is the mean over all steps that count; sum over them, and divide by the "
        "number of sequences.",
        MATHS,
    ),
    (
        "sum_over_batch",
        lambda logits, targets, mask: _loss(logits, targets, mask * 1.0),
        "the losses of the sequences are added up; average over the batch.",
        MATHS,
    ),
    (
        "padding_counted",
        lambda logits, targets, mask: _loss(logits, targets, np.ones(mask.shape) / len(mask)),
        "padded steps count in the loss; where the mask is False nothing should be added.",
        MISTAKES,
    ),
    (
        "gradient_not_scaled",
        lambda logits, targets, mask: _loss(
            logits, targets, mask / len(mask), gradient_weight=mask * 1.0
        ),
        "the loss is right, but the gradient lacks the factor that the mean over the batch brings.",
        CODE,
    ),
    (
        "gradient_of_padding",
        lambda logits, targets, mask: _loss(
            logits, targets, mask / len(mask), gradient_weight=np.ones(mask.shape) / len(mask)
        ),
        "the loss is right, but padded steps still have a gradient; it should be zero there.",
        MISTAKES,
    ),
    (
        "probabilities_only",
        lambda logits, targets, mask: _loss(logits, targets, mask / len(mask), one_hot=0.0),
        "dlogits is the softmax alone; the derivative also has a term at the target.",
        CODE,
    ),
    (
        "gradient_from_logarithms",
        _loss_log_gradient,
        "dlogits is built from the logarithms of the probabilities; it is built from the "
        "probabilities.",
        CODE,
    ),
    (
        "softmax_over_time",
        lambda logits, targets, mask: _loss(logits, targets, mask / len(mask), axis=1),
        "the softmax is taken over time; probabilities should sum to 1 over the classes, the "
        "last axis.",
        MATHS,
    ),
) + slips(
    "sequence_loss",
    (
        "overflow",
        _loss_overflowing,
        "the exponential of a large logit is infinite; the softmax does not change when the "
        "largest logit is subtracted first.",
        MATHS,
    ),
    cells=("hidden",),
)

SEQUENCE_LOSS = Task(
    name="sequence_loss",
    draw=draw_loss,
    edges=(
        lambda rng: draw_loss(rng, N=1),
        lambda rng: draw_loss(rng, T=1),
        lambda rng: draw_loss(rng, scale=800.0),
        draw_loss_empty_row,
    ),
    reference=reference_loss,
    returns=("loss", "dlogits"),
    misconceptions=LOSS_SLIPS,
    library=("log_softmax",),
)


# --- the readout


def _output(dlogits, h, Why, share=1.0):
    dWhy = np.einsum("nth,ntv->hv", h, dlogits)
    return dlogits @ Why.T, share * dWhy, share * dlogits.sum(axis=(0, 1))


def _output_part(dlogits, h, Why, rows=slice(None), steps=slice(None)):
    _, dWhy, dby = _output(dlogits[rows, steps], h[rows, steps], Why)
    return dlogits @ Why.T, dWhy, dby


def _output_last_bias(dlogits, h, Why):
    dh, dWhy, _ = _output(dlogits, h, Why)
    return dh, dWhy, dlogits[:, -1].sum(axis=0)


OUTPUT_BACKWARD = Task(
    name="output_backward",
    draw=draw_output,
    edges=(lambda rng: draw_output(rng, N=1), lambda rng: draw_output(rng, T=1)),
    reference=reference_output,
    returns=("dh", "dWhy", "dby"),
    misconceptions=slips(
        "output_backward",
        (
            "last_step_only",
            lambda dlogits, h, Why: _output_part(dlogits, h, Why, steps=slice(-1, None)),
            "dWhy and dby hold the last step alone; the same weights act at every step, so add "
            "up all steps.",
            SUMS,
        ),
        (
            "mean_over_time",
            lambda dlogits, h, Why: _output(dlogits, h, Why, 1 / h.shape[1]),
            "dWhy and dby are averaged over the steps; the gradient of a shared weight is the sum.",
            SUMS,
        ),
        (
            "mean_over_batch",
            lambda dlogits, h, Why: _output(dlogits, h, Why, 1 / h.shape[0]),
            "dWhy and dby are averaged over the batch once more; dlogits already holds that "
            "mean, so add the rows up.",
            CODE,
        ),
        (
            "first_sequence_only",
            lambda dlogits, h, Why: _output_part(dlogits, h, Why, rows=slice(0, 1)),
            "dWhy and dby hold the first sequence alone; every row of the batch uses these "
            "weights.",
            CODE,
        ),
        (
            "bias_last_step",
            _output_last_bias,
            "dWhy is right, but dby holds the last step alone; the bias acts at every step too.",
            SUMS,
        ),
    ),
)


# --- the whole way back


def _tanh_slope(h):
    return 1 - h**2


def _walk(dh_own, h, Whh, slope=_tanh_slope, link=None, order=None, keep=0.0):
    """Go through the steps; return da (N, T, H) and what is left at the end."""
    link = link or (lambda dh, da: da @ Whh.T)
    da, rest = np.zeros_like(h), np.zeros_like(h[:, 0])
    for t in order or reversed(range(h.shape[1])):
        dh = dh_own[:, t] + rest
        da[:, t] = dh * slope(h[:, t])
        rest = keep * rest + link(dh, da[:, t])
    return da, rest


def _before(h, h0):
    return np.concatenate([h0[:, None], h[:, :-1]], axis=1)


def _weight_grads(da, x, before):
    grads = (np.einsum("nti,ntj->ij", other, da) for other in (x, before))
    return *grads, da.sum(axis=(0, 1))


def _bptt(dh_own, x, h, h0, Wxh, Whh, before=None, **walk):
    da, dh0 = _walk(dh_own, h, Whh, **walk)
    before = _before(h, h0) if before is None else before
    return da @ Wxh.T, dh0, *_weight_grads(da, x, before)


def _bptt_last_step(dh_own, x, h, h0, Wxh, Whh):
    dx, dh0, *_ = _bptt(dh_own, x, h, h0, Wxh, Whh)
    da, _ = _walk(dh_own, h, Whh)
    last = slice(-1, None)
    return dx, dh0, *_weight_grads(da[:, last], x[:, last], _before(h, h0)[:, last])


def _bptt_first_step(dh_own, x, h, h0, Wxh, Whh):
    dx, dh0, *_ = _bptt(dh_own, x, h, h0, Wxh, Whh)
    da, _ = _walk(dh_own, h, Whh)
    return dx, dh0, *_weight_grads(da[:, :1], x[:, :1], h0[:, None])


def _bptt_mean(dh_own, x, h, h0, Wxh, Whh):
    dx, dh0, *grads = _bptt(dh_own, x, h, h0, Wxh, Whh)
    return dx, dh0, *(g / h.shape[1] for g in grads)


def _bptt_no_next(dh_own, x, h, h0, Wxh, Whh):
    da = dh_own * _tanh_slope(h)
    return da @ Wxh.T, da[:, 0] @ Whh.T, *_weight_grads(da, x, _before(h, h0))


def _bptt_last_loss(dh_own, x, h, h0, Wxh, Whh):
    only_last = np.zeros_like(dh_own)
    only_last[:, -1] = dh_own[:, -1]
    return _bptt(only_last, x, h, h0, Wxh, Whh)


def _bptt_dh0_zero(dh_own, x, h, h0, Wxh, Whh):
    dx, dh0, *grads = _bptt(dh_own, x, h, h0, Wxh, Whh)
    return dx, np.zeros_like(dh0), *grads


def _bptt_dh0_first(dh_own, x, h, h0, Wxh, Whh):
    dx, _, *grads = _bptt(dh_own, x, h, h0, Wxh, Whh)
    da, _ = _walk(dh_own, h, Whh)
    return dx, da[:, 0] / _tanh_slope(h[:, 0]), *grads


BPTT_SLIPS = slips(
    "bptt",
    (
        "last_step_only",
        _bptt_last_step,
        "the gradients of the weights hold the last step alone; the same weights act at every "
        "step, so add up all steps.",
        SUMS,
    ),
    (
        "mean_over_time",
        _bptt_mean,
        "the gradients of the weights are averaged over the steps; the gradient of a shared "
        "weight is the sum.",
        SUMS,
    ),
    (
        "no_path_through_next_state",
        _bptt_no_next,
        "each state gets the gradient of its own loss alone; it also acts on the next state, "
        "and what comes back from there is missing.",
        CODE,
    ),
    (
        "nothing_passed_back",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(
            dh_own, x, h, h0, Wxh, Whh, link=lambda dh, da: 0 * da
        ),
        "each state gets the gradient of its own loss alone; it also acts on the next state, "
        "and what comes back from there is missing. dh0 is what comes back from the first step.",
        CODE,
    ),
    (
        "passed_back_added_up",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(dh_own, x, h, h0, Wxh, Whh, keep=1.0),
        "what the steps hand back is added up over all of them; a state gets what the next step "
        "hands back, and that already holds all later steps.",
        CODE,
    ),
    (
        "first_step_only",
        _bptt_first_step,
        "the gradients of the weights hold the first step alone, the last one that the loop "
        "comes to; add up all steps.",
        SUMS,
    ),
    (
        "slope_of_the_sigmoid",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(
            dh_own, x, h, h0, Wxh, Whh, slope=lambda h: h * (1 - h)
        ),
        "this is the slope of the sigmoid; the states here come from tanh.",
        CODE,
    ),
    (
        "slope_forgotten",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(dh_own, x, h, h0, Wxh, Whh, slope=np.ones_like),
        "the slope of tanh is missing; multiply by it on the way from the state to the "
        "pre-activation.",
        CODE,
    ),
    (
        "slope_of_the_state",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(
            dh_own, x, h, h0, Wxh, Whh, slope=lambda h: 1 - np.tanh(h) ** 2
        ),
        "tanh is applied to h once more before the slope is taken; h already is the tanh of "
        "the pre-activation.",
        CODE,
    ),
    (
        "slope_not_passed_back",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(
            dh_own, x, h, h0, Wxh, Whh, link=lambda dh, da: dh @ Whh.T
        ),
        "what goes back to the state before skips the slope of tanh; it has to start from the "
        "gradient of the pre-activation.",
        CODE,
    ),
    (
        "forward_in_time",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(
            dh_own, x, h, h0, Wxh, Whh, order=range(h.shape[1])
        ),
        "the loop runs from the first step to the last; the gradient of a state needs the one "
        "of the next state, so begin at the end.",
        CODE,
    ),
    (
        "state_after_instead_of_before",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(dh_own, x, h, h0, Wxh, Whh, before=h),
        "dWhh uses the state after each step; Whh multiplied the state before it, which for "
        "the first step is h0.",
        CODE,
    ),
    (
        "initial_state_ignored",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(
            dh_own, x, h, h0, Wxh, Whh, before=_before(h, 0 * h0)
        ),
        "dWhh lacks the term of the first step; there Whh multiplied h0, which is not zero here.",
        CODE,
    ),
    (
        "first_step_wraps_around",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(
            dh_own, x, h, h0, Wxh, Whh, before=np.roll(h, 1, axis=1)
        ),
        "for the first step, index t - 1 is -1, and NumPy takes that as the last step; the "
        "state before the first step is h0.",
        CODE,
    ),
    (
        "Whh_not_transposed",
        lambda dh_own, x, h, h0, Wxh, Whh: _bptt(
            dh_own, x, h, h0, Wxh, Whh, link=lambda dh, da: da @ Whh
        ),
        "the way back multiplies by Whh as it is; it should be the transpose. The shapes agree "
        "either way, because Whh is square.",
        CODE,
    ),
    (
        "last_loss_only",
        _bptt_last_loss,
        "only the last step's loss is sent back; every step has a loss of its own, to be added "
        "when the loop comes by.",
        CODE,
    ),
    (
        "dh0_zero",
        _bptt_dh0_zero,
        "dh0 is left at zero; it is what the first step hands back.",
        CODE,
    ),
    (
        "dh0_is_dh1",
        _bptt_dh0_first,
        "dh0 is the gradient of the state after the first step; one more step back is missing.",
        CODE,
    ),
)

BPTT = Task(
    name="bptt",
    draw=draw_bptt,
    edges=(lambda rng: draw_bptt(rng, N=1), lambda rng: draw_bptt(rng, T=1)),
    reference=reference_bptt,
    returns=("dx", "dh0", "dWxh", "dWhh", "dbh"),
    misconceptions=BPTT_SLIPS,
)


# --- truncation


def _truncated(x, dh_own, h0, Wxh, Whh, bh, starts, reset=None, carry=True, pick=None):
    """Go through chunks that begin at ``starts``; ``pick`` chooses how to add them up."""
    state, states, parts = h0, [], []
    for start, stop in zip(starts, [*starts[1:], x.shape[1]], strict=True):
        state = state if reset is None or start == 0 else reset
        chunk = (x[:, start:stop].copy(), state)
        h = _states(*chunk, Wxh, Whh, bh)
        first = state if carry or start == 0 else 0 * state
        da, _ = _walk(dh_own[:, start:stop], h, Whh)
        parts.append(_weight_grads(da, chunk[0], _before(h, first)))
        state = h[:, -1].copy()
        states.append(h)
    grads = (pick or sum)([np.array(p, dtype=object) for p in parts])
    return np.concatenate(states, axis=1), *grads


def _regular(x, k, **options):
    return {"x": x, "starts": list(range(0, x.shape[1], k)), **options}


def _truncated_zero(x, dh_own, h0, Wxh, Whh, bh, k):
    given = _regular(x, k, reset=np.zeros_like(h0))
    return _truncated(dh_own=dh_own, h0=h0, Wxh=Wxh, Whh=Whh, bh=bh, **given)


def _truncated_h0(x, dh_own, h0, Wxh, Whh, bh, k):
    return _truncated(dh_own=dh_own, h0=h0, Wxh=Wxh, Whh=Whh, bh=bh, **_regular(x, k, reset=h0))


def _truncated_not(x, dh_own, h0, Wxh, Whh, bh, k):
    return _truncated(x, dh_own, h0, Wxh, Whh, bh, starts=[0])


def _truncated_every_step(x, dh_own, h0, Wxh, Whh, bh, k):
    return _truncated(x, dh_own, h0, Wxh, Whh, bh, starts=list(range(x.shape[1])))


def _truncated_last_chunk(x, dh_own, h0, Wxh, Whh, bh, k):
    given = _regular(x, k, pick=lambda parts: parts[-1])
    return _truncated(dh_own=dh_own, h0=h0, Wxh=Wxh, Whh=Whh, bh=bh, **given)


def _truncated_mean(x, dh_own, h0, Wxh, Whh, bh, k):
    given = _regular(x, k, pick=lambda parts: sum(parts) / len(parts))
    return _truncated(dh_own=dh_own, h0=h0, Wxh=Wxh, Whh=Whh, bh=bh, **given)


def _truncated_from_end(x, dh_own, h0, Wxh, Whh, bh, k):
    starts = sorted({0, *range(x.shape[1] - k, 0, -k)})
    return _truncated(x, dh_own, h0, Wxh, Whh, bh, starts=starts)


def _truncated_one_late(x, dh_own, h0, Wxh, Whh, bh, k):
    starts = [0, *range(k + 1, x.shape[1], k + 1)]
    return _truncated(x, dh_own, h0, Wxh, Whh, bh, starts=starts)


def _truncated_cut_after(x, dh_own, h0, Wxh, Whh, bh, k):
    starts = [0, *range(1, x.shape[1], k)]
    return _truncated(x, dh_own, h0, Wxh, Whh, bh, starts=starts)


def _truncated_h0_before(x, dh_own, h0, Wxh, Whh, bh, k):
    h, dWxh, dWhh, dbh = _truncated(
        dh_own=dh_own, h0=h0, Wxh=Wxh, Whh=Whh, bh=bh, **_regular(x, k, carry=False)
    )
    whole = _states(x, h0, Wxh, Whh, bh)
    for start in range(k, x.shape[1], k):
        da, _ = _walk(dh_own[:, start : start + k], whole[:, start : start + k], Whh)
        dWhh = dWhh + h0.T @ da[:, 0]
    return h, dWxh, dWhh, dbh


def _truncated_boundary(x, dh_own, h0, Wxh, Whh, bh, k):
    given = _regular(x, k, carry=False)
    return _truncated(dh_own=dh_own, h0=h0, Wxh=Wxh, Whh=Whh, bh=bh, **given)


def _truncated_whole_only(x, dh_own, h0, Wxh, Whh, bh, k):
    whole = x.shape[1] // k
    given = _regular(x, k, pick=lambda parts: sum(parts[:whole]))
    return _truncated(dh_own=dh_own, h0=h0, Wxh=Wxh, Whh=Whh, bh=bh, **given)


def _truncated_window(x, dh_own, h0, Wxh, Whh, bh, k):
    """Let every loss look back over k steps of its own."""
    h = _states(x, h0, Wxh, Whh, bh)
    before, sums = _before(h, h0), np.array([0.0 * Wxh, 0.0 * Whh, 0.0 * bh], dtype=object)
    for t in range(x.shape[1]):
        window = slice(max(0, t - k + 1), t + 1)
        own = np.zeros_like(h[:, window])
        own[:, -1] = dh_own[:, t]
        da, _ = _walk(own, h[:, window], Whh)
        sums = sums + np.array(_weight_grads(da, x[:, window], before[:, window]), dtype=object)
    return h, *sums


TRUNCATED_SLIPS = slips(
    "truncated_bptt",
    (
        "state_reset_to_zero",
        _truncated_zero,
        "the state starts from zero in each chunk; truncation cuts the gradient, and the state "
        "goes on.",
        CUT,
    ),
    (
        "state_reset_to_h0",
        _truncated_h0,
        "each chunk starts from h0 again; it should start from the state that the chunk before "
        "left.",
        CUT,
    ),
    (
        "not_truncated",
        _truncated_not,
        "this is the full gradient; nothing may flow back over the start of a chunk.",
        CUT,
    ),
    (
        "cut_at_every_step",
        _truncated_every_step,
        "the gradient is cut at every step; inside a chunk it goes back through all steps.",
        CUT,
    ),
    (
        "last_chunk_only",
        _truncated_last_chunk,
        "the gradients of the last chunk alone are returned; add up those of all chunks.",
        CUT,
    ),
    (
        "mean_over_chunks",
        _truncated_mean,
        "the gradients of the chunks are averaged; add them up.",
        CUT,
    ),
    (
        "chunks_counted_from_the_end",
        _truncated_from_end,
        "the chunks are counted from the end, so that the first one is the short one; the "
        "first chunk holds the first k steps.",
        CUT,
    ),
    (
        "cut_one_step_late",
        _truncated_one_late,
        "the chunks are k + 1 steps long; chunks start at the steps 0, k, 2k and so on.",
        CUT,
    ),
    (
        "cut_behind_the_first_step",
        _truncated_cut_after,
        "the cuts lie one step too late, behind the first step of each chunk; the step at which a "
        "chunk starts belongs to that chunk.",
        CUT,
    ),
    (
        "boundary_state_is_h0",
        _truncated_h0_before,
        "at the start of each chunk dWhh uses h0; there Whh multiplied the state that the chunk "
        "before left.",
        CUT,
    ),
    (
        "boundary_state_is_zero",
        _truncated_boundary,
        "at the start of a chunk dWhh lacks a term: the carried state gets no gradient, but it "
        "is not zero and Whh multiplied it.",
        CUT,
    ),
    (
        "short_chunk_dropped",
        _truncated_whole_only,
        "the last chunk is shorter than k and is left out of the gradients; it counts like any "
        "other.",
        CUT,
    ),
    (
        "window_for_each_loss",
        _truncated_window,
        "every loss looks back over k steps of its own; here the cuts are at fixed places, so a "
        "loss at the start of a chunk looks back over one step only.",
        CUT,
    ),
)

TRUNCATED_BPTT = Task(
    name="truncated_bptt",
    draw=draw_truncated,
    edges=(
        lambda rng: draw_truncated(rng, N=1),
        lambda rng: draw_truncated(rng, k=1),
        lambda rng: draw_truncated(rng, T=6, k=6),
        lambda rng: draw_truncated(rng, T=3, k=10),
        lambda rng: draw_truncated(rng, T=1, k=2),
    ),
    reference=reference_truncated,
    returns=("h", "dWxh", "dWhh", "dbh"),
    misconceptions=TRUNCATED_SLIPS,
    library=("rnn_step", "rnn_step_backward"),
)


# --- comparing gradients


def _worst(grads, numerical, error):
    errors = {name: float(error(grads[name], numerical[name])) for name in grads}
    worst = max(errors, key=errors.get)
    return worst, errors[worst]


def _relative(u, v):
    return np.linalg.norm(u - v) / (np.linalg.norm(u) + np.linalg.norm(v))


def _relative_without_guard(grads, numerical):
    with np.errstate(all="ignore"):
        return _worst(grads, numerical, _relative)


def _first_large(grads, numerical):
    name = next(iter(grads))
    return name, rc.relative_error(grads[name], numerical[name])


def _relative_to_one(u, v):
    return np.linalg.norm(u - v) / np.linalg.norm(v) if v.any() else 0.0


def _relative_squared(u, v):
    size = np.sum(u**2) + np.sum(v**2)
    return np.sum((u - v) ** 2) / size if size else 0.0


def _one_norm(u, v):
    return np.abs(u - v).sum() / (np.abs(u).sum() + np.abs(v).sum() or 1.0)


def _spectral(u, v):
    size = np.linalg.norm(u, 2) + np.linalg.norm(v, 2)
    return np.linalg.norm(u - v, 2) / size if size else 0.0


def _of_norms(u, v):
    sizes = np.linalg.norm(u), np.linalg.norm(v)
    return abs(sizes[0] - sizes[1]) / (sum(sizes) or 1.0)


def _norm_of_sum(u, v):
    return np.linalg.norm(u - v) / (np.linalg.norm(u + v) or 1.0)


def _mean_of_entries(u, v):
    size = np.abs(u) + np.abs(v)
    return np.mean(np.abs(u - v) / np.where(size > 0, size, 1.0))


WORST_GRADIENT = Task(
    name="worst_gradient",
    draw=draw_worst,
    edges=(draw_worst_zero,),
    reference=reference_worst,
    returns=("name", "error"),
    misconceptions=slips(
        "worst_gradient",
        (
            "absolute_difference",
            lambda grads, numerical: _worst(grads, numerical, lambda u, v: np.linalg.norm(u - v)),
            "the differences are not divided by the sizes, so the largest array looks worst; "
            "divide by the sum of both norms.",
            "Chapter 4, The check",
        ),
        (
            "relative_to_one",
            lambda grads, numerical: _worst(grads, numerical, _relative_to_one),
            "the difference is divided by one norm; divide by the sum of both.",
            "Chapter 4, The check",
        ),
        (
            "squared",
            lambda grads, numerical: _worst(grads, numerical, _relative_squared),
            "these are squared norms; take the square roots first.",
            "Chapter 4, The check",
        ),
        (
            "largest_entry",
            lambda grads, numerical: _worst(grads, numerical, lambda u, v: np.abs(u - v).max()),
            "this is the largest difference of single entries; the error compares norms of "
            "whole arrays.",
            "Chapter 4, The check",
        ),
        (
            "absolute_values",
            lambda grads, numerical: _worst(grads, numerical, _one_norm),
            "the sizes are sums of absolute values; the Euclidean norm is the square root of the "
            "sum of squares.",
            "Chapter 4, The check",
        ),
        (
            "spectral_norm",
            lambda grads, numerical: _worst(grads, numerical, _spectral),
            "for a matrix, np.linalg.norm(u, 2) is the largest singular value; the norm here is "
            "over all entries, as np.linalg.norm(u) computes it.",
            "Chapter 4, The check",
        ),
        (
            "difference_of_norms",
            lambda grads, numerical: _worst(grads, numerical, _of_norms),
            "two norms are subtracted; two arrays of the same length can differ in every entry. "
            "Take the norm of the difference.",
            "Chapter 4, The check",
        ),
        (
            "norm_of_the_sum",
            lambda grads, numerical: _worst(grads, numerical, _norm_of_sum),
            "the difference is divided by the norm of the sum; divide by the sum of the norms.",
            "Chapter 4, The check",
        ),
        (
            "mean_of_entries",
            lambda grads, numerical: _worst(grads, numerical, _mean_of_entries),
            "this is the mean of one error for each entry; the error compares norms of whole "
            "arrays.",
            "Chapter 4, The check",
        ),
        (
            "first_array",
            _first_large,
            "only the first array is looked at; compare all of them and return the worst.",
            "Chapter 4, The check",
        ),
    )
    + slips(
        "worst_gradient",
        (
            "zero_by_zero",
            _relative_without_guard,
            "two gradients that are both zero agree; zero divided by zero gives NaN instead.",
            "Chapter 4, The check",
        ),
        cells=("hidden",),
    ),
)


# --- clipping


def _clip(grads, max_norm, norm, always=False):
    scale = max_norm / norm if always or norm > max_norm else 1.0
    return {name: g * scale for name, g in grads.items()}, norm


def _clip_per_array(grads, max_norm):
    clipped = {n: _clip({n: g}, max_norm, np.linalg.norm(g))[0][n] for n, g in grads.items()}
    return clipped, _norm(grads)


def _clip_by_value(grads, max_norm):
    return {n: np.clip(g, -max_norm, max_norm) for n, g in grads.items()}, _norm(grads)


def _clip_always(grads, max_norm):
    with np.errstate(all="ignore"):
        return _clip(grads, np.float64(max_norm), _norm(grads), always=True)


def _clip_norm_after(grads, max_norm):
    clipped, _ = _clip(grads, max_norm, _norm(grads))
    return clipped, _norm(clipped)


THREE = "Chapter 4, Three different things"

CLIP = Task(
    name="clip_by_global_norm",
    draw=draw_clip,
    edges=(
        lambda rng: draw_clip(rng, share=2.0),
        lambda rng: draw_clip(rng, share=1.01),
        draw_clip_zero,
    ),
    reference=rc.clip_grad_norm,
    returns=("clipped", "norm"),
    misconceptions=slips(
        "clip_by_global_norm",
        (
            "per_array",
            _clip_per_array,
            "each array is clipped by its own norm, which turns the whole gradient; take one "
            "norm over all arrays and scale all by one factor.",
            THREE,
        ),
        (
            "by_value",
            _clip_by_value,
            "single entries are cut off, which turns the gradient; scale all entries by one "
            "factor.",
            THREE,
        ),
        (
            "norm_after_clipping",
            _clip_norm_after,
            "the norm returned is the one after clipping; return the one before.",
            THREE,
        ),
        (
            "no_square_root",
            lambda grads, max_norm: _clip(grads, max_norm, _norm(grads) ** 2),
            "this is the sum of squares; the norm is its square root.",
            THREE,
        ),
        (
            "sum_of_norms",
            lambda grads, max_norm: _clip(
                grads, max_norm, sum(np.linalg.norm(g) for g in grads.values())
            ),
            "the norms of the arrays are added; add the squares of all entries and take the "
            "square root once.",
            THREE,
        ),
        (
            "always_scaled",
            _clip_always,
            "gradients are scaled up to max_norm when they are smaller; those must stay as "
            "they are.",
            THREE,
        ),
    ),
)


def check_below_limit(answer):
    """Check the example of the text, whose norm is below the limit."""
    title = f"{CLIP.name}, below the limit"
    replace(CLIP, name=title, draw=draw_clip_example).check(answer)


# --- the experiment

ARRIVES = "Chapter 4, Contributions by distance"

REACH = Task(
    name="reach",
    reference=reach,
    returns=("reach",),
    value=True,
    misconceptions=tuple(
        slip
        for name, never in (("length", 120), ("infinity", np.inf), ("none", None))
        for slip in slips(
            "reach",
            (
                f"powers_of_the_gain_{name}",
                lambda never=never: [*reach(slope=np.ones_like)[:2], never],
                "these are the distances of the guess, where only Whh is multiplied; each step "
                "back also has the slope of tanh at the state that it leaves.",
                ARRIVES,
            ),
        )
    )
    + slips(
        "reach",
        (
            "last_one_above",
            lambda: reach(offset=-1),
            "every distance is one too small: there the norm is still above one hundredth.",
            ARRIVES,
        ),
        (
            "not_transposed",
            lambda: reach(transpose=False),
            "the way back multiplies by Whh as it is; it should be the transpose.",
            ARRIVES,
        ),
        (
            "slope_of_the_state",
            lambda: reach(slope=lambda h: 1 - np.tanh(h) ** 2),
            "tanh is applied to h once more before the slope is taken; h already is the tanh of "
            "the pre-activation.",
            ARRIVES,
        ),
        (
            "counted_from_one",
            lambda: reach(offset=1),
            "every distance is one too large: at the last state itself the distance is 0.",
            ARRIVES,
        ),
        (
            "matrix_alone",
            lambda: reach(slope=np.ones_like),
            "only Whh is multiplied; each step back also has the slope of tanh at the state "
            "that it leaves.",
            ARRIVES,
        ),
        (
            "slope_of_the_state_before",
            lambda: reach(shift=1),
            "the slope is taken at the state where a step back arrives; take it at the state "
            "from which it starts.",
            ARRIVES,
        ),
        (
            "absolute_bound",
            lambda: reach(whole=1.0),
            "the norm is compared with 0.01; compare it with one hundredth of the norm at the "
            "last state.",
            ARRIVES,
        ),
        (
            "squared_norm",
            lambda: reach(power=2),
            "these are the distances at which the norm is down to one tenth; one hundredth of the "
            "norm is asked for, not of its square.",
            ARRIVES,
        ),
    ),
)
