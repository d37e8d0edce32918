"""Right answers to exercise 10, each written in another way than the solution."""

import numpy as np

import rnncore as rc


def draw(rng, N=2, T=4, D=3, H=2):
    weights = {
        "Wxh": rng.standard_normal((D, H)),
        "Whh": rng.standard_normal((H, H)),
        "bh": rng.standard_normal(H),
    }
    return rng.standard_normal((N, T, D)), rng.uniform(-0.9, 0.9, (N, H)), weights


def states(x, h0, Wxh, Whh, bh):
    h = [h0]
    for t in range(x.shape[1]):
        h.append(np.tanh(x[:, t] @ Wxh + h[-1] @ Whh + bh))
    return np.stack(h[1:], axis=1)


def bptt_by_differences(bptt):
    x, h0, weights = draw(np.random.default_rng(5))
    dh_own = np.random.default_rng(6).standard_normal((2, 4, 2))
    got = bptt(x, h0, weights["Wxh"], weights["Whh"], weights["bh"], dh_own)
    for name, array in {"x": x, "h0": h0, **weights}.items():
        want = rc.numerical_gradient(lambda _: np.sum(dh_own * states(x, h0, **weights)), array)
        gradient = got["d" + name]
        if gradient.dtype != float or rc.relative_error(gradient, want) > 2e-9:
            raise ValueError(name)


def bptt_by_steps(bptt):
    rng = np.random.default_rng()  # other numbers each time
    x, h0, weights = draw(rng, N=3, T=6)
    h = np.concatenate([h0[:, None], states(x, h0, **weights)], axis=1)
    dh_own = rng.standard_normal((3, 6, 2))
    got = bptt(x=x, h0=h0, dh_own=dh_own, **weights)
    dh, total = 0, dict.fromkeys(weights, 0)
    for t in range(5, -1, -1):
        cache = (x[:, t], h[:, t], h[:, t + 1], weights["Wxh"], weights["Whh"], "tanh")
        dx, dh, grads = rc.rnn_step_backward(dh + dh_own[:, t], cache)
        assert np.abs(got["dx"][:, t] - dx).max() < 1e-11
        total = {name: total[name] + grads[name] for name in total}
    assert np.abs(got["dh0"] - dh).max() < 1e-11
    for name in total:
        assert np.abs(got["d" + name] - total[name]).max() < 1e-11


def init_in_loops(init):
    H = 4
    p = init(2, H, np.random.default_rng())
    for k, one in enumerate("ifgo"):
        mine = slice(k * H, (k + 1) * H)
        assert list(p["bh"][mine]) == [float(one == "f")] * H
        for a in range(H):
            for b in range(H):
                dot = p["Whh"][:, mine][:, a] @ p["Whh"][:, mine][:, b]
                assert abs(dot - (a == b)) < 1e-9
        for j in range(k):
            other = slice(j * H, (j + 1) * H)
            assert abs(p["Wxh"][:, mine] - p["Wxh"][:, other]).max() > 1e-3
            assert abs(p["Whh"][:, mine] - p["Whh"][:, other]).max() > 1e-3


def init_with_einsum(init):
    D, H = 6, 3
    p = init(D, H, np.random.default_rng(77))
    W = p["Whh"].reshape(H, 4, H)
    assert np.allclose(np.einsum("agb,agc->gbc", W, W), np.eye(H))
    columns = np.concatenate([p["Wxh"], p["Whh"]]).T
    assert len(np.unique(np.round(p["Wxh"], 8), axis=1).T) == 4 * H
    assert len(np.unique(np.round(columns[:, D:], 8), axis=0)) == 4 * H
    assert np.abs(p["Wxh"]).max() <= (6 / (D + H)) ** 0.5
    assert p["bh"].nonzero()[0].tolist() == [H, H + 1, H + 2]
    assert p["bh"].sum() == H


def both_by_rows(bidirectional):
    rng = np.random.default_rng(3)
    x, _, forward = draw(rng, N=3, T=5)
    _, _, backward = draw(rng)
    lengths, start = np.array([2, 5, 4]), np.zeros((1, 2))
    y = bidirectional(x, lengths, forward, backward)
    for n, end in enumerate(lengths):
        row = x[n : n + 1, :end]
        assert np.allclose(y[n, :end, :2], states(row, start, **forward)[0])
        assert np.allclose(y[n, :end, 2:], states(row[:, ::-1], start, **backward)[0][::-1])
        assert not y[n, end:].any()


