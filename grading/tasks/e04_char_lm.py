"""Exercise 04, the character-level language model: tasks, right answers, usual mistakes."""

from functools import cache

import numpy as np

import rnncore as rc
from grading.check import CheckFailed, Misconception, Task

LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz .,"))
LN2 = np.log(2)


def draw_text(rng, length=None):
    """Draw the argument of `build_vocab`; the first symbol is not the smallest."""
    symbols = rng.choice(LETTERS, int(rng.integers(5, 9)), replace=False)
    body = rng.choice(symbols, length or int(rng.integers(20, 30)))
    return {"text": max(symbols) * 2 + min(symbols) + "".join(body)}


def draw_one_symbol(rng):
    """Draw a text of one symbol, repeated."""
    return {"text": str(rng.choice(LETTERS)) * int(rng.integers(1, 5))}


def draw_stream(rng, N=None, T=None, rest=None):
    """Draw the arguments of `make_batches`; ids are all different, so an order shows."""
    N, T = N or int(rng.integers(2, 5)), T or int(rng.integers(3, 6))
    per_row = T * int(rng.integers(2, 4)) + int(rng.integers(1, T + 1)) * (T > 1)
    rest = int(rng.integers(0, max(1, N - 1))) if rest is None else rest
    return {"ids": rng.permutation(N * per_row + 1 + rest), "N": N, "T": T}


def draw_stream_exact(rng):
    """Draw a stream whose last symbol would just fill the rows, if it were an input."""
    N, T, batches = (int(rng.integers(2, 5)) for _ in range(3))
    return {"ids": rng.permutation(N * T * batches), "N": N, "T": T}


def draw_bits(rng, N=None, T=None, scale=2.0):
    """Draw the arguments of `bits_per_character`."""
    batch, steps, V = (int(size) for size in rng.choice([3, 4, 5, 6, 7], 3, replace=False))
    N, T = N or batch, T or steps
    logits = scale * rng.standard_normal((N, T, V))
    return {"logits": logits, "targets": rng.integers(V, size=(N, T))}


def draw_bits_large(rng):
    """Draw logits for which exp overflows."""
    drawn = draw_bits(rng)
    return {**drawn, "logits": drawn["logits"] + 2000.0}


def draw_bits_uneven(rng):
    """Draw logits that are large at one step and very negative at the next."""
    drawn = draw_bits(rng)
    level = 900.0 * (-1) ** np.arange(drawn["logits"].shape[1])
    return {**drawn, "logits": drawn["logits"] + level[:, None]}


def draw_distribution(rng, temperature=None, top_k="drawn", shift=0.0):
    """Draw the arguments of `next_distribution`."""
    V = int(rng.integers(6, 10))
    temperature = float(rng.choice([0.5, 0.7, 1.6])) if temperature is None else temperature
    top_k = int(rng.integers(2, V - 2)) if top_k == "drawn" else top_k
    logits = 1.5 * rng.standard_normal(V) + shift
    return {"logits": logits, "temperature": temperature, "top_k": top_k}


def draw_write(rng, length=None, low=0.02, high=0.98):
    """Draw the arguments of `write`: a network that uses its state."""
    V, D, H = 7, 4, 6
    weights = {
        "E": 1.5 * rng.standard_normal((V, D)),
        "Wxh": rng.standard_normal((D, H)) / 2,
        "Whh": 1.2 * np.linalg.qr(rng.standard_normal((H, H)))[0],
        "bh": rng.uniform(0.2, 0.8, H),
        "Why": 1.2 * rng.standard_normal((H, V)),
        "by": rng.uniform(0.2, 0.8, V),
    }
    return {
        "first": int(rng.integers(V)),
        "u": rng.uniform(low, high, length or 30),
        "h": rng.uniform(-0.9, 0.9, H),
        "weights": weights,
    }


def draw_write_zero(rng):
    """Draw arguments of `write` with u = 0 and a first symbol of probability 0."""
    drawn = draw_write(rng, 4)
    drawn["u"][0] = 0.0
    drawn["weights"]["by"][0] = -2000.0
    return drawn


