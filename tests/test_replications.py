"""Replications: every result is kept, nothing runs twice, nothing is compared wrongly."""

import json
import os
from functools import partial

import numpy as np
import pytest

from replications import __main__ as everything
from replications import common

TASK = {"task": "a test", "lr": 0.1}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(common, "DATA", tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def calls():
    return []


def arm(calls, label, seed):
    calls.append((label, seed))
    return {"solved": np.bool_(seed % 2 == 0), "sequences": np.int64(32 * seed), "loss": 0.5}


def square(seed):  # importable, for worker processes
    return {"solved": True, "sequences": seed**2}


def test_another_command_is_recorded_as_given(calls):
    data = common.run("toy", {"A": partial(arm, calls, "A")}, [3], TASK, command="python x.py")
    assert common.load("toy")["command"] == data["command"] == "python x.py"


def test_each_result_is_recorded_with_what_made_it(calls):
    arms = {"A": partial(arm, calls, "A"), "B": partial(arm, calls, "B")}
    data = common.run("toy", arms, [3, 4], TASK)
    assert data == common.load("toy")
    assert data["command"] == f"python -m {__name__}"
    assert data["describe"] == TASK
    assert data["versions"] == [common.versions()]
    assert [r["versions"] for r in data["runs"]] == [0] * 4
    assert [(r["arm"], r["seed"]) for r in data["runs"]] == [("A", 3), ("A", 4), ("B", 3), ("B", 4)]
    assert data["runs"][0]["result"] == {"solved": False, "sequences": 96, "loss": 0.5}
    assert all(r["cpu_seconds"] >= 0 for r in data["runs"])
    assert calls == [("A", 3), ("B", 3), ("A", 4), ("B", 4)]  # all arms grow together


def test_started_again_it_runs_only_what_is_missing(calls):
    common.run("toy", {"A": partial(arm, calls, "A")}, [1, 2], TASK)
    common.run("toy", {"A": partial(arm, calls, "A")}, {"A": [2, 3]}, TASK)
    assert calls == [("A", 1), ("A", 2), ("A", 3)]
    assert [r["seed"] for r in common.results("toy", "A")] == [1, 2, 3]  # none is taken out


def test_an_error_loses_nothing_that_was_done(calls):
    def breaks(seed):
        if seed == 3:
            raise ZeroDivisionError("now")
        return arm(calls, "A", seed)

    with pytest.raises(ZeroDivisionError, match="now") as caught:
        common.run("toy", {"A": breaks}, [1, 2, 3, 4], TASK)
    assert caught.value.__notes__ == ["in arm 'A', seed 3; results before it are kept"]
    assert [r["seed"] for r in common.results("toy", "A")] == [1, 2]


def test_a_write_that_fails_leaves_the_file_as_it_was(calls, folder, monkeypatch):
    common.run("toy", {"A": partial(arm, calls, "A")}, [1], TASK)
    before = common.path("toy").read_bytes()

    def full(_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        common.run("toy", {"A": partial(arm, calls, "A")}, [2], TASK)
    assert common.path("toy").read_bytes() == before
    assert [file.name for file in folder.iterdir()] == ["replication_toy.json"]


def test_workers_give_the_same_file():
    one = common.run("one", {"A": square}, [1, 2, 3], TASK)
    two = common.run("two", {"A": square}, [1, 2, 3], TASK, workers=2)
    assert [r["result"] for r in one["runs"]] == [r["result"] for r in two["runs"]]


def test_a_run_is_one_line_of_the_file(calls):
    common.run("toy", {"A": partial(arm, calls, "A")}, [1, 2], TASK)
    lines = [line for line in common.path("toy").read_text().splitlines() if '"seed"' in line]
    assert [json.loads(line.rstrip(","))["seed"] for line in lines] == [1, 2]


def test_a_number_that_is_not_finite_is_none():
    data = common.run("toy", {"A": lambda seed: square(seed) | {"loss": np.nan}}, [1], TASK)
    assert data["runs"][0]["result"]["loss"] is None
    json.loads(common.path("toy").read_text(), parse_constant=pytest.fail)


def test_other_settings_are_refused():
    common.run("toy", {"A": square}, [1], TASK)
    with pytest.raises(ValueError, match="begun with another lr, epochs; delete"):
        common.run("toy", {"A": square}, [1], {"task": "a test", "lr": 0.2, "epochs": 3})


def on_other_machines(monkeypatch):
    """Give other versions from now on; return what gives the true ones back."""
    true = common.versions
    monkeypatch.setattr(common, "versions", lambda: true() | {"processor": "another"})
    return partial(monkeypatch.setattr, common, "versions", true)


def test_it_goes_on_elsewhere_and_each_run_keeps_its_versions(monkeypatch):
    here = common.versions()
    common.run("toy", {"A": square}, [1, 3], TASK)
    back = on_other_machines(monkeypatch)
    common.run("toy", {"A": square}, [1, 2, 3], TASK)
    back()
    data = common.run("toy", {"A": square}, [4], TASK)
    assert data == common.load("toy")
    assert data["versions"] == [here, here | {"processor": "another"}]
    assert [(r["seed"], r["versions"]) for r in data["runs"]] == [(1, 0), (2, 1), (3, 0), (4, 0)]


def test_what_was_not_run_elsewhere_leaves_no_versions(monkeypatch):
    common.run("toy", {"A": square}, [1], TASK)
    before = common.path("toy").read_bytes()
    on_other_machines(monkeypatch)
    assert len(common.run("toy", {"A": square}, [1], TASK)["versions"]) == 1
    assert common.path("toy").read_bytes() == before


def test_confirm_compares_everything_on_the_same_machine():
    common.run("toy", {"A": square}, [3], TASK)
    assert common.confirm("toy", "A", 3, {"solved": True, "sequences": 9}) == "result"
    with pytest.raises(AssertionError, match=r"A, seed 3: .*10.* recorded .*9"):
        common.confirm("toy", "A", 3, {"solved": True, "sequences": 10})


def test_confirm_compares_the_verdict_elsewhere(monkeypatch):
    common.run("toy", {"A": square}, [3], TASK)
    on_other_machines(monkeypatch)
    assert common.confirm("toy", "A", 3, {"solved": True, "sequences": 10}) == "verdict"
    with pytest.raises(AssertionError, match="A, seed 3"):
        common.confirm("toy", "A", 3, {"solved": False, "sequences": 9})


def test_confirm_looks_at_the_versions_of_that_run(monkeypatch):
    common.run("toy", {"A": square, "B": square}, {"A": [3], "B": []}, TASK)
    back = on_other_machines(monkeypatch)
    common.run("toy", {"A": square, "B": square}, {"A": [4], "B": [3]}, TASK)
    wrong = {"solved": True, "sequences": 10}
    assert common.confirm("toy", "A", 3, wrong) == "verdict"
    assert common.confirm("toy", "B", 3, square(3)) == "result"
    back()
    assert common.confirm("toy", "A", 4, wrong) == "verdict"
    assert common.confirm("toy", "B", 3, wrong) == "verdict"
    with pytest.raises(AssertionError, match="A, seed 3"):
        common.confirm("toy", "A", 3, wrong)


def test_versions_tell_apart_what_rounds_differently(monkeypatch):
    here = common.versions()
    assert common.versions() == here

    class OneBitOff(common.rc.LSTM):
        def backward(self, dy, cache):
            dx, dstate, grads = super().backward(dy, cache)
            last = grads["bh"].reshape(-1)
            last[-1] = np.nextafter(last[-1], np.inf)
            return dx, dstate, grads

    monkeypatch.setattr(common.rc, "LSTM", OneBitOff)
    there = common.versions()
    assert there.pop("arithmetic") != here.pop("arithmetic")
    assert there == here


def test_what_is_not_recorded_is_said():
    with pytest.raises(FileNotFoundError, match=r"replication_toy\.json: not recorded yet"):
        common.load("toy")
    common.run("toy", {"A": square}, [3], TASK)
    with pytest.raises(ValueError, match="has no run of 'B'"):
        common.results("toy", "B")
    with pytest.raises(ValueError, match="has no run of 'A' with seed 4"):
        common.confirm("toy", "A", 4, square(4))


WHOLE = {"command": "", "describe": TASK, "versions": [{}]}


@pytest.mark.parametrize(
    "content",
    [
        *["", "{", "[]", "{}", '{"runs": []}'],
        *(json.dumps(WHOLE | {"runs": runs}) for runs in (3, [3], [{}])),
        *(json.dumps(WHOLE | {"runs": [{"versions": v}]}) for v in (-1, 1, "0", None)),
    ],
)
def test_a_damaged_file_is_said(content, folder):
    folder.mkdir()
    common.path("toy").write_text(content)
    with pytest.raises(ValueError, match=r"replication_toy\.json: damaged"):
        common.run("toy", {"A": square}, [1], TASK)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"name": "a/b"}, ValueError, "name: expected lower-case"),
        ({"name": 3}, ValueError, "name: expected lower-case"),
        ({"arms": {}}, TypeError, "arms: expected a dictionary"),
        ({"arms": [square]}, TypeError, "arms: expected a dictionary"),
        ({"arms": {"A": 3}}, TypeError, "arms: expected a dictionary"),
        ({"seeds": {"B": [1]}}, ValueError, r"seeds: expected the keys of arms, \['A'\]"),
        ({"seeds": [1.0]}, TypeError, "seeds: expected integers .* 'A'"),
        ({"seeds": [-1]}, TypeError, "seeds: expected integers"),
        ({"seeds": [True]}, TypeError, "seeds: expected integers"),
        ({"seeds": [1, 1]}, ValueError, "seeds: expected each once"),
        ({"describe": {}}, TypeError, 'describe: .* "task"'),
        ({"describe": None}, TypeError, "describe: expected"),
        ({"describe": TASK | {"lr": object()}}, TypeError, "describe: lr: expected .* got object"),
        ({"workers": 0}, ValueError, "workers: expected"),
        ({"arms": {"A": lambda seed: None}}, TypeError, "A, seed 1: expected a dictionary"),
        ({"arms": {"A": lambda seed: {"sequences": 1}}}, TypeError, r"'solved' \(bool\), got None"),
        ({"arms": {"A": lambda seed: {"solved": 1}}}, TypeError, "'solved' .* got 1"),
        (
            {"arms": {"A": lambda seed: {"solved": True, "sequences": 1.5}}},
            TypeError,
            r"'sequences' \(int or None\), got 1.5",
        ),
        ({"arms": {"A": lambda seed: {3: 4}}}, TypeError, "expected strings as keys, got 3"),
        (
            {"arms": {"A": lambda seed: square(seed) | {"h": np.ones(3)}}},
            TypeError,
            "A, seed 1: h: expected numbers, .* got ndarray",
        ),
    ],
)
def test_bad_input(change, error, message):
    good = {"name": "toy", "arms": {"A": square}, "seeds": [1], "describe": TASK}
    with pytest.raises(error, match=message):
        common.run(**good | change)
    assert not common.path("toy").exists()


def test_every_module_but_the_shared_one_is_a_replication():
    for name in everything.tasks():
        assert name not in ("common", "__main__")