def both_by_properties(bidirectional):
    """Change the input at one place, and see which outputs move."""
    rng = np.random.default_rng(4)
    T, H = 6, 2
    x, _, forward = draw(rng, N=1, T=T)
    _, _, backward = draw(rng)
    for end in (T, 4):
        lengths = np.array([end])
        y = bidirectional(x, lengths, forward, backward)
        last = np.tanh(x[:, end - 1] @ backward["Wxh"] + backward["bh"])
        first = np.tanh(x[:, 0] @ forward["Wxh"] + forward["bh"])
        assert np.allclose(y[:, end - 1, H:], last)
        assert np.allclose(y[:, 0, :H], first)
        assert np.all(y[:, end:] == 0)
        for t in range(T):
            other = x.copy()
            other[:, t] += 1
            moved = (bidirectional(other, lengths, forward, backward) != y).any(axis=2)[0]
            forward_half = np.arange(T) >= t
            inside = (np.arange(T) < end) & (t < end)
            assert np.array_equal(moved, inside)
            again = bidirectional(other, lengths, forward, backward)
            assert np.array_equal((again != y)[0, :, :H].any(axis=1), forward_half & inside)
            assert np.array_equal((again != y)[0, :, H:].any(axis=1), (np.arange(T) <= t) & inside)


def decode_by_layer(decode):
    rng = np.random.default_rng(7)
    y, context, W = draw(rng, N=2, T=4)
    Wch = rng.standard_normal((2, 2))
    layer = rc.RNN(5, 2)
    layer.params.update(Wxh=np.vstack([W["Wxh"], Wch]), Whh=W["Whh"], bh=W["bh"])
    together = np.concatenate([y, np.tile(context[:, None], (1, 4, 1))], axis=2)
    want = layer.forward(together, state=context)[0]
    arguments = (context, y, W["Wxh"], Wch, W["Whh"], W["bh"])
    copies = [a.copy() for a in arguments]
    once = decode(*arguments)
    twice = decode(*[-a for a in copies])
    assert once is not twice
    np.testing.assert_allclose(once, want)
    for a, b in zip(arguments, copies, strict=True):
        np.testing.assert_array_equal(a, b)


def decode_frozen(decode):
    """Arrays that cannot be written to: who tries, stops."""
    rng = np.random.default_rng(17)
    y, context, W = draw(rng, N=3, T=3)
    arguments = [context, y, W["Wxh"], rng.standard_normal((2, 2)), W["Whh"], W["bh"]]
    for a in arguments:
        a.flags.writeable = False
    got = decode(*arguments)
    h = context
    for t in range(3):
        h = np.tanh(y[:, t] @ arguments[2] + context @ arguments[3] + h @ W["Whh"] + W["bh"])
        assert np.abs(got[:, t] - h).max() < 1e-12
    assert not np.shares_memory(got, decode(*arguments))


def truncated_by_whole_layers(truncated):
    rng = np.random.default_rng(2)
    x, h0, weights = draw(rng, T=7)
    dh_own = rng.standard_normal((2, 7, 2))
    layer = rc.RNN(3, 2)
    layer.params.update(weights)
    for k in (1, 2, 3, 9):
        got = truncated(x, dh_own, h0, **weights, k=k)
        y, _, _ = layer.forward(x, state=h0)
        assert np.allclose(got["h"], y)
        grads = {"Wxh": 0, "Whh": 0, "bh": 0}
        for s in range(0, 7, k):
            start = y[:, s - 1].copy() if s else h0
            cache = layer.forward(x[:, s : s + k].copy(), state=start)[2]
            one = layer.backward(dh_own[:, s : s + k].copy(), cache)[2]
            grads = {name: grads[name] + one[name] for name in grads}
        assert all(np.allclose(got["d" + name], grads[name]) for name in grads)


def truncated_by_differences(truncated):
    rng = np.random.default_rng(12)
    x, h0, weights = draw(rng, T=6)
    dh_own, k = rng.standard_normal((2, 6, 2)), 2
    got = truncated(x, dh_own, h0, weights["Wxh"], weights["Whh"], weights["bh"], k)
    h = states(x, h0, **weights)
    assert np.allclose(got["h"], h)
    carried = [h0, h[:, 1], h[:, 3]]

    def loss(_):
        chunks = [states(x[:, 2 * i : 2 * i + 2], c, **weights) for i, c in enumerate(carried)]
        return np.sum(dh_own * np.concatenate(chunks, axis=1))

    for name, array in weights.items():
        assert rc.relative_error(got["d" + name], rc.numerical_gradient(loss, array)) < 1e-7


RIGHT = {
    "check_bptt": [bptt_by_differences, bptt_by_steps],
    "check_init": [init_in_loops, init_with_einsum],
    "check_bidirectional": [both_by_rows, both_by_properties],
    "check_decode": [decode_by_layer, decode_frozen],
    "check_truncated": [truncated_by_whole_layers, truncated_by_differences],
}
