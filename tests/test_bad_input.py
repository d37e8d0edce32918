"""Every public callable, given what it cannot take: one error that names the argument.

What a file of its own tests in depth has one row here; the last tests see that nothing
public was left out, and that NaN never gets lost.
"""

import numpy as np
import pytest
from recurrent_layers import KINDS, fill

import rnncore as rc

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 5, 2))
IDS = np.ones((3, 5), int)
W = {"W": np.ones((2, 3))}
NAN = np.array([[0.0, np.nan]])
ONE = np.ones((1, 1))
NO_ROWS = {
    *("History", "Hypothesis"),  # what functions return, never made by a caller
    *("data", "schedules", "tasks"),  # modules: test_schedules.py, test_tasks.py
    "load_history",  # test_fit.py
    *("load_safetensors", "save_safetensors"),  # need an extra: test_exchange.py
    *("save_onnx", "to_onnx"),  # need an extra: test_onnx_export.py
}


def optimizer_rows(name):
    make = getattr(rc, name)
    return [
        (lambda: make([ONE]), TypeError, "params: expected a dictionary .* got list"),
        (lambda: make({"W": ONE.astype(int)}), TypeError, r"params\['W'\]: .* got int64"),
        (lambda: make({"W": [1.0]}), TypeError, r"params\['W'\]: expected an array .* got list"),
        (lambda: make(W, lr=0), ValueError, "lr: expected a finite number above 0, got 0"),
        (lambda: make(W, lr=-1.0), ValueError, "lr: expected a finite number above 0, got -1"),
        (lambda: make(W, lr=np.nan), ValueError, "lr: expected a finite number above 0, got nan"),
        (lambda: make(W, lr="0.1"), TypeError, "lr: expected a number above 0, got '0.1'"),
        (lambda: rated(make, -1).step(W), ValueError, "lr: expected a finite number of at least 0"),
        (lambda: rated(make, np.nan).step(W), ValueError, "lr: expected a finite number of .* nan"),
        (lambda: rated(make, "1").step(W), TypeError, "lr: expected a number .* got '1'"),
        (lambda: make(W).step([ONE]), TypeError, "grads: expected a dictionary .* got list"),
        (
            lambda: make(W).step({}),
            ValueError,
            r"grads: expected the keys of params; missing \['W'\], unexpected \[\]",
        ),
        (lambda: make(W).step(W | {"b": ONE}), ValueError, r"missing \[\], unexpected \['b'\]"),
        (lambda: make(W).step({"W": ONE}), ValueError, r"grads\['W'\]: expected shape \(2, 3\)"),
        (lambda: make(W).step({"W": None}), TypeError, r"grads\['W'\]: .* got NoneType"),
        (lambda: make(W).step({"W": np.ones((2, 3), int)}), TypeError, r"grads\['W'\]: .* int64"),
        (
            lambda: make(W).load_state([ONE]),
            TypeError,
            rf"state: expected a dictionary like {name}.state\(\), got list",
        ),
    ]


def rated(make, lr):
    """Make an optimizer whose rate is set later, as a schedule does."""
    optimizer = make({"W": np.ones((2, 3))})
    optimizer.lr = lr
    return optimizer


def layer_rows(make, first, second):
    return [
        (lambda: make(0, 3), ValueError, f"^{first}: expected an integer of at least 1, got 0"),
        (lambda: make(-1, 3), ValueError, f"^{first}: expected an integer of at least 1, got -1"),
        (lambda: make(2, 3.0), TypeError, f"^{second}: expected an integer .* got 3.0"),
        (lambda: make(2, "3"), TypeError, f"^{second}: expected an integer .* got '3'"),
        (lambda: make(2, 3, rng=0), TypeError, "rng: expected a numpy.random.Generator"),
        (
            lambda: make(2, 3, rng=np.random.RandomState(0)),
            TypeError,
            "rng: expected a numpy.random.Generator",
        ),
        (lambda: make(2, 3, dtype=int), TypeError, "dtype: expected float32 or float64, got int64"),
        (lambda: make(2, 3, dtype="x"), TypeError, "dtype: expected float32 or float64, got 'x'"),
        (lambda: make(2, 3, dtype=8), TypeError, "dtype: expected float32 or float64, got 8"),
    ]


