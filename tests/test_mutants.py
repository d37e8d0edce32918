"""The result of `make mutants`, as committed."""

import json
from pathlib import Path

RESULT = json.loads(Path(__file__).with_name("mutants.json").read_text(encoding="utf-8"))


def test_above_95_per_cent_were_noticed():
    modules = RESULT["modules"].values()
    survivors = sum(len(module["survivors"]) for module in modules)
    assert survivors < 0.05 * sum(module["mutants"] for module in modules)
