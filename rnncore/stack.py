"""Layers one on top of the other."""

from .composite import Composite
from .naming import named
from .validation import check_layer, check_parts


class Stack(Composite):
    """Deep network, ``y = layer_k(... layer_1(layer_0(x)))``.

    Parameters
    ----------
    layers : sequence of layers
        Any that follow the protocol: recurrent layers, `Bidirectional`, `Dropout` between
        them, `Dense`, pooling, another stack. An object with parameters stands in it once.

    Attributes
    ----------
    params : dict
        Those of all layers, prefixed ``0.``, ``1.`` and so on; the same arrays.
    layers : tuple

    Raises
    ------
    TypeError, ValueError
        Not a sequence of layers, an empty one, or one layer's parameters twice.

    Notes
    -----
    Source: Graves, Mohamed and Hinton 2013 for deep recurrent networks.
    """

    def __init__(self, layers):
        if not isinstance(layers, list | tuple):
            raise TypeError(f"layers: expected a list of layers, got {type(layers).__name__}")
        if not layers:
            raise ValueError("layers: expected at least one layer, got none")
        self.layers = tuple(check_layer(f"layers[{i}]", layer) for i, layer in enumerate(layers))
        for i, layer in enumerate(self.layers):
            first = next(k for k, other in enumerate(self.layers) if other is layer)
            if layer.params and first != i:
                raise ValueError(f"layers[{i}]: expected a layer of its own, got layers[{first}]")
        self.params = self._name(layer.params for layer in self.layers)

    def forward(self, x, state=None, lengths=None):
        """Run the layers from the bottom to the top.

        Parameters
        ----------
        x : ndarray
            As the first layer takes it.
        state : tuple, optional
            One state for each layer; None for a layer without one, or to start afresh.
        lengths : integer array (N,), optional
            Given to every layer up to the one that takes the time axis away.

        Returns
        -------
        y : ndarray
            As the last layer gives it.
        state : tuple
            The layers' final states, None for those without.
        cache : tuple

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape; a note says in which layer.
        """
        states = check_parts("state", state, len(self.layers), "with one part for each layer")
        finals, caches = [], []
        for i, (layer, start) in enumerate(zip(self.layers, states, strict=True)):
            try:
                x, final, cache = layer.forward(x, state=start, lengths=lengths)
            except (TypeError, ValueError) as error:
                error.add_note(f"in layers[{i}] of the stack, {type(layer).__name__}")
                raise
            if x.ndim == 2:  # no time axis any more
                lengths = None
            finals.append(final)
            caches.append(cache)
        return x, tuple(finals), tuple(caches)

    def backward(self, dy, cache, dstate=None):
        """Backpropagate from the top to the bottom.

        Parameters
        ----------
        dy : ndarray, shape of the output
        cache : tuple
            From `forward`.
        dstate : tuple, optional
            Derivatives of the loss by the final states, None where there is none.

        Returns
        -------
        dx : ndarray, shape of the input
            None when the first layer takes symbols.
        dstate : tuple
            Derivatives of the loss by the initial states, None for layers without one.
        grads : dict
            The keys and shapes of ``params``.

        Raises
        ------
        TypeError, ValueError
            ``dy`` or ``dstate`` has another dtype or shape.
        """
        dfinals = check_parts("dstate", dstate, len(self.layers), "with one part for each layer")
        dstarts, grads = [], []
        steps = list(zip(self.layers, cache, dfinals, strict=True))
        for layer, layer_cache, dfinal in reversed(steps):
            dy, dstart, grad = layer.backward(dy, layer_cache, dstate=dfinal)
            dstarts.append(dstart)
            grads.append(grad)
        return dy, tuple(dstarts[::-1]), self._name(grads[::-1])

    def _name(self, groups):
        return named(**{str(i): group for i, group in enumerate(groups)})