def lengths_rows(call):
    """List lengths that no batch of three rows of five steps has."""
    return [
        (lambda: call([1, 2, 6]), ValueError, "lengths: expected values from 0 to 5, got .* 6"),
        (lambda: call([1, -2, 5]), ValueError, "lengths: expected values from 0 to 5, got .* -2"),
        (lambda: call([1.0, 2.0, 3.0]), TypeError, "lengths: expected an integer dtype"),
        (lambda: call([True] * 3), TypeError, "lengths: expected an integer dtype, got bool"),
        (lambda: call([1, 2]), ValueError, r"lengths: expected shape \(3,\), got \(2,\)"),
        (lambda: call(3), ValueError, r"lengths: expected shape \(3,\), got \(\)"),
        (lambda: call([[1, 2, 3]]), ValueError, r"lengths: expected shape \(3,\), got \(1, 3\)"),
    ]


def array_rows(layer):
    """List inputs that no layer over (N, T, D) takes."""
    y, _, cache = layer.forward(X)
    return [
        (lambda: layer.forward(X[0, 0]), ValueError, r"x: expected shape \(N, .* got \(2,\)"),
        (lambda: layer.forward(X[:0]), ValueError, r"x: expected shape \(N, .* got \(0, 5, 2\)"),
        (lambda: layer.forward(X[:, :0]), ValueError, r"x: expected shape .* got \(3, 0, 2\)"),
        (lambda: layer.forward(IDS[..., None]), TypeError, "x: expected .* got int64"),
        (lambda: layer.forward(X.tolist()), TypeError, "x: expected an array .* got list"),
        (lambda: layer.forward(None), TypeError, "x: expected an array .* got NoneType"),
        (lambda: layer.forward(X + 0j), TypeError, "x: expected .* got complex128"),
        (lambda: layer.backward(y[:1], cache), ValueError, "dy: expected shape"),
        (lambda: layer.backward(y.astype(int), cache), TypeError, "dy: expected dtype float64"),
        (lambda: layer.backward(y.astype("f"), cache), TypeError, "dy: .* got float32"),
        *lengths_rows(lambda lengths: layer.forward(X, lengths=lengths)),
    ]


def state_rows(layer):
    """List states, and gradients of states, that belong to other batches, cells or dtypes."""
    y, _, cache = layer.forward(X)
    one, pair = np.ones((3, 3)), len(layer.states) == 2
    rows = []
    for name, call in (
        ("state", lambda state: layer.forward(X, state=state)),
        ("dstate", lambda state: layer.backward(y, cache, dstate=state)),
    ):
        part = rf"^{name}\[1\]" if pair else f"^{name}"
        for bad, error, message in (
            (one[:2], ValueError, rf"{part}: expected shape \(3, 3\), got \(2, 3\)"),
            (one.astype("f"), TypeError, f"{part}: expected dtype float64, got float32"),
            (one.tolist(), TypeError, f"{part}: expected an array .* got list"),
        ):
            given = (one, bad) if pair else bad
            rows.append((lambda call=call, given=given: call(given), error, message))
        for bad, got in ((one, "ndarray"), ((one,) * 3, "3 values"), ((one,), "1 values")):
            message = (
                rf"^{name}: expected a tuple \(h, c\), got {got}" if pair else rf"^{name}: .* tuple"
            )
            if pair or isinstance(bad, tuple):
                rows.append((lambda call=call, bad=bad: call(bad), TypeError, message))
    return rows


def cell_rows(cell):
    names = ("input_size", "hidden_size")
    layers = [*layer_rows(cell, *names), *array_rows(cell(2, 3)), *state_rows(cell(2, 3))]
    return layers + cache_rows(cell)


def cache_rows(cell):
    """List caches of other layers, whose shapes may fit by chance."""
    layer, name = cell(2, 3), cell.__name__
    rows = []
    for other in (rc.RNN(2, 3), rc.LSTM(2, 3), rc.GRU(2, 3), rc.Dense(2, 3)):
        if type(other) is not cell:
            y, _, cache = other.forward(X)
            got = {"Dense": "tuple"}.get(type(other).__name__, type(other).__name__)
            rows.append(
                (
                    lambda y=y, cache=cache: layer.backward(y, cache),
                    TypeError,
                    f"^cache: expected that of {name}.forward, got one of {got}$",
                )
            )
    return rows


def model_rows(make):
    """List what builds no recurrent layer for a model of several."""
    return [
        (lambda: make(None), TypeError, "cell: expected a class or function .* got NoneType"),
        (lambda: make("LSTM"), TypeError, "cell: expected a class or function .* got str"),
        (lambda: make(rc.RNN(2, 3)), TypeError, "cell: expected a class or .* got RNN"),
        (
            lambda: make(lambda *_, **__: None),
            TypeError,
            r"cell: expected a layer such as rc.LSTM\(2, 3\), got NoneType",
        ),
    ]


