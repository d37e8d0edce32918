"""Exercise 07, the gated recurrent unit: what is asked, what is right, usual mistakes."""

import numpy as np

import rnncore as rc
from grading.check import Task, slips

MATHS, LOGISTIC = "Chapter 8, The mathematics", "Chapter 8, A gate is a logistic regression"
BACK, CONVENTIONS = "Chapter 8, The way back", "Chapter 8, Two conventions, one model"
RESET, LIMITS = "Chapter 8, Reset before or after: two models", "Chapter 8, The limits"
SIZES = "Chapter 8, The experiment: parameters and overfitting"
MISTAKES = "Chapter 8, Common mistakes"


def _sizes(rng, count, avoid=()):
    choice = [size for size in range(2, 9) if size not in avoid]
    return [int(size) for size in rng.choice(choice, count, replace=False)]


def _weights(rng, D, H):
    return {
        "Wxh": rng.standard_normal((D, 3 * H)) / np.sqrt(D),
        "Whh": rng.standard_normal((H, 3 * H)) / np.sqrt(H),
        "bh": rng.uniform(0.2, 0.8, 3 * H) * rng.choice([-1, 1], 3 * H),
    }


def draw_step(rng, N=None, H=None):
    """Draw the arguments of one step."""
    batch, D, hidden = _sizes(rng, 3)
    N, H = N or batch, H or hidden
    x, h_prev = rng.standard_normal((N, D)), rng.uniform(-0.9, 0.9, (N, H))
    return {"x": x, "h_prev": h_prev, **_weights(rng, D, H)}


def draw_layer(rng, N=None, T=None):
    """Draw the arguments of `gru_layer`."""
    steps = int(rng.integers(4, 8))
    batch, D, H = _sizes(rng, 3, avoid=(steps,))
    N, T = N or batch, T or steps
    x, h0 = rng.standard_normal((N, T, D)), rng.uniform(-0.9, 0.9, (N, H))
    bhn = rng.uniform(0.4, 0.9, H)
    return {"x": x, "h0": h0, **_weights(rng, D, H), "bhn": bhn}


def draw_weights(rng, D=None):
    """Draw the arguments of `switch_convention`."""
    features, H = _sizes(rng, 2)
    return _weights(rng, D or features, H)


def draw_backward(rng, N=None):
    """Draw the arguments of `gru_step_backward`, with the gates of a real step."""
    given = draw_step(rng, N=N)
    _, (x, h_prev, r, z, n, Wxh, Whh, _) = rc.gru_step(**given)
    dh = rng.standard_normal(h_prev.shape)
    return {"dh": dh, "x": x, "h_prev": h_prev, "r": r, "z": z, "n": n, "Wxh": Wxh, "Whh": Whh}


def draw_size(rng, gates=None, exact=False):
    """Draw the arguments of `largest_hidden_size`; the next size is only just too large."""
    gates = gates or int(rng.choice([3, 4]))
    D, V, H = (int(rng.integers(*bounds)) for bounds in ((5, 12), (20, 40), (12, 30)))
    low, high = (parameter_count(gates, D, size, V) for size in (H, H + 1))
    budget = low if exact else low + int(rng.uniform(0.92, 0.97) * (high - low))
    return {"gates": gates, "D": D, "V": V, "budget": budget}


def draw_size_nothing_fits(rng):
    """Draw a budget below one unit."""
    return {"gates": 4, "D": 9, "V": 30, "budget": int(rng.integers(40, 90))}


def parameter_count(gates, D, H, V):
    """Count the parameters of a recurrent layer and a readout."""
    return gates * (D * H + H * H + H) + H * V + V


def reference_gates(x, h_prev, Wxh, Whh, bh):
    """Take the gates out of the library's step."""
    _, cache = rc.gru_step(x, h_prev, Wxh, Whh, bh)
    return cache[2], cache[3]


def reference_step(x, h_prev, Wxh, Whh, bh):
    """Run the library's step."""
    return rc.gru_step(x, h_prev, Wxh, Whh, bh)[0]


def reference_layer(x, h0, Wxh, Whh, bh, bhn):
    """Run the library's layer."""
    layer = rc.GRU(len(Wxh), len(Whh), reset_after=True)
    layer.params.update(Wxh=Wxh, Whh=Whh, bh=bh, bhn=bhn)
    return layer.forward(x, state=h0)[0]


