"""Exercise 06, the LSTM: what is asked, what is right, usual mistakes."""

import numpy as np

import rnncore as rc
from grading.check import Task, slips


def _sizes(rng, count, avoid=()):
    choice = [size for size in range(2, 9) if size not in avoid]
    return [int(size) for size in rng.choice(choice, count, replace=False)]


def _weights(rng, D, H):
    return {
        "Wxh": rng.standard_normal((D, 4 * H)) / np.sqrt(D),
        "Whh": rng.standard_normal((H, 4 * H)) / np.sqrt(H),
        "bh": rng.uniform(0.2, 0.8, 4 * H) * rng.choice([-1, 1], 4 * H),
    }


def draw_cell(rng, N=None):
    """Draw the arguments of `lstm_cell`."""
    batch, D, H = _sizes(rng, 3)
    N = N or batch
    return {
        "x": rng.standard_normal((N, D)),
        "h_prev": rng.uniform(-0.9, 0.9, (N, H)),
        "c_prev": rng.uniform(-2, 2, (N, H)),
        **_weights(rng, D, H),
    }


def draw_cell_large(rng):
    """Draw inputs so large that every gate is open or shut."""
    drawn = draw_cell(rng)
    return {**drawn, "x": 1e4 * drawn["x"]}


def draw_layer(rng, N=None, T=None, full=False):
    """Draw the arguments of `lstm_layer`; some rows end before the last step."""
    steps = int(rng.integers(4, 8))
    batch, D, H = _sizes(rng, 3, avoid=(steps,))
    N, T = N or batch, T or steps
    lengths = np.full(N, T) if full else rng.integers(1, T + 1, N)
    if N > 1 and T > 2 and not full:
        lengths[:2] = [T - 2, T]
    x = rng.standard_normal((N, T, D)) * rc.length_mask(lengths, T)[:, :, None]
    h0, c0 = rng.uniform(-0.9, 0.9, (N, H)), rng.uniform(-2, 2, (N, H))
    return {"x": x, "lengths": lengths, "h0": h0, "c0": c0, **_weights(rng, D, H)}


def draw_backward(rng, N=None):
    """Draw the arguments of `lstm_cell_backward`, with the gates of a real step."""
    drawn = draw_cell(rng, N)
    h, c, cache = rc.lstm_step(**drawn)
    i, f, g, o = cache[3:7]
    given = {"dh": rng.standard_normal(h.shape), "dc": rng.standard_normal(c.shape)}
    return {**given, "c_prev": drawn["c_prev"], "i": i, "f": f, "g": g, "o": o, "c": c}


def draw_pool(rng, N=None, T=None):
    """Draw the arguments of `max_pool`; where a row has ended there are zeros.

    In the first unit of every row all states are negative: padding would win.
    """
    steps = int(rng.integers(4, 8))
    batch, H = _sizes(rng, 2, avoid=(steps,))
    N, T = N or batch, T or steps
    lengths = rng.integers(1, T + 1, N)
    if N > 1 and T > 2:
        lengths[:2] = [T - 2, T]
    h = rng.uniform(-0.9, 0.7, (N, T, H))
    h[:, :, 0] = -np.abs(h[:, :, 0]) - 0.05
    h *= rc.length_mask(lengths, T)[:, :, None]
    return {"h": h, "lengths": lengths, "dpooled": rng.standard_normal((N, H))}


def draw_path(rng, N=None, T=None):
    """Draw forget gates."""
    steps = int(rng.integers(4, 8))
    batch, H = _sizes(rng, 2, avoid=(steps,))
    return {"f": rng.uniform(0.2, 0.98, (N or batch, T or steps, H))}


def draw_bias(rng, keep=None, steps=None):
    """Draw the arguments of `forget_bias_for`."""
    keep = keep or round(float(rng.uniform(0.1, 0.9)), 3)
    return {"keep": keep, "steps": steps or int(rng.integers(5, 200))}


def draw_one_short_row(rng):
    """Draw a batch of one row that ends early."""
    drawn = draw_layer(rng, N=1, T=5)
    drawn["lengths"] = np.array([2])
    drawn["x"][:, 2:] = 0
    return drawn


# --- references


def reference_layer(x, lengths, h0, c0, Wxh, Whh, bh):
    """Run the library's layer."""
    layer = rc.LSTM(len(Wxh), len(Whh))
    layer.params.update(Wxh=Wxh, Whh=Whh, bh=bh)
    y, (h, c), _ = layer.forward(x, state=(h0, c0), lengths=lengths)
    return y, h, c


def reference_backward(dh, dc, c_prev, i, f, g, o, c):
    """Take ``da`` from the library's step: with the identity as Wxh it is dx."""
    N, H = c.shape
    cache = (np.zeros((N, 4 * H)), np.zeros((N, H)), c_prev, i, f, g, o, c)
    da, _, dc_prev, _ = rc.lstm_step_backward(dh, dc, (*cache, np.eye(4 * H), np.zeros((H, 4 * H))))
    return da, dc_prev


def reference_pool(h, lengths, dpooled):
    """Run the library's layer, forward and backward."""
    layer = rc.MaxPoolTime()
    pooled, _, cache = layer.forward(h, lengths=lengths)
    return pooled, layer.backward(dpooled, cache)[0]


