"""RNN, GRU and LSTM on a short text: at one hidden size, and at one number of parameters."""

import hashlib
from functools import partial

import numpy as np

import rnncore as rc

from .common import run

CHARACTERS = 10_000  # to train on; as many again to validate on
ROWS, STEPS = 10, 50
ARMS_OF = {
    "RNN 64": (rc.RNN, 64),
    "GRU 64": (rc.GRU, 64),
    "LSTM 64": (rc.LSTM, 64),
    "RNN 117": (rc.RNN, 117),
    "GRU 73": (rc.GRU, 73),
}
SEEDS = list(range(5))
EPOCHS = 40


def corpus():
    """Read the text: vocabulary, ids to train on, ids to validate on."""
    text = rc.data.python_docs().text
    vocab = rc.Vocab.from_text(text)
    ids = vocab.encode(text[: 2 * CHARACTERS + 1])
    return vocab, ids[: CHARACTERS + 1], ids[CHARACTERS:]


def text_hash():
    """Name the text by the start of its SHA-256."""
    text = rc.data.python_docs().text
    return hashlib.sha256(text[: 2 * CHARACTERS + 1].encode()).hexdigest()[:16]


def bits(model, ids):
    """Compute bits per character; every row starts from a zero state."""
    x, targets = ids[:-1].reshape(ROWS, -1), ids[1:].reshape(ROWS, -1)
    logits, _, _ = model.forward(x)
    return rc.bits_per_symbol(rc.softmax_cross_entropy(logits, targets)[0])


def train(label, seed, epochs=EPOCHS):
    """Train one network; return it, and bits per character after each epoch."""
    vocab, shown, held_out = corpus()
    cell, size = ARMS_OF[label]
    model = rc.LanguageModel(
        len(vocab), size, embedding_size=16, cell=cell, rng=np.random.default_rng(seed)
    )
    history = rc.fit(
        model,
        lambda rng: rc.stream_batches(shown, ROWS, STEPS),
        rc.Adam(model.params, lr=5e-3),
        epochs=epochs,
        carry=True,
        max_norm=1.0,
        validate=lambda m: {"train": bits(m, shown), "held_out": bits(m, held_out)},
        progress=False,
    )
    return model, history.validation


def baseline():
    """Compute bits per character of the best n-gram model, orders 1 to 5."""
    vocab, shown, held_out = corpus()
    orders = (rc.NGram(order, len(vocab)).fit(shown) for order in range(1, 6))
    return min(rc.bits_per_symbol(model.cross_entropy(held_out)) for model in orders)


def arm(seed, label):
    """Train and measure once; ``solved`` is whether it ever beats the n-gram."""
    model, curve = train(label, seed)
    held_out = curve["held_out"]
    best = int(np.argmin(held_out))
    return {
        "solved": held_out[best] < baseline(),
        "sequences": EPOCHS * CHARACTERS // STEPS,
        "parameters": sum(p.size for p in model.params.values()),
        "best_epoch": best,
        "best": round(held_out[best], 4),
        "train_at_best": round(curve["train"][best], 4),
        "last": round(held_out[-1], 4),
        "train_last": round(curve["train"][-1], 4),
        "held_out": [round(v, 3) for v in held_out],
        "train": [round(v, 3) for v in curve["train"]],
    }


ARMS = {label: partial(arm, label=label) for label in ARMS_OF}


def main():
    """Run what is missing."""
    settings = {
        "task": "characters of Python's documentation, few of them",
        "text": f"{CHARACTERS} characters to train on, {CHARACTERS} held out, {text_hash()}",
        "solved": "better than the best interpolated n-gram of orders 1 to 5",
        "embedding_size": 16,
        "epochs": EPOCHS,
        "batches": f"{ROWS} rows of {STEPS} steps, state carried, gradient cut",
        "optimizer": "Adam, rate 5e-3, gradient norm at most 1",
        "dtype": "float32",
        "tuning": "seed 100, one rate for all cells",
    }
    run("cell_sizes", ARMS, SEEDS, settings)


if __name__ == "__main__":
    main()
