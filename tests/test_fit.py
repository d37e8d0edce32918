"""Training with `fit`: what it does, and that a break changes nothing, wherever it comes."""

import contextlib
import io
import itertools
import os
import pathlib
import signal
import sys
import threading
from functools import partial

import numpy as np
import pytest

import rnncore as rc
from rnncore.tasks import Sequences, adding, copying, long_lag, reber, temporal_order

OPTIMIZERS = [rc.SGD, rc.Momentum, rc.RMSprop, rc.Adam]
STEPS, V = 9, 5


@pytest.fixture(autouse=True)
def fast_disk(monkeypatch):
    """Do not wait for the disk itself; every other part of writing a file is as ever."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def quiet(*args, **options):
    return rc.fit(*args, progress=False, **options)


class Setup:
    """A stack with dropout, on streams with carried state: everything that has to be kept."""

    def __init__(self, optimizer=rc.Adam, dtype=np.float64):
        rng = np.random.default_rng(1)
        options = {"rng": rng, "dtype": dtype}
        layers = [rc.LSTM(4, 4, **options), rc.Dropout(0.4, np.random.default_rng(2))]
        layers += [rc.GRU(4, 3, **options), rc.Dropout(0.2, np.random.default_rng(3))]
        table, head = rc.Embedding(V, 4, **options), rc.Dense(3, V, **options)
        self.model = rc.Stack([table, *layers, head])
        self.optimizer = optimizer(self.model.params, lr=0.05)
        self.ids = rng.integers(V, size=4 * 3 * 3 + 1)  # 4 windows of 3 steps in 3 rows
        self.calls, self.break_at = 0, None

    def tick(self):
        """Press Ctrl-C at one of the places that call this."""
        self.calls += 1
        if self.calls == self.break_at:
            signal.raise_signal(signal.SIGINT)

    def batches(self, rng):
        shift = rng.integers(V)  # chance, of the epoch
        for x, y in rc.stream_batches((self.ids + shift) % V, 3, 3):
            self.tick()
            yield x, y

    def loss(self, y, targets):
        self.tick()
        return rc.softmax_cross_entropy(y, targets)

    def validate(self, model):
        self.tick()
        y, _, _ = model.forward(self.ids[None, :7])
        return {"bits": rc.softmax_cross_entropy(y, self.ids[None, 1:8])[0]}

    def step(self, grads):
        """Press Ctrl-C in the middle of an update."""
        type(self.optimizer).step(self.optimizer, grads)
        self.tick()

    def fit(self, **options):
        self.optimizer.step = self.step
        schedule = partial(rc.schedules.cosine, lr=0.05, total=STEPS)
        options = {"steps": STEPS, "every": 2, "rng": np.random.default_rng(7), **options}
        options = {"carry": True, "max_norm": 0.9, "schedule": schedule, **options}
        return quiet(
            self.model, self.batches, self.optimizer, self.loss, validate=self.validate, **options
        )

    def result(self, history):
        """Everything that has to be the same."""
        arrays = dict(self.model.params) | self.optimizer.state()
        arrays |= {name: getattr(history, name) for name in ("loss", "grad_norm", "lr")}
        arrays |= {f"validation.{name}": column for name, column in history.validation.items()}
        draws = [layer.rng.random(2) for layer in self.model.layers if hasattr(layer, "rng")]
        return arrays | {f"noise.{i}": draw for i, draw in enumerate(draws)}


def same(a, b):
    assert a.keys() == b.keys()
    for name, value in a.items():
        np.testing.assert_array_equal(value, b[name], err_msg=name)


def whole_run(**options):
    setup = Setup(**options)
    return setup.result(setup.fit()), setup.calls


@pytest.mark.parametrize(
    ("optimizer", "dtype"),
    [*((optimizer, np.float64) for optimizer in OPTIMIZERS), (rc.Adam, np.float32)],
)
def test_a_break_anywhere_changes_nothing(tmp_path, optimizer, dtype):
    expected, calls = whole_run(optimizer=optimizer, dtype=dtype)
    assert calls >= 3 * STEPS + 6
    for k in range(1, calls + 1):
        path = tmp_path / f"{k}.npz"
        setup = Setup(optimizer, dtype)
        setup.break_at = k
        with pytest.raises(KeyboardInterrupt, match=r"fit ended after step \d.*resume=True"):
            setup.fit(checkpoint=path)
        fresh = Setup(optimizer, dtype)
        for p in fresh.model.params.values():
            p += 1
        history = fresh.fit(checkpoint=path, resume=True, rng=np.random.default_rng(99))
        same(fresh.result(history), expected)
        assert len(history.seconds) == STEPS


@pytest.mark.parametrize("k", range(1, STEPS + 1))
def test_runs_in_pieces_equal_one_run(tmp_path, k):
    expected, _ = whole_run()
    setup = Setup()
    setup.fit(steps=k, checkpoint=tmp_path / "run.npz", every=2 if k % 2 == 0 else k)
    fresh = Setup()
    history = fresh.fit(checkpoint=tmp_path / "run.npz", resume=True)
    got = fresh.result(history)
    rows = [i for i, step in enumerate(history.validation["step"]) if step % 2 == 0 or step == 9]
    for name in ("validation.step", "validation.bits"):
        got[name] = [got[name][i] for i in rows]
    if k % 2 == 0:
        same(got, expected)
    else:
        del got["validation.step"], got["validation.bits"]
        same(got, {name: expected[name] for name in got})


def test_the_model_in_memory_goes_on_too(tmp_path):
    expected, calls = whole_run()
    setup = Setup()
    setup.break_at = calls // 2
    with pytest.raises(KeyboardInterrupt):
        setup.fit(checkpoint=tmp_path / "run.npz")
    history = setup.fit(checkpoint=tmp_path / "run.npz", resume=True)
    same(setup.result(history), expected)
    again = setup.fit(checkpoint=tmp_path / "run.npz", resume=True)  # nothing is left to do
    assert again.validation == history.validation
    assert rc.load_history(tmp_path / "run.npz") == history == again


def test_ctrl_c_without_a_checkpoint_says_so():
    setup = Setup()
    setup.break_at = 5
    with pytest.raises(KeyboardInterrupt, match=r"after step 1; .* give fit a checkpoint"):
        setup.fit()


def test_each_step_is_the_update_by_hand():
    setup, by_hand = Setup(), Setup()
    history = setup.fit(epochs=2, steps=None)
    seed, step = int(np.random.default_rng(7).integers(2**63)), 0
    for epoch in range(2):
        state = None
        for x, y in by_hand.batches(np.random.default_rng([seed, epoch])):
            logits, state, cache = by_hand.model.forward(x, state=state)
            loss, dlogits = rc.softmax_cross_entropy(logits, y)
            grads, norm = rc.clip_grad_norm(by_hand.model.backward(dlogits, cache)[2], 0.9)
            by_hand.optimizer.lr = rc.schedules.cosine(step, 0.05, STEPS)
            assert history.loss[step] == loss
            assert history.grad_norm[step] == norm
            assert history.lr[step] == by_hand.optimizer.lr
            by_hand.optimizer.step(grads)
            step += 1
    same(setup.model.params, by_hand.model.params)
    assert len(history.loss) == len(history.seconds) == step == 8
    assert history.validation["step"] == [0, 2, 4, 6, 8]


def test_validation_comes_without_dropout_and_by_epoch_unless_told():
    setup = Setup()
    seen = []

    def validate(model):
        seen.append(model.training)
        return {"even": len(seen) % 2 == 0}

    setup.validate = validate
    history = setup.fit(epochs=2, steps=None, every=None)
    assert seen == [False] * 3
    assert setup.model.training
    assert history.validation == {"step": [0, 4, 8], "even": [0.0, 1.0, 0.0]}


def test_stop_ends_the_run_and_so_does_resuming_it(tmp_path):
    asked = []

    def stop(history):
        asked.append(len(history.loss))
        return history.validation["step"][-1] >= 4

    options, setup = {"stop": stop}, Setup()
    history = setup.fit(**options, checkpoint=tmp_path / "run.npz")
    assert asked == [2, 4]
    assert len(history.loss) == 4
    assert history.validation["step"] == [0, 2, 4]
    again = Setup()
    assert again.fit(**options, checkpoint=tmp_path / "run.npz", resume=True) == history
    same(again.model.params, setup.model.params)


def classifier(rng):
    body = rc.Bidirectional(rc.RNN(2, 4, rng=rng), rc.RNN(2, 4, rng=rng))
    return rc.Stack([body, rc.MaxPoolTime(), rc.Dense(8, 2, rng=rng)])


def test_sequences_with_lengths_are_classified(rng):
    lengths = rng.integers(3, 8, size=60)
    x = rng.standard_normal((60, 7, 2)) * rc.length_mask(lengths, 7)[:, :, None]
    targets = (x.max(axis=(1, 2)) > 1.5).astype(int)
    model = classifier(rng)

    def batches(rng):
        for rows in rc.minibatches(60, 16, rng):
            yield Sequences(x[rows], lengths[rows], targets[rows], None)

    def validate(model):
        logits, _, _ = model.forward(x, lengths=lengths)
        return {"accuracy": rc.accuracy(logits.argmax(axis=1), targets)}

    optimizer = rc.Adam(model.params, lr=0.02)
    history = quiet(model, batches, optimizer, epochs=30, validate=validate, rng=rng)
    assert len(history.loss) == 120
    assert history.validation["accuracy"][-1] > 0.9 > history.validation["accuracy"][0]


def test_drawn_tasks_with_their_criteria(rng):
    model = rc.Stack([rc.RNN(2, 4, rng=rng), rc.Dense(4, 1, rng=rng)])
    test = adding.draw(50, 11, rng)

    def validate(model):
        outputs, _, _ = model.forward(test.x, lengths=test.lengths)
        return {
            "error": rc.mean_squared_error(outputs, test.targets, test.mask)[0],
            "correct": adding.correct(outputs, test).mean(),
            "solved": adding.solved(outputs, test, sequences=50),
        }

    history = quiet(
        model,
        lambda rng: (adding.draw(8, 11, rng) for _ in range(10)),
        rc.Adam(model.params, lr=0.01),
        rc.mean_squared_error,
        epochs=6,
        max_norm=1.0,
        validate=validate,
        rng=rng,
    )
    assert len(history.loss) == 60
    assert history.validation["step"] == list(range(0, 61, 10))
    assert history.validation["error"][-1] < 0.7 * history.validation["error"][0]
    assert history.validation["correct"][-1] > 0
    assert history.validation["solved"] == [0.0] * 7


TASKS = {
    "adding": (adding, 1, partial(adding.draw, steps=11), {"sequences": 2}),
    "6a": (temporal_order, 4, partial(temporal_order.draw, relevant=2), {"sequences": 2}),
    "6b": (temporal_order, 8, partial(temporal_order.draw, relevant=3), {"sequences": 2}),
    "reber": (reber, 7, reber.draw, {}),
    "long lag": (long_lag, 6, lambda count, rng: long_lag.both(5), {}),
    "copying": (copying, 9, partial(copying.draw, delay=2), {}),
}


@pytest.mark.parametrize(("task", "size", "draw", "options"), TASKS.values(), ids=TASKS.keys())
def test_every_task_gives_batches_and_a_criterion(rng, task, size, draw, options):
    data = draw(2, rng=rng)
    model = rc.Stack([rc.RNN(data.x.shape[2], 3, rng=rng), rc.Dense(3, size, rng=rng)])

    def validate(model):
        outputs, _, _ = model.forward(data.x, lengths=data.lengths)
        return {"solved": task.solved(outputs, data, **options)}

    loss = rc.mean_squared_error if size == 1 else rc.softmax_cross_entropy
    history = quiet(
        model,
        lambda rng: [draw(2, rng=rng)],
        rc.SGD(model.params),
        loss,
        epochs=2,
        validate=validate,
    )
    assert history.validation == {"step": [0, 1, 2], "solved": [0.0] * 3}


def test_embedded_reber_is_solved_and_stops_there():
    rng = np.random.default_rng(0)
    train = reber.draw(256, rng)
    test = reber.draw(64, rng, exclude=reber.strings(train))
    model = rc.Stack([rc.LSTM(7, 12, rng=rng), rc.Dense(12, 7, rng=rng)])

    def batches(rng):
        for rows in rc.minibatches(256, 16, rng):
            yield Sequences(*(array[rows] for array in train))

    def validate(model):
        outputs, _, _ = model.forward(test.x, lengths=test.lengths)
        return {"solved": reber.solved(outputs, test)}

    history = quiet(
        model,
        batches,
        rc.Adam(model.params, lr=0.02),
        epochs=60,
        validate=validate,
        stop=lambda history: history.validation["solved"][-1],
        rng=rng,
    )
    assert history.validation["solved"][-1] == 1.0
    assert not any(history.validation["solved"][:-1])


def test_models_of_another_form_bring_their_gradients(rng):
    w = np.array([3.0])
    model = rc.Dense(1, 1, rng=rng)
    model.params = {"w": w}
    history = quiet(
        model,
        lambda rng: [2.0, 4.0],
        rc.SGD(model.params, lr=0.5),
        gradients=lambda model, batch, state: (0.5, {"w": np.array([batch])}, None),
        epochs=1,
    )
    np.testing.assert_array_equal(w, 0.0)
    assert history.grad_norm == [2.0, 4.0]


def test_progress_goes_to_stderr_or_nowhere(tmp_path, capfd):
    setup = Setup()
    options = {"carry": True, "checkpoint": tmp_path / "run.npz"}
    quiet(setup.model, setup.batches, setup.optimizer, steps=2, **options)
    assert capfd.readouterr() == ("", "")
    rc.fit(setup.model, setup.batches, setup.optimizer, steps=3, resume=True, **options)
    out, err = capfd.readouterr()
    assert out == ""
    assert "3/3" in err
    assert "loss=" in err


# Files.


def finished(path, **options):
    setup = Setup(**options)
    setup.fit(checkpoint=path)
    return path


def test_a_checkpoint_is_whole_when_writing_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    setup = Setup()
    setup.fit(steps=4, checkpoint=path)
    before = path.read_bytes()
    open_file = pathlib.Path.open

    def fail(*_):
        raise OSError("disk full")

    def open_on_full_disk(path, mode):
        return FullDisk() if mode == "wb" else open_file(path, mode)

    broken = {
        "os.fsync": fail,
        "pathlib.Path.replace": fail,
        "pathlib.Path.open": open_on_full_disk,
    }
    for name, function in broken.items():
        with monkeypatch.context() as patch:
            patch.setattr(name, function)
            with pytest.raises(OSError, match="disk full"):
                Setup().fit(checkpoint=path, resume=True)
        assert path.read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == ["run.npz"]
    fresh = Setup()
    same(fresh.result(fresh.fit(checkpoint=path, resume=True)), whole_run()[0])


class FullDisk(io.BytesIO):
    def write(self, content):
        raise OSError("disk full")


def test_a_checkpoint_is_whole_when_the_process_dies_while_writing(tmp_path):
    path = tmp_path / "run.npz"
    Setup().fit(steps=4, checkpoint=path)
    before = path.read_bytes()
    child = os.fork()
    if child == 0:
        os.fsync = lambda _: os._exit(42)
        with contextlib.suppress(BaseException):
            Setup().fit(checkpoint=path, resume=True)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
    assert path.read_bytes() == before
    fresh = Setup()
    same(fresh.result(fresh.fit(checkpoint=path, resume=True)), whole_run()[0])


def test_ctrl_c_while_writing_comes_after_it(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    write, setup = rc.run.write_checkpoint, Setup()

    def interrupted(*args):
        signal.raise_signal(signal.SIGINT)
        write(*args)

    with monkeypatch.context() as patch:
        patch.setattr(rc.run, "write_checkpoint", interrupted)
        with pytest.raises(KeyboardInterrupt):
            setup.fit(checkpoint=path)
    assert rc.load_history(path).loss == []


def test_damaged_files_are_refused(tmp_path):
    path = finished(tmp_path / "run.npz")
    content, expected = path.read_bytes(), rc.load_history(path)
    step = len(content) // 150
    for end in range(0, len(content), step):
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"checkpoint: .*run\.npz is damaged, or no check"):
            Setup().fit(checkpoint=path, resume=True)
    for place in range(0, len(content), step):
        path.write_bytes(content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :])
        with contextlib.suppress(ValueError):  # a date in the archive's directory may change
            assert rc.load_history(path) == expected
    np.savez(path, a=np.ones(3))
    with pytest.raises(ValueError, match="is damaged, or no checkpoint"):
        rc.load_history(path)


def test_files_of_a_later_format_are_refused(tmp_path):
    rc.checkpoint.write_checkpoint(tmp_path / "run.npz", {}, {"format": "rnncore checkpoint 2"})
    with pytest.raises(ValueError, match="its format is 'rnncore checkpoint 2'"):
        rc.load_history(tmp_path / "run.npz")


class Harmful:
    def __reduce__(self):
        return os.putenv, ("RNNCORE_TEST", "1")


def test_nothing_in_a_file_is_run(tmp_path):
    path = finished(tmp_path / "run.npz")
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays, a=np.array([Harmful()], dtype=object))
    with pytest.raises(ValueError, match="is damaged, or no checkpoint"):
        rc.load_history(path)


def test_missing_and_existing_files(tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(FileNotFoundError, match=r"checkpoint: there is no file .*run\.npz"):
        Setup().fit(checkpoint=path, resume=True)
    with pytest.raises(FileNotFoundError, match="checkpoint: there is no folder for"):
        Setup().fit(checkpoint=tmp_path / "no" / "run.npz")
    with pytest.raises(ValueError, match="resume: expected the file to resume from"):
        Setup().fit(resume=True)
    before = finished(path).read_bytes()
    with pytest.raises(FileExistsError, match=r"run\.npz exists; .* resume=True, or delete it"):
        Setup().fit(checkpoint=path)
    assert path.read_bytes() == before


def test_files_of_others_change_nothing(tmp_path):
    path = finished(tmp_path / "run.npz")

    def refuse(error, match, optimizer=rc.Adam, change=None, dtype=np.float64):
        setup = Setup(optimizer, dtype)
        if change is not None:
            change(setup)
            setup.optimizer = optimizer(setup.model.params)
        before = {name: p.copy() for name, p in setup.model.params.items()}
        memory = setup.optimizer.state()
        with pytest.raises(error, match=match):
            setup.fit(checkpoint=path, resume=True)
        same(setup.model.params, before)
        same(setup.optimizer.state(), memory)

    def fewer(setup):
        setup.model = rc.Stack(setup.model.layers[:-1])

    def wider(setup):
        head = rc.Dense(3, V + 1)
        setup.model = rc.Stack([*setup.model.layers[:-1], head])

    def without_dropout(setup):
        layers = [layer for layer in setup.model.layers if not isinstance(layer, rc.Dropout)]
        model = rc.Stack(layers)
        model.params = dict(zip(setup.model.params, model.params.values(), strict=True))
        setup.model = model

    refuse(
        ValueError,
        r"model in run\.npz: .*model\.params; missing .*\['5\.W', '5\.b'\]",
        change=fewer,
    )
    refuse(
        ValueError, r"the model in run\.npz\['5\.W'\]: expected .*3, 6.*got .*3, 5", change=wider
    )
    refuse(TypeError, r"0\.W in run\.npz: expected dtype float32, got float64", dtype=np.float32)
    refuse(ValueError, r"optimizer: run\.npz was written with Adam, got SGD", rc.SGD)
    refuse(ValueError, r"run\.npz holds 2 random generators .* got 0", change=without_dropout)


def test_other_data_are_noticed(tmp_path):
    path = finished(tmp_path / "run.npz")  # 9 steps: one into the third epoch
    setup = Setup()
    setup.ids = setup.ids[::-1].copy()
    with pytest.raises(ValueError, match="batches: batch 1 of epoch 2 is not what it was"):
        setup.fit(checkpoint=path, resume=True, steps=12)
    setup.batches = lambda rng: iter(())
    with pytest.raises(ValueError, match="batches: expected at least 1 in epoch 2, got 0"):
        setup.fit(checkpoint=path, resume=True, steps=12)
    with pytest.raises(ValueError, match="batches: expected at least 1 in epoch 0, got 0"):
        setup.fit()


def test_fewer_data_are_noticed(tmp_path):
    path = tmp_path / "run.npz"
    Setup().fit(steps=7, checkpoint=path)
    setup = Setup()
    setup.batches = lambda rng: itertools.islice(Setup.batches(setup, rng), 2)
    with pytest.raises(ValueError, match="batches: expected at least 3 in epoch 1, got 2"):
        setup.fit(checkpoint=path, resume=True)


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_every_bit_generator_can_be_kept(tmp_path, kind):
    def build():
        setup = Setup()
        setup.model.layers[2].rng = np.random.Generator(kind(5))
        return setup

    whole, broken = build(), build()
    expected = whole.result(whole.fit())
    broken.fit(steps=4, checkpoint=tmp_path / "run.npz")
    fresh = build()
    same(fresh.result(fresh.fit(checkpoint=tmp_path / "run.npz", resume=True)), expected)


# What goes wrong in training.


def test_a_loss_that_is_nan_stops_before_it_does_harm(tmp_path):
    path = tmp_path / "run.npz"
    setup = Setup()
    losses = iter([1.0] * 5 + [np.nan])
    setup.loss = lambda y, targets: (next(losses), np.ones_like(y))
    with pytest.raises(ValueError, match=r"loss: .* NaN.*lower the learning rate") as caught:
        setup.fit(checkpoint=path)
    (note,) = caught.value.__notes__
    assert "fit ended after step 5; the model is as it was after that step" in note
    assert "its learning rate was 0.0293, its gradient norm" in note
    assert "run.npz holds step 4" in note
    for p in setup.model.params.values():
        assert np.isfinite(p).all()
    assert len(rc.load_history(path).loss) == 4


@pytest.mark.parametrize("max_norm", [None, 1.0])
def test_gradients_that_are_not_finite_stop_too(max_norm):
    setup = Setup()
    before = {name: p.copy() for name, p in setup.model.params.items()}
    setup.loss = lambda y, targets: (1.0, np.full_like(y, np.inf))
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match="grads: NaN or infinite in") as caught,
    ):
        setup.fit(max_norm=max_norm)
    assert caught.value.__notes__ == [
        "fit ended after step 0; the model is as it was after that step"
    ]
    same(setup.model.params, before)


def test_parameters_that_are_not_finite_never_reach_the_file(tmp_path):
    path = tmp_path / "run.npz"
    setup = Setup(rc.SGD)
    setup.validate = lambda model: {}
    setup.loss = lambda y, targets: (1.0, np.full_like(y, 100))
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"W.*NaN or infinite"):
        setup.fit(
            checkpoint=path, max_norm=None, schedule=lambda step: 1e-9 if step < 5 else 1.7e308
        )
    assert len(rc.load_history(path).loss) == 4


def test_bad_arguments(tmp_path):
    good = Setup()
    arguments = (good.model, good.batches, good.optimizer)
    with pytest.raises(TypeError, match="model: expected a layer"):
        quiet(3, good.batches, good.optimizer, steps=1)
    with pytest.raises(TypeError, match=r"batches: expected a function .* got list"):
        quiet(good.model, [1], good.optimizer, steps=1)
    for optimizer in (rc.SGD({}), Setup().optimizer, None):
        with pytest.raises(ValueError, match=r"optimizer: expected one over model\.params"):
            quiet(good.model, good.batches, optimizer, steps=1)
    with pytest.raises(ValueError, match="steps, epochs: expected one of the two"):
        quiet(*arguments)
    for name in ("steps", "epochs", "every"):
        with pytest.raises(ValueError, match=f"{name}: expected an integer of at least 1"):
            quiet(*arguments, **{"steps": 1, name: 0})
    with pytest.raises(ValueError, match="max_norm: expected a finite number above 0"):
        quiet(*arguments, steps=1, max_norm=0)
    with pytest.raises(TypeError, match="rng: expected a"):
        quiet(*arguments, steps=1, rng=3)
    for validate in (lambda model: 3.0, lambda model: {"step": 1}):
        with pytest.raises(TypeError, match="validate: expected a dict of numbers"):
            quiet(*arguments, steps=1, validate=validate)
    for name in ("loss", "schedule", "validate", "stop", "gradients"):
        with pytest.raises(TypeError, match=f"{name}: expected a function, got float"):
            quiet(*arguments, steps=1, **{name: 0.1})
    with pytest.raises(TypeError, match="loss: expected a function, got NoneType"):
        quiet(*arguments, steps=1, loss=None)
    for rate, error in ((None, TypeError), (-1.0, ValueError), (np.nan, ValueError)):
        with pytest.raises(error, match=rf"schedule\(0\): expected a .* got {rate}"):
            quiet(*arguments, steps=1, schedule=lambda step, rate=rate: rate)
    names = iter("ab")
    with pytest.raises(ValueError, match=r"validate: expected the metrics \['a'\] as before"):
        quiet(*arguments, steps=1, validate=lambda model: {next(names): 1})
    with pytest.raises(TypeError, match="batches: expected pairs"):
        quiet(good.model, lambda rng: [1], good.optimizer, steps=1)


def test_ctrl_c_elsewhere_is_as_ever():
    before = signal.getsignal(signal.SIGINT)
    Setup().fit()
    assert signal.getsignal(signal.SIGINT) is before
    assert "tqdm" in sys.modules


def test_fit_runs_in_another_thread_too():
    expected, _ = whole_run()
    setup, histories = Setup(), []
    thread = threading.Thread(target=lambda: histories.append(setup.fit()))
    thread.start()
    thread.join()
    same(setup.result(histories[0]), expected)
