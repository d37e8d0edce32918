"""Exercise 09, deep RNNs: what is asked, what is right, usual mistakes."""

from dataclasses import replace

import numpy as np

import rnncore as rc
from grading.check import Task, slips

STEP = "Chapter 10, The code: up the layers, along the steps"
BACK = "Chapter 10, Backward"
DROP = "Chapter 10, Dropout between the layers"
SIZE = "Chapter 10, How many parameters"
COST = "Chapter 10, What another layer costs"

BUDGET, D_SIZES, V_SIZES = 30_000, 16, 50


# --- draws


def _sizes(rng, count):
    return [int(size) for size in rng.choice(np.arange(2, 9), count, replace=False)]


def draw_layers(rng, D, H, K):
    """Draw the parameters of K layers of H units; every bias counts."""
    layers = []
    for size in [D] + [H] * (K - 1):
        layers.append(
            {
                "Wxh": rng.standard_normal((size, H)) / np.sqrt(size),
                "Whh": rng.standard_normal((H, H)) / np.sqrt(H),
                "bh": rng.uniform(0.2, 0.8, H),
            }
        )
    return layers


def draw_step(rng, N=None, K=3):
    """Draw the arguments of `deep_step`; the states differ from layer to layer."""
    batch, D, H = _sizes(rng, 3)
    N = N or batch
    h_prev = [rng.uniform(-0.9, 0.9, (N, H)) for _ in range(K)]
    return {
        "x_t": rng.standard_normal((N, D)),
        "h_prev": h_prev,
        "layers": draw_layers(rng, D, H, K),
    }


def draw_forward(rng, N=None, T=None, K=3):
    """Draw the arguments of `deep_forward`."""
    batch, steps, D, H = _sizes(rng, 4)
    N, T = N or batch, T or steps
    return {
        "x": rng.standard_normal((N, T, D)),
        "h0": [rng.uniform(-0.9, 0.9, (N, H)) for _ in range(K)],
        "layers": draw_layers(rng, D, H, K),
    }


def draw_backward(rng, N=None, T=None, K=3):
    """Draw the arguments of `deep_backward`, with the states of a real forward pass."""
    drawn = draw_forward(rng, N, T, K)
    h = reference_forward(**drawn)
    return {"dy": rng.standard_normal(h[-1].shape), "h": h, **drawn}


def draw_dropout(rng, N=None, T=None, K=3, training=True):
    """Draw the arguments of `dropout_forward`, with the random numbers that decide."""
    drawn = draw_forward(rng, N, T, K)
    N, T, _ = drawn["x"].shape
    H = len(drawn["layers"][0]["bh"])
    u = [rng.random((N, T, H)) for _ in range(K - 1)]
    return {**drawn, "u": u, "rate": round(float(rng.uniform(0.2, 0.4)), 2), "training": training}


def draw_count(rng, K=None):
    """Draw the arguments of `count_parameters`."""
    D, H, V, layers = (int(n) for n in rng.choice(np.arange(2, 40), 4, replace=False))
    return {"G": int(rng.choice([3, 4])), "D": D, "H": H, "V": V, "K": K or 2 + layers % 5}


def draw_rounds(rng, K=None, T=None, bidirectional=False):
    """Draw the arguments of `least_rounds`."""
    drawn = {"K": K or int(rng.integers(3, 7)), "T": T or int(rng.integers(8, 60))}
    return {**drawn, "bidirectional": bidirectional}


# --- references


def _library(layers):
    """Put given parameters into layers of the library."""
    made = []
    for params in layers:
        layer = rc.RNN(*params["Wxh"].shape)
        layer.params.update(params)
        made.append(layer)
    return made


def reference_step(x_t, h_prev, layers):
    """Step through the layers with `rnn_step`."""
    h, below = [], x_t
    for own, p in zip(h_prev, layers, strict=True):
        below, _ = rc.rnn_step(below, own, p["Wxh"], p["Whh"], p["bh"])
        h.append(below)
    return h


def reference_forward(x, h0, layers):
    """Run the library's layers, one on top of the other."""
    h, below = [], x
    for layer, start in zip(_library(layers), h0, strict=True):
        below, _, _ = layer.forward(below, state=start)
        h.append(below)
    return h