def symbol_rows(call):
    return [
        (lambda: call(-IDS), ValueError, "expected values from 0 to 3, got values from -1"),
        (lambda: call(IDS + 3), ValueError, "expected values from 0 to 3, got values from 4"),
        (lambda: call(IDS * 1.0), TypeError, "expected an integer dtype, got float64"),
        (lambda: call(IDS[:0]), ValueError, r"expected .* got .*\(0, 5\)"),
        (lambda: call("ab"), TypeError, "expected an integer dtype, got <U2"),
    ]


def step_rows(step, gates, *more):
    """List for each argument of a step another shape and another dtype; N = 1, D = 1, H = 2."""
    wide, state = np.ones((2, gates * 2)), np.ones((1, 2))
    good = {"x": ONE, "h_prev": state, "Wxh": wide[:1], "Whh": wide, "bh": wide[0]}
    good |= {name: state if name == "c_prev" else state[0] for name in more}

    def call(name, value):
        return lambda: step(**(good | {name: value}))

    rows = [
        (call("Whh", wide[:, :1]), ValueError, r"^Whh: expected shape \(\d, \d\), got \(2, 1\)"),
        (call("Whh", wide[:, 0]), ValueError, r"^Whh: expected shape \(H, .*\), got \(2,\)"),
        (call("Whh", wide.astype(int)), TypeError, "^Whh: expected a floating dtype, got int64"),
        (call("Wxh", wide[:1, 1:]), ValueError, rf"^Wxh: expected shape \(D, {gates * 2}\)"),
        (call("bh", wide[0, 1:]), ValueError, rf"^bh: expected shape \({gates * 2},\)"),
    ]
    for name in [key for key in good if key != "Whh"]:
        rows += [
            (call(name, X), ValueError, rf"^{name}: expected shape .* got \(3, 5, 2\)"),
            (call(name, good[name].astype("f")), TypeError, f"^{name}: .* float64, got float32"),
        ]
    return rows


def step_backward_rows(step, backward, gates, names):
    wide, state = np.ones((2, gates * 2)), np.ones((1, 2))
    *_, cache = step(ONE, *[state for _ in names], wide[:1], wide, wide[0])
    rows = []
    for k, name in enumerate(names):
        for bad, error, message in (
            (X, ValueError, rf"^{name}: expected shape \(1, 2\), got \(3, 5, 2\)"),
            (state.astype("f"), TypeError, f"^{name}: expected dtype float64, got float32"),
        ):
            given = [bad if i == k else state for i in range(len(names))]
            rows.append((lambda given=given: backward(*given, cache), error, message))
    return rows


def class_rows(metric):
    return [
        (lambda: metric(IDS * 1.0, IDS), TypeError, "predicted: expected an integer dtype"),
        (lambda: metric(IDS, IDS[:1]), ValueError, "predicted: expected shape"),
        (lambda: metric(IDS[:0], IDS[:0]), ValueError, "targets: expected"),
    ]


def number_rows(metric):
    return [
        (lambda: metric(np.nan), ValueError, "nats: expected a finite number of at least 0"),
        (lambda: metric(-1), ValueError, "nats: expected a finite number of at least 0, got -1"),
        (lambda: metric([1.0]), TypeError, r"nats: expected a number of at least 0, got \[1.0\]"),
    ]


def probability_rows(function):
    return [
        (lambda: function(3.0), ValueError, r"a: expected shape \(..., V\) .* got \(\)"),
        (lambda: function(ONE[:, :0]), ValueError, r"a: .* at least one class, got \(1, 0\)"),
        (lambda: function("a"), TypeError, "a: expected an array of numbers"),
    ]


def clip_rows(clip, bound):
    return [
        (lambda: clip(W, 0), ValueError, f"^{bound}: expected a finite number above 0, got 0"),
        (lambda: clip(W, "1"), TypeError, f"^{bound}: expected a number above 0, got '1'"),
        (lambda: clip({"W": NAN}, 1), ValueError, "grads: NaN or infinite in W"),
        (
            lambda: clip({"W": [1.0]}, 1),
            TypeError,
            r"grads\['W'\]: expected an array of shape \(1,\) and a floating dtype, got list",
        ),
        (lambda: clip({"W": IDS}, 1), TypeError, r"grads\['W'\]: .* got int64"),
        (lambda: clip([ONE], 1), TypeError, "grads: expected a dictionary of arrays .* got list"),
    ]


