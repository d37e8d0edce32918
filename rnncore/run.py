"""The state of a training run: all that training changes, and how it is kept in a file."""

import zlib
from pathlib import Path
from time import perf_counter

import numpy as np

from .checkpoint import pack_state, read_checkpoint, unpack_state, write_checkpoint
from .history import History
from .interrupts import interrupts_held
from .validation import check_finite, check_float_array, check_same_keys


class Run:
    """A model, its optimizer, and how far training has come.

    A step counts whole or not at all: an interruption leaves everything as it was after the
    last whole step. The batches of epoch e come from a generator seeded with ``(seed, e)``, so
    the place in the data is two numbers: the epoch, and the batches of it that are done.
    """

    def __init__(self, model, optimizer, seed):
        self.model, self.optimizer, self.seed = model, optimizer, seed
        self.epoch = self.batch = 0  # batches of this epoch that are done
        self.checksum = self.next_checksum = 0  # of the last batch, and of the one in work
        self.state = None  # carried to the next batch
        self.history = History()
        self.saved = None  # the path of the checkpoint and its step
        self.generators = generators(model)
        self._note_generators()

    @property
    def step(self):
        """How many updates were made."""
        return len(self.history.loss)

    def batches(self, source, steps, epochs):
        """Yield what is left of ``steps`` steps or ``epochs`` epochs, whichever ends first."""
        while self.epoch < epochs and self.step < steps:
            count = 0
            for batch in source(np.random.default_rng([self.seed, self.epoch])):
                if self.step >= steps:
                    return
                count, self.next_checksum = count + 1, checksum(batch)
                if count > self.batch:
                    yield batch
                elif count == self.batch and self.next_checksum != self.checksum:
                    raise ValueError(
                        f"batches: batch {count} of epoch {self.epoch} is not what it was when "
                        "the checkpoint was written; it may depend on nothing but the data and "
                        "the generator that batches is given"
                    )
            if count == 0 or count < self.batch:
                raise ValueError(
                    f"batches: expected at least {max(self.batch, 1)} in epoch {self.epoch}, "
                    f"got {count}"
                )
            with interrupts_held():
                self.epoch, self.batch, self.state = self.epoch + 1, 0, None

    def update(self, grads, state, loss, norm, start):
        """Make one step: update the parameters, and write down where the run stands."""
        with interrupts_held():
            self.optimizer.step(grads)
            self.state, self.batch, self.checksum = state, self.batch + 1, self.next_checksum
            self.history.add_step(loss, norm, self.optimizer.lr, perf_counter() - start)
            self._note_generators()

    def measure(self, validate):
        """Write down the metrics of the model outside training, unless that is done."""
        if validate is None or self.history.measured():
            return
        switches = [part for part in parts(self.model) if "training" in vars(part)]
        before = [part.training for part in switches]
        try:
            for part in switches:
                part.training = False
            metrics = validate(self.model)
        finally:
            for part, training in zip(switches, before, strict=True):
                part.training = training
        with interrupts_held():
            self.history.add_metrics(metrics)
            self._note_generators()

    def rewind(self):
        """Put the model's generators back to the last whole step; say which one that is."""
        for generator, noted in zip(self.generators, self.noted, strict=True):
            generator.bit_generator.state = noted
        return f"fit ended after step {self.step}; the model is as it was after that step"

    def save(self, path):
        """Write a checkpoint; parameters that are not finite never replace a good one."""
        for name, p in self.model.params.items():
            check_finite(name, p)
        arrays = {f"params.{name}": p for name, p in self.model.params.items()}
        arrays |= {f"optimizer.{name}": a for name, a in self.optimizer.state().items()}
        facts = {name: getattr(self, name) for name in ("seed", "epoch", "batch", "checksum")}
        facts["state"] = pack_state(self.state, arrays, "state.")
        facts |= {"optimizer": type(self.optimizer).__name__, "generators": self.noted}
        with interrupts_held():
            write_checkpoint(path, arrays | self.history.pack(), facts)
            self.saved = path, self.step

    def load(self, path):
        """Go to where a checkpoint stands; when it does not fit, nothing changes."""
        arrays, facts = read_checkpoint(path)
        name = Path(path).name
        params = _group(arrays, "params.")
        check_same_keys(f"the model in {name}", params, self.model.params, of="model.params")
        for key, own in self.model.params.items():
            check_float_array(f"{key} in {name}", params[key], own.shape, own.dtype)
        kind, kinds = type(self.optimizer).__name__, [g["bit_generator"] for g in self.noted]
        if facts["optimizer"] != kind:
            raise ValueError(f"optimizer: {name} was written with {facts['optimizer']}, got {kind}")
        if [g["bit_generator"] for g in facts["generators"]] != kinds:
            raise ValueError(
                f"model: {name} holds {len(facts['generators'])} random generators of the model, "
                f"such as those of Dropout, got {len(kinds)}, or others"
            )
        self.optimizer.load_state(_group(arrays, "optimizer."))
        for key, own in self.model.params.items():
            own[...] = params[key]
        for key in ("seed", "epoch", "batch", "checksum"):
            setattr(self, key, facts[key])
        self.state = unpack_state(facts["state"], arrays, "state.")
        self.history, self.noted = History.unpack(arrays), facts["generators"]
        self.saved = path, self.step
        self.rewind()

    def _note_generators(self):
        self.noted = [generator.bit_generator.state for generator in self.generators]


def _group(arrays, prefix):
    return {k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}


def parts(model):
    """List a model and all layers inside it, each once."""
    found, waiting = [], [model]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list | tuple):
            waiting.extend(value)
        elif hasattr(value, "params") and all(value is not other for other in found):
            found.append(value)
            waiting.extend(getattr(value, "__dict__", {}).values())
    return found


def generators(model):
    """List the random generators that a model draws from, each once."""
    values = [value for part in parts(model) for value in vars(part).values()]
    unique = {id(value): value for value in values if isinstance(value, np.random.Generator)}
    return list(unique.values())


def checksum(batch):
    """Compute a CRC-32 over all arrays of a batch."""
    if batch is None:
        return 0
    if isinstance(batch, list | tuple):
        return zlib.crc32(repr([checksum(part) for part in batch]).encode())
    return zlib.crc32(np.ascontiguousarray(batch))