def reference_backward(dy, h, x, h0, layers):
    """Go back through the library's layers."""
    caches, below = [], x
    for layer, start in zip(_library(layers), h0, strict=True):
        below, _, cache = layer.forward(below, state=start)
        caches.append((layer, cache))
    grads = []
    for layer, cache in reversed(caches):
        dy, _, grad = layer.backward(dy, cache)
        grads.insert(0, {name: grad[name] for name in ("Wxh", "Whh", "bh")})
    return dy, grads


def reference_dropout(x, h0, layers, u, rate, training):
    """Thin the way up between the library's layers."""
    below = x
    for i, (layer, start) in enumerate(zip(_library(layers), h0, strict=True)):
        if i and training:
            below = below * (u[i - 1] >= rate) / (1 - rate)
        below, _, _ = layer.forward(below, state=start)
    return below


def reference_count(G, D, H, V, K):
    """Count the first layer, the others and the head."""
    return G * H * (D + H + 1) + (K - 1) * G * H * (2 * H + 1) + H * V + V


def reference_rounds(K, T, bidirectional):
    """Count the diagonals of the grid, or all of its cells."""
    return K * T if bidirectional else K + T - 1


def equal_sizes(count=reference_count, limit=BUDGET, extra=0, layers=(1, 2, 3, 4)):
    """Find the largest H for each depth, by a count of parameters."""
    sizes = []
    for K in layers:
        fitting = [H for H in range(1, 3000) if count(4, D_SIZES, H, V_SIZES, K) <= limit]
        sizes.append(max(fitting) + extra)
    return sizes


# --- misconceptions


def _walk(x, h0, layers, below_of=None, own_of=None):
    """Fill the grid step by step; the rules of what a cell reads can be wrong."""
    below_of = below_of or (lambda x_t, new, old, i: new[i - 1] if i else x_t)
    own_of = own_of or (lambda new, old, i: old[i])
    old, rows = list(h0), []
    for t in range(x.shape[1]):
        new = []
        for i, p in enumerate(layers):
            below, own = below_of(x[:, t], new, old, i), own_of(new, old, i)
            new.append(np.tanh(below @ p["Wxh"] + own @ p["Whh"] + p["bh"]))
        rows.append(new)
        old = new
    return [np.stack([row[i] for row in rows], axis=1) for i in range(len(layers))]


def _one_step(**rules):
    def step(x_t, h_prev, layers):
        return [h[:, 0] for h in _walk(x_t[:, None], h_prev, layers, **rules)]

    return step


def _below_late(x_t, new, old, i):
    return old[i - 1] if i else x_t


def _own_from_below(new, old, i):
    return new[i - 1] if i else old[0]


def _top_state_everywhere(new, old, i):
    return old[-1]


def _top_alone(x_t, h_prev, layers):
    return reference_step(x_t, h_prev, layers)[-1]


def _first_weights(x_t, h_prev, layers):
    shared = [layers[0]] + [layers[1]] * (len(layers) - 1)
    return reference_step(x_t, h_prev, shared)


def _pre_activations(x_t, h_prev, layers):
    h, below = [], x_t
    for own, p in zip(h_prev, layers, strict=True):
        below = below @ p["Wxh"] + own @ p["Whh"] + p["bh"]
        h.append(np.tanh(below))
    return h


def _zero_start(x, h0, layers):
    return reference_forward(x, [0 * h for h in h0], layers)


def _start_of_the_first(x, h0, layers):
    return reference_forward(x, [h0[0]] * len(h0), layers)


def _never_carried(x, h0, layers):
    steps = [reference_step(x_t, h0, layers) for x_t in x.swapaxes(0, 1)]
    return [np.stack([step[i] for step in steps], axis=1) for i in range(len(layers))]


def _start_from_below(x, h0, layers):
    """Start a layer from the last state of the layer below, as an encoder would hand it over."""
    h, below, start = [], x, h0[0]
    for layer in _library(layers):
        below, start, _ = layer.forward(below, state=start)
        h.append(below)
    return h


def _final_states(x, h0, layers):
    return [h[:, -1] for h in reference_forward(x, h0, layers)]


def _top_layer(x, h0, layers):
    return reference_forward(x, h0, layers)[-1]


