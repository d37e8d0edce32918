"""What tests of layers made of recurrent layers share: cells, states, PyTorch's weights."""

import numpy as np

import rnncore as rc

CELLS = [getattr(rc, name) for name in ("RNN", "LSTM", "GRU") if hasattr(rc, name)]


def fill(layer, rng):
    """Make every parameter of a layer different from zero."""
    for p in layer.params.values():
        p[...] = 0.7 * rng.standard_normal(p.shape)
    return layer


def arrays(state):
    """List the arrays of a nested state."""
    if state is None:
        return []
    return [a for part in state for a in arrays(part)] if isinstance(state, tuple) else [state]


def draw_like(state, rng):
    """Draw a state of the same form."""
    if isinstance(state, tuple):
        return tuple(draw_like(part, rng) for part in state)
    return None if state is None else rng.standard_normal(state.shape)


def rows_of(state, rows):
    """Pick rows of every array of a state."""
    if isinstance(state, tuple):
        return tuple(rows_of(part, rows) for part in state)
    return None if state is None else state[rows]


def cells(layer, state, prefix=""):
    """List the recurrent layers inside a layer: name's prefix, layer, state."""
    if isinstance(layer, rc.Bidirectional):
        parts = {"forward": layer.forward_layer, "backward": layer.backward_layer}
    elif hasattr(layer, "layers"):
        parts = dict(enumerate(layer.layers))
    else:
        return [(prefix, layer, state)]
    return [
        cell
        for (name, part), part_state in zip(parts.items(), state, strict=True)
        for cell in cells(part, part_state, f"{prefix}{name}.")
    ]


def stacked(layer, state):
    """Stack the states of all recurrent layers as PyTorch does: ``[h]`` or ``[h, c]``."""
    parts = [s if isinstance(s, tuple) else (s,) for _, _, s in cells(layer, state)]
    return [np.stack(part) for part in zip(*parts, strict=True)]


def torch_weights(cell, values, suffix):
    """Name weights as PyTorch does, which multiplies from the left and has two biases."""
    recurrent_bias = np.zeros_like(values["bh"])
    if "bhn" in values:
        recurrent_bias[-cell.hidden_size :] = values["bhn"]
    return {
        f"weight_ih_{suffix}": values["Wxh"].T,
        f"weight_hh_{suffix}": values["Whh"].T,
        f"bias_ih_{suffix}": values["bh"],
        f"bias_hh_{suffix}": recurrent_bias,
    }


def torch_module(layer, state):
    """Build PyTorch's module of the same weights, one or two directions."""
    import torch

    found = cells(layer, state)
    both = any("backward" in prefix for prefix, _, _ in found)
    _, first, _ = found[0]
    module = getattr(torch.nn, type(first).__name__)(
        first.input_size,
        first.hidden_size,
        num_layers=len(found) // (1 + both),
        bidirectional=both,
        batch_first=True,
        dtype=torch.float64,
    )
    suffixes = [f"l{i // 2}" + "_reverse" * (i % 2) if both else f"l{i}" for i in range(len(found))]
    for (_, cell, _), suffix in zip(found, suffixes, strict=True):
        for name, value in torch_weights(cell, cell.params, suffix).items():
            getattr(module, name).data = torch.tensor(value)
    return module, suffixes


def assert_equals_torch(layer, rng, lengths, shape):
    """Compare outputs, final states and all gradients with PyTorch, to 1e-10."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    x = rng.standard_normal(shape)
    y, final, _ = layer.forward(x)
    start, dfinal, dy = draw_like(final, rng), draw_like(final, rng), rng.standard_normal(y.shape)
    dy *= 1 if lengths is None else rc.length_mask(lengths, shape[1])[:, :, None]
    y, final, cache = layer.forward(x, state=start, lengths=lengths)
    dx, dstart, grads = layer.backward(dy, cache, dstate=dfinal)

    module, suffixes = torch_module(layer, start)
    inputs = their_x = torch.tensor(x, requires_grad=True)
    their_start = [torch.tensor(s, requires_grad=True) for s in stacked(layer, start)]
    if lengths is not None:
        inputs = pack_padded_sequence(their_x, lengths, batch_first=True, enforce_sorted=False)
    their_y, ends = module(inputs, tuple(their_start) if len(their_start) > 1 else their_start[0])
    if lengths is not None:
        their_y, _ = pad_packed_sequence(their_y, batch_first=True, total_length=shape[1])
    ends = ends if isinstance(ends, tuple) else (ends,)
    loss = (their_y * torch.tensor(dy)).sum()
    for end, weight in zip(ends, stacked(layer, dfinal), strict=True):
        loss = loss + (end * torch.tensor(weight)).sum()
    loss.backward()

    ours = [y, *stacked(layer, final), dx, *stacked(layer, dstart)]
    theirs = [their_y, *ends, their_x.grad, *(s.grad for s in their_start)]
    for (prefix, cell, _), suffix in zip(cells(layer, start), suffixes, strict=True):
        own = {name: grads[prefix + name] for name in cell.params}
        for name, grad in torch_weights(cell, own, suffix).items():
            their_grad = getattr(module, name).grad
            if name.startswith("bias_hh"):  # only the GRU's last block is a parameter of ours
                ours.append(grad[-cell.hidden_size :] if "bhn" in own else np.zeros(0))
                theirs.append(their_grad[-cell.hidden_size :] if "bhn" in own else torch.zeros(0))
            else:
                ours.append(grad)
                theirs.append(their_grad)
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our, their.detach().numpy(), rtol=1e-10, atol=1e-10)
