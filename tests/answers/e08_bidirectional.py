"""Right answers to exercise 08, each written in another way than the solution."""

import numpy as np

import rnncore as rc


def reverse_in_loops(x, lengths):
    y = np.array(x)
    for n in range(len(x)):
        for t in range(lengths[n]):
            y[n, t] = x[n, lengths[n] - 1 - t]
    return y


def reverse_with_slices(x, lengths):
    rows = [np.concatenate([row[:k][::-1], row[k:]]) for row, k in zip(x, lengths, strict=True)]
    return np.stack(rows)


def both_row_by_row(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    N, T, _ = x.shape
    f, b = np.zeros((2, N, T, len(bh_f)))
    for n, length in enumerate(lengths):
        h = np.zeros(len(bh_f))
        for t in range(length):
            h = f[n, t] = np.tanh(x[n, t] @ Wxh_f + h @ Whh_f + bh_f)
        h = np.zeros(len(bh_b))
        for t in range(length - 1, -1, -1):
            h = b[n, t] = np.tanh(x[n, t] @ Wxh_b + h @ Whh_b + bh_b)
    return f, b


def both_reversed(x, lengths, Wxh_f, Whh_f, bh_f, Wxh_b, Whh_b, bh_b):
    def run(x, *weights):
        h, states = np.zeros((len(x), len(weights[-1]))), []
        for x_t in x.swapaxes(0, 1):
            h, _ = rc.rnn_step(x_t, h, *weights)
            states.append(h)
        return np.stack(states, axis=1)

    mask = np.arange(x.shape[1]) < lengths[:, None]
    turned = reverse_with_slices(x, lengths)
    b = reverse_with_slices(run(turned, Wxh_b, Whh_b, bh_b), lengths)
    return run(x, Wxh_f, Whh_f, bh_f) * mask[..., None], np.where(mask[..., None], b, 0)


def merges_filled(f, b):
    H = f.shape[2]
    joined = np.empty((*f.shape[:2], 2 * H))
    joined[..., :H] = f
    joined[..., H:] = b
    return joined, np.add(f, b), 0.5 * f + 0.5 * b, np.multiply(f, b)


def merges_stacked(f, b):
    pair = np.stack([f, b])
    return [np.dstack([f, b]), pair.sum(axis=0), pair.mean(axis=0), pair.prod(axis=0)]


def merges_backward_split(djoined, dtotal, dmean, dproduct, f, b):
    one, two = np.split(djoined, 2, axis=-1)
    df = sum([one, dtotal, 0.5 * dmean, b * dproduct])
    db = sum([two, dtotal, 0.5 * dmean, f * dproduct])
    return df, db


def merges_backward_paths(djoined, dtotal, dmean, dproduct, f, b):
    H = f.shape[-1]
    df, db = np.zeros_like(f), np.zeros_like(b)
    for d, other, half in ((df, b, slice(None, H)), (db, f, slice(H, None))):
        d += djoined[..., half]
        d += dtotal
        d += dmean * 0.5
        d += dproduct * other
    return df, db


def gradient_row_by_row(df, db, f, b, lengths, Wxh_f, Whh_f, Wxh_b, Whh_b):
    dx = np.zeros((len(f), f.shape[1], len(Wxh_f)))
    for n, length in enumerate(lengths):
        back = np.zeros(len(Whh_f))
        for t in range(length)[::-1]:
            da = (1 - f[n, t]) * (1 + f[n, t]) * (df[n, t] + back)
            dx[n, t] = Wxh_f @ da
            back = Whh_f @ da
        back = np.zeros(len(Whh_b))
        for t in range(length):
            da = (1 - b[n, t]) * (1 + b[n, t]) * (db[n, t] + back)
            dx[n, t] += Wxh_b @ da
            back = Whh_b @ da
    return dx


def gradient_reversed(df, db, f, b, lengths, Wxh_f, Whh_f, Wxh_b, Whh_b):
    mask = np.arange(f.shape[1]) < lengths[:, None]

    def walk(dh, h, Wxh, Whh):
        rest, parts = 0, []
        for t in range(h.shape[1] - 1, -1, -1):
            da = np.where(mask[:, t, None], (dh[:, t] + rest) * (1 - h[:, t] ** 2), 0)
            rest = da @ Whh.T
            parts.insert(0, da @ Wxh.T)
        return np.stack(parts, axis=1)

    turned = (reverse_in_loops(a, lengths) for a in (db, b))
    back = reverse_in_loops(walk(*turned, Wxh_b, Whh_b), lengths)
    return walk(df, f, Wxh_f, Whh_f) + back


def summary_indexed(f, b, lengths):
    return np.hstack([f[np.arange(len(f)), lengths - 1], b[:, 0, :]])


def summary_with_mask(f, b, lengths):
    t = np.arange(f.shape[1])
    last = (t == lengths[:, None] - 1)[..., None]
    return np.concatenate([(f * last).sum(axis=1), b.swapaxes(0, 1)[0]], axis=-1)


RIGHT = {
    "reverse_within": [reverse_in_loops, reverse_with_slices],
    "both_directions": [both_row_by_row, both_reversed],
    "merges": [merges_filled, merges_stacked],
    "merges_backward": [merges_backward_split, merges_backward_paths],
    "input_gradient": [gradient_row_by_row, gradient_reversed],
    "summary": [summary_indexed, summary_with_mask],
    "hears": [
        [[3, 4], [0, 1, 2, 3, 4], [2, 3], [1, 2, 3, 4]],
        ([3, 4], [0, 1, 2, 3, 4], [2, 3], [1, 2, 3, 4]),
    ],
}
