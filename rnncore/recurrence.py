"""The loops over time: forward and backward for the vanilla RNN, the LSTM and the GRU.

This is the one place of the library that is laid out for speed. What makes it fast, each with
the name under which `make bench` measures what it gains:

``time first``
    A step is one block of memory, and ``z``, the rows ``[x_t, 1, h_{t-1}]`` of all steps, is one
    array: one product over all steps gives the gradients of all weights and biases.
``all gates at once``
    A step takes one product for all gates, and each gate of it is a block of its own.
``panels``
    BLAS packs large matrices before it multiplies them, but with AVX-512 not small ones. So the
    columns are cut into panels of 128 bytes, and gates and states are kept as panels
    ``(P, N, w)``, with ``P * w = H``. Elementwise work does not care. Without AVX-512 panels of
    64 columns do best, which is twice or four times as wide.
``sigmoid through tanh``
    ``sigmoid(a) = (1 + tanh(a / 2)) / 2``; the half inside goes into the weights.
``in place``
    Every result has its place before the loop starts.
``memory used again``
    The large arrays come from a pool (`memory.py`), so no call waits for fresh pages.
"""

import numpy as np

from .memory import empty
from .steps import ACTIVATIONS, slope

PANEL_BYTES = 128  # with AVX-512
PANEL_COLUMNS = 64  # without
AVX512_LEVELS = ("X86_V4", "AVX512")  # as NumPy calls them, since 2.4 and before
SMALL_PRODUCT = 1_000_000  # rows x depth x columns; OpenBLAS multiplies up to here unpacked


def has_avx512():
    """Tell whether NumPy computes with AVX-512 here, by what it takes for its tanh."""
    found = np.lib.introspect.opt_func_info("^tanh$").get("tanh", {})
    return any(level in kind["current"] for kind in found.values() for level in AVX512_LEVELS)


AVX512 = has_avx512()


def panel_width(batch, hidden, dtype):
    """Choose a panel's width w; all H columns where small products would not help."""
    width = PANEL_BYTES // dtype.itemsize if AVX512 else PANEL_COLUMNS
    small = batch > 1 and batch * hidden * width <= SMALL_PRODUCT
    return width if small and hidden % width == 0 else hidden


def as_panels(rows, width):
    """See rows ``(..., N, H)`` as panels ``(..., P, N, w)``: to write to one writes the other."""
    return rows.reshape(*rows.shape[:-1], -1, width).swapaxes(-3, -2)


def as_gates(rows, gates, width):
    """See rows ``(T, N, G*H)`` as ``(T, G, P, N, w)``."""
    return rows.reshape(*rows.shape[:2], gates, -1, width).transpose(0, 2, 3, 1, 4)


def as_rows(panels):
    """Copy panels ``(..., P, N, w)`` to rows ``(..., N, H)``."""
    rows = panels.swapaxes(-3, -2)
    return rows.reshape(*rows.shape[:-2], -1)


def cut(W, width):
    """Cut the columns of ``W (K, M)`` into ``(M / w, K, w)``."""
    return np.ascontiguousarray(W.reshape(len(W), -1, width).swapaxes(0, 1))


