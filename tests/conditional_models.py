"""What tests of models with two inputs share."""

import rnncore as rc


class Given:
    """A model whose second input is fixed, so that it follows the protocol of layers."""

    def __init__(self, model, second, **options):
        self.model, self.second, self.options = model, second, options
        self.params, self.backward = model.params, model.backward

    def forward(self, x, state=None, lengths=None):
        return self.model.forward(x, self.second, lengths=lengths, **self.options)


def deep(input_size, hidden_size, rng, dtype):
    """Two recurrent layers with dropout between them."""
    layers = [rc.LSTM(input_size, hidden_size, rng=rng, dtype=dtype), rc.Dropout(0.4, rng)]
    return rc.Stack([*layers, rc.GRU(hidden_size, hidden_size, rng=rng, dtype=dtype)])


def learned_start(input_size, hidden_size, rng, dtype):
    """A recurrent layer that learns its initial state."""
    return rc.RNN(input_size, hidden_size, learn_h0=True, rng=rng, dtype=dtype)
