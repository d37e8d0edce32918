"""Exercise 02, the RNN cell: what is asked, what is right, and the usual mistakes."""

import numpy as np

import rnncore as rc
from grading.check import Task, slips


def _sizes(rng, count):
    return [int(size) for size in rng.choice([2, 3, 4, 5, 6, 7], count, replace=False)]


def _weights(rng, D, H):
    return {
        "Wxh": rng.standard_normal((D, H)) / np.sqrt(D),
        "Whh": rng.standard_normal((H, H)) / np.sqrt(H),
        "bh": rng.uniform(0.2, 0.8, H),
    }


def draw_step(rng, N=None):
    """Draw the arguments of `rnn_step`."""
    batch, D, H = _sizes(rng, 3)
    N = N or batch
    h_prev = rng.uniform(-0.9, 0.9, (N, H))
    return {"x": rng.standard_normal((N, D)), "h_prev": h_prev, **_weights(rng, D, H)}


def draw_concat(rng, N=None):
    """Draw the arguments of `rnn_step_concat`."""
    drawn = draw_step(rng, N)
    W = np.concatenate([drawn["Whh"], drawn["Wxh"]])  # (H + D, H)
    return {"x": drawn["x"], "h_prev": drawn["h_prev"], "W": W, "b": drawn["bh"]}


def draw_forward(rng, N=None, T=None):
    """Draw the arguments of `rnn_forward`."""
    batch, D, H, steps = _sizes(rng, 4)
    N, T = N or batch, T or steps + 6
    h0 = rng.uniform(-0.9, 0.9, (N, H))
    return {"x": rng.standard_normal((N, T, D)), "h0": h0, **_weights(rng, D, H)}


def draw_lengths(rng, N=None, T=None):
    """Draw the arguments of `rnn_forward_lengths`; some row ends early, one runs to T."""
    drawn = draw_forward(rng, N, T)
    N, T, _ = drawn["x"].shape
    lengths = rng.integers(1, T + 1, N)
    lengths[: min(2, N)] = [T - 2, T][: min(2, N)] if T > 2 else T - 1
    return {**drawn, "lengths": lengths}


def draw_readout(rng, N=None, T=None):
    """Draw the arguments of `readout`."""
    batch, steps, H, V = _sizes(rng, 4)
    return {
        "h": rng.uniform(-0.9, 0.9, (N or batch, T or steps, H)),
        "Why": rng.standard_normal((H, V)),
        "by": rng.uniform(0.2, 0.8, V),
    }


def draw_backward(rng, N=None):
    """Draw the arguments of `rnn_step_backward`."""
    drawn = draw_step(rng, N)
    bh = drawn.pop("bh")
    h = np.tanh(drawn["x"] @ drawn["Wxh"] + drawn["h_prev"] @ drawn["Whh"] + bh)
    dh = rng.standard_normal(h.shape)
    order = ("x", "h_prev", "h", "Wxh", "Whh")
    return {"dh": dh, **{name: {**drawn, "h": h}[name] for name in order}}


def draw_gradient(rng, shape=None):
    """Draw the arguments of `numerical_gradient`: every entry matters to every other."""
    # Small: each entry costs two calls of f, and f may be in another process than the answer.
    count = int(rng.integers(2, 4))
    shape = shape or tuple(int(size) for size in rng.permutation([2, 3, 4])[:count])
    w = rng.uniform(0.5, 1.5, shape)

    def cubic(x):
        return float(np.sum(w * x**3) + np.sum(x * w) ** 2)

    eps = float(rng.choice([0.01, 0.02, 0.05]))
    return {"f": cubic, "x": rng.standard_normal(shape), "eps": eps}


def reference_step(x, h_prev, Wxh, Whh, bh):
    """One step of the library."""
    return rc.rnn_step(x, h_prev, Wxh, Whh, bh)[0]