def _steps_outside(x, h0, layers):
    h = reference_forward(x, h0, layers)
    return [[own[:, t] for own in h] for t in range(x.shape[1])]


def _back(
    dy, h, x, h0, layers, through_time=True, every_loss=False, slope=True, shift=0, weight="Wxh"
):
    """Go back through the grid; each option leaves something out."""
    grads, down = [], dy
    for i in reversed(range(len(layers))):
        p, below = layers[i], h[i - 1] if i else x
        before = np.concatenate([h0[i][:, None], h[i]], axis=1)
        da, later = np.zeros_like(h[i]), np.zeros_like(h0[i])
        own = down + dy if every_loss and i < len(layers) - 1 else down
        for t in reversed(range(x.shape[1])):
            da[:, t] = own[:, t] + later
            if slope:
                da[:, t] *= 1 - h[i][:, t] ** 2
            later = da[:, t] @ p["Whh"].T if through_time else later
        steps = slice(shift, shift + x.shape[1])
        dWxh = np.einsum("nti,ntj->ij", below, da)
        dWhh = np.einsum("nti,ntj->ij", before[:, steps], da)
        grads.insert(0, {"Wxh": dWxh, "Whh": dWhh, "bh": da.sum(axis=(0, 1))})
        down = da @ p[weight if i else "Wxh"].T
    return down, grads


def _no_slope(**given):
    return _back(**given, slope=False)


def _no_time(**given):
    return _back(**given, through_time=False)


def _every_loss(**given):
    return _back(**given, every_loss=True)


def _states_after(**given):
    return _back(**given, shift=1)


def _start_forgotten(**given):
    return _back(**{**given, "h0": [0 * start for start in given["h0"]]})


def _down_through_whh(**given):
    return _back(**given, weight="Whh")


def _top_first(**given):
    dx, grads = _back(**given)
    return dx, grads[::-1]


def _dropped(x, h0, layers, u, rate, training, scale=None, inverse=False, always=False, own=False):
    """Run with dropout; each option puts it in another place or form."""
    scale = 1 / (1 - rate) if scale is None else scale
    old, rows = list(h0), []
    for t in range(x.shape[1]):
        new, below = [], x[:, t]
        for i, p in enumerate(layers):
            h = np.tanh(below @ p["Wxh"] + old[i] @ p["Whh"] + p["bh"])
            below = h
            if i < len(u) and (training or always):
                mask = (u[i][:, t] < rate) == inverse
                below = h * mask * scale
            new.append(below if own else h)
        rows.append(below)
        old = new
    return np.stack(rows, axis=1)


def _unscaled(rate, **given):
    return _dropped(rate=rate, scale=1, **given)


def _keep_probability(rate, **given):
    return _dropped(rate=rate, scale=1 / rate, inverse=True, **given)


def _inverted(rate, **given):
    return _dropped(rate=rate, inverse=True, **given)


def _in_the_state(**given):
    return _dropped(own=True, **given)


def _top_too(u, rate, training, **given):
    y = _dropped(u=u, rate=rate, training=training, **given)
    return y * (u[-1] >= rate) / (1 - rate) if u and training else y


def _always(**given):
    return _dropped(always=True, **given)


def _never(**given):
    return _dropped(**{**given, "training": False})


def _scaled_when_used(x, h0, layers, u, rate, training):
    """Scale by the keep probability when used, and not in training: an older form."""
    if training:
        return _dropped(x, h0, layers, u, rate, training, scale=1)
    return _dropped(x, h0, layers, [u_i + 1 for u_i in u], rate, True, scale=1 - rate)


def _count_all_first(G, D, H, V, K):
    return K * G * H * (D + H + 1) + H * V + V


def _count_no_head(G, D, H, V, K):
    return reference_count(G, D, H, V, K) - H * V - V


def _count_no_head_bias(G, D, H, V, K):
    return reference_count(G, D, H, V, K) - V


def _count_no_gates(G, D, H, V, K):
    return reference_count(1, D, H, V, K)


def _count_no_bias(G, D, H, V, K):
    return reference_count(G, D, H, V, K) - K * G * H


def _count_one_bias(G, D, H, V, K):
    return reference_count(G, D, H, V, K) - K * (G - 1) * H


