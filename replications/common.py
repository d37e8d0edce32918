"""What all replications share: run arms over seeds, keep every result, compare with it later."""

import json
import math
import numbers
import platform
import re
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import process_time

import numpy as np
from tqdm import tqdm

import rnncore as rc
from rnncore.atomic import write_atomically

DATA = Path(__file__).resolve().parents[1] / "book" / "data"
REQUIRED = {"solved": (bool,), "sequences": (int, type(None))}


def run(name, arms, seeds, describe, workers=1, command=None):
    """Run each arm with each seed that has no result yet, and write each result at once.

    Started again it goes on where it was, also on another machine: each run names the versions
    it was made with. Results are never taken out of the file: to start over, delete it.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and ``_``; the file is book/data/replication_NAME.json.
    arms : dict
        ``{"label": function}``, where ``function(seed)`` returns a dictionary of plain numbers,
        strings, bools, None, and lists of these. ``"solved"`` (bool) is whether the criterion
        was met, ``"sequences"`` (int or None) how many sequences training took; the rest is
        free. A number that is not finite is written as None.
    seeds : list or dict
        Integers for all arms, or ``{"label": integers}``.
    describe : dict
        The task and all settings, as plain as a result; ``"task"`` is its name. A file with
        other settings is refused.
    workers : int
        Processes; with more than one the functions have to be importable.
    command : str, optional
        What repeats the runs, for the file; by default the module of the functions.

    Returns
    -------
    dict
        The content of the file, as from `load`.

    Raises
    ------
    TypeError, ValueError
        A bad argument or result; a file that is damaged, or of other settings.
    """
    describe = _checked(name, arms, describe, workers)
    wanted = _pairs(arms, seeds)
    data = _open(name, arms, describe, command)
    done = {(record["arm"], record["seed"]) for record in data["runs"]}
    missing = [pair for pair in wanted if pair not in done]
    with tqdm(total=len(wanted), initial=len(wanted) - len(missing), desc=name) as bar:
        for record in _results(arms, missing, workers):
            data["runs"].append(_with_versions(record, data["versions"]))
            data["runs"].sort(key=lambda r: (r["arm"], r["seed"]))
            _write(name, data)
            verdict = "solved" if record["result"]["solved"] else "failed"
            bar.set_postfix_str(f"{record['arm']}, seed {record['seed']}: {verdict}")
            bar.update()
    return data


def path(name):
    """Name the file of a replication."""
    return DATA / f"replication_{name}.json"


def load(name):
    """Read what was recorded.

    Returns
    -------
    dict
        ``command``, ``versions``, ``describe``, and ``runs``. ``versions`` lists each
        combination from `versions` that runs were made with. ``runs`` is a list of ``{"arm",
        "seed", "versions", "cpu_seconds", "result"}``, in order of arm and seed, where
        ``"versions"`` is a position in the list of that name.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or it is damaged.
    """
    if not path(name).exists():
        raise FileNotFoundError(f"{path(name).name}: not recorded yet; make replications does it")
    try:
        data = json.loads(path(name).read_text())
        good = {"command", "describe"} <= data.keys()
        good &= all(run["versions"] in range(len(data["versions"])) for run in data["runs"])
    except (ValueError, AttributeError, LookupError, TypeError):
        good = False
    if not good:
        raise ValueError(f"{path(name).name}: damaged; delete it to start over")
    return data


def results(name, arm):
    """List the results of one arm in order of seed, each with ``seed`` and ``cpu_seconds``."""
    records = [r for r in load(name)["runs"] if r["arm"] == arm]
    if not records:
        raise ValueError(f"{path(name).name}: has no run of {arm!r}")
    keys = ("seed", "cpu_seconds")
    return [{key: record[key] for key in keys} | record["result"] for record in records]


def confirm(name, arm, seed, result):
    """Assert that a result of today is the recorded one; return how much was compared.

    The last bits of a matrix product depend on NumPy, BLAS and the processor, and training
    makes them large. Where one of `versions` differs from what the recorded run was made with,
    only the verdict ``solved`` is compared.

    Returns
    -------
    {"result", "verdict"}
    """
    data = load(name)
    recorded = {(run["arm"], run["seed"]): run for run in data["runs"]}
    if (arm, seed) not in recorded:
        raise ValueError(f"{path(name).name}: has no run of {arm!r} with seed {seed}")
    run = recorded[arm, seed]
    want, got = run["result"], _plain(result, f"{arm}, seed {seed}")
    if data["versions"][run["versions"]] != versions():
        assert got["solved"] == want["solved"], f"{arm}, seed {seed}: {got}, recorded {want}"
        return "verdict"
    assert got == want, f"{arm}, seed {seed}: {got}, recorded {want}"
    return "result"


def versions():
    """Describe what a result depends on: versions, BLAS, processor, and how they round.

    Processors of one name round differently: BLAS and NumPy choose their code by what a
    processor can do. So ``"arithmetic"`` is a checksum of gradients computed here and now.
    """
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "rnncore": rc.__version__,
        "processor": _processor(),
        "arithmetic": _arithmetic(),
    }


