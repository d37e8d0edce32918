"""Single time steps, line for line as in the book's equations."""

from functools import partial

import numpy as np

from .validation import check_choice, check_float_array

NONLINEARITIES = ("tanh", "relu")
LSTM_ACTIVATIONS = (*NONLINEARITIES, "identity")
ACTIVATIONS = {"tanh": np.tanh, "relu": partial(np.maximum, 0), "identity": np.positive}


def slope(h, nonlinearity, out=None):
    """Compute ``f'(a)`` from ``h = f(a)``: ``1 - h ** 2`` for tanh, ``[h > 0]`` for relu, 1.

    The slope of relu at 0 is taken as 0.
    """
    out = np.empty_like(h) if out is None else out
    if nonlinearity == "tanh":
        return np.subtract(1, np.multiply(h, h, out=out), out=out)
    out[...] = h > 0 if nonlinearity == "relu" else 1
    return out


def rnn_step(x, h_prev, Wxh, Whh, bh, nonlinearity="tanh"):
    """Compute one step of the vanilla RNN, ``h = f(x @ Wxh + h_prev @ Whh + bh)``.

    Parameters
    ----------
    x : ndarray (N, D)
        The input at this step.
    h_prev : ndarray (N, H)
        The state before this step.
    Wxh : ndarray (D, H)
    Whh : ndarray (H, H)
    bh : ndarray (H,)
    nonlinearity : {"tanh", "relu"}
        The function ``f``.

    Returns
    -------
    h : ndarray (N, H)
        The new state.
    cache : tuple
        What `rnn_step_backward` needs.

    Raises
    ------
    TypeError, ValueError
        An argument has another dtype or shape.

    Notes
    -----
    Source: Elman 1990.
    """
    check_choice("nonlinearity", nonlinearity, NONLINEARITIES)
    check_float_array("Whh", Whh, ("H", "H"))
    hidden, dtype = Whh.shape[1], Whh.dtype
    check_float_array("Whh", Whh, (hidden, hidden))
    check_float_array("Wxh", Wxh, ("D", hidden), dtype)
    check_float_array("bh", bh, (hidden,), dtype)
    check_float_array("x", x, ("N", Wxh.shape[0]), dtype)
    check_float_array("h_prev", h_prev, (x.shape[0], hidden), dtype)
    a = x @ Wxh + h_prev @ Whh + bh  # (N, H)
    h = ACTIVATIONS[nonlinearity](a)
    return h, (x, h_prev, h, Wxh, Whh, nonlinearity)


def rnn_step_backward(dh, cache):
    """Backpropagate through one step: from ``dL/dh`` to all inputs of `rnn_step`.

    With ``da = dh * f'(a)``::

        dx  = da @ Wxh.T        dWxh = x.T @ da
        dh_prev = da @ Whh.T    dWhh = h_prev.T @ da
                                dbh  = sum over the batch of da

    Parameters
    ----------
    dh : ndarray (N, H)
        Derivative of the loss by ``h``, from every path that leads out of ``h``.
    cache : tuple
        From `rnn_step`.

    Returns
    -------
    dx : ndarray (N, D)
    dh_prev : ndarray (N, H)
    grads : dict
        ``"Wxh"`` (D, H), ``"Whh"`` (H, H), ``"bh"`` (H,).

    Raises
    ------
    TypeError, ValueError
        ``dh`` has another dtype or shape than ``h``.

    Notes
    -----
    Source: Werbos 1990.
    """
    x, h_prev, h, Wxh, Whh, nonlinearity = cache
    check_float_array("dh", dh, h.shape, h.dtype)
    da = dh * slope(h, nonlinearity)  # (N, H)
    dx = da @ Wxh.T
    dh_prev = da @ Whh.T
    grads = {"Wxh": x.T @ da, "Whh": h_prev.T @ da, "bh": da.sum(axis=0)}
    return dx, dh_prev, grads
