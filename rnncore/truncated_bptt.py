"""Truncated backpropagation through time: one gradient a window, the state carried on."""

from collections import deque

import numpy as np

from .tasks.sequences import Sequences
from .validation import check_layer, check_size


def truncated_bptt(model, batches, loss, state=None, look_back=1):
    """Go through windows of long sequences; yield loss, gradients and state after each.

    The forward pass carries the state from window to window and never breaks off. The backward
    pass does: with ``look_back`` 1 it ends at the window's first step, as if the state carried
    in were a constant. With m it goes on through the m - 1 windows before, so that a loss
    reaches at least ``(m - 1) * T`` steps back; each loss still counts once::

        for loss, grads, state in truncated_bptt(model, windows, softmax_cross_entropy):
            optimizer.step(grads)

    Parameters
    ----------
    model : layer
        Of the common protocol, reading forwards: a recurrent layer, `Stack`, `LanguageModel`.
    batches : iterable of (x, targets) or of `tasks.Sequences`
        The windows in their order, (N, T, ...) each, for example from `stream_batches`. Row n
        goes on where row n of the window before stopped.
    loss : callable
        ``loss(y, targets) -> value, dy``, for example `softmax_cross_entropy`; it also takes
        ``mask`` where a batch has one.
    state : state of the model, optional
        Before the first window; by default the model's own start.
    look_back : int
        m, the windows that a gradient goes back through, its own among them.

    Yields
    ------
    value : float
        The loss of the window.
    grads : dict
        Of the parameters.
    state : state of the model
        After the window.

    Raises
    ------
    TypeError, ValueError
        A batch is neither a pair nor `Sequences`, or the model or the loss refuses it.

    Notes
    -----
    Source: Williams and Peng 1990, BPTT(h; h') with h = ``look_back * T`` and h' = T. When the
    parameters change between windows, the steps of earlier windows keep the activations that
    they had, and go back through the parameters of now.
    """
    check_layer("model", model)
    windows = deque(maxlen=check_size("look_back", look_back))  # caches and zeros like y
    for batch in batches:
        x, lengths, targets, mask = as_sequences(batch)
        y, state, cache = model.forward(x, state=state, lengths=lengths)
        value, dy = loss(y, targets) if mask is None else loss(y, targets, mask=mask)
        windows.append((cache, np.zeros_like(y)))
        yield value, _backward(model, dy, windows), state


def _backward(model, dy, windows):
    """Sum the gradients of the newest window's loss over all windows that are kept."""
    dstate, total = None, {}
    for age, (cache, no_loss) in enumerate(reversed(windows)):
        _, dstate, grads = model.backward(no_loss if age else dy, cache, dstate=dstate)
        total = {name: total[name] + g if age else g for name, g in grads.items()}
    return total


def as_sequences(batch):
    """Return a batch as `Sequences`; a pair (x, targets) has neither lengths nor mask."""
    if isinstance(batch, Sequences):
        return batch
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        got = f"{len(batch)} parts" if isinstance(batch, tuple | list) else type(batch).__name__
        raise TypeError(f"batches: expected pairs (x, targets) or tasks.Sequences, got {got}")
    return Sequences(x=batch[0], lengths=None, targets=batch[1], mask=None)