def reference_path(f):
    """Multiply the later gates, for each step anew."""
    return np.stack([f[:, t + 1 :].prod(axis=1) for t in range(f.shape[1])], axis=1)


def reference_bias(keep, steps):
    """Undo the power, then the sigmoid."""
    gate = keep ** (1 / steps)
    return float(np.log(gate) - np.log1p(-gate))


# --- one step

CODE = "Chapter 7, The code, one equation at a time"
FORWARD = "Chapter 7, Forward"


def _cell(
    x, h_prev, c_prev, Wxh, Whh, bh, order="ifgo", candidate=np.tanh, keep=None, read=None, **kinds
):
    a = x @ Wxh + h_prev @ Whh + bh
    blocks = dict(zip(order, np.split(a, 4, axis=1), strict=True))
    squash = kinds.get("squash", rc.sigmoid)
    i, f, o = (squash(blocks[name]) for name in "ifo")
    g = candidate(blocks["g"])
    c = f * c_prev + i * g if keep is None else keep(i, f, g, c_prev)
    return (o * np.tanh(c) if read is None else read(o, c, c_prev)), c


def _with(**changes):
    return lambda **given: _cell(**given, **changes)


def _gates_read_the_cell(c_prev, **given):
    return _cell(**given | {"h_prev": c_prev, "c_prev": c_prev})


def _hidden_kept(h_prev, **given):
    return _cell(h_prev=h_prev, **given | {"c_prev": h_prev})


def _interleaved(h_prev, Wxh, Whh, bh, **given):
    H = h_prev.shape[1]
    turn = np.arange(4 * H).reshape(H, 4).T.ravel()  # unit by unit, four numbers each
    return _cell(h_prev=h_prev, Wxh=Wxh[:, turn], Whh=Whh[:, turn], bh=bh[turn], **given)


def _no_bias(**given):
    return _cell(**{**given, "bh": np.zeros_like(given["bh"])})


LSTM_CELL = Task(
    name="lstm_cell",
    draw=draw_cell,
    edges=(lambda rng: draw_cell(rng, N=1), draw_cell_large),
    reference=lambda **given: rc.lstm_step(**given)[:2],
    returns=("h", "c"),
    misconceptions=slips(
        "lstm_cell",
        (
            "candidate_and_output_swapped",
            _with(order="ifog"),
            "the third block is taken for the output gate and the fourth for the candidate; here "
            "the blocks stand in the order i, f, g, o.",
            FORWARD,
        ),
        (
            "input_and_forget_swapped",
            _with(order="figo"),
            "the first block is taken for the forget gate and the second for the input gate; here "
            "the blocks stand in the order i, f, g, o.",
            FORWARD,
        ),
        (
            "candidate_through_the_sigmoid",
            _with(candidate=rc.sigmoid),
            "the candidate goes through the sigmoid like a gate, so it can only add; it goes "
            "through tanh.",
            FORWARD,
        ),
        (
            "gates_through_tanh",
            _with(squash=np.tanh),
            "the gates go through tanh and can become negative; a gate is a sigmoid, between 0 "
            "and 1.",
            FORWARD,
        ),
        (
            "cell_read_without_tanh",
            _with(read=lambda o, c, c_prev: o * c),
            "the hidden state is the cell state times the gate; the cell state goes through tanh "
            "before it is read.",
            FORWARD,
        ),
        (
            "old_cell_read",
            _with(read=lambda o, c, c_prev: o * np.tanh(c_prev)),
            "the hidden state is read from the cell state before this step; read the new one.",
            FORWARD,
        ),
        (
            "forget_gate_turned_round",
            _with(keep=lambda i, f, g, c_prev: (1 - f) * c_prev + i * g),
            "the cell state is multiplied by 1 - f; in spite of its name the gate says what is "
            "kept: 1 keeps, 0 forgets.",
            FORWARD,
        ),
        (
            "one_minus_forget_writes",
            _with(keep=lambda i, f, g, c_prev: f * c_prev + (1 - f) * g),
            "the candidate is multiplied by 1 - f, which is a cell with coupled gates; here it "
            "has a gate of its own, i.",
            FORWARD,
        ),
        (
            "without_forget_gate",
            _with(keep=lambda i, f, g, c_prev: c_prev + i * g),
            "the old cell state is added whole, as in the cell of 1997; multiply it by the forget "
            "gate.",
            "Chapter 7, The cell of 1997 had no forget gate",
        ),
        (
            "order_of_onnx",
            _with(order="iofg"),
            "the blocks are taken in the order i, o, f, g, as ONNX has them; here they stand "
            "in the order i, f, g, o.",
            FORWARD,
        ),
        (
            "candidate_second",
            _with(order="igfo"),
            "the second block is taken for the candidate and the third for the forget gate; here "
            "the blocks stand in the order i, f, g, o.",
            FORWARD,
        ),
        (
            "interleaved_blocks",
            _interleaved,
            "every fourth column is taken for a gate; the blocks stand side by side, H columns "
            "each, as np.split gives them.",
            FORWARD,
        ),
        (
            "candidate_not_squashed",
            _with(candidate=np.positive),
            "the candidate is its pre-activation as it is; it goes through tanh.",
            FORWARD,
        ),
        (
            "without_input_gate",
            _with(keep=lambda i, f, g, c_prev: f * c_prev + g),
            "the candidate is written whole; the input gate i says how much of it.",
            FORWARD,
        ),
        (
            "without_output_gate",
            _with(read=lambda o, c, c_prev: np.tanh(c)),
            "the cell state is shown whole; the output gate o says how much of it.",
            FORWARD,
        ),
        (
            "one_minus_input_keeps",
            _with(keep=lambda i, f, g, c_prev: (1 - i) * c_prev + i * g),
            "the old cell state is multiplied by 1 - i, which is a cell with coupled gates; here "
            "it has a gate of its own, f.",
            FORWARD,
        ),
        (
            "old_cell_dropped",
            _with(keep=lambda i, f, g, c_prev: i * g),
            "the cell state is what this step writes, and nothing of the old one; add f times "
            "the old cell state.",
            FORWARD,
        ),
        (
            "forget_gate_on_the_sum",
            _with(keep=lambda i, f, g, c_prev: f * (c_prev + i * g)),
            "the forget gate multiplies what is written as well; it belongs to the old cell state "
            "alone.",
            FORWARD,
        ),
        (
            "hidden_state_kept",
            _hidden_kept,
            "the forget gate multiplies the old hidden state; what is kept is the cell state.",
            FORWARD,
        ),
        (
            "gates_read_the_cell",
            _gates_read_the_cell,
            "the pre-activations are made from the old cell state; the gates read the hidden "
            "state.",
            FORWARD,
        ),
        (
            "hidden_state_not_read",
            lambda h_prev, **given: _cell(h_prev=0 * h_prev, **given),
            "the pre-activations lack the old hidden state times Whh.",
            FORWARD,
        ),
        (
            "sigmoid_of_the_cell",
            _with(read=lambda o, c, c_prev: o * rc.sigmoid(c)),
            "the cell state goes through the sigmoid before it is read; it goes through tanh.",
            FORWARD,
        ),
        (
            "tanh_after_the_output_gate",
            _with(read=lambda o, c, c_prev: np.tanh(o * c)),
            "tanh is taken after the output gate; the gate multiplies tanh(c).",
            FORWARD,
        ),
        (
            "squashed_cell_returned",
            lambda **given: (_cell(**given)[0], np.tanh(_cell(**given)[1])),
            "tanh of the cell state is handed on; the cell state itself goes to the next step, "
            "and tanh only into h.",
            FORWARD,
        ),
        (
            "states_swapped",
            lambda **given: _cell(**given)[::-1],
            "h and c are returned in the wrong order.",
            CODE,
        ),
        ("bias_forgotten", _no_bias, "the bias bh is not added.", FORWARD),
    ),
    library=("sigmoid",),
)