def draw_bigram(rng, length=None, alpha=None):
    """Draw the arguments of `bigram_bits`; some pairs of the test were never seen."""
    V = int(rng.integers(5, 8))
    train, test = rng.integers(V, size=40), rng.integers(V, size=length or 30)
    train[:4] = [0, 1, 0, 1]  # a pair twice
    test[:2] = [V - 1, V - 1]
    keep = np.ones(len(train), bool)
    keep[1:] = (train[1:] != V - 1) | (train[:-1] != V - 1)
    alpha = float(rng.choice([0.2, 0.5, 2.0])) if alpha is None else alpha
    return {"train": train[keep], "test": test, "V": V, "alpha": alpha}


def draw_bigram_unseen(rng):
    """Draw a training text in which one symbol never occurs, and one test pair."""
    drawn = draw_bigram(rng, 2)
    drawn["train"] = drawn["train"] % (drawn["V"] - 1)
    return drawn


def draw_epoch(rng, B=None, N=None, T=None, max_norm=None):
    """Draw the arguments of `train_epoch`; small weights, so that some norms are small too."""
    V, D, H = 6, 3, 4
    B, N, T = B or 4, N or 2, T or 5
    model = rc.LanguageModel(V, H, embedding_size=D, rng=rng, dtype=np.float64)
    weights = {name: 1.5 * p for name, p in model.params.items()}
    weights["cell.bh"] = rng.uniform(0.2, 0.8, H)
    ids = rng.integers(V, size=(2, B, N, T))
    return {
        "weights": weights,
        "x": ids[0],
        "y": ids[1],
        "lr": round(float(rng.uniform(0.3, 0.6)), 2),
        "max_norm": max_norm or 0.3,
    }


def draw_epoch_loose(rng):
    """Draw a limit that no gradient reaches."""
    return draw_epoch(rng, max_norm=1000.0)


def reference_vocab(text):
    """Build the vocabulary with the library."""
    vocab = rc.Vocab.from_text(text)
    return "".join(vocab.symbols), vocab.encode(text)


def reference_batches(ids, N, T):
    """Stack what the library's stream yields."""
    pairs = list(rc.stream_batches(ids, N, T))
    return np.stack([x for x, _ in pairs]), np.stack([y for _, y in pairs])


def reference_bits(logits, targets):
    """Compute the library's loss in bits."""
    return rc.bits_per_symbol(rc.softmax_cross_entropy(logits, targets)[0])


def reference_distribution(logits, temperature, top_k):
    """Compute the distribution that `rc.sample` draws from."""
    if temperature == 0:
        return rc.one_hot(logits.argmax(), len(logits))
    if top_k is not None:
        logits = np.where(logits >= np.sort(logits)[::-1][top_k - 1], logits, -np.inf)
    return rc.softmax(logits / temperature)


def char_step(s, h, weights):
    """Repeat the step that the notebook gives."""
    w = weights
    h = np.tanh(w["E"][s] @ w["Wxh"] + h @ w["Whh"] + w["bh"])
    return rc.softmax(h @ w["Why"] + w["by"]), h


def write(first, u, h, weights, feed="drawn", carry=True, shift=0, seed=False, side="right"):
    """Sample in a loop, rightly or in one of the usual wrong ways."""
    s, start, drawn = first, h, []
    for number in u:
        p, h = char_step(s, h if carry else start, weights)
        choice = int(np.searchsorted(np.cumsum(p), number, side=side)) + shift
        drawn.append(choice)
        s = {"drawn": choice, "first": first, "greedy": int(p.argmax())}[feed]
    return np.array([first, *drawn] if seed else drawn)


def reference_write(first, u, h, weights):
    """Feed back what was drawn."""
    return write(first, u, h, weights)


def write_late(first, u, h, weights):
    """Store each symbol when it is read, not when it is drawn."""
    return write(first, u, h, weights, seed=True)[:-1]


def write_without_sums(first, u, h, weights):
    """Compare u with single probabilities."""
    s, drawn = first, []
    for number in u:
        p, h = char_step(s, h, weights)
        s = int(np.argmax(p > number))
        drawn.append(s)
    return np.array(drawn)


def write_greedy(first, u, h, weights):
    """Take the most likely symbol."""
    drawn = [first]
    for _ in u:
        p, h = char_step(drawn[-1], h, weights)
        drawn.append(int(p.argmax()))
    return np.array(drawn[1:])