def reference_concat(x, h_prev, W, b):
    """One step of the library, with the stacked matrix taken apart."""
    H = h_prev.shape[1]
    return rc.rnn_step(x, h_prev, np.copy(W[H:]), np.copy(W[:H]), b)[0]


def reference_forward(x, h0, Wxh, Whh, bh, lengths=None):
    """All states of the library's layer, held past a row's end."""
    layer = rc.RNN(*Wxh.shape)
    layer.params.update(Wxh=Wxh, Whh=Whh, bh=bh)
    _, _, cache = layer.forward(x, state=h0, lengths=lengths)
    return cache.h[1:].swapaxes(0, 1).copy()  # (N, T, H)


def reference_readout(h, Why, by):
    """Apply the library's dense layer at every step."""
    head = rc.Dense(*Why.shape)
    head.params.update(W=Why, b=by)
    return head.forward(h)[0]


def reference_backward(dh, x, h_prev, h, Wxh, Whh):
    """Go back through one step of the library."""
    cache = (x, h_prev, h, Wxh, Whh, "tanh")
    dx, dh_prev, grads = rc.rnn_step_backward(dh, cache)
    return dx, dh_prev, grads["Wxh"], grads["Whh"], grads["bh"]


FADE_SCALES = (0.5, 0.9, 1.0)
FADE_SEED = 0


def fade_distances():
    """Repeat the experiment of the notebook: start distance, and distances per scale."""
    distances = []
    for scale in FADE_SCALES:
        rng = np.random.default_rng(FADE_SEED)
        layer = rc.RNN(3, 24, rng=rng)
        layer.params["Whh"] *= scale
        x = 0.3 * rng.standard_normal((1, 300, 3))
        start_a = rng.uniform(-0.5, 0.5, (1, 24))
        start_b = start_a + rng.uniform(-0.1, 0.1, (1, 24))
        h_a, h_b = (layer.forward(x, state=start)[0] for start in (start_a, start_b))
        distances.append(np.linalg.norm(h_a - h_b, axis=2)[0])  # (T,)
    return float(np.linalg.norm(start_a - start_b)), distances


def fade_steps(share=0.01, offset=1, relative_to="start"):
    """Count the steps until the distance is at most ``share`` of what it was."""
    start, distances = fade_distances()
    whole = {"start": [start] * 3, "first": [d[0] for d in distances], "one": [1.0] * 3}
    below = (d <= share * w for d, w in zip(distances, whole[relative_to], strict=True))
    return [int(np.argmax(one)) + offset for one in below]


EQUATIONS = "Chapter 3, The equations"
CONCATENATED = "Chapter 3, One product instead of two"
START = "Chapter 3, The state before the first step"
CODE = "Chapter 3, The code: from one step to a layer"
LENGTHS = "Chapter 3, Sequences of different lengths"
BACKWARD = "Chapter 3, One step backward"
NUMERICAL = "Chapter 3, The check: limiting cases and a gradient"
FADING = "Chapter 3, The experiment: how far back the state remembers"

