"""The benchmark's contenders compute the same; its records and figures hold together."""

import json
from pathlib import Path

import numpy as np
import pytest
from tqdm import tqdm

import rnncore as rc
from benchmarks import cases, measure, memory, naive, report, tricks

RESULTS = Path(__file__).resolve().parents[1] / "book" / "data" / "performance.json"


@pytest.mark.parametrize("cell", cases.CELLS)
def test_single_steps_in_a_loop_equal_the_layer(cell, rng):
    layer = getattr(rc, cell)(3, 5, rng=rng)
    x, dy = rng.standard_normal((2, 4, 3)), rng.standard_normal((2, 4, 5))
    y, _, cache = layer.forward(x)
    dx, _, grads = layer.backward(dy, cache)
    outputs, caches = naive.forward(cell, x, layer.params)
    np.testing.assert_allclose(outputs, y, atol=1e-12)
    naive_dx, naive_grads = naive.backward(cell, dy, caches)
    np.testing.assert_allclose(naive_dx, dx, atol=1e-12)
    assert naive_grads.keys() == grads.keys()
    for name, grad in grads.items():
        np.testing.assert_allclose(naive_grads[name], grad, atol=1e-11)


@pytest.mark.parametrize(
    ("size", "names"), [("S1", {"rnncore", "naive NumPy"}), ("character model", {"rnncore"})]
)
def test_a_case_is_measured_in_processes_of_its_own(monkeypatch, size, names):
    monkeypatch.setattr(measure, "CONTENDERS", ("rnncore", "naive NumPy"))
    with tqdm(total=1, disable=True) as progress:
        (record,) = measure.measure_all(
            [cases.Case("RNN", "float32", size)], 1, progress, quick=True
        )
    assert record["seconds"].keys() == names
    assert record["peak"] > 1e8
    for seconds in record["seconds"].values():
        assert 0 < seconds["forward"] <= seconds["both"] < 60


def test_operations_count_every_product_once(rng):
    case = cases.Case("LSTM", "float64", "S1")
    batch, steps, size, hidden = cases.SIZES["S1"]
    counted = cases.operations(case)
    products = [(size, 4 * hidden), (hidden, 4 * hidden)]
    assert counted["forward"] == sum(2 * batch * steps * k * m for k, m in products)
    assert counted["both"] == 3 * counted["forward"]


def test_the_pieces_of_the_tricks_agree():
    for plain, ours, _ in (
        tricks.pieces("float64")[k] for k in ("time first", "all gates at once")
    ):
        plain, ours = plain(), ours()
        plain = np.concatenate(plain, axis=1) if isinstance(plain, list) else plain
        np.testing.assert_allclose(plain, ours, atol=1e-9)


def test_memory_is_counted_for_each_cell():
    records = {r["cell"]: r for r in memory.measure_memory("S2")}
    assert records.keys() == cases.CELLS.keys()
    for record in records.values():
        assert 0 < record["cache"] < record["most"]
    assert records["RNN"]["cache"] < records["GRU"]["cache"] < records["LSTM"]["cache"]


def test_the_table_has_a_row_for_each_record_and_its_means():
    times = {"rnncore": 1, "PyTorch": 2, "naive NumPy": 8}
    record = {
        **cases.Case("LSTM", "float32", "S1")._asdict(),
        "threads": 1,
        "peak": 1e9,
        "seconds": {name: {"forward": t, "both": 3 * t} for name, t in times.items()},
    }
    record |= report.figures(record)
    assert record["share_of_peak"] * record["ratio"] == pytest.approx(record["floor"])
    _, row, mean = report.lines([record])
    assert "0.50" in row
    assert "0.12" in row
    assert "geometric mean 0.50, worst 0.50" in mean
    assert report.geometric_mean([1, 4]) == pytest.approx(2)


def test_the_books_data_has_every_case():
    results = json.loads(RESULTS.read_text())
    found = {(r["cell"], r["dtype"], r["size"], r["threads"]) for r in results["records"]}
    assert found == {(*case, threads) for case in cases.all_cases() for threads in (1, 2)}
    assert {r["cell"] for r in results["memory"]} == cases.CELLS.keys()
