"""The loops over time: forward and backward for the vanilla RNN, the LSTM and the GRU.

Everything here is laid out for speed, and says where. Time comes first, so that a step is one
block of memory. Gates come before rows, so that each gate of a step is one block too, and the
products of all gates are one call. What needs no recurrence, the products with the inputs and
all weight gradients, is one product over all steps, outside the loop.
"""

import numpy as np

from .steps import activate, slope


def split_gates(W, gates):
    """Turn columns by gate ``(K, G*H)`` into a stack ``(G, K, H)``."""
    rows = W.reshape(-1, W.shape[-1])
    return np.ascontiguousarray(rows.reshape(len(rows), gates, -1).swapaxes(0, 1))


def input_products(x, Wxh, bh, gates):
    """Compute ``x_t @ Wxh + bh`` for every gate and step: ``(G, T, N, H)``."""
    steps, batch, _ = x.shape
    a = x.reshape(steps * batch, -1) @ split_gates(Wxh, gates)  # (G, T*N, H)
    a += split_gates(bh, gates)
    return a.reshape(gates, steps, batch, -1)


def sigmoid_inplace(a):
    """Replace ``a`` by ``sigmoid(a) = (1 + tanh(a / 2)) / 2``; NumPy's tanh beats its exp."""
    half = a.dtype.type(0.5)
    a *= half
    np.tanh(a, out=a)
    a *= half
    a += half


def hold(live, t, *states):
    """Past a row's end copy each state from step t to step t + 1."""
    if live is not None:
        for s in states:
            np.copyto(s[t + 1], s[t], where=~live[t])


def pass_through(live, t, through_step, d):
    """Past a row's end the state was copied, so its gradient is too."""
    return through_step if live is None else np.where(live[t], through_step, d)


def parameter_gradients(x, h, da, Wxh):
    """Compute ``dx`` and the gradients of ``Wxh``, ``Whh`` and ``bh`` from ``da (T, N, G*H)``."""
    flat = da.reshape(-1, da.shape[-1])  # (T*N, G*H)
    grads = {
        "Wxh": x.reshape(len(flat), -1).T @ flat,
        "Whh": h[:-1].reshape(len(flat), -1).T @ flat,
        "bh": flat.sum(axis=0),
    }
    return da @ Wxh.T, grads


def rnn_scan(x, h0, params, nonlinearity, live):
    """Run ``h_t = f(x_t @ Wxh + h_{t-1} @ Whh + bh)``; return all states ``(T + 1, N, H)``."""
    a = input_products(x, params["Wxh"], params["bh"], 1)[0]  # (T, N, H)
    h = np.empty((len(x) + 1, *h0.shape), x.dtype)
    h[0] = h0
    for t in range(len(x)):
        a[t] += h[t] @ params["Whh"]
        activate(a[t], nonlinearity, out=h[t + 1])
        hold(live, t, h)
    return h


def rnn_scan_backward(dy, dh, cache, params, nonlinearity):
    """Go back through `rnn_scan`: ``da_t = dh_t * f'(a_t)``, ``dh_{t-1} += da_t @ Whh.T``."""
    # All slopes at once; da starts as the slope and becomes dh * slope in the loop.
    da = slope(cache.h[1:], nonlinearity)  # (T, N, H)
    if cache.live is not None:
        da *= cache.live
    back = params["Whh"].T
    for t in reversed(range(len(dy))):
        dh = dh + dy[t]
        da[t] *= dh
        dh = pass_through(cache.live, t, da[t] @ back, dh)
    dx, grads = parameter_gradients(cache.x, cache.h, da, params["Wxh"])
    return dx, dh, grads


def lstm_scan(x, h0, c0, params, activations, live):
    """Run the LSTM; return ``h``, ``c`` and ``f_h(c)`` of all steps and the gates (4, T, N, H)."""
    candidate, output = activations
    gates = input_products(x, params["Wxh"], params["bh"], 4)  # i, f, g, o
    Whh = split_gates(params["Whh"], 4)
    h = np.empty((len(x) + 1, *h0.shape), x.dtype)
    c, squashed = np.empty_like(h), np.empty_like(h[1:])
    h[0], c[0] = h0, c0
    for t in range(len(x)):
        a = gates[:, t]
        a += h[t] @ Whh  # (4, N, H)
        sigmoid_inplace(a[:2])
        sigmoid_inplace(a[3])
        activate(a[2], candidate, out=a[2])
        i, f, g, o = a
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += i * g
        activate(c[t + 1], output, out=squashed[t])
        np.multiply(o, squashed[t], out=h[t + 1])
        hold(live, t, h, c)
    return h, c, squashed, gates


