"""What layers made of other layers share."""

from .validation import check_layer, describe


class Composite:
    """Base of layers made of others, which a subclass names in ``layers``."""

    @property
    def training(self):
        """Whether a layer with such a switch, as `Dropout` has, is in training; sets all."""
        return any(getattr(layer, "training", False) for layer in self.layers)

    @training.setter
    def training(self, training):
        for layer in self.layers:
            if hasattr(layer, "training"):
                layer.training = bool(training)


def build_cell(cell, input_size, hidden_size, rng, dtype):
    """Build a recurrent layer with the class or function that was given as ``cell``."""
    if not callable(cell):
        raise TypeError(f"cell: expected a class or function such as rc.LSTM, got {describe(cell)}")
    layer = cell(input_size, hidden_size, rng=rng, dtype=dtype)
    return check_layer("cell", layer, example="rc.LSTM(2, 3)")
