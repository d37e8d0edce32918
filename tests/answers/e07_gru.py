"""Right answers to exercise 07, each written in another way than the solution."""

import numpy as np


def logistic(a):
    return np.where(a > 0, 1, np.exp(-np.abs(a))) / (1 + np.exp(-np.abs(a)))


def gates_concatenated(x, h_prev, Wxh, Whh, bh):
    H = h_prev.shape[1]
    u = np.concatenate([x, h_prev], axis=1)
    a = u @ np.concatenate([Wxh, Whh]) + bh
    return logistic(a[:, :H]), logistic(a[:, H : 2 * H])


def gates_unit_by_unit(x, h_prev, Wxh, Whh, bh):
    N, H = h_prev.shape
    gates = np.zeros((2, N, H))
    for gate, n, j in np.ndindex(2, N, H):
        column = gate * H + j
        a = x[n] @ Wxh[:, column] + h_prev[n] @ Whh[:, column] + bh[column]
        gates[gate, n, j] = 1 / (1 + np.exp(-a))
    return gates[0], gates[1]


def step_as_a_correction(x, h_prev, Wxh, Whh, bh):
    """Move from the old state towards the candidate."""
    r, z = gates_concatenated(x, h_prev, Wxh, Whh, bh)
    H = h_prev.shape[1]
    n = np.tanh(np.hstack([x, r * h_prev]) @ np.vstack([Wxh, Whh])[:, -H:] + bh[-H:])
    return n + z * (h_prev - n)


def step_row_by_row(x, h_prev, Wxh, Whh, bh):
    rows = []
    for x_n, h_n in zip(x, h_prev, strict=True):
        a = x_n @ Wxh + bh
        H = len(h_n)
        r, z = (logistic((a + h_n @ Whh)[i * H : (i + 1) * H]) for i in (0, 1))
        n = np.tanh(a[2 * H :] + np.einsum("i,i,ij->j", r, h_n, Whh[:, 2 * H :]))
        rows.append((1 - z) * n + z * h_n)
    return np.array(rows)


def layer_with_one_product(x, h0, Wxh, Whh, bh, bhn):
    """Compute all products with the inputs at once, and one with the state a step."""
    a_x = x @ Wxh + bh
    h, out = h0, []
    H = len(bhn)
    for t in range(x.shape[1]):
        a_h = h @ Whh
        r, z = np.split(logistic(a_x[:, t, : 2 * H] + a_h[:, : 2 * H]), 2, axis=1)
        n = np.tanh(a_x[:, t, 2 * H :] + r * a_h[:, 2 * H :] + r * bhn)
        h = n - z * n + z * h
        out += [h]
    return np.array(out).transpose(1, 0, 2)


def switch_with_signs(Wxh, Whh, bh):
    sign = np.ones(len(bh))
    sign[len(bh) // 3 : 2 * len(bh) // 3] = -1
    return Wxh * sign, Whh * sign, bh * sign


def switch_by_splitting(Wxh, Whh, bh):
    result = []
    for array in (Wxh, Whh, bh):
        r, z, n = np.split(array, 3, axis=-1)
        result.append(np.concatenate([r, -z, n], axis=-1))
    return result


def backward_block_by_block(dh, x, h_prev, r, z, n, Wxh, Whh):
    H = h_prev.shape[1]
    blocks = {name: slice(i * H, (i + 1) * H) for i, name in enumerate("rzn")}
    s = r * h_prev
    dn, dz = dh - dh * z, dh * h_prev - dh * n
    d = {"n": dn * (1 - n) * (1 + n), "z": dz * (z - z**2)}
    ds = np.einsum("nj,ij->ni", d["n"], Whh[:, blocks["n"]])
    d["r"] = ds * h_prev * (r - r**2)
    dx, dh_prev = np.zeros_like(x), z * dh + r * ds
    dWxh, dWhh, dbh = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros(3 * H)
    for name, columns in blocks.items():
        dx += d[name] @ Wxh[:, columns].T
        dWxh[:, columns] = np.einsum("nd,nh->dh", x, d[name])
        dWhh[:, columns] = np.einsum("ni,nj->ij", s if name == "n" else h_prev, d[name])
        dbh[columns] = d[name].sum(axis=0)
        if name != "n":
            dh_prev = dh_prev + d[name] @ Whh[:, columns].T
    return dx, dh_prev, dWxh, dWhh, dbh


def size_by_formula(gates, D, V, budget):
    """Solve gates * H^2 + (gates * (D + 1) + V) * H + V = budget."""
    linear = gates * (D + 1) + V
    if budget < gates + linear + V:
        return 0
    H = int((np.sqrt(linear**2 + 4 * gates * (budget - V)) - linear) / (2 * gates))
    return H + 1 if gates * (H + 1) ** 2 + linear * (H + 1) + V <= budget else H


def size_from_above(gates, D, V, budget):
    H = np.arange(budget + 1)
    fits = gates * H * (D + H + 1) + V * (H + 1) <= budget
    fits[0] = True
    return np.flatnonzero(fits)[-1]


def layer_unit_by_unit(x, h0, Wxh, Whh, bh, bhn):
    N, T, H = *x.shape[:2], len(bhn)
    y = np.empty((N, T + 1, H))
    y[:, 0] = h0
    for t in range(T):
        for j in range(H):
            from_x = [x[:, t] @ Wxh[:, k * H + j] + bh[k * H + j] for k in range(3)]
            from_h = [y[:, t] @ Whh[:, k * H + j] for k in range(3)]
            r, z = (1 / (1 + np.exp(-from_x[k] - from_h[k])) for k in range(2))
            n = np.tanh(from_x[2] + r * (from_h[2] + bhn[j]))
            y[:, t + 1, j] = n + z * (y[:, t, j] - n)
    return y[:, 1:]


def backward_stacked(dh, x, h_prev, r, z, n, Wxh, Whh):
    H = len(Whh)
    dn = dh * (1 - z) * (1 - n**2)
    dreset = dn @ Whh[:, 2 * H :].T  # of r * h_prev
    da = np.hstack([dreset * h_prev * r * (1 - r), dh * (h_prev - n) * z * (1 - z), dn])
    dh_prev = dh * z + dreset * r + da[:, : 2 * H] @ Whh[:, : 2 * H].T
    dWhh = np.hstack([h_prev.T @ da[:, : 2 * H], (r * h_prev).T @ dn])
    return da @ Wxh.T, dh_prev, x.T @ da, dWhh, da.sum(axis=0)


RIGHT = {
    "gru_gates": [gates_concatenated, gates_unit_by_unit],
    "gru_step": [step_as_a_correction, step_row_by_row],
    "gru_layer": [layer_with_one_product, layer_unit_by_unit],
    "switch_convention": [switch_with_signs, switch_by_splitting],
    "gru_step_backward": [backward_block_by_block, backward_stacked],
    "largest_hidden_size": [size_by_formula, size_from_above],
    "memory": [[3, 5, 21, 134], (3, 5, 21, 134)],
}