def reference_switch(Wxh, Whh, bh):
    """Turn the sign of the second block."""
    sign = np.repeat([1.0, -1.0, 1.0], len(Whh))
    return Wxh * sign, Whh * sign, bh * sign


def reference_backward(dh, x, h_prev, r, z, n, Wxh, Whh):
    """Run the library's backward step."""
    dx, dh_prev, grads = rc.gru_step_backward(dh, (x, h_prev, r, z, n, Wxh, Whh, None))
    return dx, dh_prev, grads["Wxh"], grads["Whh"], grads["bh"]


def reference_size(gates, D, V, budget):
    """Try one size after the other."""
    return _largest(budget, lambda H: parameter_count(gates, D, H, V))


def _largest(budget, count, strict=False):
    H = 0
    while count(H + 1) < budget + (not strict):
        H += 1
    return H


# --- the gates


def _gates(x, h_prev, Wxh, Whh, bh, blocks=(0, 1), squash=rc.sigmoid):
    a = np.split(x @ Wxh + h_prev @ Whh + bh, 3, axis=1)
    return tuple(squash(a[block]) for block in blocks)


def _gates_interleaved(x, h_prev, Wxh, Whh, bh):
    a = x @ Wxh + h_prev @ Whh + bh
    return rc.sigmoid(a[:, 0::3]), rc.sigmoid(a[:, 1::3])


GATES = Task(
    name="gru_gates",
    draw=draw_step,
    edges=(lambda rng: draw_step(rng, N=1), lambda rng: draw_step(rng, H=1)),
    reference=reference_gates,
    returns=("r", "z"),
    misconceptions=slips(
        "gru_gates",
        (
            "z_first",
            lambda **given: _gates(**given, blocks=(1, 0)),
            "r and z are exchanged; the first block of columns belongs to r, the second to z.",
            MATHS,
        ),
        (
            "last_blocks",
            lambda **given: _gates(**given, blocks=(1, 2)),
            "these are the second and the third block; the third belongs to the candidate.",
            MATHS,
        ),
        (
            "columns_interleaved",
            _gates_interleaved,
            "every third column is taken; a block is H columns that stand side by side.",
            MATHS,
        ),
        (
            "input_only",
            lambda x, h_prev, Wxh, Whh, bh: _gates(x, 0 * h_prev, Wxh, Whh, bh),
            "the gates see the input alone; they read the old state as well.",
            LOGISTIC,
        ),
        (
            "state_only",
            lambda x, h_prev, Wxh, Whh, bh: _gates(0 * x, h_prev, Wxh, Whh, bh),
            "the gates see the old state alone; they read the input as well.",
            LOGISTIC,
        ),
        (
            "bias_forgotten",
            lambda x, h_prev, Wxh, Whh, bh: _gates(x, h_prev, Wxh, Whh, 0 * bh),
            "the bias is missing in the gates.",
            LOGISTIC,
        ),
        (
            "tanh_gates",
            lambda **given: _gates(**given, squash=np.tanh),
            "the gates go through tanh and can be negative; a gate lies between 0 and 1.",
            LOGISTIC,
        ),
        (
            "not_squashed",
            lambda **given: _gates(**given, squash=lambda a: a),
            "these are the pre-activations; a gate is their sigmoid.",
            LOGISTIC,
        ),
    ),
    library=("sigmoid",),
)


# --- one step


def _reset_before(a_n, r, h, Whn):
    return a_n + (r * h) @ Whn


def _reset_after(a_n, r, h, Whn):
    return a_n + r * (h @ Whn)


def _keep_old(r, z, n, h):
    return z * h + (1 - z) * n


def _replace_old(r, z, n, h):
    return (1 - z) * h + z * n


def _step(
    x, h_prev, Wxh, Whh, bh, mix=_keep_old, enter=_reset_before, squash=np.tanh, swapped=False
):
    r, z = _gates(x, h_prev, Wxh, Whh, bh, blocks=(1, 0) if swapped else (0, 1))
    a_n = np.split(x @ Wxh + bh, 3, axis=1)[2]
    n = squash(enter(a_n, r, h_prev, np.split(Whh, 3, axis=1)[2]))
    return mix(r, z, n, h_prev)


