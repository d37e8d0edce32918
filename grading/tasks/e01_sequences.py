"""Exercise 01, sequences: what is asked, what is right, and the usual mistakes."""

import numpy as np

import rnncore as rc
from grading.check import CheckFailed, Task, slips


def _integer(rng, low, high):
    return int(rng.integers(low, high + 1))


def draw_windows(rng, steps=None, count=None):
    """Draw a series and a window length; never as many windows as steps."""
    steps = steps or _integer(rng, 3, 6)
    count = count or steps + _integer(rng, 2, 5)
    return {"series": rng.uniform(1, 9, steps + count), "steps": steps}


def draw_sizes(rng, **fixed):
    """Draw distinct sizes, so that no two of them can be swapped unnoticed."""
    drawn = rng.choice([3, 4, 5, 6, 7, 9], 4, replace=False)
    names = ("steps", "input_size", "hidden_size", "output_size")
    return {**{name: int(size) for name, size in zip(names, drawn, strict=True)}, **fixed}


def draw_sequences(rng, lengths=None):
    """Draw sequences of different lengths; neither the first nor the last is the longest."""
    if lengths is None:
        short = rng.choice([1, 2, 3, 4], 3, replace=False)
        lengths = [short[0], 6, short[1], short[2]]
    features = _integer(rng, 2, 3)
    sequences = [rng.uniform(1, 9, (int(length), features)) for length in lengths]
    sequences[int(np.argmax(lengths))][-1] = 0  # a real step of zeros, which is no padding
    return {"sequences": sequences}


def draw_states(rng, N=None, T=None, full=False):
    """Draw states whose padding is not zero; without ``full`` every row ends before T."""
    N, H = N or _integer(rng, 4, 6), _integer(rng, 2, 3)
    T = T or _integer(rng, 7, 9)
    lengths = rng.permutation(np.arange(N) % (T - 2) + 1) if T > 3 else np.ones(N, int)
    if full:
        lengths[0] = T
    return {"y": rng.standard_normal((N, T, H)), "lengths": lengths}


def draw_ids(rng, N=None, T=None):
    """Draw padded symbols; 0 is both the padding and a symbol."""
    N, T = N or 4, T or _integer(rng, 6, 8)
    lengths = rng.permutation([T, T - 2, 3, 1])[:N] if N > 1 else np.array([T])
    ids = rng.integers(0, 5, (N, T))
    ids[:, 1] = 0
    ids[:, 2] = rng.integers(1, 5, N)
    return {"ids": np.where(np.arange(T) < lengths[:, None], ids, 0), "lengths": lengths}


def draw_errors(rng, lengths=None):
    """Draw predictions with errors of both signs, in the padding too."""
    lengths = np.array([6, 2, 4]) if lengths is None else np.array(lengths)
    N, T = len(lengths), int(max(lengths.max(), 1))
    targets = rng.uniform(1, 5, (N, T))
    y = targets + rng.choice([-1, 1], (N, T)) * rng.uniform(0.5, 3, (N, T))
    return {"y": y, "targets": targets, "mask": np.arange(T) < lengths[:, None]}


def draw_forecast(rng, period=None, start=None, tested=None):
    """Draw a series, the first step to score, and a period; the test is longer than that."""
    period = period or _integer(rng, 3, 5)
    start = start or period + _integer(rng, 2, 5)
    tested = tested or period + _integer(rng, 2, 4)
    return {"series": rng.uniform(0, 100, start + tested), "start": start, "period": period}


def _every_window(series, steps):
    return np.lib.stride_tricks.sliding_window_view(series, steps)[..., None].copy()


def reference_windows(series, steps):
    """Every window that has a value after it, and that value."""
    return _every_window(series[:-1], steps), series[steps:, None].copy()


def reference_count(steps, input_size, hidden_size, output_size):
    """Count the entries of the library's own arrays."""

    def count(*layers):
        return sum(p.size for layer in layers for p in layer.params.values())

    head = rc.Dense(hidden_size, output_size)
    hidden = rc.Dense(steps * input_size, hidden_size)
    return count(hidden, head), count(rc.RNN(input_size, hidden_size), head)


