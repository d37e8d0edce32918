"""Single steps of the gated cells, line for line as in the book's equations."""

import numpy as np

from .validation import check_float_array, check_numbers


def sigmoid(a):
    """Compute ``1 / (1 + exp(-a))`` as ``(1 + tanh(a / 2)) / 2``, which cannot overflow."""
    return (1 + np.tanh(check_numbers("a", a) / 2)) / 2


def lstm_step(x, h_prev, c_prev, Wxh, Whh, bh):
    """Compute one step of the LSTM.

    With ``a = x @ Wxh + h_prev @ Whh + bh`` in four blocks of H columns, ``i, f, g, o``::

        i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)      g = tanh(a_g)
        c = f * c_prev + i * g                                  h = o * tanh(c)

    Parameters
    ----------
    x : ndarray (N, D)
    h_prev, c_prev : ndarray (N, H)
    Wxh : ndarray (D, 4H)
    Whh : ndarray (H, 4H)
    bh : ndarray (4H,)

    Returns
    -------
    h, c : ndarray (N, H)
    cache : tuple
        What `lstm_step_backward` needs.

    Raises
    ------
    TypeError, ValueError
        An argument has another dtype or shape.

    Notes
    -----
    Source: Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000.
    """
    _check_step(x, h_prev, Wxh, Whh, bh, gates=4)
    check_float_array("c_prev", c_prev, h_prev.shape, x.dtype)
    a = x @ Wxh + h_prev @ Whh + bh  # (N, 4H)
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c, (x, h_prev, c_prev, i, f, g, o, c, Wxh, Whh)


def lstm_step_backward(dh, dc, cache):
    """Backpropagate through one LSTM step: from ``dL/dh`` and ``dL/dc`` to all inputs.

    ``dc`` is the derivative by ``c`` along every path but the one through ``h``.

    Parameters
    ----------
    dh, dc : ndarray (N, H)
    cache : tuple
        From `lstm_step`.

    Returns
    -------
    dx : ndarray (N, D)
    dh_prev, dc_prev : ndarray (N, H)
    grads : dict
        ``"Wxh"`` (D, 4H), ``"Whh"`` (H, 4H), ``"bh"`` (4H,).

    Raises
    ------
    TypeError, ValueError
        ``dh`` or ``dc`` has another dtype or shape than the state.
    """
    x, h_prev, c_prev, i, f, g, o, c, Wxh, Whh = cache
    check_float_array("dh", dh, c.shape, c.dtype)
    check_float_array("dc", dc, c.shape, c.dtype)
    do = dh * np.tanh(c)
    dc = dc + dh * o * (1 - np.tanh(c) ** 2)
    di, df, dg = dc * g, dc * c_prev, dc * i
    dc_prev = dc * f
    slopes = (i * (1 - i), f * (1 - f), 1 - g * g, o * (1 - o))
    da = np.hstack([d * s for d, s in zip((di, df, dg, do), slopes, strict=True)])  # (N, 4H)
    grads = {"Wxh": x.T @ da, "Whh": h_prev.T @ da, "bh": da.sum(axis=0)}
    return da @ Wxh.T, da @ Whh.T, dc_prev, grads


def gru_step(x, h_prev, Wxh, Whh, bh, bhn=None):
    """Compute one step of the GRU, with the reset after the product if there is a ``bhn``.

    With ``a = x @ Wxh + bh`` and ``Whh`` in three blocks of H columns, ``r, z, n``::

        r = sigmoid(a_r + h_prev @ Whr)         z = sigmoid(a_z + h_prev @ Whz)
        n = tanh(a_n + r * (h_prev @ Whn + bhn))     or, without bhn,
        n = tanh(a_n + (r * h_prev) @ Whn)
        h = (1 - z) * n + z * h_prev

    Parameters
    ----------
    x : ndarray (N, D)
    h_prev : ndarray (N, H)
    Wxh : ndarray (D, 3H)
    Whh : ndarray (H, 3H)
    bh : ndarray (3H,)
    bhn : ndarray (H,), optional
        The second bias of the candidate, inside the reset.

    Returns
    -------
    h : ndarray (N, H)
    cache : tuple
        What `gru_step_backward` needs.

    Raises
    ------
    TypeError, ValueError
        An argument has another dtype or shape.

    Notes
    -----
    Source: Cho et al. 2014; reset after the product: PyTorch's documentation of ``nn.GRU``.
    """
    _check_step(x, h_prev, Wxh, Whh, bh, gates=3)
    Whr, Whz, Whn = np.split(Whh, 3, axis=1)
    a_r, a_z, a_n = np.split(x @ Wxh + bh, 3, axis=1)
    r, z = sigmoid(a_r + h_prev @ Whr), sigmoid(a_z + h_prev @ Whz)
    if bhn is None:
        n = np.tanh(a_n + (r * h_prev) @ Whn)
    else:
        check_float_array("bhn", bhn, h_prev.shape[1:], x.dtype)
        n = np.tanh(a_n + r * (h_prev @ Whn + bhn))
    h = (1 - z) * n + z * h_prev
    return h, (x, h_prev, r, z, n, Wxh, Whh, bhn)


def gru_step_backward(dh, cache):
    """Backpropagate through one GRU step: from ``dL/dh`` to all inputs of `gru_step`.

    Parameters
    ----------
    dh : ndarray (N, H)
    cache : tuple
        From `gru_step`.

    Returns
    -------
    dx : ndarray (N, D)
    dh_prev : ndarray (N, H)
    grads : dict
        ``"Wxh"`` (D, 3H), ``"Whh"`` (H, 3H), ``"bh"`` (3H,) and, if it was given, ``"bhn"``.

    Raises
    ------
    TypeError, ValueError
        ``dh`` has another dtype or shape than the state.
    """
    x, h_prev, r, z, n, Wxh, Whh, bhn = cache
    check_float_array("dh", dh, h_prev.shape, h_prev.dtype)
    Whr, Whz, Whn = np.split(Whh, 3, axis=1)
    da_n = dh * (1 - z) * (1 - n * n)
    da_z = dh * (h_prev - n) * z * (1 - z)
    if bhn is None:
        dreset = da_n @ Whn.T  # by r * h_prev
        dr, dh_prev, dWhn = dreset * h_prev, dreset * r, (r * h_prev).T @ da_n
    else:
        dreset = da_n * r  # by h_prev @ Whn + bhn
        dr = da_n * (h_prev @ Whn + bhn)
        dh_prev, dWhn = dreset @ Whn.T, h_prev.T @ dreset
    da_r = dr * r * (1 - r)
    dh_prev = dh_prev + dh * z + da_r @ Whr.T + da_z @ Whz.T
    da = np.hstack([da_r, da_z, da_n])  # (N, 3H)
    grads = {
        "Wxh": x.T @ da,
        "Whh": np.hstack([h_prev.T @ da_r, h_prev.T @ da_z, dWhn]),
        "bh": da.sum(axis=0),
    }
    if bhn is not None:
        grads["bhn"] = dreset.sum(axis=0)
    return da @ Wxh.T, dh_prev, grads


def _check_step(x, h_prev, Wxh, Whh, bh, gates):
    check_float_array("Whh", Whh, ("H", f"{gates} * H"))
    hidden, dtype = len(Whh), Whh.dtype
    check_float_array("Whh", Whh, (hidden, gates * hidden))
    check_float_array("Wxh", Wxh, ("D", gates * hidden), dtype)
    check_float_array("bh", bh, (gates * hidden,), dtype)
    check_float_array("x", x, ("N", len(Wxh)), dtype)
    check_float_array("h_prev", h_prev, (len(x), hidden), dtype)