def _step_without_candidate_bias(x, h_prev, Wxh, Whh, bh):
    H = len(Whh)
    n_bias = bh[2 * H :]
    return _step(x, h_prev, Wxh, Whh, bh, enter=lambda *a: _reset_before(*a) - n_bias)


STEP = Task(
    name="gru_step",
    draw=draw_step,
    edges=(lambda rng: draw_step(rng, N=1), lambda rng: draw_step(rng, N=1, H=3)),
    reference=reference_step,
    returns=("h",),
    misconceptions=slips(
        "gru_step",
        (
            "update_gate_inverted",
            lambda **given: _step(**given, mix=_replace_old),
            "the update gate is the wrong way round; here z = 1 keeps the old state.",
            CONVENTIONS,
        ),
        (
            "reset_after",
            lambda **given: _step(**given, enter=_reset_after),
            "the reset gate multiplies the product with Whn; in this form it multiplies the old "
            "state before the product.",
            RESET,
        ),
        (
            "reset_whole_candidate",
            lambda **given: _step(**given, enter=lambda *a: a[1] * (a[0] + a[2] @ a[3])),
            "the reset gate mutes the input as well; it should act on the old state alone.",
            MISTAKES,
        ),
        (
            "reset_forgotten",
            lambda **given: _step(**given, enter=lambda a_n, r, h, Whn: a_n + h @ Whn),
            "the candidate sees the whole old state; the reset gate is not used.",
            MATHS,
        ),
        (
            "gates_swapped",
            lambda **given: _step(**given, swapped=True),
            "r and z are exchanged; the blocks stand in the order r, z, n.",
            MATHS,
        ),
        (
            "sigmoid_candidate",
            lambda **given: _step(**given, squash=rc.sigmoid),
            "the candidate goes through the sigmoid; it goes through tanh.",
            MATHS,
        ),
        (
            "candidate_bias_forgotten",
            _step_without_candidate_bias,
            "the bias of the candidate is missing.",
            MATHS,
        ),
        (
            "reset_on_kept_path",
            lambda **given: _step(**given, mix=lambda r, z, n, h: z * r * h + (1 - z) * n),
            "the reset gate also acts on the old value that is kept; it belongs to the candidate "
            "alone.",
            MISTAKES,
        ),
        (
            "nothing_kept",
            lambda **given: _step(**given, mix=lambda r, z, n, h: (1 - z) * n),
            "the old value is missing in the mixture.",
            MATHS,
        ),
    ),
    library=("sigmoid",),
)


# --- the layer


def _layer(x, h0, Wxh, Whh, bh, bhn, mix=_keep_old, enter=None, carry=True, shift=0):
    enter = enter or (lambda a_n, r, h, Whn: a_n + r * (h @ Whn + bhn))
    h, states = h0, [h0]
    for x_t in x.swapaxes(0, 1):
        h = _step(x_t, h if carry else h0, Wxh, Whh, bh, mix=mix, enter=enter)
        states.append(h)
    return np.stack(states, axis=1)[:, 1 - shift : len(states) - shift]


def _bias_outside(a_n, r, h, Whn, bhn):
    return a_n + r * (h @ Whn) + bhn


def _layer_bias_outside(**given):
    return _layer(**given, enter=lambda *a: _bias_outside(*a, given["bhn"]))


def _layer_reset_before(**given):
    return _layer(**given, enter=lambda *a: _reset_before(*a) + given["bhn"])


def _layer_reset_all(**given):
    return _layer(**given, enter=lambda a_n, r, h, Whn: r * (a_n + h @ Whn + given["bhn"]))


