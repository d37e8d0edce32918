"""The recurrences of this library and of Keras, as plain loops: references for the exchange."""

import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def run_ours(kind, params, x):
    """Run a layer with the parameters of this library; return the outputs (N, T, H)."""
    Wxh, Whh, bh = params["Wxh"], params["Whh"], params["bh"]
    h = c = np.zeros((len(x), len(Whh)), x.dtype)
    outputs = []
    for t in range(x.shape[1]):
        a = x[:, t] @ Wxh + bh
        if kind == "RNN":
            h = np.tanh(a + h @ Whh)
        elif kind == "LSTM":
            i, f, g, o = np.split(a + h @ Whh, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            a_r, a_z, a_n = np.split(a, 3, axis=1)
            Whr, Whz, Whn = np.split(Whh, 3, axis=1)
            r, z = sigmoid(a_r + h @ Whr), sigmoid(a_z + h @ Whz)
            inner = r * (h @ Whn + params["bhn"]) if "bhn" in params else (r * h) @ Whn
            h = (1 - z) * np.tanh(a_n + inner) + z * h
        outputs.append(h)
    return np.stack(outputs, axis=1)


def run_keras(kind, arrays, x):
    """Do the same with the arrays of Keras, in Keras' orders and with its own equations."""
    kernel, recurrent_kernel, bias = arrays
    units = len(recurrent_kernel)
    input_bias, recurrent_bias = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    h = c = np.zeros((len(x), units), x.dtype)
    outputs = []
    for t in range(x.shape[1]):
        a = x[:, t] @ kernel + input_bias
        inner = h @ recurrent_kernel + recurrent_bias
        if kind == "RNN":
            h = np.tanh(a + inner)
        elif kind == "LSTM":
            x_i, x_f, x_c, x_o = np.split(a + inner, 4, axis=1)
            c = sigmoid(x_f) * c + sigmoid(x_i) * np.tanh(x_c)
            h = sigmoid(x_o) * np.tanh(c)
        else:
            x_z, x_r, x_h = np.split(a, 3, axis=1)
            inner_z, inner_r, inner_h = np.split(inner, 3, axis=1)
            z, r = sigmoid(x_z + inner_z), sigmoid(x_r + inner_r)
            reset = r * inner_h if bias.ndim == 2 else (r * h) @ recurrent_kernel[:, 2 * units :]
            h = z * h + (1 - z) * np.tanh(x_h + reset)
        outputs.append(h)
    return np.stack(outputs, axis=1)