RNN_STEP = Task(
    name="rnn_step",
    draw=draw_step,
    edges=(lambda rng: draw_step(rng, N=1),),
    reference=reference_step,
    returns=("h",),
    misconceptions=slips(
        "rnn_step",
        (
            "tanh_of_each_term",
            lambda x, h_prev, Wxh, Whh, bh: np.tanh(x @ Wxh) + np.tanh(h_prev @ Whh) + np.tanh(bh),
            "it squashes each term by itself and adds the results; the three terms are "
            "added first, and the sum goes through tanh once.",
            EQUATIONS,
        ),
        (
            "tanh_of_two_terms",
            lambda x, h_prev, Wxh, Whh, bh: np.tanh(x @ Wxh) + np.tanh(h_prev @ Whh + bh),
            "it squashes the part of the input and the part of the state separately; all "
            "terms are added first, and the sum goes through tanh once.",
            EQUATIONS,
        ),
        (
            "tanh_of_two_terms_bias_with_input",
            lambda x, h_prev, Wxh, Whh, bh: np.tanh(x @ Wxh + bh) + np.tanh(h_prev @ Whh),
            "it squashes the part of the input and the part of the state separately; all "
            "terms are added first, and the sum goes through tanh once.",
            EQUATIONS,
        ),
        (
            "relu_instead_of_tanh",
            lambda x, h_prev, Wxh, Whh, bh: np.maximum(x @ Wxh + h_prev @ Whh + bh, 0),
            "it applies ReLU; the function of this task is tanh.",
            EQUATIONS,
        ),
        (
            "sigmoid_instead_of_tanh",
            lambda x, h_prev, Wxh, Whh, bh: 1 / (1 + np.exp(-(x @ Wxh + h_prev @ Whh + bh))),
            "it applies the sigmoid, whose values lie between 0 and 1; the function of "
            "this task is tanh.",
            EQUATIONS,
        ),
        (
            "bias_outside_tanh",
            lambda x, h_prev, Wxh, Whh, bh: np.tanh(x @ Wxh + h_prev @ Whh) + bh,
            "it adds the bias after tanh; the bias belongs to the pre-activation, "
            "and no state may leave the range from -1 to 1.",
            EQUATIONS,
        ),
        (
            "no_tanh",
            lambda x, h_prev, Wxh, Whh, bh: x @ Wxh + h_prev @ Whh + bh,
            "it returns the pre-activation; the state is tanh of it.",
            EQUATIONS,
        ),
        (
            "no_bias",
            lambda x, h_prev, Wxh, Whh, bh: np.tanh(x @ Wxh + h_prev @ Whh),
            "it leaves the bias out.",
            EQUATIONS,
        ),
        (
            "no_recurrence",
            lambda x, h_prev, Wxh, Whh, bh: np.tanh(x @ Wxh + bh),
            "it never uses the state before, so the step has no memory.",
            EQUATIONS,
        ),
        (
            "Whh_transposed",
            lambda x, h_prev, Wxh, Whh, bh: np.tanh(x @ Wxh + h_prev @ Whh.T + bh),
            "it multiplies by the transpose of Whh, and NumPy cannot notice because Whh "
            "is square; states are row vectors here, and stand left of the matrix.",
            EQUATIONS,
        ),
        (
            "state_not_mixed",
            lambda x, h_prev, Wxh, Whh, bh: np.tanh(x @ Wxh + h_prev * np.diag(Whh) + bh),
            "each unit sees only its own past; through the whole of Whh every unit sees "
            "every other one.",
            EQUATIONS,
        ),
    ),
)

RNN_STEP_CONCAT = Task(
    name="rnn_step_concat",
    draw=draw_concat,
    edges=(lambda rng: draw_concat(rng, N=1),),
    reference=reference_concat,
    returns=("h",),
    misconceptions=slips(
        "rnn_step_concat",
        (
            "input_first",
            lambda x, h_prev, W, b: np.tanh(np.concatenate([x, h_prev], axis=1) @ W + b),
            "the input stands before the state; the upper H rows of W belong to the "
            "state, so the state comes first.",
            CONCATENATED,
        ),
        (
            "bias_outside_tanh",
            lambda x, h_prev, W, b: np.tanh(np.concatenate([h_prev, x], axis=1) @ W) + b,
            "it adds the bias after tanh; the bias belongs to the pre-activation.",
            CONCATENATED,
        ),
        (
            "no_bias",
            lambda x, h_prev, W, b: np.tanh(np.concatenate([h_prev, x], axis=1) @ W),
            "it leaves the bias out.",
            CONCATENATED,
        ),
        (
            "bias_twice",
            lambda x, h_prev, W, b: np.tanh(h_prev @ W[: W.shape[1]] + b + x @ W[W.shape[1] :] + b),
            "the bias comes in twice, once with the state and once with the input; there "
            "is one bias.",
            CONCATENATED,
        ),
        (
            "no_tanh",
            lambda x, h_prev, W, b: np.concatenate([h_prev, x], axis=1) @ W + b,
            "it returns the pre-activation; the state is tanh of it.",
            CONCATENATED,
        ),
        (
            "tanh_of_each_block",
            lambda x, h_prev, W, b: (
                np.tanh(h_prev @ W[: W.shape[1]]) + np.tanh(x @ W[W.shape[1] :] + b)
            ),
            "it squashes the part of the state and the part of the input separately; "
            "they are added first.",
            CONCATENATED,
        ),
    ),
)