LAYER = Task(
    name="gru_layer",
    draw=draw_layer,
    edges=(lambda rng: draw_layer(rng, N=1), lambda rng: draw_layer(rng, T=1)),
    reference=reference_layer,
    returns=("y",),
    misconceptions=slips(
        "gru_layer",
        (
            "state_not_carried",
            lambda **given: _layer(**given, carry=False),
            "every step starts from h0; it should start from the state of the step before.",
            MATHS,
        ),
        (
            "start_ignored",
            lambda x, h0, **rest: _layer(x=x, h0=0 * h0, **rest),
            "the first step starts from zero; it should start from h0.",
            MATHS,
        ),
        (
            "states_before_the_steps",
            lambda **given: _layer(**given, shift=1),
            "these are the states before the steps, with h0 first; y holds the state after each "
            "step.",
            MATHS,
        ),
        (
            "reset_before",
            _layer_reset_before,
            "the reset gate multiplies the old state; in this form it multiplies the product with "
            "Whn and its bias.",
            RESET,
        ),
        (
            "bhn_outside_the_reset",
            _layer_bias_outside,
            "bhn is added outside the reset gate; the gate multiplies it too.",
            RESET,
        ),
        (
            "reset_whole_candidate",
            _layer_reset_all,
            "the reset gate mutes the input as well; it should act on the product with Whn and "
            "its bias alone.",
            RESET,
        ),
        (
            "bhn_forgotten",
            lambda **given: _layer(**given, enter=_reset_after),
            "the second bias of the candidate, bhn, is missing.",
            RESET,
        ),
        (
            "update_gate_inverted",
            lambda **given: _layer(**given, mix=_replace_old),
            "the update gate is the wrong way round; here z = 1 keeps the old state.",
            CONVENTIONS,
        ),
    ),
    library=("sigmoid",),
)


# --- the other convention


def _signed(Wxh, Whh, bh, r=1.0, z=-1.0, n=1.0, bias=-1.0):
    sign = np.repeat([r, z, n], len(Whh))
    bias_sign = np.repeat([r, bias, n], len(Whh))
    return Wxh * sign, Whh * sign, bh * bias_sign


def _complement(Wxh, Whh, bh):
    H = len(Whh)
    arrays = [array.copy() for array in (Wxh, Whh, bh)]
    for array in arrays:
        array[..., H : 2 * H] = 1 - array[..., H : 2 * H]
    return tuple(arrays)


SWITCH = Task(
    name="switch_convention",
    draw=draw_weights,
    edges=(lambda rng: draw_weights(rng, D=1),),
    reference=reference_switch,
    returns=("Wxh", "Whh", "bh"),
    misconceptions=slips(
        "switch_convention",
        (
            "bias_kept",
            lambda **given: _signed(**given, bias=1.0),
            "the weights of the update gate turn, but its bias does not; the whole pre-activation "
            "has to change its sign.",
            CONVENTIONS,
        ),
        (
            "bias_alone",
            lambda **given: _signed(**given, z=1.0),
            "only the bias of the update gate turns; its weights have to turn as well.",
            CONVENTIONS,
        ),
        (
            "reset_block",
            lambda **given: _signed(**given, r=-1.0, z=1.0, bias=1.0),
            "the first block turns, which is the reset gate; the update gate is the second.",
            CONVENTIONS,
        ),
        (
            "every_block",
            lambda **given: _signed(**given, r=-1.0, n=-1.0),
            "all blocks turn; reset gate and candidate are the same in both conventions.",
            CONVENTIONS,
        ),
        (
            "both_gates",
            lambda **given: _signed(**given, r=-1.0),
            "both gates turn; the reset gate is the same in both conventions.",
            CONVENTIONS,
        ),
        (
            "complement_of_the_weights",
            _complement,
            "the weights are taken from 1; it is the gate that becomes 1 - z, and its weights "
            "follow from the symmetry of the sigmoid.",
            CONVENTIONS,
        ),
        (
            "nothing_changed",
            lambda Wxh, Whh, bh: (Wxh.copy(), Whh.copy(), bh.copy()),
            "nothing has changed.",
            CONVENTIONS,
        ),
    ),
)


# --- the way back


def _backward(
    dh,
    x,
    h_prev,
    r,
    z,
    n,
    Wxh,
    Whh,
    mix=1.0,
    kept=1.0,
    through_s=None,
    gates=1.0,
    reset=1.0,
    seen=None,
    n_slope=None,
    z_slope=None,
    r_slope=None,
    new=1.0,
    update=1.0,
    back=np.transpose,
):
    Whr, Whz, Whn = np.split(Whh, 3, axis=1)
    da_n = dh * (1 - z) * (1 - n**2 if n_slope is None else n_slope)
    ds = da_n @ back(Whn)
    da_r = reset * ds * h_prev * (r * (1 - r) if r_slope is None else r_slope)
    da_z = mix * dh * (h_prev - new * n) * (z * (1 - z) if z_slope is None else z_slope)
    dh_prev = kept * dh * z + ds * (r if through_s is None else through_s)
    dh_prev = dh_prev + gates * (da_r @ back(Whr) + update * da_z @ back(Whz))
    da = np.hstack([da_r, da_z, da_n])
    s = r * h_prev if seen is None else seen
    dWhh = np.hstack([h_prev.T @ da_r, h_prev.T @ da_z, s.T @ da_n])
    return da @ Wxh.T, dh_prev, x.T @ da, dWhh, da.sum(axis=0)


