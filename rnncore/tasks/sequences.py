"""What every task hands out, and the checks that all share."""

from typing import NamedTuple

import numpy as np

from ..validation import check_finite, check_float_array


class Sequences(NamedTuple):
    """A batch of sequences, ready for a layer's `forward` and for a loss."""

    x: np.ndarray  # (N, T, D), zero past a row's end
    lengths: np.ndarray  # (N,)
    targets: np.ndarray  # (N, T, 1) numbers or (N, T) classes, zero where the mask is False
    mask: np.ndarray  # (N, T) bool, True where the paper gives an error signal


def last_step_mask(lengths, steps):
    """Compute ``mask[n, t] = (t == lengths[n] - 1)``."""
    return np.arange(steps) == lengths[:, None] - 1


def check_outputs(outputs, data, size):
    """Return ``outputs`` if it is (N, T, size) for these sequences and finite, else raise."""
    check_float_array("outputs", outputs, (*data.mask.shape, size))
    check_finite("outputs", outputs[data.mask])
    return outputs


def check_enough(data, sequences):
    """Raise ``ValueError`` when there are fewer sequences than the criterion asks for."""
    if len(data.x) < sequences:
        raise ValueError(
            f"data: expected at least {sequences} sequences, as many as the criterion asks for, "
            f"got {len(data.x)}"
        )
