"""Depth at equal size: one to four layers read the manual, and dropout between two layers.

No paper's table is repeated here. The question is that of Graves 2013 and of Karpathy, Johnson
and Fei-Fei 2015, at a size that one thread can train: does a stack predict the next character
better than one layer with as many parameters?
"""

from functools import cache, partial

import numpy as np

import rnncore as rc
from replications import common

CELLS = {"RNN": (rc.RNN, 1), "LSTM": (rc.LSTM, 4)}
LAYERS = (1, 2, 3, 4)
BUDGET, EMBEDDING = 40_000, 16
BATCH, WINDOW, STEPS, EVERY = 32, 40, 400, 100
TEST, SMALL = 12_800, 40_000  # characters
# The best of 0.005 and 0.01 (RNN, one and four layers) and of 0.02 and 0.04 (LSTM, one to three
# layers) on seed 100, which is not used below; the same for every depth.
LR = {("RNN", layers): 0.01 for layers in LAYERS} | {("LSTM", layers): 0.02 for layers in LAYERS}
RATES = (0.0, 0.3)
DROPOUT_LAYERS, DROPOUT_STEPS = 2, 600
SEEDS, DROPOUT_SEEDS = range(3), range(3)


@cache
def manual():
    """Read the manual: vocabulary, training and test symbols."""
    text = rc.data.python_docs().text
    vocab = rc.Vocab.from_text(text)
    ids = vocab.encode(text)
    cut = int(0.9 * len(ids))
    return vocab, ids[:cut], ids[cut : cut + TEST + 1]


def parameters(gates, layers, H, V, D=EMBEDDING):
    """Count embedding, the stack and the dense layer."""
    first, other = gates * H * (D + H + 1), gates * H * (2 * H + 1)
    return V * D + first + (layers - 1) * other + H * V + V


def hidden_size(gates, layers, V, budget=BUDGET):
    """Find the largest H whose network has at most ``budget`` parameters."""
    return max(H for H in range(1, 400) if parameters(gates, layers, H, V) <= budget)


def build(kind, layers, rate, rng):
    """Build a language model of ``layers`` recurrent layers, dropout between them."""
    cell, gates = CELLS[kind]
    V = len(manual()[0])

    def stack(D, H, rng, dtype):
        parts = [cell(D, H, rng=rng, dtype=dtype)]
        for _ in range(layers - 1):
            parts += [rc.Dropout(rate, rng=rng)] if rate else []
            parts += [cell(H, H, rng=rng, dtype=dtype)]
        return rc.Stack(parts)

    H = hidden_size(gates, layers, V)
    return rc.LanguageModel(V, H, embedding_size=EMBEDDING, cell=stack, rng=rng)


def bits(model, ids):
    """Measure bits per character, the state carried all the way, in 32 streams."""
    state, nats, count = None, 0.0, 0
    for x, targets in rc.stream_batches(ids, 32, 100):
        logits, state, _ = model.forward(x, state=state)
        nats += targets.size * rc.softmax_cross_entropy(logits, targets)[0]
        count += targets.size
    return float(rc.bits_per_symbol(nats / count))


@cache
def bigram_bits():
    """Measure the baseline: the next character by the last one alone."""
    vocab, train, test = manual()
    return float(rc.bits_per_symbol(rc.NGram(2, len(vocab)).fit(train).cross_entropy(test)))


def learn(kind, layers, seed, lr=None, rate=0.0, steps=STEPS, length=None):
    """Train one network and follow the bits on the test text and the seconds it took."""
    lr = LR[kind, layers] if lr is None else lr
    _, train, test = manual()
    train = train[:length]
    rng = np.random.default_rng(seed)
    model = build(kind, layers, rate, rng)
    history = rc.fit(
        model,
        lambda rng: rc.stream_batches(train, BATCH, WINDOW),
        rc.Adam(model.params, lr=lr),
        steps=steps,
        carry=True,
        max_norm=1.0,
        schedule=lambda step: lr * min(1.0, 2 * (1 - step / steps)),
        validate=lambda model: {"bits": bits(model, test)},
        every=EVERY,
        progress=False,
        rng=rng,
    )
    curve = [round(value, 4) for value in history.validation["bits"]]
    model.training = False
    return {
        "solved": curve[-1] < bigram_bits(),
        "sequences": steps * BATCH,
        "bits": curve[-1],
        "train_bits": round(bits(model, train[: TEST + 1]), 4),
        "curve": curve,
    }


ARMS = {
    f"{kind}, {layers}": partial(learn, kind, layers) for kind in CELLS for layers in LAYERS
} | {
    f"dropout {rate}": partial(
        learn, "LSTM", DROPOUT_LAYERS, rate=rate, steps=DROPOUT_STEPS, length=SMALL
    )
    for rate in RATES
}


def main():
    """Run what is missing."""
    V = len(manual()[0])
    describe = {
        "task": "next character of the Python manual, one to four layers of equal size",
        "criterion": "better than a bigram on the test text",
        "training": "Adam, gradient norm clipped at 1, learning rate falls to 0 over the second "
        "half, state carried, float32",
        "budget": BUDGET,
        "embedding": EMBEDDING,
        "batch": BATCH,
        "window": WINDOW,
        "steps": STEPS,
        "every": EVERY,
        "test": TEST,
        "vocabulary": V,
        "bigram_bits": round(bigram_bits(), 4),
        "hidden": {
            f"{kind}, {layers}": hidden_size(gates, layers, V)
            for kind, (_, gates) in CELLS.items()
            for layers in LAYERS
        },
        "lr": {f"{kind}, {layers}": lr for (kind, layers), lr in LR.items()},
        "dropout": {
            "cell": "LSTM",
            "layers": DROPOUT_LAYERS,
            "steps": DROPOUT_STEPS,
            "text": SMALL,
            "rates": RATES,
        },
        "tuning": "learning rate by cell, on seed 100",
    }
    seeds = {arm: DROPOUT_SEEDS if arm.startswith("dropout") else SEEDS for arm in ARMS}
    common.run("depth", ARMS, seeds, describe)


if __name__ == "__main__":
    main()
