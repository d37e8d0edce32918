"""The adding problem at T = 100: identity start against tanh RNN, and an LSTM that works.

Source of the task: Hochreiter and Schmidhuber 1997, section 5.4. Of the identity start with
ReLU: Le, Jaitly and Hinton 2015. Of the biases spread over the range of distances: Tallec and
Ollivier 2018.
"""

from functools import partial

import numpy as np

import rnncore as rc

from .common import run

adding = rc.tasks.adding

STEPS, BATCH, LIMIT, MAX_NORM, TESTS, EVERY = 100, 32, 200_000, 1.0, 2560, 4000
SETTINGS = {  # units and learning rate, tuned on seeds from 900 on
    "IRNN": {"hidden": 64, "lr": 0.002},
    "tanh RNN": {"hidden": 64, "lr": 0.002},
    "LSTM, forget bias 1": {"hidden": 16, "lr": 0.01},
    "LSTM, spread biases": {"hidden": 16, "lr": 0.01},
}
SEEDS = {
    "IRNN": range(10),
    "tanh RNN": range(10),
    "LSTM, forget bias 1": range(10),
    "LSTM, spread biases": range(20),
}
DESCRIBE = {
    "task": "adding problem",
    "source": "Hochreiter and Schmidhuber 1997, section 5.4",
    "steps": f"{STEPS} to {STEPS + STEPS // 10}",
    "criterion": "2000 training sequences in a row with an error below 0.04, mean below 0.01",
    "test": f"{TESTS} fresh sequences, wrong if the error is 0.04 or more",
    "limit": LIMIT,
    "batch": BATCH,
    "optimizer": "Adam",
    "max_norm": MAX_NORM,
    "dtype": "float32",
    "settings": SETTINGS,
    "tuning": "learning rate, units and biases on seeds from 900 on, one to four a setting",
}


def network(arm, rng, dtype=np.float32):
    """Build the recurrent layer of an arm."""
    H = SETTINGS[arm]["hidden"]
    if arm == "tanh RNN":
        return rc.RNN(2, H, rng=rng, dtype=dtype)
    if arm == "IRNN":
        layer = rc.RNN(2, H, nonlinearity="relu", rng=rng, dtype=dtype)
        layer.params["Whh"][...] = rc.identity((H, H), dtype=dtype)
        return layer
    layer = rc.LSTM(2, H, forget_bias=1.0, rng=rng, dtype=dtype)
    if arm == "LSTM, spread biases":
        # Forget gates that keep the cell for 1 to 100 steps, input gates as little open.
        forget = np.log(rng.uniform(1, STEPS, H)).astype(dtype)
        layer.params["bh"][H : 2 * H] = forget
        layer.params["bh"][:H] = -forget
    return layer


def train(arm, seed, limit=LIMIT):
    """Train on fresh sequences until the paper's criterion or the limit, then test."""
    rng = np.random.default_rng(seed)
    layer = network(arm, rng)
    head = rc.Dense(layer.hidden_size, 1, rng=rng, dtype=np.float32)
    params = rc.named(layer=layer.params, head=head.params)
    optimizer = rc.Adam(params, SETTINGS[arm]["lr"])
    recent, curve = np.full(adding.SEQUENCES, np.inf), []
    solved, sequences = False, 0
    while not solved and sequences < limit:
        data = adding.draw(BATCH, STEPS, rng, np.float32)
        errors, grads = gradients(layer, head, data)
        optimizer.step(rc.clip_grad_norm(grads, MAX_NORM)[0])
        sequences += BATCH
        recent = np.concatenate([recent[BATCH:], errors])
        solved = (recent < adding.TOLERANCE).all() and recent.mean() < adding.AVERAGE_ERROR
        if sequences % EVERY < BATCH:
            curve.append(round(float(recent.mean()), 4))
    test = adding.draw(TESTS, STEPS, rng, np.float32)
    wrong = (np.abs(answer(layer, head, test)[0] - wanted(test)) >= adding.TOLERANCE).sum()
    return {
        "solved": bool(solved),
        "sequences": sequences if solved else None,
        "wrong": int(wrong),
        "mean_error": round(float(recent.mean()), 5),
        "curve": curve,
    }


def wanted(data):
    """Give the target at the end of each sequence, (N, 1)."""
    return data.targets[data.mask]


def answer(layer, head, data):
    """Run forward; return the answers (N, 1) and what the way back needs."""
    y, state, cache = layer.forward(data.x, lengths=data.lengths)
    last = state[0] if isinstance(state, tuple) else state
    out, _, head_cache = head.forward(last)
    return out, (y, state, cache, head_cache)


def gradients(layer, head, data):
    """Return the absolute errors (N,) of a batch, and the gradient of its mean square."""
    out, (y, state, cache, head_cache) = answer(layer, head, data)
    _, dout = rc.mean_squared_error(out, wanted(data))
    dlast, _, head_grads = head.backward(dout, head_cache)
    dstate = (dlast, np.zeros_like(dlast)) if isinstance(state, tuple) else dlast
    _, _, layer_grads = layer.backward(np.zeros_like(y), cache, dstate)
    return np.abs(out - wanted(data))[:, 0], rc.named(layer=layer_grads, head=head_grads)


ARMS = {arm: partial(train, arm) for arm in SETTINGS}


def main():
    """Run what is missing of all arms."""
    run("adding", ARMS, SEEDS, DESCRIBE)


if __name__ == "__main__":
    main()