# --- the sequence


def _layer(x, lengths, h0, c0, Wxh, Whh, bh, freeze=True, zero=True, carry="hc", feed="h"):
    h, c, y = h0, c0, []
    for t in range(x.shape[1]):
        state = {"h": h, "c": c}[feed], c
        h_new, c_new, _ = rc.lstm_step(x[:, t], *state, Wxh, Whh, bh)
        live = (t < lengths)[:, None]
        y.append(np.where(live, h_new, 0) if zero else h_new)
        h, c = (np.where(live, h_new, h), np.where(live, c_new, c)) if freeze else (h_new, c_new)
        if t < x.shape[1] - 1:
            h, c = h if "h" in carry else h0, c if "c" in carry else c0
    return np.stack(y, axis=1), h, c


def _keep(live, new, old):
    return np.where(live, new, old)


def _layer_by(live=np.less, h_after=_keep, c_after=_keep, turn=1, start=lambda h0, c0: (h0, c0)):
    """Make a layer that treats the end of a row, the start or the order of the steps otherwise."""

    def layer(x, lengths, h0, c0, Wxh, Whh, bh):
        (h, c), y = start(h0, c0), np.zeros((*x.shape[:2], h0.shape[1]))
        for t in range(x.shape[1])[::turn]:
            h_new, c_new, _ = rc.lstm_step(x[:, t], h, c, Wxh, Whh, bh)
            real = live(t, lengths)[:, None]
            y[:, t] = np.where(real, h_new, 0)
            h, c = h_after(real, h_new, h), c_after(real, c_new, c)
        return y, h, c

    return layer


def _one_length(lengths, **given):
    return _layer(lengths=np.full_like(lengths, lengths[0]), **given)


def _layer_with(**changes):
    return lambda **given: _layer(**given, **changes)


def _swapped(**given):
    y, h, c = _layer(**given)
    return y, c, h


def _y_of_cells(**given):
    h, c, y = given["h0"], given["c0"], []
    weights = {name: given[name] for name in ("Wxh", "Whh", "bh")}
    for t in range(given["x"].shape[1]):
        h_new, c_new, _ = rc.lstm_step(given["x"][:, t], h, c, **weights)
        live = (t < given["lengths"])[:, None]
        h, c = np.where(live, h_new, h), np.where(live, c_new, c)
        y.append(np.where(live, c, 0))
    return np.stack(y, axis=1), h, c