def _count_two_biases(G, D, H, V, K):
    return reference_count(G, D, H, V, K) + K * G * H


def _count_one_layer_more(G, D, H, V, K):
    return reference_count(G, D, H, V, K + 1)


def _count_all_heads(G, D, H, V, K):
    return reference_count(G, D, H, V, K) + (K - 1) * H * V


DEEP_STEP = Task(
    name="deep_step",
    draw=draw_step,
    edges=(lambda rng: draw_step(rng, N=1), lambda rng: draw_step(rng, K=1)),
    reference=reference_step,
    returns=("h",),
    misconceptions=slips(
        "deep_step",
        (
            "below_one_step_late",
            _one_step(below_of=_below_late),
            "each layer reads the state that the layer below had one step before; it should read "
            "the one that the layer below has just computed.",
            STEP,
        ),
        (
            "own_state_from_below",
            _one_step(own_of=_own_from_below),
            "a layer uses the new state of the layer below in the place of its own state of the "
            "step before; both are needed, each with its own weights.",
            STEP,
        ),
        (
            "top_state_everywhere",
            _one_step(own_of=_top_state_everywhere),
            "all layers go on from the top layer's state; each goes on from its own.",
            STEP,
        ),
        (
            "weights_shared_between_layers",
            _first_weights,
            "the upper layers all use the weights of the second; weights are shared over time, "
            "but each layer has its own.",
            STEP,
        ),
        (
            "no_tanh_between",
            _pre_activations,
            "a layer reads the pre-activation of the layer below; it should read the state, after "
            "tanh.",
            STEP,
        ),
        (
            "top_state_only",
            _top_alone,
            "only the top layer's state is returned; the next step needs the states of all layers.",
            STEP,
        ),
    ),
)

DEEP_FORWARD = Task(
    name="deep_forward",
    draw=draw_forward,
    edges=(
        lambda rng: draw_forward(rng, N=1),
        lambda rng: draw_forward(rng, T=1),
        lambda rng: draw_forward(rng, K=1),
    ),
    reference=reference_forward,
    returns=("h",),
    misconceptions=slips(
        "deep_forward",
        (
            "start_at_zero",
            _zero_start,
            "the layers start from zero; layer l starts from h0[l].",
            STEP,
        ),
        (
            "start_of_the_first",
            _start_of_the_first,
            "all layers start from the first layer's initial state; each has its own.",
            STEP,
        ),
        (
            "start_from_below",
            _start_from_below,
            "a layer starts from the last state of the layer below; it should start from its own "
            "entry of h0.",
            STEP,
        ),
        (
            "state_never_carried",
            _never_carried,
            "every step starts from h0; step t should start from the states of step t - 1.",
            STEP,
        ),
        (
            "below_one_step_late",
            lambda **given: _walk(**given, below_of=_below_late),
            "each layer reads the layer below one step late; it should read its state of the same "
            "step.",
            STEP,
        ),
        (
            "last_step_only",
            _final_states,
            "only the states after the last step are returned; all steps of all layers are asked "
            "for.",
            STEP,
        ),
        (
            "top_layer_only",
            _top_layer,
            "only the top layer's states are returned; all steps of all layers are asked for.",
            STEP,
        ),
        (
            "one_entry_for_each_step",
            _steps_outside,
            "the list has one entry for each step; it should have one for each layer, with the "
            "steps along axis 1.",
            STEP,
        ),
    ),
)

