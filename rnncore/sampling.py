"""Drawing symbols from a model's output."""

import numpy as np

from .initializers import make_rng
from .validation import check_finite, check_integer_array, check_not_negative, check_size


def sample(logits, temperature=1.0, top_k=None, rng=None):
    """Draw a class from ``softmax(logits / temperature)``.

    Parameters
    ----------
    logits : ndarray (..., V)
    temperature : float
        0 takes the largest logit (greedy); below 1 sharpens, above 1 flattens.
    top_k : int, optional
        Draw among the k largest logits only.
    rng : numpy.random.Generator, optional

    Returns
    -------
    ids : integer ndarray (...)

    Raises
    ------
    ValueError
        A negative temperature, a ``top_k`` outside 1 to V, or logits that are NaN or infinite.
    """
    logits = np.asarray(logits)
    if logits.ndim == 0 or logits.dtype.kind != "f":
        raise TypeError(f"logits: expected floats (..., V), got {logits.dtype} {logits.shape}")
    if logits.shape[-1] == 0:
        raise ValueError(f"logits: expected at least one class, got shape {logits.shape}")
    check_finite("logits", logits)
    temperature = check_not_negative("temperature", temperature)
    if top_k is not None and check_size("top_k", top_k) > logits.shape[-1]:
        raise ValueError(f"top_k: expected 1 to {logits.shape[-1]}, got {top_k}")
    if temperature == 0:
        return logits.argmax(axis=-1)
    if top_k is not None:
        # The k largest by position, so that ties never let more than k through.
        below = np.argsort(-logits, axis=-1, kind="stable")[..., top_k:]
        logits = logits.copy()
        np.put_along_axis(logits, below, -np.inf, axis=-1)
    # The largest of logits / temperature plus Gumbel noise is a draw from the softmax.
    noise = make_rng(rng).gumbel(size=logits.shape)
    return (logits / temperature + noise).argmax(axis=-1)


def generate(model, prompt, length, temperature=1.0, top_k=None, rng=None):
    """Continue a prompt symbol by symbol, feeding each one drawn back in.

    Parameters
    ----------
    model : object with ``forward(ids, state) -> logits, state, cache``
        A `LanguageModel`.
    prompt : integer array (P,)
        At least one symbol.
    length : int
        How many symbols to draw.
    temperature, top_k, rng
        As in `sample`.

    Returns
    -------
    ids : integer ndarray (length,)
        Without the prompt.
    """
    length, rng = check_size("length", length), make_rng(rng)
    if not hasattr(model, "forward") or not hasattr(model, "vocab_size"):
        raise TypeError(f"model: expected a language model, got {type(model).__name__}")
    prompt = check_integer_array("prompt", prompt, ("P",), model.vocab_size)
    drawn = np.empty(length, dtype=np.int64)
    logits, state, _ = model.forward(prompt[None])
    for t in range(length):
        drawn[t] = sample(logits[0, -1], temperature, top_k, rng)
        logits, state, _ = model.forward(drawn[None, t : t + 1], state=state)
    return drawn