def _backward_mean_bias(**given):
    *others, dbh = _backward(**given)
    return *others, dbh / len(given["x"])


BACKWARD = Task(
    name="gru_step_backward",
    draw=draw_backward,
    edges=(lambda rng: draw_backward(rng, N=1),),
    reference=reference_backward,
    returns=("dx", "dh_prev", "dWxh", "dWhh", "dbh"),
    misconceptions=slips(
        "gru_step_backward",
        (
            "kept_path_missing",
            lambda **given: _backward(**given, kept=0.0),
            "dh_prev lacks the free path, by which the kept share of the old state goes on.",
            BACK,
        ),
        (
            "difference_turned",
            lambda **given: _backward(**given, mix=-1.0),
            "the gradient of the update gate has the wrong sign; more of z is more of the old "
            "state.",
            BACK,
        ),
        (
            "candidate_path_not_reset",
            lambda **given: _backward(**given, through_s=1.0),
            "what comes back through the candidate reaches dh_prev in full; the old state entered "
            "there multiplied by r.",
            BACK,
        ),
        (
            "paths_through_gates_missing",
            lambda **given: _backward(**given, gates=0.0),
            "dh_prev lacks the paths through the two gates, which read the old state too.",
            BACK,
        ),
        (
            "reset_gate_forgotten",
            lambda **given: _backward(**given, reset=0.0),
            "the reset gate gets no gradient; it acts on the loss through the candidate.",
            BACK,
        ),
        (
            "state_instead_of_reset_state",
            lambda **given: _backward(**given, seen=given["h_prev"]),
            "the third block of dWhh is built with h_prev; Whn multiplied the old state after the "
            "reset.",
            BACK,
        ),
        (
            "tanh_slope_forgotten",
            lambda **given: _backward(**given, n_slope=1.0),
            "the slope of tanh is missing at the candidate.",
            BACK,
        ),
        (
            "tanh_applied_again",
            lambda **given: _backward(**given, n_slope=1 - np.tanh(given["n"]) ** 2),
            "tanh is applied once more; n is already a tanh, so the slope is 1 - n**2.",
            BACK,
        ),
        (
            "sigmoid_slope_forgotten",
            lambda **given: _backward(**given, z_slope=1.0, r_slope=1.0),
            "the slope of the sigmoid is missing at the gates.",
            BACK,
        ),
        (
            "slope_of_the_update_gate_forgotten",
            lambda **given: _backward(**given, z_slope=1.0),
            "the slope of the sigmoid is missing at the update gate.",
            BACK,
        ),
        (
            "slope_of_the_reset_gate_forgotten",
            lambda **given: _backward(**given, r_slope=1.0),
            "the slope of the sigmoid is missing at the reset gate.",
            BACK,
        ),
        (
            "old_value_without_the_new",
            lambda **given: _backward(**given, new=0.0),
            "the gradient of the update gate sees the old value alone; z also stands in 1 - z, "
            "beside the candidate.",
            BACK,
        ),
        (
            "path_through_update_gate_missing",
            lambda **given: _backward(**given, update=0.0),
            "dh_prev lacks the path through the update gate, which reads the old state too.",
            BACK,
        ),
        (
            "blocks_not_transposed",
            lambda **given: _backward(**given, back=np.asarray),
            "the blocks of Whh are used as they are on the way to the old state; they should be "
            "transposed.",
            BACK,
        ),
    )
    + slips(
        "gru_step_backward",
        (
            "mean_over_batch",
            _backward_mean_bias,
            "dbh is averaged over the batch; the rows are added.",
            BACK,
        ),
    ),
)


# --- a fair size

