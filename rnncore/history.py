"""The record of a training run."""

from dataclasses import dataclass, field

import numpy as np

from .checkpoint import read_checkpoint

COLUMNS = ("loss", "grad_norm", "lr", "seconds")


@dataclass
class History:
    """What `fit` wrote down, one number for every step.

    Attributes
    ----------
    loss : list of float
        Of the batch, before the update.
    grad_norm : list of float
        Global norm of the gradient, before clipping.
    lr : list of float
    seconds : list of float
        Time taken by the step, without validation and checkpoints.
    validation : dict of list
        ``"step"``, after how many steps, and each metric's values at those.
    """

    loss: list = field(default_factory=list)
    grad_norm: list = field(default_factory=list)
    lr: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    validation: dict = field(default_factory=lambda: {"step": []})

    def add_step(self, *numbers):
        """Append one step's loss, gradient norm, learning rate and seconds."""
        for name, number in zip(COLUMNS, numbers, strict=True):
            getattr(self, name).append(float(number))

    def add_metrics(self, metrics):
        """Append metrics, measured after the last step."""
        if not isinstance(metrics, dict) or "step" in metrics:
            raise TypeError(f"validate: expected a dict of numbers, without 'step', got {metrics}")
        known = self.validation.keys() - {"step"}
        if self.validation["step"] and known != metrics.keys():
            raise ValueError(
                f"validate: expected the metrics {sorted(known)} as before, got {sorted(metrics)}"
            )
        row = {name: float(value) for name, value in metrics.items()}
        for name, value in {"step": len(self.loss), **row}.items():
            self.validation.setdefault(name, []).append(value)

    def measured(self):
        """Say whether there are metrics after the last step."""
        return self.validation["step"][-1:] == [len(self.loss)]

    def pack(self):
        """Return all columns as arrays, under names that `unpack` knows."""
        columns = {f"history.{name}": np.array(getattr(self, name), float) for name in COLUMNS}
        metrics = {f"validation.{name}": np.array(v) for name, v in self.validation.items()}
        return columns | metrics

    @classmethod
    def unpack(cls, arrays):
        """Build a history from the arrays of `pack`; others among them are left alone."""
        columns = {name: arrays[f"history.{name}"].tolist() for name in COLUMNS}
        metrics = {
            name.removeprefix("validation."): array.tolist()
            for name, array in arrays.items()
            if name.startswith("validation.")
        }
        return cls(**columns, validation=metrics)


def load_history(path):
    """Read the history of a run from its checkpoint.

    Parameters
    ----------
    path : str or path-like
        As given to `fit`.

    Returns
    -------
    History

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or it is damaged or no checkpoint.
    """
    return History.unpack(read_checkpoint(path)[0])
