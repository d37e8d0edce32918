"""Right answers to exercise 06, each written in another way than the solution."""

import numpy as np

import rnncore as rc


def cell_gate_by_gate(x, h_prev, c_prev, Wxh, Whh, bh):
    H = h_prev.shape[1]

    def block(k):
        columns = slice(k * H, (k + 1) * H)
        return x @ Wxh[:, columns] + h_prev @ Whh[:, columns] + bh[columns]

    i, f, o = (rc.sigmoid(block(k)) for k in (0, 1, 3))
    c = i * np.tanh(block(2)) + f * c_prev
    return np.tanh(c) * o, c


def cell_concatenated(x, h_prev, c_prev, Wxh, Whh, bh):
    N, H = h_prev.shape
    joined = np.concatenate([x, h_prev, np.ones((N, 1))], axis=1)
    a = joined @ np.concatenate([Wxh, Whh, bh[None]])
    a = a.reshape(N, 4, H)
    gates = 0.5 * np.tanh(0.5 * a) + 0.5
    c = gates[:, 1] * c_prev + gates[:, 0] * np.tanh(a[:, 2])
    return [gates[:, 3] * np.tanh(c), c]


def cell_row_by_row(x, h_prev, c_prev, Wxh, Whh, bh):
    h, c = np.empty_like(h_prev), np.empty_like(c_prev)
    for n in range(len(x)):
        a_i, a_f, a_g, a_o = (x[n] @ Wxh + h_prev[n] @ Whh + bh).reshape(4, -1)
        c[n] = rc.sigmoid(a_f) * c_prev[n] + rc.sigmoid(a_i) * np.tanh(a_g)
        h[n] = rc.sigmoid(a_o) * np.tanh(c[n])
    return h, c


def layer_row_by_row(x, lengths, h0, c0, Wxh, Whh, bh):
    N, T, _ = x.shape
    y, last_h, last_c = np.zeros((N, T, h0.shape[1])), h0.copy(), c0.copy()
    for n in range(N):
        h, c = h0[n : n + 1], c0[n : n + 1]
        for t in range(lengths[n]):
            h, c, _ = rc.lstm_step(x[n : n + 1, t], h, c, Wxh, Whh, bh)
            y[n, t] = h[0]
        last_h[n], last_c[n] = h[0], c[0]
    return y, last_h, last_c


def layer_then_picked(x, lengths, h0, c0, Wxh, Whh, bh):
    """Run over the padding too, and pick the right steps afterwards."""
    hs, cs = [h0], [c0]
    for t in range(x.shape[1]):
        h, c = cell_gate_by_gate(x[:, t], hs[-1], cs[-1], Wxh, Whh, bh)
        hs.append(h)
        cs.append(c)
    h, c, rows = np.stack(hs, axis=1), np.stack(cs, axis=1), np.arange(len(x))
    y = h[:, 1:] * (np.arange(x.shape[1]) < lengths[:, None])[:, :, None]
    return y, h[rows, lengths], c[rows, lengths]


def back_in_loops(dh, dc, c_prev, i, f, g, o, c):
    N, H = c.shape
    da, dc_prev = np.zeros((N, 4 * H)), np.zeros((N, H))
    for n in range(N):
        for j in range(H):
            k = n, j
            s = np.tanh(c[k])
            both = dc[k] + dh[k] * o[k] / np.cosh(c[k]) ** 2
            da[n, j] = both * g[k] * (i[k] - i[k] ** 2)
            da[n, H + j] = both * c_prev[k] * (f[k] - f[k] ** 2)
            da[n, 2 * H + j] = both * i[k] * (1 - g[k]) * (1 + g[k])
            da[n, 3 * H + j] = dh[k] * s * (o[k] - o[k] ** 2)
            dc_prev[k] = both * f[k]
    return da, dc_prev


def back_stacked(dh, dc, c_prev, i, f, g, o, c):
    h = o * np.tanh(c)
    both = dc + dh * (o - h * np.tanh(c))
    into = np.stack([both * g, both * c_prev, both * i, dh * np.tanh(c)], axis=1)
    gates = np.stack([i, f, g, o], axis=1)
    slopes = gates * (1 - gates)
    slopes[:, 2] = 1 - g * g
    return (into * slopes).reshape(len(c), -1), f * both


def pool_in_loops(h, lengths, dpooled):
    N, _, H = h.shape
    pooled, dh = np.zeros((N, H)), np.zeros_like(h)
    for n in range(N):
        for j in range(H):
            t = int(np.argmax(h[n, : lengths[n], j]))
            pooled[n, j], dh[n, t, j] = h[n, t, j], dpooled[n, j]
    return pooled, dh


def pool_by_comparison(h, lengths, dpooled):
    live = (np.arange(h.shape[1]) < lengths[:, None])[:, :, None]
    pooled = np.max(h, axis=1, where=live, initial=-np.inf)
    return pooled, ((h == pooled[:, None]) & live) * dpooled[:, None]


def path_with_cumprod(f):
    shifted = np.concatenate([f[:, 1:], np.ones_like(f[:, :1])], axis=1)
    return np.flip(np.cumprod(np.flip(shifted, 1), axis=1), 1)


def path_by_products(f):
    return np.stack([np.prod(f[:, t + 1 :], axis=1) for t in range(f.shape[1])], axis=1)


def bias_from_logarithms(keep, steps):
    log_gate = np.log(keep) / steps
    return log_gate - np.log(-np.expm1(log_gate))


def bias_by_bisection(keep, steps):
    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        if -steps * np.log1p(np.exp(-middle)) < np.log(keep):
            low = middle
        else:
            high = middle
    return middle


RIGHT = {
    "lstm_cell": [cell_gate_by_gate, cell_concatenated, cell_row_by_row],
    "lstm_layer": [layer_row_by_row, layer_then_picked],
    "lstm_cell_backward": [back_in_loops, back_stacked],
    "max_pool": [pool_in_loops, pool_by_comparison],
    "direct_path": [path_with_cumprod, path_by_products],
    "forget_bias_for": [bias_from_logarithms, bias_by_bisection],
}
