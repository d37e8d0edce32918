"""Other right answers to exercise 09."""

import numpy as np

import rnncore as rc


def step_concatenated(x_t, h_prev, layers):
    """Take one matrix product for each layer."""
    states = []
    for level, p in enumerate(layers):
        below = x_t if level == 0 else states[-1]
        joined = np.concatenate([h_prev[level], below], axis=1)
        W = np.concatenate([p["Whh"], p["Wxh"]])
        states.append(np.tanh(joined @ W + p["bh"]))
    return states


def step_recursive(x_t, h_prev, layers):
    if not layers:
        return []
    p = layers[0]
    h = np.tanh(x_t @ p["Wxh"] + h_prev[0] @ p["Whh"] + p["bh"])
    return [h, *step_recursive(h, h_prev[1:], layers[1:])]


def step_in_loops(x_t, h_prev, layers):
    below, found = x_t, []
    for own, p in zip(h_prev, layers, strict=True):
        h = np.zeros_like(own)
        for n in range(len(h)):
            for j in range(h.shape[1]):
                a = p["bh"][j] + below[n].dot(p["Wxh"][:, j]) + own[n].dot(p["Whh"][:, j])
                h[n, j] = np.tanh(a)
        found.append(h)
        below = h
    return found


def forward_by_steps(x, h0, layers):
    """Fill the grid one step after the other."""
    state, steps = h0, []
    for t in range(x.shape[1]):
        state = step_concatenated(x[:, t], state, layers)
        steps.append(state)
    return [np.stack(rows, axis=1) for rows in zip(*steps, strict=True)]


def forward_by_waves(x, h0, layers):
    """Fill the grid along its diagonals."""
    N, T, _ = x.shape
    states = [np.zeros((N, T, h.shape[1])) for h in h0]
    for wave in range(T + len(layers) - 1):
        for level in range(len(layers)):
            t = wave - level
            if 0 <= t < T:
                p = layers[level]
                below = states[level - 1][:, t] if level else x[:, t]
                own = states[level][:, t - 1] if t else h0[level]
                states[level][:, t] = np.tanh(below @ p["Wxh"] + own @ p["Whh"] + p["bh"])
    return states


def backward_by_steps(dy, h, x, h0, layers):
    """Go back step by step, through all layers of a step at once."""
    K, T = len(layers), x.shape[1]
    grads = [{name: np.zeros_like(a) for name, a in p.items()} for p in layers]
    dx, later = np.zeros_like(x), [np.zeros_like(start) for start in h0]
    for t in reversed(range(T)):
        down = dy[:, t]
        for level in reversed(range(K)):
            p, own = layers[level], h[level]
            before = own[:, t - 1] if t else h0[level]
            below = h[level - 1][:, t] if level else x[:, t]
            da = (down + later[level]) * (1 - own[:, t] ** 2)
            grads[level]["Wxh"] += below.T @ da
            grads[level]["Whh"] += before.T @ da
            grads[level]["bh"] += da.sum(axis=0)
            later[level] = da @ p["Whh"].T
            down = da @ p["Wxh"].T
        dx[:, t] = down
    return dx, grads


def backward_of_library_steps(dy, h, x, h0, layers):
    grads, T = [], x.shape[1]
    for level in range(len(layers) - 1, -1, -1):
        p, below = layers[level], h[level - 1] if level else x
        states = [h0[level], *h[level].swapaxes(0, 1)]
        total, down, later = {"Wxh": 0, "Whh": 0, "bh": 0}, [None] * T, 0
        for t in range(T - 1, -1, -1):
            cache = (below[:, t], states[t], states[t + 1], p["Wxh"], p["Whh"], "tanh")
            down[t], later, g = rc.rnn_step_backward(dy[:, t] + later, cache)
            total = {name: total[name] + g[name] for name in total}
        grads.insert(0, total)
        dy = np.stack(down, axis=1)
    return dy, grads


def dropout_by_steps(x, h0, layers, u, rate, training):
    """Step through the grid; what goes up is masked, what goes on is not."""
    state, top = list(h0), []
    for t in range(x.shape[1]):
        up = x[:, t]
        for level, p in enumerate(layers):
            state[level] = np.tanh(up @ p["Wxh"] + state[level] @ p["Whh"] + p["bh"])
            up = state[level]
            if training and level + 1 < len(layers):
                up = up * (u[level][:, t] >= rate) / (1 - rate)
        top.append(up)
    return np.stack(top, axis=1)


def _one_layer(x, start, params):
    layer = rc.RNN(*params["Wxh"].shape)
    layer.params.update(params)
    return layer.forward(x, start)[0]


def dropout_with_factors(x, h0, layers, u, rate, training):
    factors = [np.ones_like(u_l) for u_l in u]
    if training:
        factors = [(u_l >= rate).astype(float) / (1.0 - rate) for u_l in u]
    y = _one_layer(x, h0[0], layers[0])
    for level in range(1, len(layers)):
        thinned = y * factors[level - 1]
        y = _one_layer(thinned, h0[level], layers[level])
    return y


def count_closed(G, D, H, V, K):
    return G * H * (D + H + 1) + (K - 1) * G * H * (2 * H + 1) + V * (H + 1)


def rounds_by_rule(K, T, bidirectional):
    """Play the rounds: a cell is done one round after its neighbours."""
    done = np.zeros((K + 1, T + 1), int)
    for level in range(1, K + 1):
        for t in range(1, T + 1):
            below = done[level - 1].max() if bidirectional else done[level - 1, t]
            done[level, t] = max(below, done[level, t - 1]) + 1
    return done.max()


def rounds_as_sum(K, T, bidirectional):
    if bidirectional:
        return sum(T for _ in range(K))
    return len({level + t for level in range(K) for t in range(T)})


def _sizes():
    return [
        max(H for H in range(1, 200) if count_closed(4, 16, H, 50, K) <= 30_000)
        for K in (1, 2, 3, 4)
    ]


def count_shapes(G, D, H, V, K):
    shapes = [(H, V), (V,)]
    for level in range(K):
        shapes += [(D if level == 0 else H, G * H), (H, G * H), (G * H,)]
    return sum(int(np.prod(shape)) for shape in shapes)


RIGHT = {
    "deep_step": [step_concatenated, step_recursive, step_in_loops],
    "deep_forward": [forward_by_steps, forward_by_waves],
    "deep_backward": [backward_by_steps, backward_of_library_steps],
    "dropout_forward": [dropout_by_steps, dropout_with_factors],
    "count_parameters": [count_closed, count_shapes],
    "least_rounds": [rounds_by_rule, rounds_as_sum],
    "equal_sizes": [_sizes(), tuple(_sizes()), np.array(_sizes())],
}