def bigram(train, test, V, alpha, normalise="rows", transpose=False, once=False, unit=LN2):
    """Count pairs, rightly or in one of the usual wrong ways."""
    C = np.zeros((V, V))
    if once:
        C[train[:-1], train[1:]] += 1
    else:
        np.add.at(C, (train[:-1], train[1:]), 1)
    C = (C.T if transpose else C) + alpha
    total = {"rows": C.sum(axis=1, keepdims=True), "columns": C.sum(axis=0), "all": C.sum()}
    unsmoothed = np.maximum((C - alpha).sum(axis=1, keepdims=True), 1e-300)
    P = C / {**total, "without alpha": unsmoothed}[normalise]
    return P, float(-np.log(P[test[:-1], test[1:]]).mean() / unit)


def reference_bigram(train, test, V, alpha):
    """Count, smooth and measure."""
    return bigram(train, test, V, alpha)


def window(weights, x, y, h):
    """Repeat the loss, gradients and last state that the notebook gives."""
    V, D = weights["embedding.W"].shape
    model = rc.LanguageModel(V, weights["cell.Whh"].shape[0], D, dtype=np.float64)
    for name, p in model.params.items():
        p[...] = weights[name]
    logits, end, cache = model.forward(x, state=h)
    loss, dlogits = rc.softmax_cross_entropy(logits, y)
    return loss, model.backward(dlogits, cache)[2], end


def clip_each(grads, max_norm):
    """Clip every array by its own norm."""
    return {k: rc.clip_grad_norm({k: g}, max_norm)[0][k] for k, g in grads.items()}


def scale_always(grads, max_norm):
    """Scale to the limit, even from below."""
    norm = rc.global_norm(grads)
    return {k: g * (max_norm / norm) for k, g in grads.items()}


def epoch(weights, x, y, lr, max_norm, clip=None, carry=True, once=False, sign=-1, last=False):
    """Train over a stream of windows, rightly or in one of the usual wrong ways."""
    clip = clip or (lambda grads, limit: rc.clip_grad_norm(grads, limit)[0])
    start = np.zeros((x.shape[1], weights["cell.Whh"].shape[0]))
    h, losses, given = start, [], weights
    for x_b, y_b in zip(x, y, strict=True):
        at = given if once or last else weights
        loss, grads, h = window(at, x_b, y_b, h if carry else start)
        grads = clip(grads, max_norm)
        start_from = given if last else weights
        weights = {k: w + sign * lr * grads[k] for k, w in start_from.items()}
        losses.append(loss)
    return weights, np.array(losses)


def reference_epoch(weights, x, y, lr, max_norm):
    """Forward, loss, backward, clip, update, carry."""
    return epoch(weights, x, y, lr, max_norm)


CHAPTER = "Chapter 5"
CODE = f"{CHAPTER}, The code"
MATHS = f"{CHAPTER}, The mathematics"


def _first_seen(text):
    symbols = "".join(dict.fromkeys(text))
    return symbols, np.array([symbols.index(c) for c in text])


def _from_one(text):
    symbols, ids = reference_vocab(text)
    return symbols, ids + 1


def _codes(text):
    return reference_vocab(text)[0], np.array([ord(c) for c in text])


def _repeated(text):
    symbols = "".join(sorted(text))
    return symbols, np.array([symbols.index(c) for c in text])


def _by_count(text):
    symbols = "".join(sorted(set(text), key=lambda c: (-text.count(c), c)))
    return symbols, np.array([symbols.index(c) for c in text])


BOTH = ("build_vocab_test", "build_vocab_hidden")
BUILD_VOCAB = Task(
    name="build_vocab",
    draw=draw_text,
    edges=(draw_one_symbol, lambda rng: draw_text(rng, 1)),
    reference=reference_vocab,
    returns=("symbols", "ids"),
    misconceptions=(
        Misconception(
            "first_seen",
            _first_seen,
            "the symbols are numbered in the order in which they first occur; sort them, so that "
            "the numbers do not depend on where the text begins.",
            f"{CHAPTER}, The question: what comes next?",
            BOTH,
        ),
        Misconception(
            "from_one",
            _from_one,
            "the numbers start at 1; NumPy's rows start at 0, so the last symbol would point past "
            "the embedding.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "code_points",
            _codes,
            "these are the characters' Unicode numbers; an id is the place of a character in "
            "symbols.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "repeated",
            _repeated,
            "symbols holds every character of the text; each different one belongs there once.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "by_frequency",
            _by_count,
            "the symbols are numbered by how often they occur; the task asks for sorted order.",
            f"{CHAPTER}, The question: what comes next?",
            BOTH,
        ),
    ),
)


