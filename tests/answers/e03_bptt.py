"""Right answers to exercise 03, each written in another way than the solution."""

import numpy as np

import rnncore as rc


def loss_in_loops(logits, targets, mask):
    loss, dlogits = 0.0, np.zeros_like(logits)
    N, T, _ = logits.shape
    for n in range(N):
        for t in range(T):
            if not mask[n, t]:
                continue
            e = np.exp(logits[n, t] - logits[n, t].max())
            p = e / e.sum()
            shifted = logits[n, t] - logits[n, t].max()
            loss += (np.log(e.sum()) - shifted[targets[n, t]]) / N
            dlogits[n, t] = p / N
            dlogits[n, t, targets[n, t]] -= 1 / N
    return loss, dlogits


def loss_with_logaddexp(logits, targets, mask):
    N, _, V = logits.shape
    log_z = np.logaddexp.reduce(logits, axis=-1)
    chosen = np.arange(V) == targets[..., None]  # (N, T, V)
    own = (log_z - np.where(chosen, logits, 0).sum(axis=-1))[mask].sum()
    d = np.exp(logits - log_z[..., None])
    d[chosen] -= 1
    d[~mask] = 0
    return own / N, d / N


def loss_flat(logits, targets, mask):
    d = np.zeros_like(logits)
    N = len(logits)
    log_p = rc.log_softmax(logits[mask])  # (steps that count, V)
    rows = np.arange(len(log_p))
    one = np.exp(log_p)
    one[rows, targets[mask]] -= 1
    d[mask] = one
    return -log_p[rows, targets[mask]].sum() / N, d / N


def output_in_loops(dlogits, h, Why):
    N, T, _ = h.shape
    dh, dWhy, dby = np.zeros_like(h), np.zeros_like(Why), np.zeros(Why.shape[1])
    for n in range(N):
        for t in range(T):
            dh[n, t] = Why @ dlogits[n, t]
            dWhy += np.outer(h[n, t], dlogits[n, t])
            dby += dlogits[n, t]
    return dh, dWhy, dby


def output_flattened(dlogits, h, Why):
    flat = dlogits.reshape(-1, dlogits.shape[-1])
    one = np.ones(len(flat))
    dWhy = h.reshape(-1, h.shape[-1]).T @ flat
    return np.einsum("ntv,hv->nth", dlogits, Why), dWhy, one @ flat


def output_step_by_step(dlogits, h, Why):
    dh = np.stack([d @ Why.T for d in dlogits.swapaxes(0, 1)], axis=1)
    dWhy = sum(h[:, t].T @ dlogits[:, t] for t in range(h.shape[1]))
    return [dh, dWhy, dlogits.sum(axis=0).sum(axis=0)]


def bptt_summed_in_the_loop(dh_own, x, h, h0, Wxh, Whh):
    dx, dWxh, dWhh = np.zeros(x.shape), np.zeros(Wxh.shape), np.zeros(Whh.shape)
    dbh, dh_next = np.zeros(len(Whh)), np.zeros(h0.shape)
    for t in range(x.shape[1] - 1, -1, -1):
        h_prev = h[:, t - 1] if t > 0 else h0
        da = (dh_own[:, t] + dh_next) * (1 - h[:, t]) * (1 + h[:, t])
        dx[:, t] = da @ Wxh.T
        dWxh += x[:, t].T @ da
        dWhh += h_prev.T @ da
        dbh += da.sum(0)
        dh_next = da @ Whh.T
    return dx, dh_next, dWxh, dWhh, dbh


def bptt_concatenated(dh_own, x, h, h0, Wxh, Whh):
    """Take all weights as one matrix, which multiplies (1, x, h_prev)."""
    N, T, D = x.shape
    before = np.concatenate([h0[:, None], h], axis=1)[:, :T]
    joined = np.concatenate([np.ones((N, T, 1)), x, before], axis=2)
    W = np.concatenate([np.zeros((1, len(Whh))), Wxh, Whh])
    back, dW, down = np.zeros_like(h0), np.zeros_like(W), []
    for t in reversed(range(T)):
        da = (dh_own[:, t] + back) / np.cosh(np.arctanh(h[:, t])) ** 2
        d = da @ W.T
        back = d[:, D + 1 :]
        down.insert(0, d[:, 1 : D + 1])
        dW += joined[:, t].T @ da
    return np.stack(down, axis=1), back, dW[1 : D + 1], dW[D + 1 :], dW[0]


