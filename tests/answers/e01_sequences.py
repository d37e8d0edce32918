"""Other right answers to exercise 01, written differently from its solution."""

import itertools

import numpy as np


def windows_in_loops(series, steps):
    inputs, targets = [], []
    for last in range(steps, len(series)):
        inputs.append([[value] for value in series[last - steps : last]])
        targets.append([series[last]])
    return np.array(inputs), np.array(targets)


def windows_by_index(series, steps):
    at = np.arange(len(series) - steps)[:, None] + np.arange(steps + 1)  # (N, T+1)
    pieces = series[at][:, :, np.newaxis]
    return pieces[:, :-1], pieces[:, -1]


def windows_by_view(series, steps):
    pieces = np.lib.stride_tricks.sliding_window_view(series, steps + 1)
    return pieces[:, :steps].reshape(-1, steps, 1), pieces[:, steps].reshape(-1, 1)


def count_from_arrays(steps, input_size, hidden_size, output_size):
    head = [np.zeros((hidden_size, output_size)), np.zeros(output_size)]
    mlp = [np.zeros((steps * input_size, hidden_size)), np.zeros(hidden_size)]
    rnn = [np.zeros((input_size + hidden_size, hidden_size)), np.zeros(hidden_size)]
    return sum(a.size for a in mlp + head), sum(a.size for a in rnn + head)


def count_rows(steps, input_size, hidden_size, output_size):
    # A bias is one more row of weights.
    layers = {
        "mlp": [(steps * input_size + 1, hidden_size), (hidden_size + 1, output_size)],
        "rnn": [(input_size + hidden_size + 1, hidden_size), (1 + hidden_size, output_size)],
    }
    return [int(np.sum([np.prod(shape) for shape in shapes])) for shapes in layers.values()]


def pad_by_numpy(sequences):
    lengths = [s.shape[0] for s in sequences]
    T = max(lengths)
    rows = [np.pad(s, ((0, T - len(s)), (0, 0))) for s in sequences]
    return np.stack(rows), np.asarray(lengths)


def pad_by_mask(sequences):
    lengths = np.fromiter(map(len, sequences), dtype=np.int32)
    real = np.arange(lengths.max()) < lengths[:, None]
    x = np.zeros((*real.shape, sequences[0].shape[-1]))
    x[real] = np.concatenate(sequences)
    return x, lengths


def pad_by_zip(sequences):
    nothing = np.zeros(sequences[0].shape[1])
    by_step = list(itertools.zip_longest(*sequences, fillvalue=nothing))
    return np.array(by_step).swapaxes(0, 1), np.array([len(s) for s in sequences])


def last_in_a_loop(y, lengths):
    return np.array([row[:length][-1] for row, length in zip(y, lengths, strict=True)])


def last_by_mask(y, lengths):
    is_last = np.arange(1, y.shape[1] + 1) == lengths[:, None]  # (N, T)
    return np.einsum("nth,nt->nh", y, is_last.astype(y.dtype))


def last_by_take(y, lengths):
    N, T, H = y.shape
    return y.reshape(N * T, H).take(np.arange(N) * T + lengths - 1, axis=0)


def shift_in_loops(ids, lengths):
    N, T = ids.shape
    inputs, targets = np.zeros((2, N, T - 1), dtype=ids.dtype)
    mask = np.zeros((N, T - 1), dtype=bool)
    for n in range(N):
        for t in range(T - 1):
            inputs[n, t], targets[n, t] = ids[n, t], ids[n, t + 1]
            mask[n, t] = t + 1 < lengths[n]
    return inputs, targets, mask


def shift_by_delete(ids, lengths):
    T = ids.shape[1]
    real = np.array([[True] * length + [False] * (T - length) for length in lengths])
    return np.delete(ids, -1, axis=1), np.delete(ids, 0, axis=1), real[:, 1:]


def error_by_sums(y, targets, mask):
    return (np.abs(y - targets) * mask).sum() / mask.sum()


def error_in_loops(y, targets, mask):
    kept = [
        abs(float(a) - float(b))
        for a, b, counts in zip(y.ravel(), targets.ravel(), mask.ravel(), strict=True)
        if counts
    ]
    return sum(kept) / len(kept)


def error_by_average(y, targets, mask):
    return np.average(np.maximum(y - targets, targets - y), weights=mask)


def forecast_in_a_loop(series, start, period):
    misses = [abs(series[t] - series[t - period]) for t in range(start, len(series))]
    return float(np.mean(misses))


def forecast_by_difference(series, start, period):
    change = series[period:] - series[:-period]  # from step period on
    return np.mean(np.abs(change[start - period :]))


def forecast_by_roll(series, start, period):
    return np.abs(np.roll(series, period) - series)[start:].mean()


RIGHT = {
    "make_windows": [windows_in_loops, windows_by_index, windows_by_view],
    "count_parameters": [count_from_arrays, count_rows],
    "pad_sequences": [pad_by_numpy, pad_by_mask, pad_by_zip],
    "last_outputs": [last_in_a_loop, last_by_mask, last_by_take],
    "shift_targets": [shift_in_loops, shift_by_delete],
    "masked_mean_absolute_error": [error_by_sums, error_in_loops, error_by_average],
    "seasonal_naive_error": [forecast_in_a_loop, forecast_by_difference, forecast_by_roll],
}