def _not_shifted(ids, N, T):
    x, _ = reference_batches(ids, N, T)
    return x, x.copy()


def _shifted_back(ids, N, T):
    y, x = reference_batches(ids, N, T)
    return x, y


def _one_window_after_another(ids, N, T):
    B = (len(ids) - 1) // (N * T)
    cut = [ids[i : i + B * N * T].reshape(B, N, T) for i in (0, 1)]
    return cut[0].copy(), cut[1].copy()


def _reshaped(ids, N, T):
    B = (len(ids) - 1) // N // T
    rows = (len(ids) - 1) // N
    x, y = (ids[i : i + N * rows].reshape(N, rows)[:, : B * T] for i in (0, 1))
    return x.reshape(B, N, T).copy(), y.reshape(B, N, T).copy()


def _short_rows(ids, N, T):
    B = (len(ids) - 1) // (N * T)
    cut = [ids[i : i + B * N * T].reshape(N, B, T).swapaxes(0, 1) for i in (0, 1)]
    return cut[0].copy(), cut[1].copy()


def _interleaved(ids, N, T):
    B = (len(ids) - 1) // N // T
    cut = [ids[i : i + B * N * T].reshape(B, T, N).swapaxes(1, 2) for i in (0, 1)]
    return cut[0].copy(), cut[1].copy()


def _rolled(ids, N, T):
    x, _ = reference_batches(ids, N, T)
    return x, np.roll(x, -1, axis=2)


def _all_as_inputs(ids, N, T):
    per_row = len(ids) // N
    B = per_row // T
    rows = ids[: N * per_row].reshape(N, per_row)[:, : B * T]
    x = rows.reshape(N, B, T).swapaxes(0, 1)
    return x.copy(), np.roll(ids, -1)[: N * per_row].reshape(N, per_row)[:, : B * T].reshape(
        N, B, T
    ).swapaxes(0, 1).copy()


BOTH = ("make_batches_test", "make_batches_hidden")
MAKE_BATCHES = Task(
    name="make_batches",
    draw=draw_stream,
    edges=(
        lambda rng: draw_stream(rng, N=1),
        lambda rng: draw_stream(rng, T=1),
        lambda rng: draw_stream(rng, rest=0),
        draw_stream_exact,
    ),
    reference=reference_batches,
    returns=("x", "y"),
    misconceptions=(
        Misconception(
            "not_shifted",
            _not_shifted,
            "the targets are the inputs themselves; the target of a character is the one after it.",
            f"{CHAPTER}, The idea in one picture",
            BOTH,
        ),
        Misconception(
            "shifted_back",
            _shifted_back,
            "the targets are the characters before the inputs; a network with a memory would only "
            "have to remember. They must be the characters after the inputs.",
            f"{CHAPTER}, The idea in one picture",
            BOTH,
        ),
        Misconception(
            "windows_in_reading_order",
            _one_window_after_another,
            "the rows of one batch follow each other in the text; then row n of the next batch "
            "does not continue row n of this one, and the state cannot be carried.",
            CODE,
            BOTH,
        ),
        Misconception(
            "reshaped_instead_of_swapped",
            _reshaped,
            "the rows are right, but reshape deals them out in another order: it does not swap "
            "axes. Cut each row into B pieces first, then put the axis of the batches in front.",
            CODE,
            BOTH,
        ),
        Misconception(
            "rows_of_whole_batches",
            _short_rows,
            "the rows are too short: each row has (L - 1) // N characters, and what does not fill "
            "a batch is left out at the end of the row, not at the end of the text.",
            CODE,
            BOTH,
        ),
        Misconception(
            "interleaved",
            _interleaved,
            "neighbouring characters land in different rows; each row must be an unbroken stretch "
            "of the text.",
            CODE,
            BOTH,
        ),
        Misconception(
            "target_wraps",
            _rolled,
            "the last target of a row is the row's own first input; it must be the next character "
            "of the text, which the next batch begins with.",
            CODE,
            BOTH,
        ),
        Misconception(
            "last_symbol_as_input",
            _all_as_inputs,
            "the last character of the text counts as an input; it has no character after it, so "
            "it can be a target only.",
            CODE,
            ("make_batches_hidden",),
        ),
    ),
)


