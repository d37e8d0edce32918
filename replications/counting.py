"""Counting a^n b^n: what a network learns on short strings, tried on longer ones.

Weiss, Goldberg and Yahav 2018 train networks that predict the next symbol on the strings
a^n b^n with n below 100, of every length one, and look at longer ones. Here n goes up to 50,
so that a run takes seconds.
"""

from functools import partial

import numpy as np

import rnncore as rc

from .common import run

A, B, END = range(3)
LONGEST = 50  # of the training strings
TESTED = 250
SOLVED = 75  # half beyond the longest; fixed after the tuning seeds, before the others
CELLS = {"LSTM": rc.LSTM, "GRU": rc.GRU}
SEEDS = list(range(10))
SETTINGS = {
    "task": "counting a^n b^n",
    "train": f"a^n b^n, n = 1 ... {LONGEST}, each once an epoch",
    "test": f"n = 1 ... {TESTED}; right when every symbol from the first b on is the most "
    "probable one",
    "solved": f"right for every n up to {SOLVED}",
    "hidden_size": 10,
    "epochs": 300,
    "batch_size": 10,
    "optimizer": "Adam, rate from 2e-2 to 1e-4 along a cosine, gradient norm at most 1",
    "loss": "cross-entropy, summed over the steps after the first b, mean over them",
    "dtype": "float32",
    "tuning": "seeds 100 and 101: epochs, rate, and the length that counts as solved",
}


def draw(ns):
    """Write the strings: a start sign, n times a, n times b, and the end as the last target.

    Returns x (N, T, 3), targets (N, T), lengths (N,), and the mask (N, T) of the steps whose
    target is certain: those that have read a b.
    """
    ns = np.asarray(ns)[:, None]
    t = np.arange(2 * ns.max() + 1)
    read = np.where(t == 0, END, np.where(t <= ns, A, B))
    targets = np.where(t < ns, A, np.where(t < 2 * ns, B, END))
    certain = (t > ns) & (t <= 2 * ns)
    return rc.one_hot(read, 3, np.float32), targets, 2 * ns[:, 0] + 1, certain


def batches(rng):
    """Give the strings of one epoch."""
    for rows in rc.minibatches(LONGEST, SETTINGS["batch_size"], rng):
        x, targets, lengths, certain = draw(rows + 1)
        yield rc.tasks.Sequences(x, lengths, targets, certain)


def train(cell, seed):
    """Train a network of one recurrent layer and a readout; return it and its last loss."""
    rng = np.random.default_rng(seed)
    size = SETTINGS["hidden_size"]
    layers = [
        CELLS[cell](3, size, rng=rng, dtype=np.float32),
        rc.Dense(size, 3, rng=rng, dtype=np.float32),
    ]
    model = rc.Stack(layers)
    steps = SETTINGS["epochs"] * LONGEST // SETTINGS["batch_size"]
    history = rc.fit(
        model,
        batches,
        rc.Adam(model.params),
        steps=steps,
        max_norm=1.0,
        schedule=lambda step: 1e-4 + 1e-2 * (1 + np.cos(np.pi * step / steps)),
        progress=False,
        rng=rng,
    )
    return model, history.loss[-1]


def right(model, ns):
    """Say for each n whether the network continues a^n b as it should, to the end."""
    answers = []
    for some in np.array_split(ns, max(1, len(ns) // 50)):
        x, targets, lengths, certain = draw(some)
        logits, _, _ = model.forward(x, lengths=lengths)
        answers.append(((logits.argmax(axis=-1) == targets) | ~certain).all(axis=1))
    return np.concatenate(answers)


def measure(model):
    """Test on all lengths; ``reach`` is the last n before the first mistake."""
    answers = right(model, np.arange(1, TESTED + 1))
    reach = int(np.argmin(np.append(answers, False)))
    return {
        "solved": reach >= SOLVED,
        "sequences": SETTINGS["epochs"] * LONGEST,
        "reach": reach,
        "right_in_training": int(answers[:LONGEST].sum()),
        "right_beyond": int(answers[LONGEST:].sum()),
    }


def arm(seed, cell):
    """Train and test once."""
    model, loss = train(cell, seed)
    return measure(model) | {"loss": round(loss, 6)}


ARMS = {name: partial(arm, cell=name) for name in CELLS}


def main():
    """Run what is missing."""
    run("counting", ARMS, SEEDS, SETTINGS)


if __name__ == "__main__":
    main()