def _arithmetic():
    """Give the checksum of two layers' gradients, in which every bit counts."""
    rng = np.random.default_rng(0)
    layers = [rc.RNN(2, 64, rng=rng, dtype="float32"), rc.LSTM(2, 16, rng=rng, dtype="float32")]
    x = rng.normal(size=(32, 20, 2)).astype(np.float32)  # (N, T, D)
    total = 0
    for layer in layers:
        h, _, cache = layer.forward(x)
        _, _, grads = layer.backward(np.ones_like(h), cache)
        for gradient in grads.values():
            total = zlib.crc32(gradient.tobytes(), total)
    return f"{total:08x}"


def _processor():
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _results(arms, missing, workers):
    """Yield records as they come."""
    if workers == 1:
        for arm, seed in missing:
            yield _run_one(arm, arms[arm], seed)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_run_one, arm, arms[arm], seed) for arm, seed in missing]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _run_one(arm, function, seed):
    start = process_time()
    try:
        result = function(seed)
        seconds = process_time() - start
        result = _plain(result, f"{arm}, seed {seed}")
    except Exception as error:
        error.add_note(f"in arm {arm!r}, seed {seed}; results before it are kept")
        raise
    return {"arm": arm, "seed": seed, "cpu_seconds": round(seconds, 2), "result": result}


def _with_versions(record, known):
    """Note the versions of today in a record, as their position in ``known``; add new ones."""
    today = versions()
    if today not in known:
        known.append(today)
    where = {"versions": known.index(today)}
    head = {key: record[key] for key in ("arm", "seed")}
    return head | where | record


def _open(name, arms, describe, command):
    if path(name).exists():
        data = load(name)
        if data["describe"] != describe:
            changed = [k for k in data["describe"] | describe if _differs(k, data, describe)]
            raise ValueError(
                f"describe: {path(name).name} was begun with another {', '.join(changed)}; "
                "delete the file to start over"
            )
        return data
    command = command or f"python -m {_module(arms)}"
    return {"command": command, "versions": [], "describe": describe, "runs": []}


def _differs(key, data, describe):
    missing = object()
    return data["describe"].get(key, missing) != describe.get(key, missing)


def _module(arms):
    """Name the module to run: that of the first arm."""
    function = next(iter(arms.values()))
    while isinstance(function, partial):
        function = function.func
    if function.__module__ != "__main__":
        return function.__module__
    spec = sys.modules["__main__"].__spec__
    return spec.name if spec else Path(sys.argv[0]).stem


def _write(name, data):
    """Write one line for each run, so that a change shows as a line."""
    DATA.mkdir(parents=True, exist_ok=True)
    head = {key: value for key, value in data.items() if key != "runs"}
    runs = ",\n".join("  " + json.dumps(record) for record in data["runs"])
    text = json.dumps(head, indent=1).removesuffix("\n}") + f',\n "runs": [\n{runs}\n ]\n}}\n'
    write_atomically(path(name), text.encode())


def _checked(name, arms, describe, workers):
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"name: expected lower-case letters, digits and _, got {name!r}")
    if not isinstance(arms, dict) or not arms or not all(map(callable, arms.values())):
        raise TypeError('arms: expected a dictionary {"label": function}')
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers: expected an integer of at least 1, got {workers!r}")
    describe = _plain_value(describe, "describe")
    if not isinstance(describe, dict) or not isinstance(describe.get("task"), str):
        raise TypeError('describe: expected a dictionary with "task", the name of the task')
    return describe


def _pairs(arms, seeds):
    """List (arm, seed), seed by seed, so that all arms grow together."""
    each = seeds if isinstance(seeds, dict) else dict.fromkeys(arms, seeds)
    if each.keys() != arms.keys():
        raise ValueError(f"seeds: expected the keys of arms, {list(arms)}, got {list(each)}")
    each = {arm: list(values) for arm, values in each.items()}
    for arm, values in each.items():
        if not all(isinstance(s, int) and not isinstance(s, bool) and s >= 0 for s in values):
            raise TypeError(f"seeds: expected integers of at least 0 for {arm!r}, got {values}")
        if len(set(values)) < len(values):
            raise ValueError(f"seeds: expected each once for {arm!r}, got {values}")
    longest = max(map(len, each.values()))
    return [(arm, s[i]) for i in range(longest) for arm, s in each.items() if i < len(s)]


def _plain(result, where):
    """Return a result as JSON gives it back; say what is wrong with it."""
    if not isinstance(result, dict):
        raise TypeError(f"{where}: expected a dictionary, got {type(result).__name__}")
    result = _plain_value(result, where)
    for key, kinds in REQUIRED.items():
        if type(result.get(key, "nothing")) not in kinds:
            names = " or ".join("None" if k is type(None) else k.__name__ for k in kinds)
            raise TypeError(f"{where}: expected {key!r} ({names}), got {result.get(key)!r}")
    return result


def _plain_value(value, where):
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{where}: expected strings as keys, got {key!r}")
        return {key: _plain_value(v, f"{where}: {key}") for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_value(v, where) for v in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else None
    raise TypeError(
        f"{where}: expected numbers, strings, bools, None, or lists of these, "
        f"got {type(value).__name__}"
    )
