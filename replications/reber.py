"""Embedded Reber grammar: LSTM, GRU and RNN until every string is right.

Hochreiter and Schmidhuber 1997, section 5.1: 256 training strings, 256 others for the test, and
a run has solved the task when at every step of all 512 the legal next symbols are the most
active ones. The number of training strings seen until then is what the paper reports.
"""

from functools import partial

import numpy as np

import rnncore as rc
from replications import common

STRINGS, BATCH, LIMIT = 256, 8, 40_000
SEEDS = range(20)
# Hidden units for about as many parameters in each, and a learning rate tuned on seeds 100 to
# 102, which are not used below.
CELLS = {"LSTM": (rc.LSTM, 6, 0.01), "GRU": (rc.GRU, 7, 0.03), "RNN": (rc.RNN, 14, 0.003)}


def draw_data(rng):
    """Draw training and test strings; no test string is a training string."""
    train = rc.tasks.reber.draw(STRINGS, rng, dtype=np.float32)
    seen = rc.tasks.reber.strings(train)
    return train, rc.tasks.reber.draw(STRINGS, rng, exclude=seen, dtype=np.float32)


def build(cell, hidden_size, rng):
    """Stack a recurrent layer and a dense one, with an output for each symbol."""
    size, options = len(rc.tasks.reber.SYMBOLS), {"rng": rng, "dtype": np.float32}
    return rc.Stack([cell(size, hidden_size, **options), rc.Dense(hidden_size, size, **options)])


def share_right(model, data, legal):
    """Compute the share of strings that are right at every step, as `reber.correct` does.

    The legal symbols, which do not change, are given.
    """
    outputs = model.forward(data.x, lengths=data.lengths)[0]
    least_legal = np.where(legal, outputs, np.inf).min(axis=2)
    most_illegal = np.where(legal, -np.inf, outputs).max(axis=2)
    return ((least_legal > most_illegal) | ~data.mask).all(axis=1).mean()


def train_epoch(model, optimizer, data, rng):
    """Update once for each batch."""
    for rows in rc.minibatches(STRINGS, BATCH, rng):
        lengths = data.lengths[rows]
        steps = lengths.max()
        x, targets, mask = (a[rows, :steps] for a in (data.x, data.targets, data.mask))
        outputs, _, cache = model.forward(x, lengths=lengths)
        _, doutputs = rc.softmax_cross_entropy(outputs, targets, mask=mask)
        grads = model.backward(doutputs, cache)[2]
        optimizer.step(rc.clip_grad_norm(grads, 1.0)[0])


def learn(cell, hidden_size, lr, seed, limit=LIMIT):
    """Train until the criterion is met or the limit reached; return what happened."""
    rng = np.random.default_rng(seed)
    train, test = draw_data(rng)
    both = [(data, rc.tasks.reber.legal_mask(data)) for data in (train, test)]
    model = build(cell, hidden_size, rng)
    optimizer = rc.Adam(model.params, lr=lr)
    solved, sequences = False, 0
    while not solved and sequences < limit:
        train_epoch(model, optimizer, train, rng)
        sequences += STRINGS
        right = [share_right(model, *pair) for pair in both]
        solved = right == [1, 1]
    for data in (train, test) if solved else ():  # the criterion in the library's words
        outputs = model.forward(data.x, lengths=data.lengths)[0]
        assert rc.tasks.reber.solved(outputs, data)
    return {
        "solved": solved,
        "sequences": sequences if solved else None,
        "train_right": float(right[0]),
        "test_right": float(right[1]),
    }


ARMS = {name: partial(learn, *settings) for name, settings in CELLS.items()}


def main():
    """Run what is missing."""
    arms = {
        name: {
            "hidden_size": size,
            "lr": lr,
            "parameters": sum(p.size for p in build(cell, size, None).params.values()),
        }
        for name, (cell, size, lr) in CELLS.items()
    }
    describe = {
        "task": "embedded Reber grammar",
        "source": "Hochreiter and Schmidhuber 1997, section 5.1",
        "criterion": "at every step of 256 training and 256 test strings, each legal next "
        "symbol above each illegal one; looked at after each epoch",
        "training": "Adam, softmax cross-entropy, gradient norm clipped at 1, float32",
        "batch": BATCH,
        "limit": LIMIT,
        "arms": arms,
        "tuning": "learning rate, on seeds 100 to 102",
    }
    common.run("reber", ARMS, list(SEEDS), describe)


if __name__ == "__main__":
    main()