DEEP_BACKWARD = Task(
    name="deep_backward",
    draw=draw_backward,
    edges=(
        lambda rng: draw_backward(rng, N=1),
        lambda rng: draw_backward(rng, T=1),
        lambda rng: draw_backward(rng, K=1),
    ),
    reference=reference_backward,
    returns=("dx", "grads"),
    misconceptions=slips(
        "deep_backward",
        (
            "no_path_through_time",
            _no_time,
            "the gradient comes from the layer above alone; the next step of the same layer sends "
            "one too.",
            BACK,
        ),
        (
            "loss_at_every_layer",
            _every_loss,
            "dy is added in every layer; the loss reads the top layer alone.",
            BACK,
        ),
        (
            "slope_forgotten",
            _no_slope,
            "the slope of tanh is missing between the state and its pre-activation.",
            BACK,
        ),
        (
            "state_after_instead_of_before",
            _states_after,
            "the gradient of Whh uses the state after the step; it should use the state that the "
            "step has read.",
            BACK,
        ),
        (
            "start_forgotten",
            _start_forgotten,
            "the gradient of Whh takes the initial states as zero; the first step of layer l has "
            "read h0[l].",
            BACK,
        ),
        (
            "down_through_whh",
            _down_through_whh,
            "the gradient goes down to the layer below through Whh; down leads Wxh, and Whh leads "
            "back in time.",
            BACK,
        ),
        (
            "top_layer_first",
            _top_first,
            "the gradients stand in the order of the way back; grads[0] belongs to the lowest "
            "layer.",
            BACK,
        ),
    ),
    library=("rnn_step", "rnn_step_backward"),
)

DROPOUT_FORWARD = Task(
    name="dropout_forward",
    draw=draw_dropout,
    edges=(
        lambda rng: draw_dropout(rng, training=False),
        lambda rng: draw_dropout(rng, N=1),
        lambda rng: draw_dropout(rng, T=1),
        lambda rng: draw_dropout(rng, K=1),
    ),
    reference=reference_dropout,
    returns=("y",),
    misconceptions=slips(
        "dropout_forward",
        (
            "dropped_from_the_state",
            _in_the_state,
            "the dropped state is also what the layer itself goes on from; drop only on the way "
            "up, and carry the whole state in time.",
            DROP,
        ),
        (
            "not_scaled",
            _unscaled,
            "what is kept stays as it is; divide it by the probability to be kept.",
            DROP,
        ),
        (
            "rate_is_what_is_kept",
            _keep_probability,
            "rate is taken for the probability to be kept; it is the probability to be dropped.",
            DROP,
        ),
        (
            "mask_inverted",
            _inverted,
            "what should be kept is dropped, and the other way round; u >= rate is kept.",
            DROP,
        ),
        (
            "top_dropped_too",
            _top_too,
            "what the top layer gives is dropped too; drop only between two layers.",
            DROP,
        ),
        (
            "never_drops",
            _never,
            "nothing is dropped although training is True.",
            DROP,
        ),
        cells=("test", "hidden"),
    )
    + slips(
        "dropout_forward",
        (
            "drops_when_used",
            _always,
            "entries are dropped although training is False; then the network runs whole.",
            DROP,
        ),
        cells=("off", "hidden"),
    )
    + slips(
        "dropout_forward",
        (
            "scaled_when_used",
            _scaled_when_used,
            "states are scaled when the network is used; here what is kept is scaled while "
            "training, and nothing is done afterwards.",
            DROP,
        ),
        cells=("test", "off", "hidden"),
    ),
    library=("RNN",),
)

COUNT_PARAMETERS = Task(
    name="count_parameters",
    draw=draw_count,
    edges=(lambda rng: draw_count(rng, K=1), lambda rng: {**draw_count(rng), "G": 1}),
    reference=reference_count,
    returns=("the count",),
    misconceptions=slips(
        "count_parameters",
        (
            "every_layer_reads_x",
            _count_all_first,
            "every layer is counted as if it read the D inputs; the upper ones read H states.",
            SIZE,
        ),
        (
            "no_head",
            _count_no_head,
            "the dense head is missing.",
            SIZE,
        ),
        (
            "no_head_bias",
            _count_no_head_bias,
            "the head's bias is missing.",
            SIZE,
        ),
        (
            "no_gates",
            _count_no_gates,
            "each layer is counted with one block; a cell has G blocks of weights and biases.",
            SIZE,
        ),
        (
            "no_bias",
            _count_no_bias,
            "the biases of the recurrent layers are missing.",
            SIZE,
        ),
        (
            "one_bias_for_all_gates",
            _count_one_bias,
            "a layer's blocks share one bias here; each block has its own.",
            SIZE,
        ),
        (
            "two_biases",
            _count_two_biases,
            "each recurrent layer is counted with two biases, as PyTorch stores them; here it has "
            "one.",
            SIZE,
        ),
        (
            "one_layer_more",
            _count_one_layer_more,
            "one layer is counted too many: there are K - 1 layers above the first.",
            SIZE,
        ),
        (
            "a_head_on_every_layer",
            _count_all_heads,
            "every layer is given a dense head; only the top layer has one.",
            SIZE,
        ),
    ),
)

