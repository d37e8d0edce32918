"""What tests of layers made of recurrent layers share: cells and states."""

from functools import partial

import rnncore as rc

CELLS = [rc.RNN, rc.LSTM, rc.GRU]
KINDS = {
    "tanh": rc.RNN,
    "relu": partial(rc.RNN, nonlinearity="relu"),
    "lstm": rc.LSTM,
    "lstm-relu": partial(rc.LSTM, candidate="relu", output="identity"),
    "gru": rc.GRU,
    "gru-before": partial(rc.GRU, reset_after=False),
}


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