LSTM_LAYER = Task(
    name="lstm_layer",
    draw=draw_layer,
    edges=(
        lambda rng: draw_layer(rng, T=1),
        lambda rng: draw_layer(rng, full=True),
        draw_one_short_row,
    ),
    reference=reference_layer,
    returns=("y", "h", "c"),
    misconceptions=slips(
        "lstm_layer",
        (
            "state_changes_after_the_end",
            _layer_with(freeze=False),
            "the state goes on changing after a row has ended; where t >= lengths keep the state "
            "of the step before.",
            CODE,
        ),
        (
            "cell_changes_after_the_end",
            lambda **given: _hidden_frozen_alone(**given),
            "the cell state goes on changing after a row has ended; c stays as it is there, "
            "like h.",
            CODE,
        ),
        (
            "outputs_after_the_end",
            _layer_with(zero=False),
            "y is not zero after the end of a row.",
            CODE,
        ),
        (
            "outputs_repeat_the_last_state",
            lambda **given: _repeat_last(**given),
            "after the end of a row y repeats the last state; it should be zero there.",
            CODE,
        ),
        (
            "cell_not_carried",
            _layer_with(carry="h"),
            "every step starts from c0; carry the new cell state to the next step.",
            CODE,
        ),
        (
            "hidden_not_carried",
            _layer_with(carry="c"),
            "every step starts from h0; carry the new hidden state to the next step.",
            CODE,
        ),
        (
            "cell_fed_to_the_gates",
            _layer_with(feed="c"),
            "the next step is given the cell state in the place of the hidden state; the gates "
            "read h.",
            CODE,
        ),
        (
            "cell_states_as_outputs",
            _y_of_cells,
            "y holds the cell states; what the layer gives out is the hidden state h.",
            CODE,
        ),
        (
            "h_and_c_swapped",
            _swapped,
            "h and c are returned in the wrong order.",
            CODE,
        ),
        (
            "start_states_swapped",
            _layer_by(start=lambda h0, c0: (c0, h0)),
            "the first step is given h0 and c0 in the wrong order.",
            CODE,
        ),
        (
            "start_from_zero",
            _layer_by(start=lambda h0, c0: (0 * h0, 0 * c0)),
            "both states start from zero; start from h0 and c0.",
            CODE,
        ),
        (
            "from_the_end",
            _layer_by(turn=-1),
            "the steps are taken from the last to the first; the layer reads forward.",
            CODE,
        ),
    )
    + slips(
        "lstm_layer",
        (
            "lengths_not_used",
            _layer_with(freeze=False, zero=False),
            "lengths is not used: after a row's end its states go on changing, and y is not zero.",
            CODE,
        ),
        (
            "one_step_too_many",
            _layer_by(live=np.less_equal),
            "each short row has one step too many; counting from 0, the last real one is "
            "lengths[n] - 1.",
            CODE,
        ),
        (
            "one_step_too_few",
            _layer_by(live=lambda t, lengths: t < lengths - 1),
            "each row has one step too few; counting from 0, the last real one is lengths[n] - 1.",
            CODE,
        ),
        (
            "one_length_for_all",
            _one_length,
            "every row ends where the first one does; row n has lengths[n] steps.",
            CODE,
        ),
        (
            "states_zero_after_the_end",
            _layer_by(h_after=lambda r, new, old: r * new, c_after=lambda r, new, old: r * new),
            "after a row's end its states are zero; only y is, and the states stay as they were.",
            CODE,
        ),
        (
            "hidden_state_zero_after_the_end",
            _layer_by(h_after=lambda r, new, old: r * new),
            "the final h of a short row is zero, as y is there at the last step; h stays as it was "
            "at the row's end.",
            CODE,
        ),
        (
            "hidden_state_changes_after_the_end",
            _layer_by(h_after=lambda r, new, old: new),
            "the hidden state goes on changing after a row has ended; h stays as it is there, "
            "like c.",
            CODE,
        ),
    ),
    library=("lstm_step", "sigmoid"),
)


def _hidden_frozen_alone(**given):
    h, c, y = given["h0"], given["c0"], []
    weights = {name: given[name] for name in ("Wxh", "Whh", "bh")}
    for t in range(given["x"].shape[1]):
        h_new, c, _ = rc.lstm_step(given["x"][:, t], h, c, **weights)
        live = (t < given["lengths"])[:, None]
        h = np.where(live, h_new, h)
        y.append(np.where(live, h_new, 0))
    return np.stack(y, axis=1), h, c


def _repeat_last(**given):
    h, c, y = given["h0"], given["c0"], []
    weights = {name: given[name] for name in ("Wxh", "Whh", "bh")}
    for t in range(given["x"].shape[1]):
        h_new, c_new, _ = rc.lstm_step(given["x"][:, t], h, c, **weights)
        live = (t < given["lengths"])[:, None]
        h, c = np.where(live, h_new, h), np.where(live, c_new, c)
        y.append(h)
    return np.stack(y, axis=1), h, c


# --- one step back

BACKWARD = "Chapter 7, Backward"