def bptt_by_each_loss(dh_own, x, h, h0, Wxh, Whh):
    """Send each loss back alone, and add the results."""
    T = x.shape[1]
    total = [np.zeros_like(a) for a in (x, h0, Wxh, Whh, Whh[0])]
    states = np.concatenate([h0[:, None], h], axis=1)
    for last in range(T):
        dh = dh_own[:, last]
        for t in range(last, -1, -1):
            da = dh * (1 - states[:, t + 1] ** 2)
            dh = da @ Whh.T
            total[0][:, t] += da @ Wxh.T
            total[2] += x[:, t].T @ da
            total[3] += states[:, t].T @ da
            total[4] += da.sum(axis=0)
        total[1] += dh
    return tuple(total)


def truncated_with_steps(x, dh_own, h0, Wxh, Whh, bh, k):
    T, caches, states, h = x.shape[1], [], [], h0
    for t in range(T):
        h, cache = rc.rnn_step(x[:, t], h, Wxh, Whh, bh)
        states.append(h)
        caches.append(cache)
    sums = [0, 0, 0]
    for first in range(0, T, k):
        dh = np.zeros_like(h0)
        for t in reversed(range(first, min(first + k, T))):
            _, dh, grads = rc.rnn_step_backward(dh + dh_own[:, t], caches[t])
            sums = [a + b for a, b in zip(sums, grads.values(), strict=True)]
    return np.stack(states, 1), *sums


def truncated_by_each_loss(x, dh_own, h0, Wxh, Whh, bh, k):
    states = [h0]
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] @ Wxh + states[t] @ Whh + bh))
    dWxh, dWhh, dbh = 0 * Wxh, 0 * Whh, 0 * bh
    for last in range(x.shape[1]):
        dh = dh_own[:, last]
        for t in range(last, last // k * k - 1, -1):
            da = dh * (1 - states[t + 1] ** 2)
            dWxh, dWhh, dbh = dWxh + x[:, t].T @ da, dWhh + states[t].T @ da, dbh + da.sum(0)
            dh = da @ Whh.T
    return np.stack(states[1:], axis=1), dWxh, dWhh, dbh


def worst_by_sorting(grads, numerical):
    def error(u, v):
        size = np.sqrt(np.sum(u * u)) + np.sqrt(np.sum(v * v))
        return np.sqrt(np.sum((u - v) ** 2)) / (size or 1.0)

    ranked = sorted((error(grads[n], numerical[n]), n) for n in grads)
    error, name = ranked[-1]
    return name, error


def worst_in_a_loop(grads, numerical):
    name, largest = None, -1.0
    for key in grads:
        u, v = grads[key].ravel(), numerical[key].ravel()
        top = np.sqrt(((u - v) ** 2).sum())
        bottom = np.sqrt(u @ u) + np.sqrt(v @ v)
        error = top / bottom if top else 0.0
        if error > largest:
            name, largest = key, error
    return name, largest


def clip_flat(grads, max_norm):
    flat = np.concatenate([g.ravel() for g in grads.values()])
    norm = float(np.linalg.norm(flat))
    if norm <= max_norm:
        return {name: g.copy() for name, g in grads.items()}, norm
    return {name: g / norm * max_norm for name, g in grads.items()}, norm


def clip_with_min(grads, max_norm):
    squares = 0.0
    for g in grads.values():
        for entry in g.flat:
            squares += entry * entry
    scale = min(1.0, max_norm / (squares**0.5 + 1e-300))
    return {name: scale * grads[name] for name in grads}, squares**0.5


RIGHT = {
    "sequence_loss": [loss_in_loops, loss_with_logaddexp, loss_flat],
    "output_backward": [output_in_loops, output_flattened, output_step_by_step],
    "bptt": [
        bptt_summed_in_the_loop,
        bptt_concatenated,
        bptt_by_each_loss,
    ],
    "truncated_bptt": [truncated_with_steps, truncated_by_each_loss],
    "worst_gradient": [worst_by_sorting, worst_in_a_loop],
    "clip_by_global_norm": [clip_flat, clip_with_min],
    "reach": [[6, 20, 30], (6, 20, 30), [np.int64(6), 20, 30]],
}