def reference_last(y, lengths):
    """Take from each row the state after its own last step."""
    last = np.asarray(lengths)[:, None, None] - 1
    return np.take_along_axis(y, np.broadcast_to(last, (len(y), 1, y.shape[2])), axis=1)[:, 0]


def reference_shift(ids, lengths):
    """Cut inputs and targets from one array, a step apart."""
    return ids[:, :-1].copy(), ids[:, 1:].copy(), rc.length_mask(lengths, ids.shape[1])[:, 1:]


def reference_error(y, targets, mask):
    """Average the absolute error over the steps that count."""
    return float(np.sum(np.abs(y - targets) * mask) / np.sum(mask))


def reference_forecast(series, start, period):
    """Average the absolute error of the value one period earlier."""
    scored = np.arange(start, len(series))
    return float(np.mean(np.abs(series[scored] - series[scored - period])))


DATA = "Chapter 1, The code: the same symbols"
COUNT = "Chapter 1, The mathematics: the data tensor and the count"
SUNSPOTS = "Chapter 1, Sunspots, against simple forecasts"
BOX = "Chapter 2, The code: a box with two outputs"
MASK = "Chapter 2, The mathematics: one loss with a mask"
TRAINED = "Chapter 2, Trained in one formulation, used in another"
FIVE = "Chapter 2, The picture: five ways to use one layer"