def _nats(logits, targets):
    return reference_bits(logits, targets) * LN2


def _picked(log_p, targets):
    return np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]


def _no_maximum(logits, targets):
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        return float(-np.log2(_picked(p, targets)).mean())


def _one_maximum(logits, targets):
    with np.errstate(all="ignore"):
        p = np.exp(logits - logits.max())
        p = p / p.sum(axis=-1, keepdims=True)
        return float(-np.log2(_picked(p, targets)).mean())


def _summed(logits, targets):
    return reference_bits(logits, targets) * targets.size


def _perplexity(logits, targets):
    return float(np.exp(_nats(logits, targets)))


def _wrong_way(logits, targets):
    return _nats(logits, targets) * LN2


def _two_bases(logits, targets):
    o = logits - logits.max(axis=-1, keepdims=True)
    log_p = o - np.log2(np.exp(o).sum(axis=-1, keepdims=True))
    return float(-_picked(log_p, targets).mean())


def _entropy(logits, targets):
    log_p = rc.log_softmax(logits)
    return float(-(np.exp(log_p) * log_p).sum(axis=-1).mean() / LN2)


def _mean_inside(logits, targets):
    with np.errstate(all="ignore"):
        return float(-np.log2(_picked(rc.softmax(logits), targets).mean()))


def _best_guess(logits, targets):
    return float(-rc.log_softmax(logits).max(axis=-1).mean() / LN2)


BOTH = ("bits_per_character_test", "bits_per_character_hidden")
BITS_PER_CHARACTER = Task(
    name="bits_per_character",
    draw=draw_bits,
    edges=(
        lambda rng: draw_bits(rng, 1, 1),
        lambda rng: draw_bits(rng, scale=20.0),
        draw_bits_large,
        draw_bits_uneven,
    ),
    reference=reference_bits,
    returns=("bits",),
    misconceptions=(
        Misconception(
            "nats",
            _nats,
            "this is in nats, with the natural logarithm; bits need the logarithm to base 2.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "no_maximum",
            _no_maximum,
            "exp of a large logit overflows; a constant may be taken off the logits of a step "
            "without changing its softmax.",
            CODE,
            ("bits_per_character_hidden",),
        ),
        Misconception(
            "one_maximum",
            _one_maximum,
            "one maximum is taken off all steps, so that a step with small logits underflows to "
            "probability 0; each step needs its own.",
            CODE,
            ("bits_per_character_hidden",),
        ),
        Misconception(
            "summed",
            _summed,
            "the surprises are summed; bits per character is their mean over all N * T characters.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "perplexity",
            _perplexity,
            "this is the perplexity; bits are the logarithm of it, to base 2.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "multiplied_by_log_2",
            _wrong_way,
            "the nats are multiplied by log 2; one bit is log 2 nats, so divide.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "two_bases",
            _two_bases,
            "only the sum of the exponentials is taken to base 2; the logit itself counts in nats "
            "and needs the same factor.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "entropy",
            _entropy,
            "this is the uncertainty of the distributions themselves, and the targets are not "
            "used; take the surprise at the target.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "mean_before_logarithm",
            _mean_inside,
            "the probabilities are averaged before the logarithm is taken; average the surprises.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "most_likely",
            _best_guess,
            "this scores the character that the model likes best; score the one that came, the "
            "target.",
            MATHS,
            BOTH,
        ),
    ),
)


def _multiplied(logits, temperature, top_k):
    return reference_distribution(logits, 1 / temperature, top_k)


def _on_probabilities(logits, temperature, top_k):
    return reference_distribution(logits, 1.0 if temperature else 0, top_k)


def _smallest(logits, temperature, top_k):
    if top_k is None or temperature == 0:
        return reference_distribution(logits, temperature, top_k)
    kept = np.where(logits <= np.sort(logits)[top_k - 1], logits, -np.inf)
    return rc.softmax(kept / temperature)


def _best_removed(logits, temperature, top_k):
    if top_k is None or temperature == 0:
        return reference_distribution(logits, temperature, top_k)
    with np.errstate(all="ignore"):
        p = rc.softmax(logits / temperature)
        p[np.argsort(p)[-top_k:]] = 0
        return p / p.sum()