class Product:
    """A step's product ``rows @ W``; ``panels`` shows the last result."""

    def __init__(self, W, batch, width):
        depth, columns = W.shape
        if batch > 1 and width < columns and batch * depth * width <= SMALL_PRODUCT:
            self.W = cut(W, width)
            self.out = self.panels = np.empty((columns // width, batch, width), W.dtype)
        else:
            self.W = np.ascontiguousarray(W)
            self.out = np.empty((batch, columns), W.dtype)
            self.panels = as_panels(self.out, width)

    def __call__(self, rows):
        """Compute the product of ``rows (N, K)``."""
        np.matmul(rows, self.W, out=self.out)


def ended(live, steps):
    """List for every step which rows are past their end; None where no lengths were given."""
    return [None] * steps if live is None else list(~live)


def join(x, h0):
    """Lay out ``[x_t, 1, h_{t-1}]`` for all steps: ``(T + 1, N, D + 1 + H)``, h to be computed."""
    batch, steps, size = x.shape
    z = empty((steps + 1, batch, size + 1 + h0.shape[1]), x.dtype)
    z[:-1, :, :size] = x.swapaxes(0, 1)
    z[-1, :, :size] = 0
    z[:, :, size] = 1
    z[0, :, size + 1 :] = h0
    return z


def stack_weights(params):
    """Stack ``[Wxh; bh; Whh]``, the factor of ``[x, 1, h]``: ``(D + 1 + H, G*H)``."""
    return np.concatenate([params["Wxh"], params["bh"][None], params["Whh"]])


def input_products(x1, W, gates, width):
    """Compute ``[x_t, 1] @ [Wxh; bh]`` for all steps: ``(T, G, P, N, w)``."""
    (steps, batch, depth), columns = x1.shape, W.shape[1]
    if width * gates < columns:
        a = empty((steps, columns // width, batch, width), x1.dtype)
        np.matmul(x1[:, None], cut(W, width), out=a)
        return a.reshape(steps, gates, -1, batch, width)
    a = empty((steps, batch, columns), x1.dtype)
    np.matmul(x1.reshape(-1, depth), W, out=a.reshape(-1, columns))
    return as_gates(a, gates, width)


def weight_gradients(z, da, Wxh):
    """Compute ``dx`` and the gradients of ``Wxh``, ``Whh`` and ``bh`` from ``da (T, N, G*H)``."""
    flat = da.reshape(-1, da.shape[-1])  # (T*N, G*H)
    rows = z[:-1].reshape(len(flat), -1)
    dW = np.matmul(rows.T, flat, out=empty((rows.shape[1], flat.shape[1]), z.dtype))
    size = len(Wxh)
    dx = np.matmul(flat, np.ascontiguousarray(Wxh.T), out=empty((len(flat), size), z.dtype))
    grads = {"Wxh": dW[:size], "Whh": dW[size + 1 :], "bh": dW[size]}
    return dx.reshape(*da.shape[:2], size), grads


def rnn_scan(x, h0, params, nonlinearity, live):
    """Run ``h_t = f(x_t @ Wxh + h_{t-1} @ Whh + bh)``; return ``[x, 1, h]`` of all steps."""
    z, W, f = join(x, h0), stack_weights(params), ACTIVATIONS[nonlinearity]
    h = z[:, :, -h0.shape[1] :]
    a = np.empty(h0.shape, z.dtype)
    for z_t, h_prev, h_t, dead in zip(z, h, h[1:], ended(live, len(z) - 1), strict=False):
        np.matmul(z_t, W, out=a)
        f(a, out=h_t)
        if dead is not None:
            np.copyto(h_t, h_prev, where=dead)
    return z


def rnn_scan_backward(dy, dh, z, live, params, nonlinearity):
    """Go back through `rnn_scan`: ``da_t = dh_t * f'(a_t)``, ``dh_{t-1} = da_t @ Whh.T``."""
    h = z[1:, :, -dh.shape[1] :]
    da = slope(h, nonlinearity, out=empty(h.shape, h.dtype))  # becomes slope * dh in the loop
    if live is not None:
        da *= live
    back, through = np.ascontiguousarray(params["Whh"].T), dh.copy()
    for dy_t, da_t, dead in zip(dy[::-1], da[::-1], ended(live, len(da))[::-1], strict=True):
        dh = np.add(through, dy_t, out=dh)
        da_t *= dh
        np.matmul(da_t, back, out=through)
        if dead is not None:
            np.copyto(through, dh, where=dead)
    dx, grads = weight_gradients(z, da, params["Wxh"])
    return dx, through, grads


class GatedForward:
    """What the forward passes of LSTM and GRU lay out before their loops.

    ``order`` is the order of the gates inside, sigmoids first; the first ``together`` of them
    take their recurrent product in one.
    """

    def __init__(self, x, h0, params, order, sigmoids, together):
        gates, (batch, hidden) = len(order), h0.shape
        self.z, self.width = join(x, h0), panel_width(batch, hidden, x.dtype)
        W = stack_weights(params)
        by_gate = W.reshape(len(W), gates, hidden)[:, order]
        by_gate[:, :sigmoids] *= 0.5
        Wx1, self.Whh = np.split(by_gate.reshape(W.shape), [-hidden])
        self.gates = input_products(self.z[:-1, :, : len(Wx1)], Wx1, gates, self.width)
        self.h_rows = self.z[:, :, -hidden:]
        self.h = as_panels(self.h_rows, self.width)
        self.recur = Product(self.Whh[:, : together * hidden], batch, self.width)
        self.recurrent = self.recur.panels.reshape(together, *self.gates.shape[2:])


def squash_in_place(a, half):
    """Turn ``a / 2`` into ``sigmoid(a)``."""
    np.tanh(a, out=a)
    a *= half
    a += half


def lstm_scan(x, h0, c0, params, activations, live):
    """Run the LSTM; return ``z`` and, of all steps, ``c``, ``f_h(c)`` and the gates i, f, o, g."""
    candidate, output = (ACTIVATIONS[name] for name in activations)
    p = GatedForward(x, h0, params, [0, 1, 3, 2], 3, 4)
    h, gates, half = p.h, p.gates, x.dtype.type(0.5)
    c, squashed = empty(h.shape, h.dtype), empty(h[1:].shape, h.dtype)
    c[0], written = as_panels(c0, p.width), np.empty(h[0].shape, h.dtype)
    each = (p.h_rows[:-1], h[:-1], h[1:], c[:-1], c[1:], squashed, gates, gates[:, :3])
    each = (*each, ended(live, len(gates)))
    for h_row, h_prev, h_t, c_prev, c_t, s, a, ifo, dead in zip(*each, strict=True):
        p.recur(h_row)
        a += p.recurrent
        squash_in_place(ifo, half)
        i, f, o, g = a
        candidate(g, out=g)
        np.multiply(f, c_prev, out=c_t)
        np.multiply(i, g, out=written)
        c_t += written
        output(c_t, out=s)
        np.multiply(o, s, out=h_t)
        if dead is not None:
            np.copyto(c_t, c_prev, where=dead)
            np.copyto(h_t, h_prev, where=dead)
    return p.z, c, squashed, gates


def lstm_factors(gates, c_prev, squashed, live, activations):
    """Compute what multiplies dc (for i, f, g), dh (for o), dc on its way back, and dh into dc."""
    candidate, output = activations
    i, f, o, g = gates.swapaxes(0, 1)
    factors = empty(gates.shape, gates.dtype)  # i, f, g, o
    for k, gate, other in ((0, i, g), (1, f, c_prev), (3, o, squashed)):
        np.subtract(1, gate, out=factors[:, k])
        factors[:, k] *= gate
        factors[:, k] *= other
    slope(g, candidate, out=factors[:, 2])
    factors[:, 2] *= i
    into_c = slope(squashed, output, out=empty(squashed.shape, squashed.dtype))
    into_c *= o
    if live is not None:
        factors *= live[:, None, None]
        into_c *= live[:, None]
        f = np.where(live[:, None], f, 1)
    return factors[:, :3], factors[:, 3], f, into_c


def lstm_scan_backward(dy, dh, dc, cache, live, params, activations):
    """Go back through `lstm_scan`."""
    z, c, squashed, gates = cache
    width = gates.shape[-1]
    da = empty((*dy.shape[:2], 4 * dy.shape[2]), z.dtype)
    da_gates = as_gates(da, 4, width)  # i, f, g, o
    back = Product(params["Whh"].T, len(dh), width)
    through = back.panels
    through[...] = as_panels(dh, width)
    dc = as_panels(dc, width).copy()
    dh, from_h = np.empty_like(dc), np.empty_like(dc)
    factors = lstm_factors(gates, c[:-1], squashed, live, activations)
    each = (as_panels(dy, width), *factors, da_gates[:, :3], da_gates[:, 3], da)
    each = (*each, ended(live, len(gates)))
    for dy_t, by_dc, by_dh, f, into_c, da_ifg, da_o, da_t, dead in zip(
        *(s[::-1] for s in each), strict=True
    ):
        np.add(through, dy_t, out=dh)
        np.multiply(dh, into_c, out=from_h)
        dc += from_h
        np.multiply(by_dc, dc, out=da_ifg)
        np.multiply(by_dh, dh, out=da_o)
        dc *= f
        back(da_t)
        if dead is not None:
            np.copyto(through, dh, where=dead)
    dx, grads = weight_gradients(z, da, params["Wxh"])
    return dx, as_rows(through), as_rows(dc), grads


def gru_scan(x, h0, params, reset_after, live):
    """Run the GRU; return ``z`` and, of all steps, the reset part of n and the gates r, z, n."""
    hidden, half = h0.shape[1], x.dtype.type(0.5)
    p = GatedForward(x, h0, params, [0, 1, 2], 2, 3 if reset_after else 2)
    h, gates = p.h, p.gates
    reset_rows = empty((len(gates), *h0.shape), h.dtype)
    reset = as_panels(reset_rows, p.width)
    if reset_after:
        bhn, into_n = as_panels(params["bhn"][None], p.width), np.empty(h[0].shape, h.dtype)
    else:
        recur_n = Product(p.Whh[:, 2 * hidden :], len(h0), p.width)
        into_n = recur_n.panels
    each = (p.h_rows[:-1], h[:-1], h[1:], gates, gates[:, :2], reset, reset_rows)
    each = (*each, ended(live, len(gates)))
    for h_row, h_prev, h_t, a, rz, u, u_row, dead in zip(*each, strict=True):
        p.recur(h_row)
        rz += p.recurrent[:2]
        squash_in_place(rz, half)
        r, z, n = a
        if reset_after:
            np.add(p.recurrent[2], bhn, out=u)
            np.multiply(r, u, out=into_n)
        else:
            np.multiply(r, h_prev, out=u)
            recur_n(u_row)
        n += into_n
        np.tanh(n, out=n)
        np.subtract(h_prev, n, out=h_t)  # h_t = n + z * (h_prev - n)
        h_t *= z
        h_t += n
        if dead is not None:
            np.copyto(h_t, h_prev, where=dead)
    return p.z, reset, gates


def gru_factors(gates, reset, h_prev, live, reset_after):
    """Compute what multiplies dh for n, r, z and r * n, and dh itself on its way back.

    Reset before the product, dr does not come from dh alone: its factor is what the gradient of
    the candidate's product has to be multiplied by.
    """
    r, z, n = gates.swapaxes(0, 1)
    factors = empty((len(gates), 4, *r.shape[1:]), gates.dtype)
    of_n, of_r, of_z, of_rn = factors.swapaxes(0, 1)
    change = np.subtract(1, z, out=of_rn)
    slope(n, "tanh", out=of_n)
    of_n *= change
    np.subtract(h_prev, n, out=of_z)
    of_z *= change
    of_z *= z
    if live is not None:
        factors[:, ::2] *= live[:, None, None]
        z = np.where(live[:, None], z, 1)
    np.subtract(1, r, out=of_r)
    of_r *= r
    of_r *= reset if reset_after else h_prev
    if reset_after:
        of_r *= of_n
        np.multiply(of_n, r, out=of_rn)
    return factors, z


def gru_scan_backward(dy, dh, cache, live, params, reset_after):
    """Go back through `gru_scan`."""
    record, reset, gates = cache
    hidden, width = dh.shape[1], gates.shape[-1]
    h_prev = as_panels(record[:-1, :, -hidden:], width)
    da = empty((*dy.shape[:2], 4 * hidden), record.dtype)  # n, r, z, r * n
    together = 3 if reset_after else 2
    back = Product(params["Whh"][:, : together * hidden].T, len(dh), width)
    back_n = Product(params["Whh"][:, 2 * hidden :].T, len(dh), width)
    through = as_panels(dh, width).copy()
    dh = np.empty_like(through)
    factors = gru_factors(gates, reset, h_prev, live, reset_after)
    each = (as_panels(dy, width), *factors, as_gates(da, 4, width), da, gates[:, 0])
    for dy_t, by_dh, z, da_t, da_row, r in zip(*(s[::-1] for s in each), strict=True):
        np.add(through, dy_t, out=dh)
        np.multiply(dh, z, out=through)
        if reset_after:
            np.multiply(by_dh, dh, out=da_t)
        else:
            np.multiply(by_dh[::2], dh, out=da_t[:3:2])
            back_n(da_row[:, :hidden])
            np.multiply(by_dh[1], back_n.panels, out=da_t[1])
            np.multiply(r, back_n.panels, out=dh)
            through += dh
        back(da_row[:, hidden : (1 + together) * hidden])
        through += back.panels
    return *_gru_gradients(record, reset, da, params, reset_after), as_rows(through)


def _gru_gradients(record, reset, da, params, reset_after):
    """Compute ``dx`` and the gradients from ``da (T, N, 4*H)``: n, r, z and r * n."""
    Wxh = params["Wxh"]
    size, hidden = Wxh.shape[0], Wxh.shape[1] // 3
    flat = da.reshape(-1, 4 * hidden)
    x1, h = np.split(record[:-1].reshape(len(flat), -1), [size + 1], axis=1)
    by_x, by_h = flat[:, : 3 * hidden], flat[:, hidden:]
    dW = np.roll(x1.T @ by_x, -hidden, axis=1)  # to the order r, z, n
    grads = {"Wxh": dW[:size], "bh": dW[size]}
    if reset_after:
        grads["Whh"] = h.T @ by_h
        grads["bhn"] = by_h[:, 2 * hidden :].sum(axis=0)
    else:
        of_n = as_rows(reset).reshape(len(flat), hidden).T @ flat[:, :hidden]
        grads["Whh"] = np.hstack([h.T @ by_h[:, : 2 * hidden], of_n])
    dx = by_x @ np.ascontiguousarray(np.roll(Wxh, hidden, axis=1).T)
    return dx.reshape(*da.shape[:2], size), grads
