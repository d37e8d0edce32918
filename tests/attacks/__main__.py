"""Run all attacks in both tiers, as root and as an ordinary user, and without each safeguard.

``make attacks`` writes what was seen to ``book/data/attacks.json``; the book's page of attacks
draws from it. It takes about 20 minutes, and only root can run it.
"""

from __future__ import annotations

import json
import platform
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from . import quarantine, runs, texts
from .controls import CONTROLS

RESULTS = Path(__file__).resolve().parents[2] / "book" / "data" / "attacks.json"


def parts():
    """Give every run by its name, and the function that does it."""
    for tier in runs.TIERS:
        for user in runs.USERS:
            yield f"{tier}, {user}", (runs.attack, tier, user)
    for safeguard in CONTROLS:
        yield f"without {safeguard}", (runs.without, safeguard)


def run_all():
    """Run every part, two at a time; return what was seen by part."""
    found = {}
    with ThreadPoolExecutor(2) as pool, tqdm(total=len(list(parts()))) as progress:
        waiting = {pool.submit(*call): name for name, call in parts()}
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            progress.set_postfix_str(waiting[done])
            progress.update()
    return found


def gather(found):
    """Make the rows of the table: each attack, and in which runs it was contained."""
    rows = []
    for name, one in texts.load().items():
        contained, through = {}, {}
        for tier in runs.TIERS:
            for user in runs.USERS:
                seen = found[f"{tier}, {user}"][name]
                contained[f"{tier}, {user}"] = runs.problems(one, seen, tier)
        for safeguard in one.controls:
            through[safeguard] = runs.succeeded(one, found[f"without {safeguard}"][name])
        rows.append(
            {
                "attack": name,
                "kind": one.header["kind"],
                "tries": one.tries,
                "stopped by": one.header["stopped by"],
                "status": found["bubblewrap, root"][name]["status"],
                "problems": contained,
                "without": through,
            }
        )
    return rows


def main():
    """Run, print and write."""
    if problem := quarantine.possible():
        sys.exit(f"The attacks cannot run here: {problem}.")
    found = run_all()
    data = {
        "command": "make attacks",
        "versions": {
            "python": platform.python_version(),
            "linux": platform.release().split("-")[0],
            **{name: version(name) for name in ("nbgrader", "ipykernel", "numpy")},
        },
        "honest": {
            name: runs.class_is_graded(seen)
            for name, seen in found.items()
            if not name.startswith("without")  # there an attack may harm the class
        },
        "attacks": gather(found),
    }
    RESULTS.write_text(json.dumps(data, indent=1) + "\n")
    bad = [row for row in data["attacks"] if any(row["problems"].values())]
    for row in bad:
        print(row["attack"], row["problems"])
    blind = [row["attack"] for row in data["attacks"] if not all(row["without"].values())]
    print(f"{len(data['attacks'])} attacks; {len(bad)} got through; no control for {blind}")
    return int(bool(bad or blind))


if __name__ == "__main__":
    sys.exit(main())
