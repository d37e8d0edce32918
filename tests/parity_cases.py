"""Configurations drawn for the comparison with PyTorch, and both sides of it.

PyTorch's results for the first configurations are frozen in ``fixtures/pytorch.npz``, so that
machines without PyTorch compare too. Make the file anew with ``python tests/parity_cases.py``.
"""

from pathlib import Path

import numpy as np

import rnncore as rc

FROZEN = Path(__file__).parent / "fixtures" / "pytorch.npz"
FROZEN_CASES = 16


def draw(seed):
    """Draw sizes, options, inputs, parameters and output gradients of one configuration."""
    rng = np.random.default_rng([1997, seed])
    n, t, d, h, v = (int(size) for size in rng.integers(1, 9, 5))
    shapes = {
        "x": (n, t, d),
        "state": (n, h),
        "dstate": (n, h),
        "Wxh": (d, h),
        "Whh": (h, h),
        "bh": (h,),
        "W": (h, v),
        "b": (v,),
    }
    case = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    case["targets"] = rng.integers(0, v, (n, t))
    case["lengths"] = rng.integers(1, t + 1, n)
    case["nonlinearity"] = ("tanh", "relu")[seed % 2]
    case["padded"] = bool(seed // 2 % 2)
    return case


def run_rnncore(case):
    """Run recurrent layer, dense layer and cross-entropy, forward and backward."""
    d, h = case["Wxh"].shape
    rnn = rc.RNN(d, h, case["nonlinearity"])
    head = rc.Dense(h, case["W"].shape[1])
    for layer in (rnn, head):
        for name in layer.params:
            layer.params[name][:] = case[name]
    lengths = case["lengths"] if case["padded"] else None
    mask = rc.length_mask(case["lengths"], case["x"].shape[1]) if case["padded"] else None

    y, state, rnn_cache = rnn.forward(case["x"], state=case["state"], lengths=lengths)
    logits, _, head_cache = head.forward(y)
    loss, dlogits = rc.softmax_cross_entropy(logits, case["targets"], mask)
    dy, _, head_grads = head.backward(dlogits, head_cache)
    dx, dh0, rnn_grads = rnn.backward(dy, rnn_cache, dstate=case["dstate"])
    results = {"y": y, "state": state, "loss": np.array(loss), "dx": dx, "dh0": dh0}
    return results | {"d" + k: g for k, g in (rnn_grads | head_grads).items()}


def run_torch(case):
    """Do the same with PyTorch, whose two biases are ours and zero."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    names = ("x", "state", "Wxh", "Whh", "bh", "W", "b")
    a = {name: torch.tensor(case[name], requires_grad=True) for name in names}
    (d, h), t = case["Wxh"].shape, case["x"].shape[1]
    rnn = torch.nn.RNN(
        d, h, nonlinearity=case["nonlinearity"], batch_first=True, dtype=torch.float64
    )
    weights = {
        "weight_ih_l0": a["Wxh"].T,
        "weight_hh_l0": a["Whh"].T,
        "bias_ih_l0": a["bh"],
        "bias_hh_l0": torch.zeros(h, dtype=torch.float64),
    }
    lengths = torch.tensor(case["lengths"])
    inputs = a["x"]
    if case["padded"]:
        inputs = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    y, state = torch.func.functional_call(rnn, weights, (inputs, a["state"][None]))
    if case["padded"]:
        y, _ = pad_packed_sequence(y, batch_first=True, total_length=t)
    logits = y @ a["W"] + a["b"]
    targets = torch.tensor(case["targets"])
    if case["padded"]:
        targets = targets.masked_fill(torch.arange(t) >= lengths[:, None], -100)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    (loss + (state[0] * torch.tensor(case["dstate"])).sum()).backward()
    results = {"y": y, "state": state[0], "loss": loss, "dx": a["x"].grad, "dh0": a["state"].grad}
    results |= {"d" + name: a[name].grad for name in ("Wxh", "Whh", "bh", "W", "b")}
    return {name: value.detach().numpy() for name, value in results.items()}


def freeze():
    """Write PyTorch's results for the first configurations."""
    FROZEN.parent.mkdir(exist_ok=True)
    results = {
        f"{seed}/{name}": value
        for seed in range(FROZEN_CASES)
        for name, value in run_torch(draw(seed)).items()
    }
    np.savez_compressed(FROZEN, **results)


if __name__ == "__main__":
    freeze()