def _back(
    dh, dc, c_prev, i, f, g, o, c, into_c=True, slope_c=True, slope_g=None, gate_slopes=True, **k
):
    squashed = np.tanh(c)
    at_c = c if k.get("slope_of_c_itself") else squashed
    step = dh * o * (1 - at_c**2 if slope_c else 1) if into_c else 0
    total = dc + step if k.get("direct", True) else step
    if "total" in k:
        total = k["total"](dh, dc, o, 1 - squashed**2)
    by_f = c if k.get("new_cell") else c_prev
    do = dh * (c if k.get("cell_itself") else squashed)
    by_gate = [total * g, total * by_f, total * i, do]
    if "by_gate" in k:
        by_gate = k["by_gate"](by_gate, total=total, dh=dh, dc=dc, c_prev=c_prev, i=i, g=g, c=c)
    slope = k.get("slope", lambda v: v * (1 - v))
    slopes = [slope(v) if gate_slopes else 1 for v in (i, f, g, o)]
    slopes[2] = 1 - g**2 if slope_g is None else slope_g(g)
    da = np.hstack([d * s for d, s in zip(by_gate, slopes, strict=True)])
    order = k.get("order")
    if order:
        blocks = dict(zip("ifgo", np.split(da, 4, axis=1), strict=True))
        da = np.hstack([blocks[name] for name in order])
    back = k.get("back", f if k.get("gate", True) else 1)
    back = {"i": i, "slope": f * (1 - f)}.get(back, back) if isinstance(back, str) else back
    return da, (dc if k.get("only_direct") else total) * back


def _back_with(**changes):
    return lambda **given: _back(**given, **changes)


LSTM_BACKWARD = Task(
    name="lstm_cell_backward",
    draw=draw_backward,
    edges=(lambda rng: draw_backward(rng, N=1),),
    reference=reference_backward,
    returns=("da", "dc_prev"),
    misconceptions=slips(
        "lstm_cell_backward",
        (
            "no_path_from_h_to_c",
            _back_with(into_c=False),
            "the gradient that comes through h does not reach the cell state; h = o * tanh(c), so "
            "dh has a way to c as well.",
            BACKWARD,
        ),
        (
            "dc_overwritten",
            _back_with(direct=False),
            "the gradient that comes from the next step along the cell state is lost; two "
            "gradients meet in c, add them.",
            BACKWARD,
        ),
        (
            "old_gradient_sent_back",
            _back_with(only_direct=True),
            "dc_prev is made from dc as it was given; send back the sum of both gradients that "
            "meet in c.",
            BACKWARD,
        ),
        (
            "slope_of_tanh_c_forgotten",
            _back_with(slope_c=False),
            "on its way from h to c the gradient misses the slope of tanh at c.",
            BACKWARD,
        ),
        (
            "slope_without_tanh",
            _back_with(slope_of_c_itself=True),
            "on its way from h to c the gradient is multiplied by 1 - c^2; the slope is "
            "1 - tanh(c)^2.",
            BACKWARD,
        ),
        (
            "sigmoid_slope_for_the_candidate",
            _back_with(slope_g=lambda g: g * (1 - g)),
            "the candidate has the slope of a sigmoid; it went through tanh.",
            BACKWARD,
        ),
        (
            "no_slopes",
            _back_with(gate_slopes=False, slope_g=np.ones_like),
            "these are the gradients of the gates themselves; go on through sigmoid and tanh to "
            "the pre-activations.",
            BACKWARD,
        ),
        (
            "tanh_applied_to_g_again",
            _back_with(slope_g=lambda g: 1 - np.tanh(g) ** 2),
            "tanh is applied to g once more before the slope is taken; g already is the tanh of "
            "its pre-activation.",
            BACKWARD,
        ),
        (
            "new_cell_for_the_forget_gate",
            _back_with(new_cell=True),
            "the gradient of the forget gate is multiplied by the new cell state; the gate "
            "multiplied the old one.",
            BACKWARD,
        ),
        (
            "output_gate_without_tanh",
            _back_with(cell_itself=True),
            "the gradient of the output gate is multiplied by c; the gate multiplied tanh(c).",
            BACKWARD,
        ),
        (
            "forget_gate_missing_on_the_way_back",
            _back_with(gate=False),
            "the gradient goes back to the old cell state undiminished; forward it was multiplied "
            "by f, so it is on the way back.",
            BACKWARD,
        ),
        (
            "output_gate_missing_on_the_way_to_c",
            _back_with(total=lambda dh, dc, o, slope: dc + dh * slope),
            "on its way from h to c the gradient misses the output gate: h = o * tanh(c).",
            BACKWARD,
        ),
        (
            "dh_added_to_dc",
            _back_with(total=lambda dh, dc, o, slope: dc + dh),
            "dh is added to dc as it is; on its way from h to c it passes the output gate and the "
            "slope of tanh.",
            BACKWARD,
        ),
        (
            "slope_on_both",
            _back_with(total=lambda dh, dc, o, slope: (dc + dh * o) * slope),
            "the gradient along the cell state is multiplied by the slope of tanh as well; only "
            "what comes through h passes tanh.",
            BACKWARD,
        ),
        (
            "gates_from_dc_as_given",
            _back_with(
                by_gate=lambda d, dc, c_prev, i, g, **k: [dc * g, dc * c_prev, dc * i, d[3]]
            ),
            "i, f and g get only what comes along the cell state; add what comes through h first.",
            BACKWARD,
        ),
        (
            "output_gate_from_the_cell",
            _back_with(by_gate=lambda d, total, c, **k: [*d[:3], total * np.tanh(c)]),
            "the output gate is given the gradient of the cell state; it acts on h alone, so its "
            "gradient starts from dh.",
            BACKWARD,
        ),
        (
            "factors_exchanged",
            _back_with(by_gate=lambda d, **k: [d[1], d[0], *d[2:]]),
            "the factors of the input and the forget gate are exchanged; i multiplied g, and f "
            "multiplied the old cell state.",
            BACKWARD,
        ),
        (
            "own_factors",
            _back_with(
                by_gate=lambda d, total, i, g, **k: [total * i, d[1], total * g, d[3]],
            ),
            "i and g are multiplied by their own value; in a product each factor's gradient is "
            "multiplied by the other one.",
            BACKWARD,
        ),
        (
            "tanh_slopes_for_the_gates",
            _back_with(slope=lambda v: 1 - v**2),
            "the gates have the slope of tanh; they went through the sigmoid.",
            BACKWARD,
        ),
        (
            "sigmoid_applied_to_the_gates_again",
            _back_with(slope=lambda v: rc.sigmoid(v) * (1 - rc.sigmoid(v))),
            "the sigmoid is applied to the gates once more before the slope is taken; they are "
            "already what it gives.",
            BACKWARD,
        ),
        (
            "slope_of_the_candidate_forgotten",
            _back_with(slope_g=np.ones_like),
            "the gradient of the candidate misses the slope of tanh.",
            BACKWARD,
        ),
        (
            "input_gate_on_the_way_back",
            _back_with(back="i"),
            "what goes back to the old cell state is multiplied by the input gate; forward it was "
            "multiplied by f.",
            BACKWARD,
        ),
        (
            "slope_on_the_way_back",
            _back_with(back="slope"),
            "what goes back to the old cell state is multiplied by the forget gate's slope; it "
            "passes the gate itself, and the slope belongs to the way into the gate.",
            BACKWARD,
        ),
        (
            "other_order",
            _back_with(order="ifog"),
            "the blocks of da stand in the order i, f, o, g; the order here is i, f, g, o.",
            BACKWARD,
        ),
    ),
)


