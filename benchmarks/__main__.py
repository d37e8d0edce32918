"""Measure speed and memory, print the tables and write the data of the book's page."""

import argparse
import importlib.util
import json
import platform
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .cases import CELLS, SIZES, all_cases
from .measure import measure_all
from .memory import measure_memory
from .report import figures, lines
from .tricks import measure_tricks

RESULTS = Path(__file__).resolve().parents[1] / "book" / "data" / "performance.json"


def environment():
    """Describe the machine and the versions."""
    import torch

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "pytorch": torch.__version__,
        "processor": processor(),
        "system": platform.system(),
    }


def processor():
    """Name the processor and the vector instructions it has."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor() or platform.machine()
    fields = dict(
        map(str.strip, line.split(":", 1))
        for line in cpuinfo.read_text().split("\n")
        if ":" in line
    )
    wide = "AVX-512" if "avx512f" in fields.get("flags", "") else "no AVX-512"
    return f"{fields.get('model name', platform.machine())}, {wide}"


def parse(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    sizes = [*SIZES, "character model"]
    parser.add_argument("--sizes", nargs="+", choices=sizes, default=sizes)
    parser.add_argument("--quick", action="store_true", help="three repeats; writes nothing")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Measure, print, and write the results when everything was measured."""
    options = parse(arguments)
    if importlib.util.find_spec("torch") is None:
        sys.exit(
            "The benchmark compares with PyTorch, which is not installed. Install the CPU build:\n"
            "  .venv/bin/python -m pip install torch==2.13.0"
        )
    cases = [c for c in all_cases() if c.cell in options.cells and c.size in options.sizes]
    records = []
    with tqdm(total=len(cases) * len(options.threads)) as progress:
        for threads in options.threads:
            records += measure_all(cases, threads, progress, options.quick)
    records = [record | figures(record) for record in records]
    print(*lines(records), sep="\n")
    whole = cases == all_cases() and options.threads == [1, 2] and not options.quick
    if not whole:
        return
    with tqdm(total=12) as progress:
        tricks = list(measure_tricks(progress))
    results = {
        "command": "make bench",
        "environment": environment(),
        "records": records,
        "tricks": tricks,
        "memory": list(measure_memory()),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written to {RESULTS.relative_to(Path.cwd())}; the book's page draws from it")


if __name__ == "__main__":
    main()
