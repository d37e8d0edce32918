"""What layers made of other layers share."""


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