MAKE_WINDOWS = Task(
    name="make_windows",
    draw=draw_windows,
    edges=(
        lambda rng: draw_windows(rng, steps=1, count=4),
        lambda rng: draw_windows(rng, steps=4, count=1),
    ),
    reference=reference_windows,
    returns=("inputs", "targets"),
    misconceptions=slips(
        "make_windows",
        (
            "target_is_last_input",
            lambda series, steps: (
                _every_window(series[:-1], steps),
                series[steps - 1 : -1, None],
            ),
            "each target is the last value of its own window, which the network has already "
            "read; the target is the value after the window.",
            DATA,
        ),
        (
            "target_is_first_input",
            lambda series, steps: (_every_window(series[:-1], steps), series[:-steps, None]),
            "each target is the first value of its own window; the target is the value after "
            "the window.",
            DATA,
        ),
        (
            "last_pair_left_out",
            lambda series, steps: (_every_window(series[:-2], steps), series[steps:-1, None]),
            "the last pair is missing: the last value of the series is a target too, so there "
            "are L - T pairs.",
            DATA,
        ),
        (
            "window_without_target",
            lambda series, steps: (_every_window(series, steps), series[steps:, None]),
            "the last window ends with the series, so no value follows it; there is one window "
            "fewer than that.",
            DATA,
        ),
        (
            "time_reversed",
            lambda series, steps: (
                _every_window(series[:-1], steps)[:, ::-1],
                series[steps:, None],
            ),
            "each window runs backwards; the oldest value comes first.",
            DATA,
        ),
        (
            "windows_side_by_side",
            lambda series, steps: (
                series[: (len(series) - 1) // steps * steps].reshape(-1, steps, 1),
                series[steps::steps, None],
            ),
            "each window starts where the one before ended; windows overlap, and a new one "
            "starts at every step.",
            DATA,
        ),
        (
            "window_ends_on_its_target",
            lambda series, steps: (_every_window(series, steps), series[steps - 1 :, None]),
            "each target is the last value of its own window, and there is a pair too many; the "
            "target is the value after the window, so the last window has none.",
            DATA,
        ),
        (
            "feature_axis_dropped",
            lambda series, steps: (_every_window(series[:-1], steps)[..., 0], series[steps:]),
            "the last axis, the feature axis, is missing in both; a plain series keeps it, with "
            "one feature.",
            DATA,
        ),
        (
            "feature_axis_of_the_inputs_dropped",
            lambda series, steps: (
                _every_window(series[:-1], steps)[..., 0],
                series[steps:, None],
            ),
            "the windows lack the last axis, the feature axis; a plain series keeps it, with one "
            "feature.",
            DATA,
        ),
        (
            "feature_axis_of_the_targets_dropped",
            lambda series, steps: (_every_window(series[:-1], steps), series[steps:]),
            "the targets lack the last axis, the feature axis; a single number a window is a row "
            "with one entry.",
            DATA,
        ),
        (
            "axes_swapped",
            lambda series, steps: (
                _every_window(series[:-1], steps).swapaxes(0, 1),
                series[steps:, None],
            ),
            "time comes before the samples; the order of the axes is samples, steps, features.",
            DATA,
        ),
    ),
)


def _count_with(mlp_hidden, rnn_hidden, head=lambda H, V: H * V + V):
    def wrong(steps, input_size, hidden_size, output_size):
        T, D, H, V = steps, input_size, hidden_size, output_size
        return mlp_hidden(T, D, H) + head(H, V), rnn_hidden(T, D, H) + head(H, V)

    return wrong


def _mlp(T, D, H):
    return T * D * H + H


def _rnn(T, D, H):
    return D * H + H * H + H


COUNT_PARAMETERS = Task(
    name="count_parameters",
    draw=draw_sizes,
    edges=(
        lambda rng: draw_sizes(rng, steps=1),
        lambda rng: draw_sizes(rng, input_size=1),
        lambda rng: draw_sizes(rng, hidden_size=1, output_size=1),
    ),
    reference=reference_count,
    returns=("mlp", "rnn"),
    misconceptions=slips(
        "count_parameters",
        (
            "steps_counted_in_the_rnn",
            _count_with(_mlp, lambda T, D, H: T * D * H + H * H + H),
            "the RNN has a block of input weights for every step; it uses one block at all "
            "steps, so T does not appear in its count.",
            COUNT,
        ),
        (
            "whole_rnn_times_steps",
            _count_with(_mlp, lambda T, D, H: T * _rnn(T, D, H)),
            "the RNN's layer is counted once a step; its arrays exist once, however many steps "
            "they serve.",
            COUNT,
        ),
        (
            "no_recurrent_weights",
            _count_with(_mlp, lambda T, D, H: D * H + H),
            "the RNN lacks the weights from state to state.",
            COUNT,
        ),
        (
            "recurrent_weights_without_mixing",
            _count_with(_mlp, lambda T, D, H: D * H + H + H),
            "each unit has one weight to itself; every unit sees every other one, so Whh is a "
            "square matrix.",
            COUNT,
        ),
        (
            "no_biases",
            _count_with(
                lambda T, D, H: T * D * H,
                lambda T, D, H: D * H + H * H,
                lambda H, V: H * V,
            ),
            "the biases are missing; each layer, the head too, has one for every output.",
            COUNT,
        ),
        (
            "head_without_biases",
            _count_with(_mlp, _rnn, lambda H, V: H * V),
            "the head's biases are missing, one for every output.",
            COUNT,
        ),
        (
            "two_biases_in_the_rnn",
            _count_with(_mlp, lambda T, D, H: _rnn(T, D, H) + H),
            "the RNN's layer has two biases, one for the input and one for the state (PyTorch "
            "keeps both); here it has one.",
            COUNT,
        ),
        (
            "bias_for_every_position",
            _count_with(lambda T, D, H: T * _mlp(1, D, H), _rnn),
            "the MLP's biases are counted once a step; each hidden unit has one, whatever the "
            "length.",
            COUNT,
        ),
        (
            "no_head",
            _count_with(_mlp, _rnn, lambda H, V: 0),
            "the head is missing: weights from H to V, and V biases, in both networks.",
            COUNT,
        ),
        (
            "mlp_without_steps",
            _count_with(lambda T, D, H: D * H + H, _rnn),
            "the MLP reads one step only; it reads the whole flattened sequence.",
            COUNT,
        ),
        (
            "head_at_every_step",
            lambda steps, input_size, hidden_size, output_size: tuple(
                hidden(steps, input_size, hidden_size) + steps * (hidden_size + 1) * output_size
                for hidden in (_mlp, _rnn)
            ),
            "the head is counted once a step; it exists once.",
            COUNT,
        ),
    ),
)


def _pad_by(place, fill=0.0):
    """Pad with ``place(row, sequence)``, which writes a sequence into its row."""

    def wrong(sequences):
        lengths = np.array([len(s) for s in sequences])
        x = np.full((len(sequences), lengths.max(), sequences[0].shape[1]), fill)
        for row, sequence in zip(x, sequences, strict=True):
            place(row, sequence)
        return x, lengths

    return wrong


def _place_last(row, sequence):
    row[-len(sequence) :] = sequence


def _place_held(row, sequence):
    row[: len(sequence)] = sequence
    row[len(sequence) :] = sequence[-1]


def _place_repeated(row, sequence):
    row[:] = np.resize(sequence, row.shape)


def _cut(sequences):
    lengths = np.array([len(s) for s in sequences])
    return np.stack([s[: lengths.min()] for s in sequences]), lengths


def _with_lengths(change):
    def wrong(sequences):
        x, lengths = rc.pad(sequences)
        return x, change(x, lengths)

    return wrong


PAD_SEQUENCES = Task(
    name="pad_sequences",
    draw=draw_sequences,
    edges=(
        lambda rng: draw_sequences(rng, lengths=[4]),
        lambda rng: draw_sequences(rng, lengths=[1]),
        lambda rng: draw_sequences(rng, lengths=[3, 3]),
    ),
    reference=lambda sequences: rc.pad(sequences),
    returns=("x", "lengths"),
    misconceptions=slips(
        "pad_sequences",
        (
            "padding_in_front",
            _pad_by(_place_last),
            "the padding stands before each sequence; here it stands after it, so that the "
            "first step of a sequence is step 0 of its row.",
            BOX,
        ),
        (
            "cut_to_the_shortest",
            _cut,
            "every sequence is cut to the shortest one; nothing may be lost, so T is the "
            "largest length.",
            BOX,
        ),
        (
            "last_step_repeated",
            _pad_by(_place_held),
            "the rest of a row repeats the sequence's last step; the padding is 0.",
            BOX,
        ),
        (
            "sequence_repeated",
            _pad_by(_place_repeated),
            "the rest of a row starts the sequence again (np.resize does that); the padding is 0.",
            BOX,
        ),
        (
            "padded_with_nan",
            _pad_by(lambda row, s: row.__setitem__(slice(len(s)), s), fill=np.nan),
            "the padding is NaN, which would spread through every product; the padding is 0.",
            BOX,
        ),
        (
            "all_lengths_the_longest",
            _with_lengths(lambda x, lengths: np.full(len(x), x.shape[1])),
            "every length is that of the padded array; a length is the number of steps that a "
            "sequence had before padding.",
            BOX,
        ),
        (
            "lengths_are_last_indices",
            _with_lengths(lambda x, lengths: lengths - 1),
            "each length is the index of the last step; a length is a number of steps, one more.",
            BOX,
        ),
        (
            "zeros_taken_for_padding",
            _with_lengths(lambda x, lengths: (x != 0).any(axis=2).sum(axis=1)),
            "a step of zeros is taken for padding, but a sequence may hold zeros; its length is "
            "known before it is padded.",
            BOX,
        ),
        (
            "lengths_count_numbers",
            _with_lengths(lambda x, lengths: lengths * x.shape[2]),
            "each length counts all numbers of the sequence; it is the number of steps, whatever "
            "the number of features.",
            BOX,
        ),
        (
            "sorted_with_the_shortest_first",
            lambda sequences: rc.pad(sorted(sequences, key=len)),
            "the rows are sorted by length; row n must stay sequence n, or the labels no longer "
            "fit.",
            BOX,
        ),
        (
            "sorted_by_length",
            lambda sequences: rc.pad(sorted(sequences, key=len, reverse=True)),
            "the rows are sorted by length; row n must stay sequence n, or the labels no longer "
            "fit.",
            BOX,
        ),
    ),
)


def _every_length_in_every_row(y, lengths):
    return y[:, lengths - 1]


LAST_OUTPUTS = Task(
    name="last_outputs",
    draw=draw_states,
    edges=(
        lambda rng: draw_states(rng, full=True),
        lambda rng: draw_states(rng, N=1, T=5),
        lambda rng: draw_states(rng, N=1, T=1),
        lambda rng: draw_states(rng, N=3, T=1),
    ),
    reference=reference_last,
    returns=("last",),
    misconceptions=slips(
        "last_outputs",
        (
            "last_step_of_the_array",
            lambda y, lengths: y[:, -1],
            "it takes the last step of the array, which is padding in the shorter rows; each "
            "row has its own last step.",
            BOX,
        ),
        (
            "length_as_index",
            lambda y, lengths: y[np.arange(len(y)), lengths],
            "it uses the length as an index, which is the first step of the padding; steps are "
            "counted from 0.",
            BOX,
        ),
        (
            "first_step",
            lambda y, lengths: y[:, 0],
            "it takes the first step of each row.",
            BOX,
        ),
        (
            "one_step_for_all",
            lambda y, lengths: y[:, lengths.max() - 1],
            "it takes the same step in every row, the last one of the longest sequence; each "
            "row has its own last step.",
            BOX,
        ),
        (
            "mean_over_steps",
            lambda y, lengths: (
                np.where((np.arange(y.shape[1]) < lengths[:, None])[:, :, None], y, 0).sum(axis=1)
                / lengths[:, None]
            ),
            "it averages over the valid steps; that is another way to read a network, but not "
            "the state after the last step.",
            BOX,
        ),
        (
            "time_axis_left",
            lambda y, lengths: reference_last(y, lengths)[:, None],
            "the time axis is still there, with one step; one step a row is chosen, so that axis "
            "goes.",
            BOX,
        ),
        (
            "every_length_in_every_row",
            _every_length_in_every_row,
            "it takes the steps of all rows from every row (a slice and an index array make a "
            "grid); row n needs its own step alone.",
            BOX,
        ),
    ),
)


def _shift_with(mask):
    def wrong(ids, lengths):
        return ids[:, :-1], ids[:, 1:], mask(ids, lengths[:, None])

    return wrong


def _inside(steps, lengths):
    return np.arange(steps) < lengths


SHIFT_TARGETS = Task(
    name="shift_targets",
    draw=draw_ids,
    edges=(
        lambda rng: draw_ids(rng, N=1),
        lambda rng: {"ids": rng.integers(1, 5, (1, 2)), "lengths": np.array([2])},
        lambda rng: {"ids": rng.integers(1, 5, (3, 1)) * [1, 0], "lengths": np.ones(3, int)},
    ),
    reference=reference_shift,
    returns=("inputs", "targets", "mask"),
    misconceptions=slips(
        "shift_targets",
        (
            "not_shifted",
            lambda ids, lengths: (
                ids[:, :-1],
                ids[:, :-1],
                _inside(ids.shape[1], lengths[:, None])[:, 1:],
            ),
            "the target is the input itself, so the network need only copy; the target is the "
            "symbol after it.",
            TRAINED,
        ),
        (
            "shifted_backwards",
            lambda ids, lengths: (
                ids[:, 1:],
                ids[:, :-1],
                _inside(ids.shape[1], lengths[:, None])[:, 1:],
            ),
            "inputs and targets are exchanged: it asks for the symbol before, which the network "
            "has already read.",
            TRAINED,
        ),
        (
            "rolled_around",
            lambda ids, lengths: (
                ids,
                np.roll(ids, -1, axis=1),
                _inside(ids.shape[1], lengths[:, None]),
            ),
            "the symbols are rolled around, so that the first one of a row becomes the target of "
            "the last; the last symbol has no target.",
            TRAINED,
        ),
        (
            "mask_of_the_inputs",
            _shift_with(lambda ids, lengths: _inside(ids.shape[1], lengths)[:, :-1]),
            "the mask says where the input is real; it must say where the target is, which is "
            "one step fewer in each padded row.",
            TRAINED,
        ),
        (
            "mask_one_short",
            _shift_with(lambda ids, lengths: _inside(ids.shape[1], lengths - 2)[:, :-1]),
            "the mask ends one step too early; the last symbol of a row is a target too.",
            TRAINED,
        ),
        (
            "mask_from_the_symbols",
            _shift_with(lambda ids, lengths: ids[:, 1:] != 0),
            "the mask takes every 0 for padding, but 0 is also a symbol; only the lengths know.",
            TRAINED,
        ),
        (
            "mask_from_the_input_symbols",
            _shift_with(lambda ids, lengths: ids[:, :-1] != 0),
            "the mask looks at the inputs and takes every 0 for padding, but 0 is also a symbol; "
            "only the lengths know where the targets end.",
            TRAINED,
        ),
        (
            "mask_inverted",
            _shift_with(lambda ids, lengths: _inside(ids.shape[1], lengths)[:, 1:] == 0),
            "the mask is the wrong way round; it is True where the target is a real symbol.",
            TRAINED,
        ),
        (
            "mask_as_long_as_the_ids",
            _shift_with(lambda ids, lengths: _inside(ids.shape[1], lengths)),
            "the mask has an entry for every symbol; the first symbol is never a target.",
            TRAINED,
        ),
        (
            "everything_counts",
            _shift_with(lambda ids, lengths: np.ones((len(ids), ids.shape[1] - 1), bool)),
            "every step counts, the padding too; the network would be paid for predicting it.",
            TRAINED,
        ),
    ),
)


MASKED_ERROR = Task(
    name="masked_mean_absolute_error",
    draw=draw_errors,
    edges=(
        lambda rng: draw_errors(rng, lengths=[1]),
        lambda rng: draw_errors(rng, lengths=[4]),
        lambda rng: draw_errors(rng, lengths=[3, 0, 1]),
    ),
    reference=reference_error,
    returns=("the error",),
    misconceptions=slips(
        "masked_mean_absolute_error",
        (
            "padding_counted",
            lambda y, targets, mask: np.mean(np.abs(y - targets)),
            "the padding counts like any other step; only the steps of the mask count.",
            MASK,
        ),
        (
            "divided_by_all_steps",
            lambda y, targets, mask: np.mean(np.abs(y - targets) * mask),
            "the errors in the padding are zero, but the sum is still divided by all N * T steps; "
            "divide by the number of steps that count.",
            MASK,
        ),
        (
            "mean_of_row_means",
            lambda y, targets, mask: np.mean(
                np.sum(np.abs(y - targets) * mask, axis=1) / np.maximum(mask.sum(axis=1), 1)
            ),
            "it averages each row first, so a step in a short row weighs more; every step that "
            "counts weighs the same.",
            MASK,
        ),
        (
            "signs_cancel",
            lambda y, targets, mask: np.abs(np.mean((y - targets)[mask])),
            "errors of opposite sign cancel; take the absolute value of each error before the "
            "mean.",
            MASK,
        ),
        (
            "no_absolute_value",
            lambda y, targets, mask: np.mean((y - targets)[mask]),
            "errors keep their sign, so they cancel; the absolute value is missing.",
            MASK,
        ),
        (
            "divided_by_rows",
            lambda y, targets, mask: np.sum(np.abs(y - targets) * mask) / len(y),
            "the sum is divided by the number of rows; divide by the number of steps that count.",
            MASK,
        ),
        (
            "root_mean_square",
            lambda y, targets, mask: np.sqrt(np.mean((y - targets)[mask] ** 2)),
            "this is the root of the mean square; the mean absolute error is asked for.",
            MASK,
        ),
        (
            "squared",
            lambda y, targets, mask: np.mean((y - targets)[mask] ** 2),
            "the errors are squared; this is the mean absolute error, in the unit of the targets.",
            MASK,
        ),
        (
            "sum_instead_of_mean",
            lambda y, targets, mask: np.sum(np.abs(y - targets)[mask]),
            "it is the sum of the errors; divide by the number of steps that count.",
            MASK,
        ),
    ),
)


def _forecast_error(forecast, score=lambda miss: np.mean(np.abs(miss))):
    def wrong(series, start, period):
        scored = np.arange(start, len(series))
        return float(score(series[scored] - forecast(series, scored, start, period)))

    return wrong


SEASONAL_NAIVE = Task(
    name="seasonal_naive_error",
    draw=draw_forecast,
    edges=(
        lambda rng: draw_forecast(rng, period=1),
        lambda rng: draw_forecast(rng, period=4, start=4),
        lambda rng: draw_forecast(rng, tested=1),
    ),
    reference=reference_forecast,
    returns=("the error",),
    misconceptions=slips(
        "seasonal_naive_error",
        (
            "training_part_scored",
            lambda series, start, period: np.mean(np.abs(series[period:] - series[:-period])),
            "the steps before `start` are scored too; the baseline has to stand on the same steps "
            "as the model.",
            SUNSPOTS,
        ),
        (
            "frozen_forecast",
            _forecast_error(lambda s, scored, start, period: s[start - period]),
            "one value is the forecast for all steps; each step has its own, one period before it.",
            SUNSPOTS,
        ),
        (
            "last_season_repeated",
            _forecast_error(
                lambda s, scored, start, period: s[start - period + (scored - start) % period]
            ),
            "the last period before `start` is repeated to the end; later test steps have true "
            "values one period before them, inside the test.",
            SUNSPOTS,
        ),
        (
            "first_period_left_out",
            lambda series, start, period: np.mean(
                np.abs(series[start + period :] - series[start:-period])
            ),
            "the first period of the test is not scored; its forecasts lie before `start`.",
            SUNSPOTS,
        ),
        (
            "no_absolute_value",
            _forecast_error(lambda s, scored, start, period: s[scored - period], np.mean),
            "errors keep their sign, so they cancel; the absolute value is missing.",
            SUNSPOTS,
        ),
        (
            "squared",
            _forecast_error(
                lambda s, scored, start, period: s[scored - period],
                lambda miss: np.mean(miss**2),
            ),
            "the errors are squared; this is the mean absolute error, in the unit of the series.",
            SUNSPOTS,
        ),
        (
            "persistence",
            _forecast_error(lambda s, scored, start, period: s[scored - 1]),
            "the forecast is always the value one step before; use the value one period before.",
            SUNSPOTS,
        ),
        (
            "period_off_by_one",
            _forecast_error(lambda s, scored, start, period: s[scored - period - 1]),
            "the forecast lies one step too far back; step t is forecast by step t - period.",
            SUNSPOTS,
        ),
        (
            "training_mean",
            _forecast_error(lambda s, scored, start, period: s[:start].mean()),
            "the forecast is the mean of the steps before `start`; use the value one period "
            "before.",
            SUNSPOTS,
        ),
        (
            "signs_cancel",
            _forecast_error(
                lambda s, scored, start, period: s[scored - period],
                lambda miss: np.abs(np.mean(miss)),
            ),
            "errors of opposite sign cancel; take the absolute value of each error before the "
            "mean.",
            SUNSPOTS,
        ),
        (
            "root_mean_square",
            _forecast_error(
                lambda s, scored, start, period: s[scored - period],
                lambda miss: np.sqrt(np.mean(miss**2)),
            ),
            "this is the root of the mean square; the mean absolute error is asked for.",
            SUNSPOTS,
        ),
    ),
)


NAMES = ("one-to-one", "one-to-many", "many-to-one", "aligned", "encoder-decoder")

FORMULATIONS = {
    "review": "many-to-one",
    "caption": "one-to-many",
    "control": "aligned",
    "translation": "encoder-decoder",
    "table row": "one-to-one",
    "character model": "aligned",
}

# What a wrong name overlooks: (application, answer) -> the sentence that helps.
OVERLOOKED = {
    ("review", "aligned"): "the stars belong to the review, not to each of its words",
    ("review", "one-to-one"): "the review is read word by word, and its length differs",
    ("caption", "encoder-decoder"): "the input is one image, not a sequence",
    ("caption", "aligned"): "there is one image, and many words; no word belongs to an input step",
    (
        "control",
        "many-to-one",
    ): "the device cannot wait for the end: a command follows each reading",
    ("control", "encoder-decoder"): "input and output have the same steps, and no time to wait",
    ("translation", "aligned"): "the two sentences differ in length, and in the order of words",
    ("translation", "many-to-one"): "a whole sentence comes out, not one label",
    ("table row", "many-to-one"): "the columns of a table are features of one step, not steps",
    ("character model", "one-to-many"): (
        "that is how it is used; in training every character of the text is an input, and has "
        "the next one as its target"
    ),
    ("character model", "many-to-one"): "it has a target at every step, not at the last alone",
}


def formulation_parts(formulations):
    """Make one check for each application, for `grading.check.partial_credit`."""
    return {name: lambda name=name: _check_one(formulations, name) for name in FORMULATIONS}


def _check_one(formulations, name):
    if not isinstance(formulations, dict):
        raise CheckFailed(f"formulations should be a dict, but is {type(formulations).__name__}.")
    answer = formulations.get(name, "")
    if answer == "":
        raise CheckFailed("no answer yet.")
    if answer not in NAMES:
        raise CheckFailed(f"{answer!r} is not one of {', '.join(NAMES)}.")
    if answer != FORMULATIONS[name]:
        why = OVERLOOKED.get((name, answer), "ask which steps read, and which steps answer")
        raise CheckFailed(f"not {answer}: {why}. See: {FIVE}.")
