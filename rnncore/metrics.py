"""Measures of a model's quality."""

import numpy as np


def perplexity(nats):
    """Compute ``exp(L)`` from a mean cross-entropy in nats: sides of an equally hard fair die."""
    return float(np.exp(nats))


def bits_per_symbol(nats):
    """Compute ``L / log(2)``: a mean cross-entropy in bits instead of nats."""
    return float(nats / np.log(2))
