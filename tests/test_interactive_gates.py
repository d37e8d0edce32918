"""The figures with held gates say what rnncore computes."""

import re

import numpy as np
import pytest
from test_interactive import require, run

import rnncore as rc

SAY = """
const figure = Course.figures[data.name];
answer(data.states.map((state) => figure.describe({ ...Course.initial(figure), ...state })));
"""


def said(name, states):
    """The numbers with a decimal point in the description of each state."""
    sentences = run(require(name) + SAY, {"name": name, "states": states})
    found = [re.findall(r"-?\d+\.\d+", s.replace("\N{MINUS SIGN}", "-")) for s in sentences]
    return np.array([[float(number) for number in row] for row in found])


def drawn_states(rng, **choices):
    """Fifty states of the controls, each value one of its choices; some gates are 0 or 1."""
    return [{id: rng.choice(c).item() for id, c in choices.items()} for _ in range(50)]


GATE = np.round(np.linspace(0, 1, 21), 2)
STEPS = np.arange(1, 9)


def test_logit_inverts_the_sigmoid():
    found = run("answer(data.map((value) => [Course.logit(value)]));", GATE.tolist())
    np.testing.assert_allclose(rc.sigmoid(np.array(found))[:, 0], GATE, rtol=0, atol=1e-15)
    assert rc.sigmoid(np.array(found[0] + found[-1])).tolist() == [0, 1]


def logit(gate):
    with np.errstate(divide="ignore"):
        return np.clip(np.log(gate) - np.log1p(-gate), -50, 50)


def over_steps(state, name):
    """A gate at each of the eight steps; the marked one may have its own."""
    return np.where(state["s"] == STEPS, state.get(f"{name}s", state[name]), state[name])


X_LSTM = np.array([2, 0, -0.5, 0.5, -1, 0, 0.5, -0.5])


def lstm_last(state, x):
    """c_8, h_8 and dc_8/dc_1 of one unit."""
    i, f, o = (logit(over_steps(state, name)) for name in "ifo")
    h, c, caches = np.zeros((1, 1)), np.zeros((1, 1)), []
    candidate = np.array([[0, 0, 1.0, 0]])
    for k in range(8):
        bias = np.array([i[k], f[k], 0, o[k]])
        h, c, cache = rc.lstm_step(x[k].reshape(1, 1), h, c, candidate, 0 * candidate, bias)
        caches.append(cache)
    dc = np.ones((1, 1))
    for cache in caches[:0:-1]:
        _, _, dc, _ = rc.lstm_step_backward(np.zeros((1, 1)), dc, cache)
    return c.item(), h.item(), dc.item()


def test_lstm_gates_say_the_states_and_the_gradient(rng):
    gates = dict.fromkeys(("i", "f", "o", "is", "fs"), GATE)
    states = [{}, *drawn_states(rng, **gates, s=STEPS)]
    start = {"i": 0.8, "f": 0.95, "o": 0.7, "s": 5, "is": 0.9, "fs": 0.2}
    for state, found in zip(states, said("lstm_gates", states), strict=True):
        c, h, share = lstm_last(start | state, X_LSTM)
        expected = c, h, *lstm_last(start | state, X_LSTM * (STEPS > 1))[:2], share
        np.testing.assert_allclose(found, expected, rtol=0, atol=0.0051)
        assert found[-1] == pytest.approx(share, abs=0.00051)


X_GRU = np.array([0.5, -1, 0.5, 0, -1.5, 0.5, 0, -0.5])


def gru_last(state):
    """h_8 and dh_8/dh_0 of one unit."""
    r, z = (logit(over_steps(state, name)) for name in "rz")
    h, caches = np.array([[state["h0"]]]), []
    Wxh, Whh = np.array([[0, 0, 1.0]]), np.array([[0, 0, 0.9]])
    for k in range(8):
        h, cache = rc.gru_step(X_GRU[k].reshape(1, 1), h, Wxh, Whh, np.array([r[k], z[k], 0]))
        caches.append(cache)
    dh = np.ones((1, 1))
    for cache in reversed(caches):
        dh = rc.gru_step_backward(dh, cache)[1]
    return h.item(), dh.item()


def test_gru_gates_say_the_states_and_the_gradient(rng):
    gates = dict.fromkeys(("r", "z", "zs"), GATE)
    states = [{}, *drawn_states(rng, **gates, s=STEPS, h0=np.array([-1, 0, 0.3, 0.8]))]
    start = {"r": 0.9, "z": 0.95, "s": 5, "zs": 0.2, "h0": 0.8}
    for state, found in zip(states, said("gru_gates", states), strict=True):
        h, share = gru_last(start | state)
        rnn_h, rnn_share = gru_last(start | state | {"r": 1, "z": 0, "zs": 0})
        np.testing.assert_allclose(found[:2], [h, rnn_h], rtol=0, atol=0.0051)
        np.testing.assert_allclose(found[2:], [share, rnn_share], rtol=0, atol=0.00051)


def two_units(state, sign, bias, after):
    """States (5, 2) and the first z of the two units, z keeping."""
    z = np.repeat([1, sign, 1], 2)
    Wxh = np.array([[3, -3, 2, -1.5, 1.5, -1]]) * z
    Whh = np.array([[1, 0, 1, -1, 0.5, 1.5], [0, 1, 0.5, 1, -1.5, 0.5]]) * z
    bh = np.repeat([state["br"], bias * state["bz"], 0.0], 2)
    h, states, gates = np.zeros((1, 2)), [], []
    for x in (1, -0.5, 0.8, 0, -1):
        bhn = np.zeros(2) if after else None
        h, cache = rc.gru_step(np.array([[x]], float), h, Wxh, Whh, bh, bhn)
        states.append(h[0])
        gates.append(cache[3][0])
    return np.array(states), gates[0]


def test_gru_conventions_say_what_both_sides_compute(rng):
    toggles = dict.fromkeys(("weights", "bias", "after"), np.array([False, True]))
    biases = {"bz": np.array([-3, -0.9, 0, 1.5]), "br": np.array([-10, 0, 1, 10])}
    states = drawn_states(rng, **toggles, **biases)
    sentences = run(require("gru_conventions") + SAY, {"name": "gru_conventions", "states": states})
    for state, sentence in zip(states, sentences, strict=True):
        # z replaces: as z keeps, with the sign turned once more.
        signs = (1 if state["weights"] else -1), (1 if state["bias"] else -1)
        left, z_left = two_units(state, 1, 1, False)
        right, z_right = two_units(state, *signs, state["after"])
        gap = np.abs(left - right).max()
        found = [float(n) for n in re.findall(r"\d+\.\d+", sentence)]
        np.testing.assert_allclose(found[:4], [*z_left, *(1 - z_right)], rtol=0, atol=0.0051)
        assert ("are equal at every step" in sentence) == (gap < 1e-12)
        assert found[4:] == ([] if gap < 1e-12 else [pytest.approx(gap, abs=0.00051)])