def lstm_scan_backward(dy, dh, dc, cache, params, activations):
    """Go back through `lstm_scan`."""
    candidate, output = activations
    c, squashed, gates = cache.inner
    i, f, g, o = gates
    live = cache.live
    # What multiplies dc (for i, f, g) and dh (for o, and for dc itself), for all steps at once.
    factors = np.stack(
        [g * i * (1 - i), c[:-1] * f * (1 - f), i * slope(g, candidate), squashed * o * (1 - o)],
        axis=2,
    )  # (T, N, 4, H)
    to_cell = o * slope(squashed, output)
    if live is not None:
        factors *= live[:, :, None]
        to_cell *= live
    da = factors
    back = params["Whh"].T
    for t in reversed(range(len(dy))):
        dh = dh + dy[t]
        dc = dc + dh * to_cell[t]
        da[t, :, :3] *= dc[:, None]
        da[t, :, 3] *= dh
        dh = pass_through(live, t, da[t].reshape(len(dh), -1) @ back, dh)
        dc = pass_through(live, t, dc * f[t], dc)
    dx, grads = parameter_gradients(cache.x, cache.h, da.reshape(*dy.shape[:2], -1), params["Wxh"])
    return dx, dh, dc, grads


def gru_scan(x, h0, params, reset_after, live):
    """Run the GRU; return all states, the gates ``r, z, n`` and the reset part of n."""
    gates = input_products(x, params["Wxh"], params["bh"], 3)  # r, z, n
    Whh = split_gates(params["Whh"], 3)
    h = np.empty((len(x) + 1, *h0.shape), x.dtype)
    reset = np.empty_like(h[1:])  # h @ Whn + bhn, or r * h
    h[0] = h0
    for t in range(len(x)):
        a, h_prev = gates[:, t], h[t]
        a[:2] += h_prev @ Whh[:2]
        sigmoid_inplace(a[:2])
        r, z, n = a
        if reset_after:
            np.matmul(h_prev, Whh[2], out=reset[t])
            reset[t] += params["bhn"]
            n += r * reset[t]
        else:
            np.multiply(r, h_prev, out=reset[t])
            n += reset[t] @ Whh[2]
        np.tanh(n, out=n)
        np.subtract(h_prev, n, out=h[t + 1])  # h = n + z * (h_prev - n)
        h[t + 1] *= z
        h[t + 1] += n
        hold(live, t, h)
    return h, reset, gates


def gru_scan_backward(dy, dh, cache, params, reset_after):
    """Go back through `gru_scan`."""
    reset, gates = cache.inner
    r, z, n = gates
    live, h_prev = cache.live, cache.h[:-1]
    slope_r, factor_z = r * (1 - r), (h_prev - n) * z * (1 - z)
    factor_n = (1 - z) * (1 - n * n)
    if live is not None:
        factor_z, factor_n = factor_z * live, factor_n * live
    da = np.empty((*dy.shape[:2], 3, dy.shape[2]), dy.dtype)  # (T, N, 3, H)
    back = split_gates(params["Whh"], 3).swapaxes(1, 2)  # (3, H, H)
    for t in reversed(range(len(dy))):
        dh = dh + dy[t]
        dr, dz, dn = da[t].swapaxes(0, 1)
        np.multiply(dh, factor_n[t], out=dn)
        np.multiply(dh, factor_z[t], out=dz)
        if reset_after:
            into_reset, dreset = dn * reset[t], dn * r[t]
            through = dreset @ back[2]
        else:
            dreset = dn @ back[2]
            into_reset, through = dreset * h_prev[t], dreset * r[t]
        np.multiply(into_reset, slope_r[t], out=dr)
        through += dh * z[t] + dr @ back[0] + dz @ back[1]
        dh = pass_through(live, t, through, dh)
    return *_gru_gradients(cache, da, params, reset_after), dh


def _gru_gradients(cache, da, params, reset_after):
    """Compute ``dx`` and the parameters' gradients; only the candidate's differ from the rest."""
    reset, gates = cache.inner
    steps, batch, _, hidden = da.shape
    flat = da.reshape(steps, batch, -1)
    dx, grads = parameter_gradients(cache.x, cache.h, flat, params["Wxh"])
    dn = da[:, :, 2]
    if reset_after:
        dn = dn * gates[0]
        before = cache.h[:-1]
        grads["bhn"] = dn.sum(axis=(0, 1))
    else:
        before = reset
    grads["Whh"][:, 2 * hidden :] = before.reshape(-1, hidden).T @ dn.reshape(-1, hidden)
    return dx, grads
