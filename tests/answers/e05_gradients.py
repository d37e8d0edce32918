"""Right answers to exercise 05, each written in another way than the solution."""

import numpy as np

import rnncore as rc


def product_of_full_matrices(h, Whh):
    factors = [np.diag(1 - h_t**2) @ Whh.T for h_t in h]
    P = factors.pop()
    while factors:
        P = P @ factors.pop()
    return P


def product_from_the_first_step(h, Whh):
    P = np.eye(len(Whh))
    for h_t in h:
        P = np.einsum("i,ji,jk->ik", (1 - h_t) * (1 + h_t), Whh, P)
    return P


def product_by_columns(h, Whh):
    P = np.eye(h.shape[1])
    for t in range(len(h)):
        P = np.array([[sum(Whh[k, i] * P[k, j] for k in range(len(P))) for j in range(len(P))]
                      for i in range(len(P))])  # fmt: skip
        P = P * (1 - h[t, :, None] ** 2)
    return P


def norms_in_a_list(dh, h, Whh):
    out = [np.sqrt((dh**2).sum())]
    for t in range(h.shape[1] - 1, -1, -1):
        da = np.where(h[:, t] > 0, dh, 0.0)
        dh = np.einsum("nj,ij->ni", da, Whh)
        out.append(np.sqrt((dh**2).sum()))
    return np.array(out)


def bound_from_eigenvalues(Whh, gamma, k):
    largest = np.sqrt(np.linalg.eigvalsh(Whh @ Whh.T).max())
    growth = np.prod([gamma * largest] * k)
    return growth, "cannot tell" if gamma * largest >= 1 else "must vanish"


def bound_from_svd(Whh, gamma, k):
    _, sizes, _ = np.linalg.svd(gamma * Whh)
    return float(sizes[0] ** k), ["cannot tell", "must vanish"][int(sizes[0] < 1)]


def clip_flat(grads, limit):
    clipped = {n: np.maximum(-limit, np.minimum(limit, g)) for n, g in grads.items()}
    u = np.concatenate([grads[n].ravel() for n in grads])
    v = np.concatenate([clipped[n].ravel() for n in grads])
    if not u.any():
        return clipped, 1
    return clipped, (u / np.linalg.norm(u)) @ (v / np.linalg.norm(v))


def clip_in_loops(grads, limit):
    clipped, uv, uu, vv = {}, 0.0, 0.0, 0.0
    for name, g in grads.items():
        cut = g.copy()
        cut[cut > limit] = limit
        cut[cut < -limit] = -limit
        for a, c in zip(g.flat, cut.flat, strict=True):
            uv, uu, vv = uv + a * c, uu + a * a, vv + c * c
        clipped[name] = cut
    return clipped, uv / (uu * vv) ** 0.5 if uu > 0 else 1.0


def unit_forward_in_time(w, b, h0, target, T):
    h, by_w, by_b = h0, 0.0, 0.0
    for _ in range(T):
        h_prev, h = h, 1 / (1 + np.exp(-(w * h + b)))
        by_w = h * (1 - h) * (h_prev + w * by_w)
        by_b = h * (1 - h) * (1 + w * by_b)
    error = h - target
    return error**2, 2 * error * by_w, 2 * error * by_b


def unit_with_arrays(w, b, h0, target, T):
    h = np.zeros(T + 1)
    h[0] = h0
    for t in range(T):
        h[t + 1] = rc.sigmoid(w * h[t] + b)
    slopes = h[1:] * (1 - h[1:])
    da = np.zeros(T)
    back = 2 * (h[T] - target)
    for t in np.arange(T)[::-1]:
        da[t] = back * slopes[t]
        back = da[t] * w
    return (h[T] - target) ** 2, float(da @ h[:-1]), float(da.sum())


def bias_in_loops(exact, truncated):
    M = len(exact)
    e, t = sum(exact) / M, sum(truncated) / M
    size = np.sqrt(e @ e)
    noise = sum((row - t) @ (row - t) for row in truncated) / M
    return np.sqrt((t - e) @ (t - e)) / size, np.sqrt(noise) / size


def bias_from_variances(exact, truncated):
    size = np.linalg.norm(np.mean(exact, axis=0))
    noise = np.sqrt(np.var(truncated, axis=0).sum())
    return np.linalg.norm(np.mean(truncated - exact, axis=0)) / size, noise / size


def residual_by_einsum(dh, h, h_prev, Whh, alpha):
    da = alpha * dh - dh * (h - h_prev) ** 2 / alpha
    return dh + np.einsum("nj,ij->ni", da, Whh), np.einsum("ni,nj->ij", h_prev, da)


def residual_as_one_matrix(dh, h, h_prev, Whh, alpha):
    f = (h - h_prev) / alpha
    slope = alpha * (1 - f) * (1 + f)
    rows = [d @ (np.eye(len(Whh)) + np.diag(s) @ Whh.T) for d, s in zip(dh, slope, strict=True)]
    dWhh = sum(np.outer(p, s * d) for p, s, d in zip(h_prev, slope, dh, strict=True))
    return np.array(rows), dWhh


def norms_by_diagonals(dh, h, Whh):
    """Multiply by whole Jacobians, one for each row and step."""
    rows = [dh]
    for t in range(h.shape[1])[::-1]:
        jacobians = np.stack([np.diag((state > 0) * 1.0) @ Whh.T for state in h[:, t]])
        rows.append(np.einsum("nh,nhk->nk", rows[-1], jacobians))
    return np.sqrt(np.sum(np.square(rows), axis=(1, 2)))


RIGHT = {
    "jacobian_product": [
        product_of_full_matrices,
        product_from_the_first_step,
        product_by_columns,
    ],
    "gradient_norms": [norms_in_a_list, norms_by_diagonals],
    "growth_bound": [bound_from_eigenvalues, bound_from_svd],
    "clip_by_value": [clip_flat, clip_in_loops],
    "one_unit_gradient": [unit_forward_in_time, unit_with_arrays],
    "bias_and_noise": [bias_in_loops, bias_from_variances],
    "residual_step_backward": [residual_by_einsum, residual_as_one_matrix],
}
