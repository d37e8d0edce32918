"""Right answers to exercise 04, each written in another way than the solution."""

import itertools
import math

import numpy as np

from grading.tasks.e04_char_lm import char_step, window


def vocab_by_unique(text):
    symbols, ids = np.unique(list(text), return_inverse=True)
    return "".join(symbols), ids


def vocab_by_index(text):
    symbols = "".join(sorted(dict.fromkeys(text)))
    return symbols, np.array([symbols.index(c) for c in text], dtype=np.int32)


def batches_by_window(ids, N, T):
    per_row = (len(ids) - 1) // N
    x, y = [], []
    for start in range(0, per_row - T + 1, T):
        x.append([ids[n * per_row + start : n * per_row + start + T] for n in range(N)])
        y.append([ids[n * per_row + start + 1 : n * per_row + start + T + 1] for n in range(N)])
    return np.array(x), np.array(y)


def batches_by_index(ids, N, T):
    per_row = (len(ids) - 1) // N
    b, n, t = np.ogrid[: per_row // T, :N, :T]
    places = n * per_row + b * T + t
    return ids[places], ids[places + 1]


def bits_in_loops(logits, targets):
    total = 0.0
    for o, target in zip(logits.reshape(-1, logits.shape[-1]), targets.ravel(), strict=True):
        top = max(o)
        total += math.log2(sum(math.exp(v - top) for v in o)) - (o[target] - top) / math.log(2)
    return total / targets.size


def bits_by_logaddexp(logits, targets):
    normaliser = np.logaddexp.reduce(logits, axis=-1)  # (N, T)
    n, t = np.indices(targets.shape)
    return np.mean(normaliser - logits[n, t, targets]) / np.log(2)


def distribution_of_the_kept(logits, temperature, top_k):
    p = np.zeros(len(logits))
    if temperature == 0:
        p[np.argmax(logits)] = 1
        return p
    kept = np.argsort(-logits)[:top_k]
    scaled = logits[kept] / temperature
    e = np.exp(scaled - scaled.max())
    p[kept] = e / e.sum()
    return p


def distribution_by_threshold(logits, temperature, top_k):
    if temperature == 0:
        return (logits == logits.max()).astype(float)
    if top_k is not None:
        logits = np.where(logits < np.sort(logits)[-top_k], -np.inf, logits)
    log_p = logits / temperature
    return np.exp(log_p - np.logaddexp.reduce(log_p))


def write_by_counting(first, u, h, weights):
    drawn = np.zeros(len(u), dtype=int)
    previous = first
    for t in range(len(u)):
        p, h = char_step(previous, h, weights)
        previous = drawn[t] = np.sum(np.cumsum(p) <= u[t])
    return drawn


def write_by_walking(first, u, h, weights):
    text = [first]
    for number in u:
        p, h = char_step(text[-1], h, weights)
        symbol, reached = 0, p[0]
        while reached <= number:
            symbol += 1
            reached += p[symbol]
        text.append(symbol)
    return np.array(text[1:])


def bigram_by_add_at(train, test, V, alpha):
    C = np.zeros((V, V))
    np.add.at(C, (train[:-1], train[1:]), 1)
    P = (C + alpha) / (C.sum(axis=1, keepdims=True) + alpha * V)
    return P, float(np.mean(np.log(1 / P[test[:-1], test[1:]])) / np.log(2))


def bigram_by_one_hot(train, test, V, alpha):
    rows = np.eye(V)[train]
    C = rows[:-1].T @ rows[1:] + alpha
    P = np.array([row / row.sum() for row in C])
    surprise = [-math.log2(P[a, b]) for a, b in itertools.pairwise(test)]
    return P, math.fsum(surprise) / len(surprise)


def epoch_by_hand(weights, x, y, lr, max_norm):
    weights = {name: w.copy() for name, w in weights.items()}
    h = np.zeros((x.shape[1], weights["cell.bh"].size))
    losses = np.zeros(len(x))
    for b in range(len(x)):
        losses[b], grads, h = window(weights, x[b], y[b], h)
        norm = math.sqrt(sum((g**2).sum() for g in grads.values()))
        for name, g in grads.items():
            weights[name] -= lr * min(1.0, max_norm / norm) * g
    return weights, losses


def epoch_recursive(weights, x, y, lr, max_norm, h=None):
    if h is None:
        h = np.zeros((x.shape[1], len(weights["cell.Whh"])))
    loss, grads, h = window(weights, x[0], y[0], h)
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    step = lr if norm <= max_norm else lr * max_norm / norm
    weights = {name: weights[name] - step * grads[name] for name in weights}
    if len(x) == 1:
        return weights, np.array([loss])
    weights, losses = epoch_recursive(weights, x[1:], y[1:], lr, max_norm, h)
    return weights, np.concatenate([[loss], losses])


RIGHT = {
    "build_vocab": [vocab_by_unique, vocab_by_index],
    "make_batches": [batches_by_window, batches_by_index],
    "bits_per_character": [bits_in_loops, bits_by_logaddexp],
    "next_distribution": [distribution_of_the_kept, distribution_by_threshold],
    "write": [write_by_counting, write_by_walking],
    "bigram_bits": [bigram_by_add_at, bigram_by_one_hot],
    "train_epoch": [epoch_by_hand, epoch_recursive],
}