# --- max pooling

POOL = "Chapter 7, All states or the last one"


def _pool(h, lengths, dpooled, pick, share=None):
    live = rc.length_mask(lengths, h.shape[1])[:, :, None]
    chosen = pick(h, live)[:, None]  # (N, 1, H) steps
    pooled = np.take_along_axis(h, chosen, axis=1)[:, 0]
    dh = np.zeros_like(h)
    if share is None:
        np.put_along_axis(dh, chosen, dpooled[:, None], axis=1)
    else:
        dh = dpooled[:, None] * share(live, h, lengths)
    return pooled, dh


def _largest(h, live):
    return np.where(live, h, -np.inf).argmax(axis=1)


def _pool_with(pick=_largest, share=None):
    return lambda **given: _pool(**given, pick=pick, share=share)


def _last(h, live):
    last = live.sum(axis=1) - 1  # (N, 1)
    return np.broadcast_to(last, (len(h), h.shape[2]))


def _pool_back_otherwise(back):
    """Pool rightly, and send back what ``back(h, lengths, dpooled, pooled)`` says."""

    def pool(h, lengths, dpooled):
        pooled, _ = reference_pool(h, lengths, dpooled)
        steps, values = back(h, lengths, dpooled, pooled)
        dh = np.zeros_like(h)
        np.put_along_axis(dh, steps[:, None], values[:, None], axis=1)
        return pooled, dh

    return pool


def _winners(h, lengths):
    return _largest(h, rc.length_mask(lengths, h.shape[1])[:, :, None])


def _one_step_for_all(h, live):
    best = np.where(live[..., 0], h.sum(axis=2), -np.inf).argmax(axis=1)
    return np.broadcast_to(best[:, None], (len(h), h.shape[2]))