def _forward_by(step):
    """Run ``step(x_t, h, h0, Wxh, Whh, bh)`` over the sequence and keep all states."""

    def wrong(x, h0, Wxh, Whh, bh):
        h, states = h0, []
        for t in range(x.shape[1]):
            h = step(x[:, t], h, h0, Wxh, Whh, bh)
            states.append(h)
        return np.stack(states, axis=1)

    return wrong


RNN_FORWARD = Task(
    name="rnn_forward",
    draw=draw_forward,
    edges=(
        lambda rng: draw_forward(rng, N=1),
        lambda rng: draw_forward(rng, T=1),
        lambda rng: draw_forward(rng, N=1, T=1),
    ),
    reference=reference_forward,
    returns=("h",),
    misconceptions=slips(
        "rnn_forward",
        (
            "state_not_carried",
            _forward_by(lambda x, h, h0, Wxh, Whh, bh: reference_step(x, h0, Wxh, Whh, bh)),
            "every step starts from h0 again; the state of one step is the start of the next.",
            CODE,
        ),
        (
            "h0_ignored",
            lambda x, h0, Wxh, Whh, bh: reference_forward(x, 0 * h0, Wxh, Whh, bh),
            "it starts from zeros; the state before the first step is h0. Beware of "
            "h[:, t - 1] at t = 0: index -1 is the last step, not the one before the first.",
            START,
        ),
        (
            "states_one_late",
            lambda x, h0, Wxh, Whh, bh: np.concatenate(
                [h0[:, None], reference_forward(x, h0, Wxh, Whh, bh)[:, :-1]], axis=1
            ),
            "it stores the state before each step; entry t should hold the state after "
            "the input of step t was read.",
            CODE,
        ),
        (
            "h0_as_the_first_state",
            lambda x, h0, Wxh, Whh, bh: np.concatenate(
                [h0[:, None], reference_forward(x[:, 1:], h0, Wxh, Whh, bh)], axis=1
            ),
            "it stores h0 as the first state and never reads x[:, 0]; entry 0 should hold "
            "the state after the first input.",
            CODE,
        ),
        (
            "one_state_too_many",
            lambda x, h0, Wxh, Whh, bh: np.concatenate(
                [h0[:, None], reference_forward(x, h0, Wxh, Whh, bh)], axis=1
            ),
            "h0 stands in front of the T states; it is the state before the first step "
            "and not asked for.",
            CODE,
        ),
        (
            "first_state_only",
            lambda x, h0, Wxh, Whh, bh: np.concatenate(
                [
                    reference_forward(x[:, :1], h0, Wxh, Whh, bh),
                    np.zeros((len(x), x.shape[1] - 1, len(bh))),
                ],
                axis=1,
            ),
            "only the first state is filled in; is the return inside the loop?",
            CODE,
        ),
        (
            "one_array_for_all_steps",
            lambda x, h0, Wxh, Whh, bh: np.repeat(
                reference_forward(x, h0, Wxh, Whh, bh)[:, -1:], x.shape[1], axis=1
            ),
            "every entry holds the last state; one array was overwritten at each step, "
            "so make a new one or copy it.",
            CODE,
        ),
        (
            "reshaped_instead_of_swapped",
            lambda x, h0, Wxh, Whh, bh: (
                (h := reference_forward(x, h0, Wxh, Whh, bh)).swapaxes(0, 1).reshape(h.shape)
            ),
            "reshape does not swap axes, it deals the same numbers out in another order; "
            "np.stack(states, axis=1) puts time on the second axis.",
            CODE,
        ),
        (
            "last_state_only",
            lambda x, h0, Wxh, Whh, bh: reference_forward(x, h0, Wxh, Whh, bh)[:, -1],
            "it returns the last state alone; the states of all steps are asked for.",
            CODE,
        ),
        (
            "time_first",
            lambda x, h0, Wxh, Whh, bh: (
                reference_forward(x, h0, Wxh, Whh, bh).swapaxes(0, 1).copy()
            ),
            "time stands on the first axis; the batch comes first, then time.",
            CODE,
        ),
        (
            "backward_in_time",
            lambda x, h0, Wxh, Whh, bh: reference_forward(x[:, ::-1].copy(), h0, Wxh, Whh, bh)[
                :, ::-1
            ].copy(),
            "it reads the sequence from its end to its start.",
            CODE,
        ),
        (
            "no_recurrence",
            _forward_by(lambda x, h, h0, Wxh, Whh, bh: np.tanh(x @ Wxh + bh)),
            "it never uses the state before, so every step stands alone.",
            EQUATIONS,
        ),
    ),
)


