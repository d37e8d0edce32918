"""Run every replication, or go on where it was: ``make replications``."""

import importlib
import pkgutil
from pathlib import Path

NOT_TASKS = {"__main__", "common"}


def tasks():
    """Name the modules of this package that are replications."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in found if module.name not in NOT_TASKS)


if __name__ == "__main__":
    for name in tasks():
        print(name, flush=True)
        importlib.import_module(f"replications.{name}").main()
