"""Configurations drawn for the comparison with PyTorch, and both sides of it.

A configuration is a deep network of recurrent layers, a dense layer and the cross-entropy.
PyTorch's results for the first ones are frozen in ``fixtures/pytorch.npz``, so that machines
without PyTorch compare too. Make the file anew with ``python tests/parity_cases.py``; it says
which versions wrote it.
"""

from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from recurrent_layers import KINDS, arrays

import rnncore as rc

FROZEN = Path(__file__).parent / "fixtures" / "pytorch.npz"
# What is drawn in turn: the cell, the number of layers, of directions, packed, states given.
COMBINATIONS = list(product(("tanh", "relu", "lstm", "gru"), (1, 2, 3), (1, 2), (0, 1), (0, 1)))


class Case(NamedTuple):
    """One configuration; states are stacked as PyTorch has them, (parts, layers, N, H)."""

    kind: str
    depth: int
    directions: int
    network: rc.Stack
    x: np.ndarray  # (N, T, D)
    targets: np.ndarray  # (N, T)
    lengths: np.ndarray | None  # (N,)
    start: np.ndarray | None
    dfinal: np.ndarray  # derivative of the loss by the final states


def build(kind, depth, directions, d, h, v):
    """Build the network, whose parameters are still to be drawn."""
    layers, size = [], d
    for _ in range(depth):
        halves = [KINDS[kind](size, h) for _ in range(directions)]
        layers.append(halves[0] if directions == 1 else rc.Bidirectional(*halves))
        size = directions * h
    return rc.Stack([*layers, rc.Dense(size, v)])


def draw(number):
    """Draw sizes, inputs, parameters and output gradients of one configuration."""
    kind, depth, directions, packed, given = COMBINATIONS[number % len(COMBINATIONS)]
    rng = np.random.default_rng([1997, number])
    n, t, d, h, v = (int(size) for size in rng.integers(1, 5, 5))
    network = build(kind, depth, directions, d, h, v)
    for _, p in sorted(network.params.items()):
        p[...] = 0.7 * rng.standard_normal(p.shape)
    states = (1 + (kind == "lstm"), depth * directions, n, h)
    return Case(
        kind,
        depth,
        directions,
        network,
        x=rng.standard_normal((n, t, d)),
        targets=rng.integers(0, v, (n, t)),
        lengths=rng.integers(1, t + 1, n) if packed else None,
        start=rng.standard_normal(states) if given else None,
        dfinal=rng.standard_normal(states),
    )


def nested(case, stacked):
    """Turn stacked states into the network's: tuples by layer, direction and part."""
    if stacked is None:
        return None
    cells = [tuple(parts) if len(parts) == 2 else parts[0] for parts in stacked.swapaxes(0, 1)]
    if case.directions == 2:
        cells = zip(cells[::2], cells[1::2], strict=True)
    return (*cells, None)


def stack(case, state):
    """Undo `nested`."""
    parts, layers, n, h = case.dfinal.shape
    return np.stack(arrays(state)).reshape(layers, parts, n, h).swapaxes(0, 1)


def run_rnncore(case):
    """Run the network and the loss, forward and backward."""
    mask = None if case.lengths is None else rc.length_mask(case.lengths, case.x.shape[1])
    logits, final, cache = case.network.forward(
        case.x, state=nested(case, case.start), lengths=case.lengths
    )
    loss, dlogits = rc.softmax_cross_entropy(logits, case.targets, mask)
    dx, dstart, grads = case.network.backward(dlogits, cache, dstate=nested(case, case.dfinal))
    results = {"logits": logits, "final": stack(case, final), "loss": np.array(loss), "dx": dx}
    if case.start is not None:
        results["dstart"] = stack(case, dstart)
    return results | {"d" + name: grad for name, grad in grads.items()}


def torch_weights(case, params):
    """Name our weights as PyTorch does, which multiplies from the left and has two biases."""
    import torch

    weights = {}
    for layer in range(case.depth):
        for prefix, end in (("forward.", ""), ("backward.", "_reverse"))[: case.directions]:
            own = f"{layer}." + prefix * (case.directions == 2)
            other = torch.zeros_like(params[own + "bh"])
            if case.kind == "gru":
                other = torch.cat([other[len(params[own + "bhn"]) :], params[own + "bhn"]])
            weights |= {
                f"weight_ih_l{layer}{end}": params[own + "Wxh"].T,
                f"weight_hh_l{layer}{end}": params[own + "Whh"].T,
                f"bias_ih_l{layer}{end}": params[own + "bh"],
                f"bias_hh_l{layer}{end}": other,
            }
    return weights


def torch_module(case):
    """Build PyTorch's module for the recurrent layers."""
    import torch

    options = {"num_layers": case.depth, "bidirectional": case.directions == 2}
    if case.kind in ("tanh", "relu"):
        options["nonlinearity"] = case.kind
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(case.kind, torch.nn.RNN)
    h = case.dfinal.shape[3]
    return kind(case.x.shape[2], h, batch_first=True, dtype=torch.float64, **options)


def run_torch(case):
    """Do the same with PyTorch."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    def leaf(array):
        return torch.tensor(array, requires_grad=True)

    params = {name: leaf(p) for name, p in case.network.params.items()}
    x = inputs = leaf(case.x)
    steps, lstm = case.x.shape[1], case.kind == "lstm"
    given = () if case.start is None else (leaf(case.start),)
    states = [tuple(start) if lstm else start[0] for start in given]
    if case.lengths is not None:
        inputs = pack_padded_sequence(inputs, case.lengths, True, enforce_sorted=False)
    y, final = torch.func.functional_call(
        torch_module(case), torch_weights(case, params), (inputs, *states)
    )
    final = torch.stack(final) if lstm else final[None]
    live = torch.ones(case.targets.shape, dtype=torch.bool)
    if case.lengths is not None:
        y, _ = pad_packed_sequence(y, batch_first=True, total_length=steps)
        live = torch.arange(steps) < torch.tensor(case.lengths)[:, None]
    head = f"{case.depth}."
    logits = (y @ params[head + "W"] + params[head + "b"]) * live[:, :, None]
    loss = torch.nn.functional.cross_entropy(logits[live], torch.tensor(case.targets)[live])
    (loss + (final * torch.tensor(case.dfinal)).sum()).backward()
    results = {"logits": logits, "final": final, "loss": loss, "dx": x.grad}
    if given:
        results["dstart"] = given[0].grad
    results |= {"d" + name: p.grad for name, p in params.items()}
    return {name: value.detach().numpy() for name, value in results.items()}


def freeze():
    """Write PyTorch's results for each combination once, and what wrote them."""
    import torch

    made = f"python tests/parity_cases.py with PyTorch {torch.__version__}, NumPy {np.__version__}"
    frozen = {}
    for number in range(len(COMBINATIONS)):
        results = run_torch(draw(number))
        # One vector: a file of thousands of small arrays would be mostly their headers.
        frozen[str(number)] = np.concatenate([results[name].ravel() for name in sorted(results)])
    np.savez_compressed(FROZEN, made=made, **frozen)


def thaw(vector, like):
    """Cut a frozen vector into arrays of the names and shapes of ``like``."""
    ends = np.cumsum([like[name].size for name in sorted(like)])
    assert ends[-1] == vector.size
    parts = np.split(vector, ends[:-1])
    return {
        name: part.reshape(like[name].shape) for name, part in zip(sorted(like), parts, strict=True)
    }


if __name__ == "__main__":
    freeze()