def _past_the_end(fill):
    """Compute all states, and ``fill(h, h0)`` past each row's end."""

    def wrong(x, h0, lengths, Wxh, Whh, bh):
        h = reference_forward(x, h0, Wxh, Whh, bh)
        live = np.arange(x.shape[1]) < lengths[:, None]
        return np.where(live[:, :, None], h, fill(h, h0))

    return wrong


RNN_FORWARD_LENGTHS = Task(
    name="rnn_forward_lengths",
    draw=draw_lengths,
    edges=(
        lambda rng: draw_lengths(rng, N=1),
        lambda rng: draw_lengths(rng, T=1),
        lambda rng: {**(drawn := draw_lengths(rng)), "lengths": 0 * drawn["lengths"]},
    ),
    reference=reference_forward,
    returns=("h",),
    misconceptions=slips(
        "rnn_forward_lengths",
        (
            "empty_row_not_held",
            lambda x, h0, lengths, Wxh, Whh, bh: (
                reference_forward(x, h0, Wxh, Whh, bh, lengths) * (lengths > 0)[:, None, None]
            ),
            "a row of length 0 is zero; it should hold h0. Beware of h[n, length - 1]: "
            "for an empty row that is the last entry.",
            LENGTHS,
        ),
        cells=("hidden",),
    )
    + slips(
        "rnn_forward_lengths",
        (
            "padding_updates_the_state",
            _past_the_end(lambda h, h0: h),
            "steps of padding still change the state; past a row's end its state should "
            "stay as it is.",
            LENGTHS,
        ),
        (
            "zero_past_the_end",
            _past_the_end(lambda h, h0: np.zeros_like(h)),
            "the state drops to zero past a row's end; it should be held there.",
            LENGTHS,
        ),
        (
            "start_again_past_the_end",
            _past_the_end(lambda h, h0: np.broadcast_to(h0[:, None], h.shape)),
            "the state goes back to h0 past a row's end; it should keep what it had after "
            "the last step that counts.",
            LENGTHS,
        ),
        (
            "input_zeroed_only",
            lambda x, h0, lengths, Wxh, Whh, bh: reference_forward(
                x * (np.arange(x.shape[1]) < lengths[:, None])[:, :, None],
                h0,
                Wxh,
                Whh,
                bh,
            ),
            "it sets the padded inputs to zero; the state still changes through Whh and "
            "the bias, so the update itself has to be skipped.",
            LENGTHS,
        ),
        (
            "one_step_too_many",
            lambda x, h0, lengths, Wxh, Whh, bh: reference_forward(
                x, h0, Wxh, Whh, bh, np.minimum(lengths + 1, x.shape[1])
            ),
            "one step of padding counts as well; a row of length 3 has the steps 0, 1 and 2.",
            LENGTHS,
        ),
        (
            "shortest_row_stops_all",
            lambda x, h0, lengths, Wxh, Whh, bh: reference_forward(
                x, h0, Wxh, Whh, bh, np.full_like(lengths, lengths.min())
            ),
            "all rows stop with the shortest one; each row has an end of its own.",
            LENGTHS,
        ),
    ),
)