def _not_rescaled(logits, temperature, top_k):
    p = reference_distribution(logits, temperature, None)
    if top_k is None or temperature == 0:
        return p
    return np.where(p >= np.sort(p)[::-1][top_k - 1], p, 0.0)


def _no_top_k(logits, temperature, top_k):
    return reference_distribution(logits, temperature, None)


def _zero_divides(logits, temperature, top_k):
    with np.errstate(all="ignore"):
        if temperature == 0:
            return rc.softmax(logits / np.float64(0))
        return reference_distribution(logits, temperature, top_k)


def _zeroed_logits(logits, temperature, top_k):
    if top_k is None or temperature == 0:
        return reference_distribution(logits, temperature, top_k)
    kept = np.where(logits >= np.sort(logits)[::-1][top_k - 1], logits, 0.0)
    return rc.softmax(kept / temperature)


BOTH = ("next_distribution_test", "next_distribution_hidden")
NEXT_DISTRIBUTION = Task(
    name="next_distribution",
    draw=draw_distribution,
    edges=(
        lambda rng: draw_distribution(rng, temperature=0.0),
        lambda rng: draw_distribution(rng, temperature=0.0, top_k=None),
        lambda rng: draw_distribution(rng, top_k=None),
        lambda rng: draw_distribution(rng, top_k=1),
        lambda rng: draw_distribution(rng, shift=3000.0),
    ),
    reference=reference_distribution,
    returns=("p",),
    misconceptions=(
        Misconception(
            "multiplied",
            _multiplied,
            "the logits are multiplied by the temperature; then a high temperature sharpens. They "
            "must be divided by it.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "on_probabilities",
            _on_probabilities,
            "the temperature changes nothing here, as when probabilities are divided by it and "
            "rescaled; it belongs to the logits, before the softmax.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "k_smallest",
            _smallest,
            "the k least likely symbols are kept; top-k keeps the k most likely.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "best_removed",
            _best_removed,
            "the k most likely symbols are set to 0; they are the ones to keep, and all others go.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "not_rescaled",
            _not_rescaled,
            "the kept probabilities do not sum to 1; after the cut they must be rescaled.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "top_k_ignored",
            _no_top_k,
            "top_k is not used: every symbol can still be drawn.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "logits_set_to_zero",
            _zeroed_logits,
            "the cut symbols get logit 0, and exp(0) is 1; it is their probability that must be 0.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "zero_divides",
            _zero_divides,
            "temperature 0 divides by zero; it stands for the limit, all probability on the "
            "largest logit.",
            MATHS,
            ("next_distribution_hidden",),
        ),
    ),
)


BOTH = ("write_test", "write_hidden")
WRITE = Task(
    name="write",
    draw=draw_write,
    edges=(
        lambda rng: draw_write(rng, 2),
        draw_write_zero,
    ),
    reference=reference_write,
    returns=("drawn",),
    misconceptions=(
        Misconception(
            "greedy",
            write_greedy,
            "the most likely symbol is taken at every step; u is there to draw with.",
            f"{CHAPTER}, Temperature",
            BOTH,
        ),
        Misconception(
            "greedy_fed_back",
            lambda first, u, h, weights: write(first, u, h, weights, feed="greedy"),
            "the most likely symbol is fed back, not the one that was drawn; so the text goes on "
            "from something that is not there.",
            f"{CHAPTER}, The idea in one picture",
            BOTH,
        ),
        Misconception(
            "first_fed_back",
            lambda first, u, h, weights: write(first, u, h, weights, feed="first"),
            "every step reads the first symbol again; each draw must become the next input.",
            f"{CHAPTER}, The idea in one picture",
            BOTH,
        ),
        Misconception(
            "state_not_carried",
            lambda first, u, h, weights: write(first, u, h, weights, carry=False),
            "every step starts from the given state h; the state that a step returns belongs to "
            "the next step.",
            f"{CHAPTER}, Three seeds, and the worth of the carried state",
            BOTH,
        ),
        Misconception(
            "one_too_low",
            lambda first, u, h, weights: write(first, u, h, weights, shift=-1),
            "the draw is one symbol too low; take the first symbol whose cumulative sum exceeds u.",
            CODE,
            BOTH,
        ),
        Misconception(
            "reached_is_enough",
            lambda first, u, h, weights: write(first, u, h, weights, side="left"),
            "with u = 0 a symbol of probability 0 can be drawn; the cumulative sum must exceed u, "
            "not only reach it.",
            MATHS,
            ("write_hidden",),
        ),
        Misconception(
            "one_late",
            write_late,
            "the result begins with first and lacks the last draw; store a symbol after it is "
            "drawn, not before.",
            CODE,
            BOTH,
        ),
        Misconception(
            "without_sums",
            write_without_sums,
            "u is compared with single probabilities; compare it with their cumulative sums.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "seed_returned",
            lambda first, u, h, weights: write(first, u, h, weights, seed=True),
            "the result begins with the given first symbol; return the drawn ones only.",
            CODE,
            BOTH,
        ),
    ),
    library=("softmax",),
)


