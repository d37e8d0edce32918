"""The contenders: each turns a case into a function that runs once and returns two times.

The first is the time of the forward pass, the second of forward and backward together, in
seconds. A training step of the character model has no forward time of its own.
"""

from time import perf_counter

import numpy as np

import rnncore as rc
from rnncore.exchange import to_pytorch

from . import naive
from .cases import CHARACTERS, SIZES


def draw(case, seed=0):
    """Draw inputs, the outputs' gradient and a layer with the weights all contenders use."""
    rng = np.random.default_rng(seed)
    batch, steps, size, hidden = SIZES[case.size]
    x = rng.standard_normal((batch, steps, size)).astype(case.dtype)
    dy = rng.standard_normal((batch, steps, hidden)).astype(case.dtype)
    return x, dy, getattr(rc, case.cell)(size, hidden, rng=rng, dtype=case.dtype)


def time_of(forward, backward):
    """Time a forward pass and the backward pass that takes its results."""

    def run():
        start = perf_counter()
        results = forward()
        middle = perf_counter()
        backward(*results)
        return middle - start, perf_counter() - start

    return run


def rnncore(case):
    """Time the library's layer, or a training step of its language model."""
    if case.size == "character model":
        return _rnncore_training(case)
    x, dy, layer = draw(case)
    return time_of(lambda: layer.forward(x), lambda _y, _state, cache: layer.backward(dy, cache))


def naive_numpy(case):
    """Time single steps in a loop."""
    if case.size == "character model":
        return None
    x, dy, layer = draw(case)
    return time_of(
        lambda: naive.forward(case.cell, x, layer.params),
        lambda _y, caches: naive.backward(case.cell, dy, caches),
    )


def pytorch(case):
    """Time PyTorch's layer, eager, on the CPU, or a training step of the same language model."""
    import torch

    if case.size == "character model":
        return _pytorch_training(case)
    x, dy, layer = draw(case)
    module = getattr(torch.nn, case.cell)(
        x.shape[2], dy.shape[2], batch_first=True, dtype=getattr(torch, case.dtype)
    )
    weights = to_pytorch(layer.params, case.cell)
    module.load_state_dict({name: torch.tensor(w) for name, w in weights.items()})
    x, dy = torch.tensor(x, requires_grad=True), torch.tensor(dy)

    def forward():
        module.zero_grad()
        x.grad = None
        return module(x)

    return time_of(forward, lambda y, _state: y.backward(dy))


def _rnncore_training(case):
    batch, steps, hidden, symbols = CHARACTERS
    rng = np.random.default_rng(0)
    model = rc.LanguageModel(
        symbols, hidden, cell=getattr(rc, case.cell), rng=rng, dtype=case.dtype
    )
    optimizer = rc.Adam(model.params, lr=1e-3)
    ids = rng.integers(symbols, size=(batch, steps + 1))

    def step():
        logits, _, cache = model.forward(ids[:, :-1])
        _, dlogits = rc.softmax_cross_entropy(logits, ids[:, 1:])
        _, _, grads = model.backward(dlogits, cache)
        optimizer.step(rc.clip_grad_norm(grads, 1.0)[0])
        return ()

    return time_of(step, lambda: None)


def _pytorch_training(case):
    import torch

    batch, steps, hidden, symbols = CHARACTERS
    embedding = torch.nn.Embedding(symbols, hidden)
    cell = getattr(torch.nn, case.cell)(hidden, hidden, batch_first=True)
    head = torch.nn.Linear(hidden, symbols)
    parameters = [p for m in (embedding, cell, head) for p in m.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    ids = torch.tensor(np.random.default_rng(0).integers(symbols, size=(batch, steps + 1)))

    def step():
        optimizer.zero_grad()
        logits = head(cell(embedding(ids[:, :-1]))[0])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return ()

    return time_of(step, lambda: None)


CONTENDERS = {"rnncore": rnncore, "PyTorch": pytorch, "naive NumPy": naive_numpy}

# The recurrence with one of its choices undone, to see what it gains.
VARIANTS = {"panels": ("SMALL_PRODUCT", 0), "memory used again": ("empty", np.empty)}
