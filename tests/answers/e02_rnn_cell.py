"""Right answers to exercise 02, each written in another way than the solution."""

import numpy as np


def step_in_loops(x, h_prev, Wxh, Whh, bh):
    N, H = h_prev.shape
    h = np.zeros((N, H))
    for n in range(N):
        for j in range(H):
            a = bh[j]
            for d in range(x.shape[1]):
                a += x[n, d] * Wxh[d, j]
            for i in range(H):
                a += h_prev[n, i] * Whh[i, j]
            h[n, j] = np.tanh(a)
    return h


def step_concatenated(x, h_prev, Wxh, Whh, bh):
    one = np.ones((len(x), 1))
    return np.tanh(np.hstack([one, x, h_prev]) @ np.vstack([bh, Wxh, Whh]))


def step_einsum(x, h_prev, Wxh, Whh, bh):
    a = np.einsum("nd,dh->nh", x, Wxh) + np.einsum("ni,ih->nh", h_prev, Whh)
    a += bh
    return 2 / (1 + np.exp(-2 * a)) - 1


def concat_split(x, h_prev, W, b):
    H = h_prev.shape[1]
    return np.tanh(h_prev @ W[:H] + x @ W[H:] + b)


def concat_into(x, h_prev, W, b):
    N, H = h_prev.shape
    joined = np.empty((N, W.shape[0]))
    joined[:, :H] = h_prev
    joined[:, H:] = x
    return np.tanh(np.einsum("nk,kh->nh", joined, W) + b)


def forward_hoisted(x, h0, Wxh, Whh, bh):
    a = x @ Wxh + bh  # (N, T, H), all inputs at once
    h = np.zeros_like(a)
    h_t = h0.copy()
    for t in range(x.shape[1]):
        h_t = np.tanh(a[:, t] + h_t @ Whh)
        h[:, t] = h_t
    return h


def forward_row_by_row(x, h0, Wxh, Whh, bh):
    return np.array([_one_sequence(*pair, Wxh, Whh, bh) for pair in zip(x, h0, strict=True)])


def forward_recursive(x, h0, Wxh, Whh, bh):
    first = step_concatenated(x[:, 0], h0, Wxh, Whh, bh)[:, None]
    if x.shape[1] == 1:
        return first
    return np.hstack([first, forward_recursive(x[:, 1:], first[:, 0], Wxh, Whh, bh)])


def _one_sequence(x, h, Wxh, Whh, bh):
    states = []
    for x_t in x:
        h = np.tanh(Wxh.T @ x_t + Whh.T @ h + bh)
        states.append(h)
    return states


def lengths_row_by_row(x, h0, lengths, Wxh, Whh, bh):
    h = np.empty((*x.shape[:2], len(bh)))
    for n, length in enumerate(lengths):
        h[n] = h0[n]
        if length > 0:
            h[n, :length] = _one_sequence(x[n, :length], h0[n], Wxh, Whh, bh)
            h[n, length:] = h[n, length - 1]
    return h


def lengths_gathered(x, h0, lengths, Wxh, Whh, bh):
    states = np.concatenate([h0[:, None], forward_hoisted(x, h0, Wxh, Whh, bh)], axis=1)
    last = np.minimum(np.arange(1, x.shape[1] + 1), lengths[:, None])  # (N, T)
    return np.take_along_axis(states, last[:, :, None], axis=1)


def lengths_masked(x, h0, lengths, Wxh, Whh, bh):
    h_t, h = h0.copy(), []
    for t in range(x.shape[1]):
        live = t < lengths
        h_t = h_t.copy()
        h_t[live] = np.tanh(x[live, t] @ Wxh + h_t[live] @ Whh + bh)
        h.append(h_t)
    return np.array(h).transpose(1, 0, 2)


def readout_flat(h, Why, by):
    N, T, H = h.shape
    return (h.reshape(N * T, H) @ Why + by).reshape(N, T, -1)


def readout_step_by_step(h, Why, by):
    y = np.zeros((h.shape[0], h.shape[1], Why.shape[1]))
    for t in range(h.shape[1]):
        for n in range(h.shape[0]):
            y[n, t] = Why.T.dot(h[n, t]) + by
    return y


def backward_einsum(dh, x, h_prev, h, Wxh, Whh):
    da = dh - dh * h * h
    return [
        np.einsum("nh,dh->nd", da, Wxh),
        np.einsum("nh,ih->ni", da, Whh),
        np.einsum("nd,nh->dh", x, da),
        np.einsum("ni,nh->ih", h_prev, da),
        np.einsum("nh->h", da),
    ]


def backward_row_by_row(dh, x, h_prev, h, Wxh, Whh):
    dx, dh_prev = np.zeros_like(x), np.zeros_like(h_prev)
    dWxh, dWhh, dbh = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros(h.shape[1])
    for n in range(len(x)):
        da = dh[n] * (1 + h[n]) * (1 - h[n])
        dx[n], dh_prev[n] = Wxh @ da, Whh @ da
        dWxh += np.outer(x[n], da)
        dWhh += np.outer(h_prev[n], da)
        dbh += da
    return dx, dh_prev, dWxh, dWhh, dbh


def backward_stacked(dh, x, h_prev, h, Wxh, Whh):
    H = h.shape[1]
    da = dh / np.cosh(np.arctanh(h)) ** 2
    joined = np.hstack([h_prev, x, np.ones((len(x), 1))])
    dW = joined.T @ da
    back = da @ np.vstack([Whh, Wxh]).T
    return back[:, H:], back[:, :H], dW[H:-1], dW[:H], dW[-1]


def gradient_in_place(f, x, eps):
    x = x.copy()
    flat, grad = x.reshape(-1), []
    for i in range(flat.size):
        kept = flat[i]
        flat[i] = kept + eps
        above = f(x)
        flat[i] = kept - eps
        below = f(x)
        flat[i] = kept
        grad.append((above - below) / (2 * eps))
    return np.array(grad).reshape(x.shape)


def gradient_by_basis(f, x, eps):
    steps = eps * np.eye(x.size).reshape(-1, *x.shape)
    halves = [(f(x + step) / 2 - f(x - step) / 2) / eps for step in steps]
    return np.reshape(halves, x.shape)


RIGHT = {
    "rnn_step": [step_in_loops, step_concatenated, step_einsum],
    "rnn_step_concat": [concat_split, concat_into],
    "rnn_forward": [forward_hoisted, forward_row_by_row, forward_recursive],
    "rnn_forward_lengths": [lengths_row_by_row, lengths_gathered, lengths_masked],
    "readout": [readout_flat, readout_step_by_step],
    "rnn_step_backward": [backward_einsum, backward_row_by_row, backward_stacked],
    "numerical_gradient": [gradient_in_place, gradient_by_basis],
}
