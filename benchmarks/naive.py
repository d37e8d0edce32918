"""The plain way in NumPy: one step after the other, every gradient added up step by step."""

import numpy as np

import rnncore as rc

STEPS = {
    "RNN": (rc.rnn_step, rc.rnn_step_backward),
    "LSTM": (rc.lstm_step, rc.lstm_step_backward),
    "GRU": (rc.gru_step, rc.gru_step_backward),
}


def forward(cell, x, params):
    """Run a cell's single step over ``x (N, T, D)`` from a zero state; return all h, and caches."""
    step, _ = STEPS[cell]
    h = np.zeros((len(x), params["Whh"].shape[0]), x.dtype)
    states = (h, h) if cell == "LSTM" else (h,)
    outputs, caches = [], []
    for t in range(x.shape[1]):
        *states, cache = step(x[:, t], *states, **params)
        outputs.append(states[0])
        caches.append(cache)
    return np.stack(outputs, axis=1), caches


def backward(cell, dy, caches):
    """Go back step by step; return ``dx`` and the gradients of the parameters."""
    _, step_backward = STEPS[cell]
    zeros = np.zeros_like(dy[:, 0])
    dstates = (zeros, zeros) if cell == "LSTM" else (zeros,)
    dxs, total = [], None
    for t in reversed(range(dy.shape[1])):
        dh, *others = dstates
        dx, *dstates, grads = step_backward(dh + dy[:, t], *others, caches[t])
        dxs.append(dx)
        total = grads if total is None else {k: total[k] + grads[k] for k in grads}
    return np.stack(dxs[::-1], axis=1), total
