"""Temporal order, task 6a: how an LSTM's forget bias at the start decides whether it learns.

Hochreiter and Schmidhuber 1997, section 5.6: data, length, criterion and test size are the
paper's. The network is not: one layer of 8 units with forget gates, a softmax on top, Adam,
batches of 32, a clipped gradient, single precision. The arms differ in one number, the forget
gate's bias at the start. ``python -m replications.temporal_order tuning`` repeats the choice of
the learning rate, on seeds that are not used below.
"""

import sys
from collections import deque
from functools import partial

import numpy as np

import rnncore as rc
from replications import common

TASK = rc.tasks.temporal_order
HIDDEN, BATCH, MAX_NORM, LR = 8, 32, 1.0, 0.03
LIMIT, TEST_SIZE = 64_000, 2560
RIGHT_BATCHES = 63  # in a row: 2016 sequences, the first multiple of 32 past the paper's 2000
BIASES = (0.0, 1.0, 5.0)
SEEDS = range(20)
TUNING_SEEDS, TUNING_RATES, TUNING_LIMIT = (100, 101), (0.003, 0.01, 0.03), 50_000


def build(forget_bias, rng):
    """Stack an LSTM and a dense layer with an output for each of the four classes."""
    options = {"rng": rng, "dtype": np.float32}
    lstm = rc.LSTM(len(TASK.SYMBOLS), HIDDEN, forget_bias=forget_bias, **options)
    return rc.Stack([lstm, rc.Dense(HIDDEN, 4, **options)])


def learn(forget_bias, seed, lr=LR, limit=LIMIT):
    """Train until the criterion is met or the limit reached; return what happened, and the model.

    ``sequences`` counts all that were read, ``test_wrong`` the errors on 2560 fresh ones.
    """
    rng = np.random.default_rng(seed)
    model = build(forget_bias, rng)
    optimizer = rc.Adam(model.params, lr=lr)
    recent, right, solved, sequences = deque(maxlen=RIGHT_BATCHES), 0, False, 0
    while not solved and sequences < limit:
        data = TASK.draw(BATCH, rng=rng, dtype=np.float32)
        logits, _, cache = model.forward(data.x, lengths=data.lengths)
        outputs = rc.softmax(logits)
        right = right + 1 if TASK.correct(outputs, data).all() else 0
        recent.append((outputs, data))
        solved = right >= RIGHT_BATCHES and meets_criterion(recent)
        _, dlogits = rc.softmax_cross_entropy(logits, data.targets, mask=data.mask)
        grads = model.backward(dlogits, cache)[2]
        optimizer.step(rc.clip_grad_norm(grads, MAX_NORM)[0])
        sequences += BATCH
    data = TASK.draw(TEST_SIZE, rng=rng, dtype=np.float32)
    outputs = rc.softmax(model.forward(data.x, lengths=data.lengths)[0])
    wrong = int((~TASK.correct(outputs, data)).sum())
    return {"solved": solved, "sequences": sequences, "test_wrong": wrong}, model


def meets_criterion(recent):
    """Apply the paper's criterion to the most recent batches."""
    outputs, data = zip(*recent, strict=True)
    joined = rc.tasks.Sequences(*map(np.concatenate, zip(*data, strict=True)))
    return TASK.solved(np.concatenate(outputs), joined)


def arm(seed, forget_bias, lr=LR, limit=LIMIT):
    """Give the result alone."""
    return learn(forget_bias, seed, lr, limit)[0]


ARMS = {f"forget bias {bias:.0f}": partial(arm, forget_bias=bias) for bias in BIASES}


def describe(lr, limit):
    """Name the task and all settings."""
    return {
        "task": "temporal order 6a, two relevant symbols",
        "paper": "Hochreiter and Schmidhuber 1997, section 5.6",
        "criterion": "the 2016 most recent sequences correct, their mean error below 0.1",
        "test_size": TEST_SIZE,
        "network": f"LSTM, {HIDDEN} units, softmax; float32",
        "optimizer": f"Adam, learning rate {lr}, clipped at norm {MAX_NORM}",
        "batch": BATCH,
        "limit": limit,
    }


def main():
    """Run what is missing, 20 seeds an arm."""
    common.run("temporal_order", ARMS, SEEDS, describe(LR, LIMIT))


def tuning():
    """Run what the learning rate was chosen by."""
    rates = ", ".join(map(str, TUNING_RATES))
    arms = {
        f"rate {lr}, forget bias {bias:.0f}": partial(
            arm, forget_bias=bias, lr=lr, limit=TUNING_LIMIT
        )
        for lr in TUNING_RATES
        for bias in BIASES
    }
    settings = describe(f"one of {rates}", TUNING_LIMIT)
    command = "python -m replications.temporal_order tuning"
    common.run("temporal_order_tuning", arms, TUNING_SEEDS, settings, command=command)


if __name__ == "__main__":
    tuning() if sys.argv[1:] == ["tuning"] else main()