LEAST_ROUNDS = Task(
    name="least_rounds",
    draw=draw_rounds,
    edges=(
        lambda rng: draw_rounds(rng, K=1),
        lambda rng: draw_rounds(rng, T=1),
        lambda rng: draw_rounds(rng, bidirectional=True),
        lambda rng: draw_rounds(rng, K=1, bidirectional=True),
    ),
    reference=reference_rounds,
    returns=("the number of rounds",),
    misconceptions=slips(
        "least_rounds",
        (
            "one_cell_after_the_other",
            lambda K, T, bidirectional: K * T,
            "this counts the cells, one after the other; cells whose neighbours are ready can run "
            "in the same round.",
            COST,
        ),
        (
            "one_too_many",
            lambda K, T, bidirectional: K * T if bidirectional else K + T,
            "the first cell is counted twice, once for its layer and once for its step.",
            COST,
        ),
        (
            "steps_alone",
            lambda K, T, bidirectional: K * T if bidirectional else T,
            "this is enough for one layer; the upper layers start later, and so end later.",
            COST,
        ),
    )
    + slips(
        "least_rounds",
        (
            "both_directions_like_one",
            lambda K, T, bidirectional: K + T - 1,
            "a bidirectional layer can start only when the whole layer below is done, because the "
            "first output already depends on the last input.",
            COST,
        ),
        (
            "directions_in_turn",
            lambda K, T, bidirectional: 2 * K * T if bidirectional else K + T - 1,
            "the two directions of a layer do not wait for each other; they run at the same time.",
            COST,
        ),
        (
            "a_wave_for_each_direction",
            lambda K, T, bidirectional: (1 + bidirectional) * (K + T - 1),
            "this runs a whole stack in each direction, one after the other; here each layer reads "
            "both directions of the layer below, so the layers run in turn.",
            COST,
        ),
        cells=("both", "hidden"),
    ),
)

EQUAL_SIZES = Task(
    name="equal_sizes",
    reference=equal_sizes,
    returns=("equal_sizes",),
    value=True,
    misconceptions=slips(
        "equal_sizes",
        (
            "one_too_large",
            lambda: equal_sizes(extra=1),
            "every size is one too large: these networks have more parameters than allowed.",
            SIZE,
        ),
        (
            "one_too_small",
            lambda: equal_sizes(extra=-1),
            "every size is one too small: one more unit a layer would still fit.",
            SIZE,
        ),
        (
            "units_divided",
            lambda: [equal_sizes()[0] // K for K in (1, 2, 3, 4)],
            "the units are shared out among the layers; it is the parameters that should stay "
            "equal, and their number grows with the square of H.",
            SIZE,
        ),
        (
            "no_head",
            lambda: equal_sizes(_count_no_head),
            "the head's parameters are not counted.",
            SIZE,
        ),
        (
            "vanilla_cells",
            lambda: equal_sizes(_count_no_gates),
            "these are the sizes for vanilla RNNs; an LSTM has four blocks.",
            SIZE,
        ),
        (
            "same_width",
            lambda: [equal_sizes()[0]] * 4,
            "all networks have the same H here, so the deeper ones are several times as large.",
            SIZE,
        ),
        (
            "every_layer_reads_x",
            lambda: equal_sizes(_count_all_first),
            "every layer is counted as if it read the D inputs; the upper ones read H states.",
            SIZE,
        ),
    ),
)


def check_off(answer):
    """Check `dropout_forward` when the network is used."""

    def draw_off(rng):
        return draw_dropout(rng, training=False)

    title = f"{DROPOUT_FORWARD.name}, outside training"
    replace(DROPOUT_FORWARD, name=title, draw=draw_off).check(answer)


def check_both(answer):
    """Check `least_rounds` for bidirectional layers."""

    def draw_both(rng):
        return draw_rounds(rng, bidirectional=True)

    title = f"{LEAST_ROUNDS.name}, both directions"
    replace(LEAST_ROUNDS, name=title, draw=draw_both).check(answer)