MAX_POOL = Task(
    name="max_pool",
    draw=draw_pool,
    edges=(lambda rng: draw_pool(rng, N=1), lambda rng: draw_pool(rng, T=1)),
    reference=reference_pool,
    returns=("pooled", "dh"),
    misconceptions=slips(
        "max_pool",
        (
            "last_step",
            _pool_with(pick=_last),
            "this is the state of the last step; take the largest value over all steps, for each "
            "unit by itself.",
            POOL,
        ),
        (
            "largest_size",
            _pool_with(pick=lambda h, live: np.where(live, np.abs(h), -1).argmax(axis=1)),
            "the value that is largest in size is taken, sign apart; take the largest.",
            POOL,
        ),
        (
            "mean_over_time",
            lambda h, lengths, dpooled: (
                h.sum(axis=1) / lengths[:, None],
                dpooled[:, None]
                * rc.length_mask(lengths, h.shape[1])[:, :, None]
                / lengths[:, None, None],
            ),
            "this is the mean over the steps; take the largest value.",
            POOL,
        ),
        (
            "gradient_to_all_steps",
            _pool_with(share=lambda live, h, lengths: live + 0.0 * h),
            "every step gets the gradient; a change of a state that is not the largest changes "
            "nothing.",
            POOL,
        ),
        (
            "gradient_shared_out",
            _pool_with(share=lambda live, h, lengths: live / lengths[:, None, None] + 0.0 * h),
            "the gradient is shared out among the steps; the largest value alone gets all of it.",
            POOL,
        ),
        (
            "smallest",
            _pool_with(pick=lambda h, live: np.where(live, h, np.inf).argmin(axis=1)),
            "this is the smallest value; take the largest.",
            POOL,
        ),
        (
            "values_sent_back",
            _pool_back_otherwise(lambda h, n, d, pooled: (_winners(h, n), pooled)),
            "dh holds the pooled values; at the step that won it holds their gradient, dpooled.",
            POOL,
        ),
        (
            "ones_sent_back",
            _pool_back_otherwise(lambda h, n, d, pooled: (_winners(h, n), np.ones_like(d))),
            "dh holds ones where a state won; multiply by the gradient, dpooled.",
            POOL,
        ),
        (
            "gradient_times_the_value",
            _pool_back_otherwise(lambda h, n, d, pooled: (_winners(h, n), d * pooled)),
            "the gradient is multiplied by the value that won; the maximum passes it on with the "
            "factor 1.",
            POOL,
        ),
        (
            "gradient_to_the_last_step",
            _pool_back_otherwise(
                lambda h, n, d, pooled: (np.broadcast_to((n - 1)[:, None], d.shape), d)
            ),
            "the gradient goes to the last step of each row; it belongs to the step that won.",
            POOL,
        ),
        (
            "gradient_to_the_last_column",
            _pool_back_otherwise(lambda h, n, d, pooled: (np.full(d.shape, h.shape[1] - 1), d)),
            "the gradient goes to the last step of the batch, which is padding in a short row; it "
            "belongs to the step that won.",
            POOL,
        ),
        (
            "one_step_for_all_units",
            _pool_with(pick=_one_step_for_all),
            "one step is chosen for all units of a row; each unit has its own largest value.",
            POOL,
        ),
        (
            "gradient_to_the_padding",
            _pool_back_otherwise(lambda h, n, d, pooled: (h.argmax(axis=1), d)),
            "pooled is right, but the gradient is sent to the largest value with the padding "
            "counted; leave the padding out there as well.",
            POOL,
        ),
        (
            "one_length_for_all",
            lambda h, lengths, dpooled: reference_pool(
                h, np.full_like(lengths, lengths[0]), dpooled
            ),
            "every row is pooled over the length of the first one; row n has lengths[n] steps.",
            POOL,
        ),
        (
            "last_step_left_out",
            lambda h, lengths, dpooled: reference_pool(h, np.maximum(lengths - 1, 1), dpooled),
            "the last real step of a row takes no part; counting from 0, it is lengths[n] - 1.",
            POOL,
        ),
    )
    + slips(
        "max_pool",
        (
            "padding_counted",
            _pool_with(pick=lambda h, live: h.argmax(axis=1)),
            "the zeros after a row's end take part; where all states are negative a zero wins.",
            POOL,
        ),
    ),
)


# --- the direct path

PATHS = "Chapter 7, The direct path and the indirect ones"


def _one_early(f):
    return reference_path(f) * f


def _from_the_start(f):
    return np.cumprod(f, axis=1)


def _only_next(f):
    d = np.ones_like(f)
    d[:, :-1] = f[:, 1:]
    return d


def _sum_of_gates(f):
    d = np.ones_like(f)
    d[:, :-1] = np.cumsum(f[:, :0:-1], axis=1)[:, ::-1]
    return d


def _power_of_last(f):
    T = f.shape[1]
    return f[:, -1:] ** np.arange(T - 1, -1, -1)[:, None]


def _product_before(f):
    d = np.ones_like(f)
    d[:, 1:] = np.cumprod(f, axis=1)[:, :-1]
    return d


def _own_gate_but_the_last(f):
    d = _one_early(f)
    d[:, -1] = 1
    return d


def _without_last_gate(f):
    return np.stack([f[:, t + 1 : -1].prod(axis=1) for t in range(f.shape[1])], axis=1)