SIZE = Task(
    name="largest_hidden_size",
    draw=draw_size,
    edges=(
        lambda rng: draw_size(rng, gates=1),
        lambda rng: draw_size(rng, exact=True),
        draw_size_nothing_fits,
    ),
    reference=reference_size,
    returns=("H",),
    misconceptions=slips(
        "largest_hidden_size",
        (
            "one_too_large",
            lambda **given: reference_size(**given) + 1,
            "this size needs more parameters than the budget. Either it is one step too far, or "
            "not all parameters are counted; each block has H biases.",
            SIZES,
        ),
        (
            "readout_forgotten",
            lambda gates, D, V, budget: _largest(budget, lambda H: gates * (D + H + 1) * H),
            "the parameters of the readout are not counted.",
            SIZES,
        ),
        (
            "bias_forgotten",
            lambda gates, D, V, budget: _largest(budget, lambda H: gates * (D + H) * H + H * V + V),
            "the biases of the recurrent layer are not counted.",
            SIZES,
        ),
        (
            "recurrent_weights_forgotten",
            lambda gates, D, V, budget: _largest(budget, lambda H: gates * (D + 1) * H + H * V + V),
            "the weights from state to state are not counted.",
            SIZES,
        ),
        (
            "one_block",
            lambda gates, D, V, budget: reference_size(1, D, V, budget),
            "one block of weights is counted; there are as many as `gates` says.",
            SIZES,
        ),
        (
            "readout_in_every_block",
            lambda gates, D, V, budget: _largest(
                budget, lambda H: gates * ((D + H + 1) * H + H * V + V)
            ),
            "the readout is counted once for each block; there is one readout.",
            SIZES,
        ),
    )
    + slips(
        "largest_hidden_size",
        (
            "budget_not_used_up",
            lambda gates, D, V, budget: _largest(
                budget, lambda H: parameter_count(gates, D, H, V), strict=True
            ),
            "one unit more would use the budget to the last parameter; at most means that this "
            "fits. Check too that no parameter is counted twice.",
            SIZES,
        ),
        cells=("hidden",),
    ),
)


# --- the experiment

MEMORY_BIASES = (-2.0, 0.0, 2.0, 4.0)


def two_runs(bias):
    """Repeat the network of the notebook: two starts, the same inputs; (2, T + 1, H)."""
    rng = np.random.default_rng(5)
    layer = rc.GRU(4, 24, rng=rng)
    layer.params["bh"][24:48] = bias
    x = np.repeat(rng.standard_normal((1, 400, 4)), 2, axis=0)
    h0 = rng.uniform(-0.9, 0.9, (2, 24))
    y, _, _ = layer.forward(x, state=h0)
    return np.concatenate([h0[:, None], y], axis=1)


def memory(offset=0, share=0.1, turned=False, absolute=False):
    """Find the first step at which the two runs are close."""
    found = []
    for bias in MEMORY_BIASES:
        h = two_runs(-bias if turned else bias)
        distance = np.linalg.norm(h[0] - h[1], axis=1)
        bound = share * (1.0 if absolute else distance[0])
        found.append(int(np.argmax(distance <= bound)) + offset)
    return found


MEMORY = Task(
    name="memory",
    reference=memory,
    returns=("memory",),
    value=True,
    misconceptions=slips(
        "memory",
        (
            "last_one_above",
            lambda: memory(offset=-1),
            "every number is one too small: there the distance is still above one tenth.",
            LIMITS,
        ),
        (
            "counted_from_one",
            lambda: memory(offset=1),
            "every number is one too large; entry 0 of the states is the start, before any step.",
            LIMITS,
        ),
        (
            "other_convention",
            lambda: memory(turned=True),
            "these are the numbers for biases of the opposite sign; here z = 1 keeps.",
            CONVENTIONS,
        ),
        (
            "squared_distance",
            lambda: memory(share=0.1**0.5),
            "these are the steps at which the square of the distance is down to one tenth; the "
            "distance itself is asked for.",
            LIMITS,
        ),
        (
            "absolute_bound",
            lambda: memory(absolute=True),
            "the distance is compared with 0.1; compare it with one tenth of the distance at the "
            "start.",
            LIMITS,
        ),
        (
            "one_tenth_gone",
            lambda: memory(share=0.9),
            "these are the steps at which one tenth of the distance is gone; at most one tenth "
            "should be left.",
            LIMITS,
        ),
        (
            "half",
            lambda: memory(share=0.5),
            "these are the steps at which half of the distance is left; one tenth is asked for.",
            LIMITS,
        ),
    ),
)