READOUT = Task(
    name="readout",
    draw=draw_readout,
    edges=(
        lambda rng: draw_readout(rng, N=1),
        lambda rng: draw_readout(rng, T=1),
    ),
    reference=reference_readout,
    returns=("o",),
    misconceptions=slips(
        "readout",
        (
            "last_step_only",
            lambda h, Why, by: h[:, -1] @ Why + by,
            "it reads out the last state alone; every step has an output.",
            EQUATIONS,
        ),
        (
            "no_bias",
            lambda h, Why, by: h @ Why,
            "it leaves the bias out.",
            EQUATIONS,
        ),
        (
            "tanh_on_the_output",
            lambda h, Why, by: np.tanh(h @ Why + by),
            "it squashes the outputs with tanh; the readout is linear, so that an output "
            "may be any number.",
            EQUATIONS,
        ),
        (
            "softmax_on_the_output",
            lambda h, Why, by: rc.softmax(h @ Why + by),
            "it turns the outputs into probabilities; that is the work of the loss, the "
            "readout stays linear.",
            EQUATIONS,
        ),
        (
            "time_first",
            lambda h, Why, by: (h @ Why + by).swapaxes(0, 1).copy(),
            "time stands on the first axis; the batch comes first, then time.",
            EQUATIONS,
        ),
        (
            "outputs_summed_over_time",
            lambda h, Why, by: np.cumsum(h, axis=1) @ Why + by,
            "it adds up the states of all steps so far; the output of a step reads the "
            "state of that step alone.",
            EQUATIONS,
        ),
    ),
)


def _backward_by(change):
    """Compute all five gradients, then ``change(right, arguments)``, a dict of wrong ones."""

    def wrong(dh, x, h_prev, h, Wxh, Whh):
        names = ("dx", "dh_prev", "dWxh", "dWhh", "dbh")
        right = dict(zip(names, _gradients(dh * (1 - h * h), x, h_prev, Wxh, Whh), strict=True))
        arguments = {"dh": dh, "x": x, "h_prev": h_prev, "h": h, "Wxh": Wxh, "Whh": Whh}
        return tuple({**right, **change(right, arguments)}[name] for name in names)

    return wrong


def _gradients(da, x, h_prev, Wxh, Whh):
    return da @ Wxh.T, da @ Whh.T, x.T @ da, h_prev.T @ da, da.sum(axis=0)