DIRECT_PATH = Task(
    name="direct_path",
    draw=draw_path,
    edges=(lambda rng: draw_path(rng, N=1), lambda rng: draw_path(rng, T=1)),
    reference=reference_path,
    returns=("d",),
    misconceptions=slips(
        "direct_path",
        (
            "own_gate_counted",
            _one_early,
            "the gate of step t itself is in the product; it lies before c_t. The first factor is "
            "the gate of the step after.",
            PATHS,
        ),
        (
            "product_from_the_start",
            _from_the_start,
            "the gates are multiplied from the first step up to t; the way leads from t to the "
            "last step.",
            PATHS,
        ),
        (
            "sum_instead_of_product",
            lambda f: _sum_of_gates(f),
            "the gates are added; along one path the factors are multiplied.",
            PATHS,
        ),
        (
            "last_gate_to_a_power",
            _power_of_last,
            "the last gate is taken to a power; the gates differ from step to step, multiply the "
            "ones that lie on the way.",
            PATHS,
        ),
        (
            "gates_as_they_are",
            lambda f: f.copy(),
            "this is the gate of each step alone; multiply the gates of all later steps.",
            PATHS,
        ),
        (
            "all_gates",
            lambda f: np.broadcast_to(f.prod(axis=1, keepdims=True), f.shape).copy(),
            "every step gets the product of all gates; only those after step t lie on its way.",
            PATHS,
        ),
        (
            "not_turned_back",
            lambda f: np.cumprod(f[:, ::-1], axis=1),
            "the products stand in the order from the last step to the first, and hold the gate "
            "of step t itself; turn them round, and begin with 1.",
            PATHS,
        ),
    )
    + slips(
        "direct_path",
        (
            "product_before",
            _product_before,
            "the gates of the steps before t are multiplied; the way leads from t to the last "
            "step.",
            PATHS,
        ),
        (
            "shifted_not_turned_back",
            lambda f: reference_path(f)[:, ::-1].copy(),
            "the products are right, but stand in the order from the last step to the first; turn "
            "them round.",
            PATHS,
        ),
        (
            "own_gate_but_the_last",
            _own_gate_but_the_last,
            "the gate of step t itself is in the product; it lies before c_t. The first factor is "
            "the gate of the step after.",
            PATHS,
        ),
        (
            "last_gate_left_out",
            _without_last_gate,
            "the gate of the last step is left out; it lies on the way too.",
            PATHS,
        ),
    )
    + slips(
        "direct_path",
        (
            "one_step_only",
            _only_next,
            "only the gate of the next step is there; multiply all gates up to the last step.",
            PATHS,
        ),
    ),
)

# --- the forget bias

BIAS = "Chapter 7, What the forget bias does"

FORGET_BIAS = Task(
    name="forget_bias_for",
    draw=draw_bias,
    edges=(lambda rng: draw_bias(rng, keep=0.5, steps=1), lambda rng: draw_bias(rng, 0.9, 1000)),
    reference=reference_bias,
    returns=("bias",),
    misconceptions=slips(
        "forget_bias_for",
        (
            "the_gate_itself",
            lambda keep, steps: keep ** (1 / steps),
            "this is the value that the gate should have; the bias is what gives it after the "
            "sigmoid.",
            BIAS,
        ),
        (
            "sign_turned",
            lambda keep, steps: -reference_bias(keep, steps),
            "the sign is turned: with this bias the gate is 1 minus what it should be.",
            BIAS,
        ),
        (
            "share_per_step",
            lambda keep, steps: float(
                np.log((1 - (1 - keep) / steps) / ((1 - keep) / steps))
                if steps > 1
                else reference_bias(keep, 2)
            ),
            "the loss is shared out evenly over the steps; each step multiplies, so the gate is a "
            "root of keep.",
            BIAS,
        ),
        (
            "share_divided",
            lambda keep, steps: float(
                reference_bias(keep / steps, 1) if steps > 1 else reference_bias(keep, 2)
            ),
            "keep is divided by the steps; each step multiplies, so the gate is a root of keep.",
            BIAS,
        ),
        (
            "logarithm_alone",
            lambda keep, steps: float(np.log(keep ** (1 / steps))),
            "the logarithm of the gate undoes an exponential; the sigmoid is undone by the "
            "logarithm of f / (1 - f).",
            BIAS,
        ),
        (
            "artanh",
            lambda keep, steps: float(np.arctanh(keep ** (1 / steps))),
            "this undoes tanh; the gate is a sigmoid.",
            BIAS,
        ),
        (
            "sigmoid_applied",
            lambda keep, steps: float(rc.sigmoid(np.array(keep ** (1 / steps)))),
            "the sigmoid of the gate's value is taken; undo the sigmoid, with log(f / (1 - f)).",
            BIAS,
        ),
        (
            "share_lost",
            lambda keep, steps: reference_bias(1 - keep, steps) if keep != 0.5 else 1.0,
            "this keeps the share 1 - keep; keep is what is left, not what is lost.",
            BIAS,
        ),
        (
            "one_step_too_many",
            lambda keep, steps: reference_bias(keep, steps + 1),
            "this keeps the share over steps + 1 steps.",
            BIAS,
        ),
    )
    + slips(
        "forget_bias_for",
        (
            "one_step",
            lambda keep, steps: reference_bias(keep, 1),
            "this keeps the share for a single step; over all the steps it is multiplied again "
            "and again.",
            BIAS,
        ),
        (
            "bias_divided",
            lambda keep, steps: reference_bias(keep, 1) / steps,
            "the bias for one step is divided by the steps; what is taken to the power is the "
            "gate, so take the root of keep first.",
            BIAS,
        ),
        (
            "power_for_the_root",
            lambda keep, steps: steps * float(np.log(keep)) - float(np.log1p(-(keep**steps))),
            "keep is taken to the power steps; the gate is the root, keep ** (1 / steps).",
            BIAS,
        ),
    ),
)