def _no_smoothing(train, test, V, alpha):
    with np.errstate(all="ignore"):
        C = np.zeros((V, V))
        np.add.at(C, (train[:-1], train[1:]), 1)
        P = C / C.sum(axis=1, keepdims=True)
        return P, float(-np.log2(P[test[:-1], test[1:]]).mean())


def _alpha_once(train, test, V, alpha):
    C = np.zeros((V, V))
    np.add.at(C, (train[:-1], train[1:]), 1)
    P = (C + alpha) / (C.sum(axis=1, keepdims=True) + alpha)
    return P, float(-np.log2(P[test[:-1], test[1:]]).mean())


def _rescored(change):
    def wrong(train, test, V, alpha):
        P, bits = bigram(train, test, V, alpha)
        return P, change(P, bits, train, test)

    return wrong


def _variant(**how):
    return lambda train, test, V, alpha: bigram(train, test, V, alpha, **how)


BOTH = ("bigram_bits_test", "bigram_bits_hidden")
BIGRAM_BITS = Task(
    name="bigram_bits",
    draw=draw_bigram,
    edges=(draw_bigram_unseen, lambda rng: draw_bigram(rng, alpha=1.0)),
    reference=reference_bigram,
    returns=("P", "bits"),
    misconceptions=(
        Misconception(
            "not_smoothed",
            _no_smoothing,
            "the counts are not smoothed: a pair that was never seen gets probability 0 and costs "
            "infinitely many bits.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "alpha_above_only",
            _variant(normalise="without alpha"),
            "alpha is added to the counts but not to their sum; each row of P must sum to 1.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "columns_normalised",
            _variant(normalise="columns"),
            "the columns of P sum to 1; it is the rows that must: each row is the distribution of "
            "what follows one symbol.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "joint",
            _variant(normalise="all"),
            "all of P sums to 1, so it holds the probabilities of pairs; divide each row by its "
            "own sum to get those of the second symbol, given the first.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "transposed",
            _variant(transpose=True),
            "rows and columns are swapped; the row is the symbol before, the column the one after.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "counted_once",
            _variant(once=True),
            "a pair that occurs several times is counted once: C[a, b] += 1 with index arrays adds "
            "only one to each place.",
            f"{CHAPTER}, The check",
            BOTH,
        ),
        Misconception(
            "alpha_once_below",
            _alpha_once,
            "alpha is added to each of the V counts of a row, but only once to their sum; each "
            "row of P must sum to 1.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "measured_on_train",
            _rescored(
                lambda P, bits, train, test: float(-np.log2(P[train[:-1], train[1:]]).mean())
            ),
            "P is right, but the bits are those of the training text; measure the test text.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "summed",
            _rescored(lambda P, bits, train, test: bits * (len(test) - 1)),
            "P is right, but the surprises are summed; take their mean over the pairs.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "divided_by_all_symbols",
            _rescored(lambda P, bits, train, test: bits * (1 - 1 / len(test))),
            "P is right, but the sum is divided by the number of symbols; the first one is not "
            "scored, so there are M - 1 pairs.",
            MATHS,
            BOTH,
        ),
        Misconception(
            "nats",
            _variant(unit=1.0),
            "P is right, but the result is in nats; bits need the logarithm to base 2.",
            MATHS,
            BOTH,
        ),
    ),
)


def _epoch_variant(**how):
    return lambda weights, x, y, lr, max_norm: epoch(weights, x, y, lr, max_norm, **how)