RNN_STEP_BACKWARD = Task(
    name="rnn_step_backward",
    draw=draw_backward,
    edges=(lambda rng: draw_backward(rng, N=1),),
    reference=reference_backward,
    returns=("dx", "dh_prev", "dWxh", "dWhh", "dbh"),
    misconceptions=slips(
        "rnn_step_backward",
        (
            "slope_forgotten",
            lambda dh, x, h_prev, h, Wxh, Whh: _gradients(dh, x, h_prev, Wxh, Whh),
            "the gradient goes past tanh as if it were not there; first turn dh into the "
            "gradient of the pre-activation.",
            BACKWARD,
        ),
        (
            "tanh_twice",
            lambda dh, x, h_prev, h, Wxh, Whh: _gradients(
                dh * (1 - np.tanh(h) ** 2), x, h_prev, Wxh, Whh
            ),
            "the slope is taken at the state instead of at the pre-activation; h is "
            "already tanh of something, do not apply tanh again.",
            BACKWARD,
        ),
        (
            "square_forgotten",
            lambda dh, x, h_prev, h, Wxh, Whh: _gradients(dh * (1 - h), x, h_prev, Wxh, Whh),
            "a square is missing in the slope of tanh.",
            BACKWARD,
        ),
        (
            "sigmoid_slope",
            lambda dh, x, h_prev, h, Wxh, Whh: _gradients(dh * h * (1 - h), x, h_prev, Wxh, Whh),
            "it uses the slope of the sigmoid; the state here comes from tanh.",
            BACKWARD,
        ),
        (
            "slope_at_the_old_state",
            lambda dh, x, h_prev, h, Wxh, Whh: _gradients(
                dh * (1 - h_prev * h_prev), x, h_prev, Wxh, Whh
            ),
            "the slope is computed from h_prev; tanh made the new state h, so its slope "
            "is 1 - h * h.",
            BACKWARD,
        ),
        (
            "slope_only_for_weights",
            _backward_by(lambda right, a: {"dh_prev": a["dh"] @ a["Whh"].T}),
            "dh_prev is computed from dh itself; the way back to the state before leads "
            "through tanh too.",
            BACKWARD,
        ),
        (
            "averaged_over_the_batch",
            _backward_by(
                lambda right, a: {
                    name: right[name] / len(a["x"]) for name in ("dWxh", "dWhh", "dbh")
                }
            ),
            "the weights' gradients are averaged over the batch; every row uses the same "
            "weights, and the contributions add up. A mean belongs to the loss.",
            BACKWARD,
        ),
        (
            "bias_not_summed",
            _backward_by(lambda right, a: {"dbh": a["dh"] * (1 - a["h"] * a["h"])}),
            "dbh has a row for every sequence; the bias was copied to all rows, so its "
            "gradient is the sum over them.",
            BACKWARD,
        ),
        (
            "bias_averaged",
            _backward_by(lambda right, a: {"dbh": right["dbh"] / len(a["x"])}),
            "dbh is the mean over the rows; every row uses the same bias, and the "
            "contributions add up.",
            BACKWARD,
        ),
        (
            "Whh_not_transposed",
            _backward_by(
                lambda right, a: {"dh_prev": (a["dh"] * (1 - a["h"] * a["h"])) @ a["Whh"]}
            ),
            "dh_prev goes through Whh in the forward direction; the gradient takes the "
            "transpose, and NumPy cannot notice because Whh is square.",
            BACKWARD,
        ),
        (
            "dWhh_transposed",
            _backward_by(lambda right, a: {"dWhh": right["dWhh"].T.copy()}),
            "dWhh is transposed; entry [i, j] should say how the loss changes with the "
            "weight from unit i to unit j.",
            BACKWARD,
        ),
        (
            "dWhh_from_the_new_state",
            _backward_by(lambda right, a: {"dWhh": a["h"].T @ (a["dh"] * (1 - a["h"] * a["h"]))}),
            "dWhh pairs the gradient with the new state; Whh was multiplied by the state before.",
            BACKWARD,
        ),
    ),
)


def _gradient_by(estimate):
    """Loop over the entries, with ``estimate(f, x, index, eps)`` for each."""

    def wrong(f, x, eps):
        grad = np.empty_like(x)
        for index in np.ndindex(x.shape):
            grad[index] = estimate(f, x.copy(), index, eps)
        return grad

    return wrong


def _moved(x, index, by):
    x = x.copy()
    x[index] += by
    return x


def _row_at_a_time(f, x, eps):
    grad = np.zeros_like(x)
    for i in range(len(x)):
        grad[i] = (f(_moved(x, i, eps)) - f(_moved(x, i, -eps))) / (2 * eps)
    return grad


def _copied_once(f, x, eps):
    above, below, grad = x.copy(), x.copy(), np.empty_like(x)
    for index in np.ndindex(x.shape):
        above[index] += eps
        below[index] -= eps
        grad[index] = (f(above) - f(below)) / (2 * eps)
    return grad