def exchange_rows(convert):
    return [
        (lambda: convert({}, "CNN"), ValueError, "kind: expected one of 'RNN', .* got 'CNN'"),
        (lambda: convert({}, "RNN"), ValueError, "params: expected 'Whh' among the names"),
        (lambda: convert(rc.RNN(2, 3), "RNN"), TypeError, "params: .* layer.params, got RNN"),
    ]


def both_ways():
    return rc.Bidirectional(rc.RNN(2, 3), rc.RNN(2, 3))


def model():
    return rc.LanguageModel(4, 2, rng=RNG)


VOCAB = rc.Vocab("ab")
NGRAM = rc.NGram(2, 4).fit(IDS[0])
PIXELS = np.ones((1, 4, 4, 2))
BAD = {
    **{name: optimizer_rows(name) for name in ("SGD", "Momentum", "RMSprop", "Adam")},
    "RNN": cell_rows(rc.RNN),
    "LSTM": [
        *cell_rows(rc.LSTM),
        (
            lambda: rc.LSTM(2, 3, forget_bias="1"),
            TypeError,
            "forget_bias: expected a number that is finite, got '1'",
        ),
        (lambda: rc.LSTM(2, 3, forget_bias=np.nan), ValueError, "forget_bias: .* finite .* nan"),
        (lambda: rc.LSTM(2, 3, forget_bias=-np.inf), ValueError, "forget_bias: .* finite .* -inf"),
    ],
    "GRU": cell_rows(rc.GRU),
    "Dense": [
        *layer_rows(rc.Dense, "input_size", "output_size"),
        *array_rows(rc.Dense(2, 3)),
        (lambda: rc.Dense(2, 3).forward(X[0], lengths=[1] * 5), ValueError, "x: expected shape"),
        (lambda: rc.Dense(2, 3).forward(X, state=X), ValueError, "state: Dense has none"),
        (lambda: rc.Dense(2, 3).forward(X.astype("f")), TypeError, "x: .* got float32"),
        (
            lambda: rc.Dense(2, 3, dtype=np.float32).forward(X),
            TypeError,
            "x: expected dtype float32, got float64; use x.astype",
        ),
    ],
    "Bidirectional": [
        *array_rows(both_ways()),
        (lambda: rc.Bidirectional(rc.RNN(2, 3), 3), TypeError, r"such as rc.RNN\(2, 3\), got int"),
        (lambda: both_ways().forward(X, X), TypeError, r"state: .* tuple \(forward state, backw"),
        (
            lambda: both_ways().backward(np.ones((3, 5, 6)), both_ways().forward(X)[2], X),
            TypeError,
            r"dstate: expected a tuple \(forward, backward\), got",
        ),
    ],
    "Stack": array_rows(rc.Stack([rc.GRU(2, 3), rc.Dense(3, 2)])),
    "Dropout": [
        *array_rows(rc.Dropout(0.5)),
        (lambda: rc.Dropout(1), ValueError, "rate: expected a number from 0 to below 1, got 1"),
        (lambda: rc.Dropout(np.nan), ValueError, "rate: expected .* got nan"),
        (lambda: rc.Dropout(True), TypeError, "rate: expected a number .* got True"),
        (lambda: rc.Dropout(0.5, rng=1), TypeError, "rng: expected a numpy.random.Generator"),
    ],
    "LastStep": array_rows(rc.LastStep()),
    "MaxPoolTime": array_rows(rc.MaxPoolTime()),
    "Embedding": [
        *layer_rows(rc.Embedding, "vocab_size", "embedding_size"),
        *symbol_rows(rc.Embedding(4, 2).forward),
        (
            lambda: rc.Embedding(4, 2).backward(X.astype("f"), rc.Embedding(4, 2).forward(IDS)[2]),
            TypeError,
            "dy: expected dtype float64, got float32",
        ),
        *lengths_rows(lambda lengths: rc.Embedding(4, 2).forward(IDS, lengths=lengths)),
    ],
    "LanguageModel": layer_rows(rc.LanguageModel, "vocab_size", "hidden_size|embedding_size")
    + symbol_rows(model().forward)
    + model_rows(lambda cell: rc.LanguageModel(4, 2, cell=cell))
    + [
        (lambda: model().step(1), ValueError, r"ids: expected shape \(N,\), got \(\)"),
        (lambda: model().step(IDS), ValueError, r"ids: expected shape \(N,\), got \(3, 5\)"),
        (lambda: model().step([4]), ValueError, "ids: expected values from 0 to 3, got .* 4"),
    ],
    "EncoderDecoder": [
        *model_rows(lambda cell: rc.EncoderDecoder(4, 4, 2, cell=cell)),
        (lambda: rc.EncoderDecoder(4, 0, 2), ValueError, "vocab_size: expected an integer"),
        (lambda: rc.EncoderDecoder(4, 4, 2).forward(IDS * 1.0, IDS), TypeError, "an integer dtype"),
    ],
    "Captioner": [
        *model_rows(lambda cell: rc.Captioner((4, 4, 2), 2, 4, 3, cell=cell)),
        (lambda: rc.Captioner((4, 4), 2, 4, 3), ValueError, "image_shape: expected a tuple"),
        (lambda: rc.Captioner((4, 4, 2), 2, 4, 3, rng=0), TypeError, "rng: expected a numpy"),
    ],
    "Conv2D": [
        *layer_rows(rc.Conv2D, "input_size", "output_size"),
        (lambda: rc.Conv2D(3, 2).forward(PIXELS), ValueError, "x: expected shape"),
        (lambda: rc.Conv2D(2, 2, 3, ONE), ValueError, r"padding: expected one of .* array\(\["),
    ],
    "MaxPool2D": [(lambda: rc.MaxPool2D(-2), ValueError, "size: expected an integer")],
    "NGram": [
        (lambda: rc.NGram(0, 4), ValueError, "order: expected an integer of at least 1, got 0"),
        *symbol_rows(lambda ids: rc.NGram(2, 4).fit(ids if isinstance(ids, str) else ids.ravel()))[
            :3
        ],
        (lambda: rc.NGram(2, 0), ValueError, "^vocab_size: expected an integer of at least 1"),
        (
            lambda: NGRAM.cross_entropy([4]),
            ValueError,
            "^ids: expected values from 0 to 3, got .* 4",
        ),
        (lambda: NGRAM.cross_entropy(IDS), ValueError, r"^ids: expected shape \(L,\), got"),
        (lambda: NGRAM.probability(4, [1]), ValueError, "symbol: expected values from 0 to 3"),
        (lambda: NGRAM.probability(1.0, [1]), TypeError, "symbol: expected an integer dtype"),
        (lambda: NGRAM.probability([1], [1]), ValueError, r"symbol: expected shape \(\), got \(1,"),
        (lambda: NGRAM.probability(1, [9]), ValueError, "context: expected values from 0 to 3"),
        (lambda: NGRAM.probability(1, "ab"), TypeError, "context: expected an integer dtype"),
        (lambda: NGRAM.probability(1, 1), ValueError, r"context: expected shape \(T,\), got \(\)"),
        (lambda: NGRAM.probability(1, None), TypeError, "context: expected an integer dtype"),
    ],
    "Vocab": [
        (lambda: rc.Vocab(3), TypeError, "symbols: expected a string or a list of strings"),
        (lambda: rc.Vocab([1, 2]), TypeError, "symbols: expected strings, got int among them"),
        (lambda: rc.Vocab.from_text(None), TypeError, "text: expected a string .* got NoneType"),
        (lambda: VOCAB.encode([["a"]]), TypeError, "text: expected strings, got list among them"),
        (lambda: VOCAB.encode(3), TypeError, "text: expected a string .* got int"),
        (lambda: VOCAB.decode([2]), ValueError, "ids: expected values from 0 to 1, got .* 2"),
    ],
    "accuracy": class_rows(rc.accuracy),
    "exact_match": class_rows(rc.exact_match),
    "f1_per_class": class_rows(lambda p, t: rc.f1_per_class(p, t, 4)),
    "bleu": [
        (lambda: rc.bleu(["a b"], [[["a"]]]), TypeError, r"candidates\[0\]: .* list of tok"),
        (lambda: rc.bleu(None, [[["a"]]]), TypeError, "candidates: expected a list, got NoneType"),
        (lambda: rc.bleu([["a"]], 3), TypeError, "references: expected a list, got int"),
        (
            lambda: rc.bleu([[["a"]]], [[["a"]]]),
            TypeError,
            r"candidates\[0\]: expected tok",
        ),
        (lambda: rc.bleu([[1]], [[[{}]]]), TypeError, r"references\[0\]\[0\]: expected tokens"),
    ],
    "perplexity": number_rows(rc.perplexity),
    "bits_per_symbol": number_rows(rc.bits_per_symbol),
    "mean_absolute_error": [
        (lambda: rc.mean_absolute_error(NAN, NAN), ValueError, "y: 1 of 2 entries are NaN"),
        (lambda: rc.mean_absolute_error(X[:0], X[:0]), ValueError, "y: expected at least one"),
    ],
    "mean_absolute_scaled_error": [
        (lambda: rc.mean_absolute_scaled_error(NAN[0], NAN[0], NAN[0]), ValueError, "history: 1 of")
    ],
    "softmax": probability_rows(rc.softmax),
    "log_softmax": probability_rows(rc.log_softmax),
    "softmax_cross_entropy": [
        (lambda: rc.softmax_cross_entropy(NAN, [0]), ValueError, "logits: 1 of 2 entries are NaN"),
        (lambda: rc.softmax_cross_entropy([[1.0]], [0]), TypeError, "logits: .* got list"),
        (lambda: rc.softmax_cross_entropy(ONE, [1]), ValueError, "targets: expected values"),
        (lambda: rc.softmax_cross_entropy(ONE, [0.0]), TypeError, "targets: expected an integer"),
    ],
    "mean_squared_error": [
        (lambda: rc.mean_squared_error(NAN, NAN), ValueError, "y: 1 of 2 entries are NaN"),
        (lambda: rc.mean_squared_error([[1.0]], ONE), TypeError, "y: expected .* got list"),
        (
            lambda: rc.mean_squared_error(X[None], X),
            ValueError,
            r"y: expected shape \(N, T, D\) or",
        ),
        (lambda: rc.mean_squared_error(X, X[:1]), ValueError, "targets: expected shape"),
        (lambda: rc.mean_squared_error(X, X.astype("f")), TypeError, "targets: .* got float32"),
    ],
    "clip_grad_norm": clip_rows(rc.clip_grad_norm, "max_norm"),
    "clip_grad_value": clip_rows(rc.clip_grad_value, "limit"),
    "global_norm": [(lambda: rc.global_norm([ONE]), TypeError, "grads: expected a dictionary")],
    "named": [
        (lambda: rc.named(rnn=rc.RNN(2, 3)), TypeError, "rnn: expected a dictionary .* got RNN")
    ],
    "glorot_uniform": [
        (lambda: rc.glorot_uniform(0, (2, 3)), TypeError, "rng: expected a numpy.random.Generator"),
        (lambda: rc.glorot_uniform(RNG, (2,)), ValueError, r"shape: expected \(fan_in, fan_out\)"),
        (lambda: rc.glorot_uniform(RNG, (0, 2)), ValueError, r"shape\[0\]: expected an integer"),
        (lambda: rc.glorot_uniform(RNG, (2, 2), int), TypeError, "dtype: expected float32"),
    ],
    "orthogonal": [
        (lambda: rc.orthogonal(0, (2, 2)), TypeError, "rng: expected a numpy.random.Generator"),
        (lambda: rc.orthogonal(RNG, (2, 3)), ValueError, r"shape: expected a square \(n, n\)"),
        (lambda: rc.orthogonal(RNG, (2.0, 2)), TypeError, r"shape\[0\]: expected an integer"),
        (lambda: rc.orthogonal(RNG, (2, 2), int), TypeError, "dtype: expected float32"),
    ],
    "identity": [(lambda: rc.identity(3), ValueError, r"shape: expected a square \(n, n\), got 3")],
    "gradient_check": [
        (lambda: rc.gradient_check(3, X), TypeError, "layer: expected a layer .* got int"),
        (
            lambda: rc.gradient_check(rc.RNN(2, 3, dtype=np.float32), X.astype(np.float32)),
            TypeError,
            "layer: expected outputs in float64, got float32",
        ),
        (lambda: rc.gradient_check(rc.RNN(2, 3), X, rng=1), TypeError, "^rng: expected a numpy"),
        (lambda: rc.gradient_check(rc.RNN(2, 3), X, noise=1), TypeError, "^noise: expected a num"),
    ],
    "numerical_gradient": [
        (lambda: rc.numerical_gradient(np.sum, IDS), TypeError, "x: expected a float64 array"),
        (lambda: rc.numerical_gradient(np.sum, X, eps=0), ValueError, "eps: expected a finite"),
        (lambda: rc.numerical_gradient(lambda x: x, X), TypeError, r"f: .* got shape \(3, 5, 2\)"),
        (lambda: rc.numerical_gradient(lambda x: None, X), TypeError, "f: .* got NoneType"),
    ],
    "relative_error": [
        (lambda: rc.relative_error(X, X[0]), ValueError, "expected two arrays of one shape"),
        (lambda: rc.relative_error("a", X), TypeError, "^a: expected an array of numbers, got <U1"),
        (lambda: rc.relative_error(X, X > 0), TypeError, "^b: expected an array of .* got bool"),
    ],
    "length_mask": [
        (lambda: rc.length_mask([1, 6], 5), ValueError, "lengths: expected values from 0 to 5"),
        (lambda: rc.length_mask([1], 0), ValueError, "steps: expected an integer of at least 1"),
    ],
    "pad": [
        (lambda: rc.pad(None), TypeError, "sequences: expected a list of arrays, got NoneType"),
        (lambda: rc.pad([]), ValueError, "sequences: expected at least one sequence"),
    ],
    "reverse": lengths_rows(lambda lengths: rc.reverse(X, lengths)),
    "one_hot": [
        *symbol_rows(lambda ids: rc.one_hot(ids, 4)),
        (lambda: rc.one_hot(IDS, 0), ValueError, "^size: expected an integer"),
    ],
    "minibatches": [
        (lambda: next(rc.minibatches(0, 2)), ValueError, "^count: expected an integer"),
        (lambda: next(rc.minibatches(2, 0)), ValueError, "^batch_size: expected an integer"),
        (lambda: next(rc.minibatches(2, 1, rng=1)), TypeError, "rng: expected a numpy.random"),
    ],
    "stream_batches": [
        (lambda: rc.stream_batches(IDS[0], 1, 0), ValueError, "^steps: expected an integer"),
        (lambda: rc.stream_batches(IDS[0], 0, 1), ValueError, "^batch_size: expected an integer"),
        (lambda: rc.stream_batches(X[0, :, 0], 1, 1), TypeError, "ids: expected a vector of int"),
        (lambda: rc.stream_batches(IDS, 1, 1), TypeError, "ids: expected a vector of integers"),
    ],
    "sample": [
        (lambda: rc.sample(NAN), ValueError, "logits: 1 of 2 entries are NaN"),
        (lambda: rc.sample(ONE[:, :0]), ValueError, "logits: expected at least one class"),
        (lambda: rc.sample(ONE, np.nan), ValueError, "temperature: expected a finite number"),
        (lambda: rc.sample(ONE, "1"), TypeError, "temperature: expected a number of at least 0"),
        (lambda: rc.sample(ONE, top_k=0), ValueError, "^top_k: expected an integer"),
        (lambda: rc.sample(ONE, 0, top_k=2), ValueError, "top_k: expected 1 to 1, got 2"),
        (lambda: rc.sample(ONE, rng=1), TypeError, "rng: expected a numpy.random.Generator"),
    ],
    "generate": [
        (lambda: rc.generate(3, [1], 2), TypeError, "model: expected a language model, got int"),
        (lambda: rc.generate(rc.RNN(1, 1), [1], 2), TypeError, "model: expected a .* got RNN"),
        (lambda: rc.generate(model(), [4], 2), ValueError, "prompt: expected values from 0 to 3"),
        (lambda: rc.generate(model(), [1], 0), ValueError, "^length: expected an integer"),
        (lambda: rc.generate(model(), [1], 2, rng=1), TypeError, "rng: expected a numpy.random"),
    ],
    "greedy_search": [(lambda: rc.greedy_search(None, [0.0], 2), TypeError, "start: expected int")],
    "length_penalty": [
        (lambda: rc.length_penalty("3", 1), TypeError, "length: expected a number .* got '3'"),
        (lambda: rc.length_penalty(-6, 0.5), ValueError, "length: expected .* at least 0, got -6"),
        (lambda: rc.length_penalty(3, np.nan), ValueError, "alpha: expected a finite .* got nan"),
        (lambda: rc.length_penalty(3, -1), ValueError, "alpha: expected .* at least 0, got -1"),
    ],
    "beam_search": [(lambda: rc.beam_search(None, 0, 2, 0), ValueError, "width: expected an int")],
    "truncated_bptt": [
        (lambda: next(rc.truncated_bptt(3, [], None)), TypeError, "model: expected a layer"),
    ],
    "fit": [(lambda: rc.fit(3, None, None, steps=1), TypeError, "model: expected a layer")],
    "rnn_step": step_rows(rc.rnn_step, 1),
    "rnn_step_backward": step_backward_rows(rc.rnn_step, rc.rnn_step_backward, 1, ["dh"]),
    "lstm_step": step_rows(rc.lstm_step, 4, "c_prev"),
    "lstm_step_backward": step_backward_rows(rc.lstm_step, rc.lstm_step_backward, 4, ["dh", "dc"]),
    "gru_step": step_rows(rc.gru_step, 3, "bhn"),
    "gru_step_backward": step_backward_rows(rc.gru_step, rc.gru_step_backward, 3, ["dh"]),
    "sigmoid": [
        (lambda: rc.sigmoid("a"), TypeError, "a: expected an array of numbers, got <U1"),
        (lambda: rc.sigmoid(None), TypeError, "a: expected an array of numbers, got object"),
    ],
    "to_pytorch": exchange_rows(rc.to_pytorch),
    "from_pytorch": [
        (lambda: rc.from_pytorch({}, "RNN"), ValueError, "state_dict: expected 'weight_ih_l0'"),
        (lambda: rc.from_pytorch([ONE], "RNN"), TypeError, r"module.state_dict\(\), got list"),
    ],
    "to_keras": exchange_rows(rc.to_keras),
    "from_keras": [
        (lambda: rc.from_keras([], "CNN"), ValueError, "kind: expected one of"),
        (lambda: rc.from_keras(None, "RNN"), TypeError, "arrays: expected a list .* got NoneType"),
        (lambda: rc.from_keras({}, "RNN"), TypeError, "arrays: expected a list .* got dict"),
    ],
    "load_params": [
        (lambda: rc.load_params(rc.RNN(2, 3), W), ValueError, "params: "),
        (
            lambda: rc.load_params(rc.RNN, W),
            TypeError,
            r"layer: expected a layer such as rc.Dense\(2, 3\), got the class RNN",
        ),
    ],
}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(*row, id=f"{name}-{i}")
        for name, rows in BAD.items()
        for i, row in enumerate(rows)
    ],
)
def test_bad_input_gets_one_clear_error(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_nothing_public_is_left_out():
    assert set(rc.__all__) == set(BAD) | NO_ROWS
    assert not set(BAD) & NO_ROWS
    assert all(BAD.values())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("kind", KINDS)
def test_nan_in_an_input_is_seen_at_the_loss(kind, bad):
    network = fill(rc.Stack([KINDS[kind](2, 3), rc.Dense(3, 4)]), np.random.default_rng(1))
    x = X.copy()
    x[1, 2] = bad
    with np.errstate(invalid="ignore"):
        logits, _, _ = network.forward(x)
    assert np.isfinite(logits[[0, 2]]).all()
    assert np.isfinite(logits[1, :2]).all()
    if np.isnan(bad):
        assert np.isnan(logits[1, 2:]).all()
        with pytest.raises(ValueError, match=r"logits: 12 of 60 .* first at index \(1, 2, 0\)"):
            rc.softmax_cross_entropy(logits, IDS)


def test_a_loss_refuses_nan_at_a_masked_position_too():
    mask = np.array([[True, False]])
    logits = np.array([[[0.0, 1.0], [np.nan, 1.0]]])
    with pytest.raises(ValueError, match="logits: 1 of 4 entries are NaN"):
        rc.softmax_cross_entropy(logits, np.zeros((1, 2), int), mask)
    with pytest.raises(ValueError, match="targets: 1 of 4 entries are NaN"):
        rc.mean_squared_error(np.zeros((1, 2, 2)), logits, mask)


@pytest.mark.parametrize("name", ["SGD", "Momentum", "RMSprop", "Adam"])
def test_nan_in_a_gradient_is_seen_in_the_parameters(name):
    params = {"W": np.ones((1, 2))}
    getattr(rc, name)(params, lr=0.1).step({"W": NAN})
    np.testing.assert_array_equal(np.isnan(params["W"]), [[False, True]])


def test_nan_does_not_pass_the_gradient_check():
    assert np.isnan(rc.relative_error(NAN, NAN))
    assert np.isnan(rc.relative_error(np.array([np.inf]), np.array([np.inf])))
    layer = rc.Dense(2, 3)
    layer.params["W"][0, 0] = np.nan
    assert not max(rc.gradient_check(layer, X).values()) < 1e-7


@pytest.mark.parametrize("content", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "layer",
    [rc.Dense(2, 3), rc.Dropout(0.5), rc.LastStep(), rc.MaxPoolTime()],
    ids=lambda layer: type(layer).__name__,
)
def test_nan_in_the_padding_has_no_effect(layer, content):
    lengths = np.array([5, 0, 2])
    live = rc.length_mask(lengths, 5)[:, :, None]
    results = []
    for fill_value in (0.0, content):
        if isinstance(layer, rc.Dropout):
            layer.rng = np.random.default_rng(3)
        y, _, cache = layer.forward(np.where(live, X, fill_value), lengths=lengths)
        dy = np.ones_like(y) if y.ndim == 2 else np.where(live, np.ones_like(y), fill_value)
        dx, _, grads = layer.backward(dy, cache)
        results.append((y, dx, *grads.values()))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)
