"""Answers that leave what is asked for to `rnncore`: right numbers, and no answers.

By assignment and name. The last ones of a name go round about: they hide the call, or the error.
"""

import functools

import numpy as np

import rnncore as rc


def _layer(kind, Wxh, Whh, bh, **options):
    layer = kind(*Wxh.shape[:1], len(Whh), **options)
    layer.params.update(Wxh=Wxh, Whh=Whh, bh=bh)
    return layer


def last_outputs(y, lengths):
    return rc.LastStep().forward(y, lengths=lengths)[0]


def rnn_step(x, h_prev, Wxh, Whh, bh):
    return rc.rnn_step(x, h_prev, Wxh, Whh, bh)[0]


def rnn_step_as_a_layer(x, h_prev, Wxh, Whh, bh):
    return _layer(rc.RNN, Wxh, Whh, bh).forward(x[:, None], h_prev)[1]


def rnn_step_by_another_name(x, h_prev, Wxh, Whh, bh):
    name = "".join(["rnn", "_", "step"])
    return functools.partial(getattr(__import__("rnncore"), name), x, h_prev)(Wxh, Whh, bh)[0]


def rnn_step_with_its_error_caught(x, h_prev, Wxh, Whh, bh):
    try:
        return rc.rnn_step(x, h_prev, Wxh, Whh, bh)[0]
    except RuntimeError:
        return np.tanh(x @ Wxh + h_prev @ Whh + bh)


def rnn_step_tried_twice(x, h_prev, Wxh, Whh, bh):
    try:
        return rc.rnn_step(x, h_prev, Wxh, Whh, bh)[0]
    except RuntimeError:
        return rc.rnn_step(x, h_prev, Wxh, Whh, bh)[0]


def rnn_step_of_a_class(x, h_prev, Wxh, Whh, bh):
    class Own(rc.RNN):
        pass

    return _layer(Own, Wxh, Whh, bh).forward(x[:, None], h_prev)[1]


def rnn_step_concat(x, h_prev, W, b):
    H = h_prev.shape[1]
    return rc.rnn_step(x, h_prev, W[H:], W[:H], b)[0]


def rnn_forward(x, h0, Wxh, Whh, bh):
    return _layer(rc.RNN, Wxh, Whh, bh).forward(x, h0)[0]


def readout(h, Why, by):
    head = rc.Dense(*Why.shape)
    head.params.update(dict(zip(head.params, (Why, by), strict=True)))
    return head.forward(h)[0]


def rnn_step_backward(dh, x, h_prev, h, Wxh, Whh):
    dx, dh_prev, grads = rc.rnn_step_backward(dh, (x, h_prev, h, Wxh, Whh, "tanh"))
    return dx, dh_prev, grads["Wxh"], grads["Whh"], grads["bh"]


def sequence_loss(logits, targets, mask):
    loss, dlogits = rc.softmax_cross_entropy(logits, targets, mask, reduction="sum")
    return loss / len(logits), dlogits / len(logits)


def bptt(dh_own, x, h, h0, Wxh, Whh):
    layer = _layer(rc.RNN, Wxh, Whh, np.zeros(len(Whh)))
    layer.params["bh"][:] = np.arctanh(h[0, 0]) - x[0, 0] @ Wxh - h0[0] @ Whh
    dx, dh0, grads = layer.backward(dh_own, layer.forward(x, h0)[2])
    return dx, dh0, grads["Wxh"], grads["Whh"], grads["bh"]


def bptt_of_steps(dh_own, x, h, h0, Wxh, Whh):
    states = [h0, *h.swapaxes(0, 1)]
    grads, dx, dh = {"Wxh": 0, "Whh": 0, "bh": 0}, [], 0
    for t in range(x.shape[1])[::-1]:
        cache = (x[:, t], states[t], states[t + 1], Wxh, Whh, "tanh")
        dx_t, dh, step = rc.rnn_step_backward(dh_own[:, t] + dh, cache)
        dx.append(dx_t)
        grads = {name: grads[name] + step[name] for name in grads}
    return np.stack(dx[::-1], axis=1), dh, grads["Wxh"], grads["Whh"], grads["bh"]


def worst_gradient(grads, numerical):
    return max(((n, rc.relative_error(grads[n], numerical[n])) for n in grads), key=lambda p: p[1])


def truncated_bptt(x, dh_own, h0, Wxh, Whh, bh, k):
    layer = _layer(rc.RNN, Wxh, Whh, bh)
    total, states, state = {n: np.zeros_like(p) for n, p in layer.params.items()}, [], h0
    for s in range(0, x.shape[1], k):
        y, state, cache = layer.forward(x[:, s : s + k], state)
        _, _, grads = layer.backward(dh_own[:, s : s + k], cache)
        total = {n: total[n] + grads[n] for n in total}
        states.append(y)
    return np.hstack(states), total["Wxh"], total["Whh"], total["bh"]


def bits_per_character(logits, targets):
    return rc.bits_per_symbol(rc.softmax_cross_entropy(logits, targets)[0])


def gradient_norms(dh, h, Whh):
    norms = [np.linalg.norm(dh)]
    for h_t in h.swapaxes(0, 1)[::-1]:
        cache = (np.zeros((len(dh), 1)), h_t, h_t, np.zeros((1, len(Whh))), Whh, "relu")
        dh = rc.rnn_step_backward(dh, cache)[1]
        norms.append(np.linalg.norm(dh))
    return np.array(norms)