def _never_restored(f, x, eps):
    x, grad = x.copy(), np.empty_like(x)
    for index in np.ndindex(x.shape):
        x[index] += eps
        above = f(x)
        x[index] -= 2 * eps
        grad[index] = (above - f(x)) / (2 * eps)
    return grad


NUMERICAL_GRADIENT = Task(
    name="numerical_gradient",
    draw=draw_gradient,
    edges=(
        lambda rng: draw_gradient(rng, shape=(1,)),
        lambda rng: draw_gradient(rng, shape=(1, 3)),
    ),
    reference=rc.numerical_gradient,
    returns=("grad",),
    misconceptions=slips(
        "numerical_gradient",
        (
            "one_sided",
            _gradient_by(lambda f, x, i, eps: (f(_moved(x, i, eps)) - f(x)) / eps),
            "it looks to one side only; the central difference steps to both sides, and "
            "its error shrinks with the square of eps.",
            NUMERICAL,
        ),
        (
            "divided_by_eps",
            _gradient_by(lambda f, x, i, eps: (f(_moved(x, i, eps)) - f(_moved(x, i, -eps))) / eps),
            "the result is twice the gradient; the two points lie two steps apart.",
            NUMERICAL,
        ),
        (
            "times_eps",
            _gradient_by(
                lambda f, x, i, eps: (f(_moved(x, i, eps)) - f(_moved(x, i, -eps))) / 2 * eps
            ),
            "it multiplies by eps: Python reads a / 2 * eps as (a / 2) * eps. Write a / (2 * eps).",
            NUMERICAL,
        ),
        (
            "wrong_way_round",
            _gradient_by(
                lambda f, x, i, eps: (f(_moved(x, i, -eps)) - f(_moved(x, i, eps))) / (2 * eps)
            ),
            "the sign is turned; the value above comes first.",
            NUMERICAL,
        ),
        (
            "all_entries_at_once",
            lambda f, x, eps: np.full_like(x, (f(x + eps) - f(x - eps)) / (2 * eps)),
            "it moves all entries of x together; a partial derivative moves one and "
            "holds the others.",
            NUMERICAL,
        ),
        (
            "row_at_a_time",
            _row_at_a_time,
            "it moves all entries of x[i] together; np.ndindex(x.shape) gives the index of "
            "one entry at a time.",
            NUMERICAL,
        ),
        (
            "copied_once",
            _copied_once,
            "entries that were moved stay moved in the copies; make new copies of x for "
            "each entry.",
            NUMERICAL,
        ),
        (
            "entry_not_put_back",
            _never_restored,
            "an entry that was moved stays moved while the next ones are measured; put "
            "each one back first.",
            NUMERICAL,
        ),
        (
            "eps_ignored",
            lambda f, x, eps: rc.numerical_gradient(f, x),
            "it uses a step of its own; the step is the argument eps.",
            NUMERICAL,
        ),
    ),
)

FADE_STEPS = Task(
    name="fade_steps",
    value=True,
    reference=fade_steps,
    returns=("fade_steps",),
    misconceptions=slips(
        "fade_steps",
        (
            "index_instead_of_count",
            lambda: fade_steps(offset=0),
            "these are indices into the array; index 0 is the state after one step.",
            FADING,
        ),
        (
            "absolute_threshold",
            lambda: fade_steps(relative_to="one"),
            "the distance is held against 0.01; it should be held against one hundredth "
            "of the distance of the two starts.",
            FADING,
        ),
        (
            "relative_to_the_first_output",
            lambda: fade_steps(relative_to="first"),
            "the distance is held against the one after the first step; the starts are "
            "one step earlier.",
            FADING,
        ),
        (
            "ten_percent",
            lambda: fade_steps(share=0.1),
            "it stops at a tenth of the first distance; one hundredth is asked for.",
            FADING,
        ),
        (
            "whole_sequence",
            lambda: [300, 300, 300],
            "this is the length of the sequences; look for the first step at which the "
            "distance is small.",
            FADING,
        ),
    ),
)