BOTH = ("train_epoch_test", "train_epoch_hidden")
TRAIN_EPOCH = Task(
    name="train_epoch",
    draw=draw_epoch,
    edges=(
        lambda rng: draw_epoch(rng, B=1),
        lambda rng: draw_epoch(rng, 3, 1, 1),
        draw_epoch_loose,
    ),
    reference=reference_epoch,
    returns=("weights", "losses"),
    misconceptions=(
        Misconception(
            "state_not_carried",
            _epoch_variant(carry=False),
            "every window starts from zeros; only the first does, each later one starts from the "
            "state that the window before left.",
            CODE,
            BOTH,
        ),
        Misconception(
            "not_clipped",
            _epoch_variant(clip=lambda grads, limit: grads),
            "the gradients are used as they are; their global norm must not exceed max_norm.",
            CODE,
            BOTH,
        ),
        Misconception(
            "clipped_one_by_one",
            _epoch_variant(clip=clip_each),
            "each array is clipped by its own norm, which changes the direction of the step; one "
            "norm is taken over all arrays.",
            "Chapter 4, Three different things",
            BOTH,
        ),
        Misconception(
            "clipped_by_value",
            _epoch_variant(clip=rc.clip_grad_value),
            "each entry is cut to [-max_norm, max_norm]; it is the global norm that has a limit.",
            "Chapter 4, Three different things",
            BOTH,
        ),
        Misconception(
            "always_scaled",
            _epoch_variant(clip=scale_always),
            "gradients below the limit are made larger; clipping only ever shrinks.",
            "Chapter 4, Three different things",
            ("train_epoch_hidden",),
        ),
        Misconception(
            "uphill",
            _epoch_variant(sign=1),
            "the weights move along the gradient, and the loss grows; gradient descent subtracts "
            "it.",
            CODE,
            BOTH,
        ),
        Misconception(
            "last_update_only",
            _epoch_variant(last=True),
            "every update starts again from the given weights, so only the last one is left; each "
            "starts from the weights that the one before made.",
            CODE,
            BOTH,
        ),
        Misconception(
            "gradients_of_the_start",
            _epoch_variant(once=True),
            "all gradients are taken at the weights given at the start; each window must use the "
            "weights that the update before it left.",
            CODE,
            BOTH,
        ),
    ),
    library=("LanguageModel", "clip_grad_norm", "softmax_cross_entropy"),
)

SIZES = (1000, 10000, 100000)
ORDERS = (1, 2, 3, 4, 5, 6)
HELD_OUT = 10000


@cache
def context_bits():
    """Repeat the experiment of the notebook: bits (sizes, orders) on the held-out text."""
    vocab = rc.Vocab.from_text(rc.data.python_docs().text)
    ids = vocab.encode(rc.data.python_docs().text)
    held_out = ids[-HELD_OUT:]
    models = [[rc.NGram(n, len(vocab)).fit(ids[:size]) for n in ORDERS] for size in SIZES]
    nats = [[model.cross_entropy(held_out) for model in row] for row in models]
    return np.array(nats) / LN2


def best_order_parts(best_orders):
    """Make one check for each size, for `grading.check.partial_credit`."""
    return {
        f"{size} characters": lambda i=i: _check_order(best_orders, i)
        for i, size in enumerate(SIZES)
    }


def _check_order(best_orders, index):
    if not isinstance(best_orders, list | tuple | np.ndarray) or len(best_orders) != len(SIZES):
        raise CheckFailed(f"best_orders should be a list of {len(SIZES)} whole numbers.")
    answer, bits = best_orders[index], context_bits()[index]
    if isinstance(answer, bool) or not isinstance(answer, int | np.integer):
        raise CheckFailed(f"an order is a whole number, but this is a {type(answer).__name__}.")
    if answer == ORDERS[bits.argmin()]:
        return
    hint = "compare the bits of all orders on the held-out text"
    if answer == ORDERS[bits.argmax()]:
        hint = "this order has the most bits on the held-out text; fewer are better"
    elif answer == bits.argmin():
        hint = "this is the place in the list, counted from 0, not the order that stands there"
    elif answer == ORDERS[-1]:
        hint = "the longest context is best on the text that it was counted on; measure elsewhere"
    raise CheckFailed(f"not {answer}: {hint}. See: {CHAPTER}, The baselines first.")