def lstm_cell(x, h_prev, c_prev, Wxh, Whh, bh):
    return rc.lstm_step(x, h_prev, c_prev, Wxh, Whh, bh)[:2]


def lstm_layer(x, lengths, h0, c0, Wxh, Whh, bh):
    y, (h, c), _ = _layer(rc.LSTM, Wxh, Whh, bh).forward(x, (h0, c0), lengths)
    return y, h, c


def max_pool(h, lengths, dpooled):
    pool = rc.MaxPoolTime()
    pooled, _, cache = pool.forward(h, lengths=lengths)
    return pooled, pool.backward(dpooled, cache)[0]


def gru_gates(x, h_prev, Wxh, Whh, bh):
    return list(rc.gru_step(x, h_prev, Wxh, Whh, bh)[1][2:4])


def gru_step(x, h_prev, Wxh, Whh, bh):
    return rc.gru_step(x, h_prev, Wxh, Whh, bh)[0]


def gru_layer(x, h0, Wxh, Whh, bh, bhn):
    layer = _layer(rc.GRU, Wxh, Whh, bh, reset_after=True)
    layer.params["bhn"] = bhn
    return layer.forward(x, h0)[0]


def gru_layer_of_steps(x, h0, Wxh, Whh, bh, bhn):
    y = np.empty((*x.shape[:2], len(bhn)))
    h = h0
    for t in range(x.shape[1]):
        h, _ = rc.gru_step(x[:, t], h, Wxh, Whh, bh, bhn)
        y[:, t] = h
    return y


def gru_step_backward(dh, x, h_prev, r, z, n, Wxh, Whh):
    dx, dh_prev, grads = rc.gru_step_backward(dh, (x, h_prev, r, z, n, Wxh, Whh, None))
    return dx, dh_prev, grads["Wxh"], grads["Whh"], grads["bh"]


def both_directions(x, lengths, **given):
    layers = [_layer(rc.RNN, *(given[f"{n}_{s}"] for n in ("Wxh", "Whh", "bh"))) for s in "fb"]
    y, _, _ = rc.Bidirectional(*layers).forward(x, lengths=lengths)
    return np.split(y, 2, axis=2)


def deep_step(x_t, h_prev, layers):
    new = []
    for p, h in zip(layers, h_prev, strict=True):
        x_t, _ = rc.rnn_step(x_t, h, **p)
        new.append(x_t)
    return new


def deep_forward(x, h0, layers):
    states = []
    for p, start in zip(layers, h0, strict=True):
        x, _, _ = _layer(rc.RNN, **p).forward(x, start)
        states.append(x)
    return states


def deep_backward(dy, h, x, h0, layers):
    inputs, grads = [x, *h[:-1]], []
    for level in reversed(range(len(layers))):
        layer = _layer(rc.RNN, **layers[level])
        dy, _, grad = layer.backward(dy, layer.forward(inputs[level], h0[level])[2])
        grads = [grad, *grads]
    return dy, grads


def count_parameters(G, D, H, V, K):
    cell = {1: rc.RNN, 3: functools.partial(rc.GRU, reset_after=False), 4: rc.LSTM}[G]
    stack = rc.Stack([cell(D if level == 0 else H, H) for level in range(K)])
    return sum(p.size for p in stack.params.values()) + H * V + V


LIBRARY = {
    "01_sequences": {
        "pad_sequences": [rc.pad],
        "last_outputs": [last_outputs],
        "masked_mean_absolute_error": [rc.mean_absolute_error],
    },
    "02_rnn_cell": {
        "rnn_step": [
            rnn_step,
            rnn_step_as_a_layer,
            rnn_step_of_a_class,
            rnn_step_by_another_name,
            rnn_step_tried_twice,
            rnn_step_with_its_error_caught,
        ],
        "rnn_step_concat": [rnn_step_concat],
        "rnn_forward": [rnn_forward],
        "readout": [readout],
        "rnn_step_backward": [rnn_step_backward],
        "numerical_gradient": [rc.numerical_gradient],
    },
    "03_bptt": {
        "sequence_loss": [sequence_loss],
        "bptt": [bptt, bptt_of_steps],
        "worst_gradient": [worst_gradient],
        "truncated_bptt": [truncated_bptt],
        "clip_by_global_norm": [rc.clip_grad_norm],
    },
    "04_char_lm": {"bits_per_character": [bits_per_character]},
    "05_gradients": {"gradient_norms": [gradient_norms]},
    "06_lstm": {"lstm_cell": [lstm_cell], "lstm_layer": [lstm_layer], "max_pool": [max_pool]},
    "07_gru": {
        "gru_gates": [gru_gates],
        "gru_step": [gru_step],
        "gru_layer": [gru_layer, gru_layer_of_steps],
        "gru_step_backward": [gru_step_backward],
    },
    "08_bidirectional": {"reverse_within": [rc.reverse], "both_directions": [both_directions]},
    "09_deep": {
        "deep_step": [deep_step],
        "deep_forward": [deep_forward],
        "deep_backward": [deep_backward],
        "count_parameters": [count_parameters],
    },
}
