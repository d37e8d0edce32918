"""Copy the released exercises to ``work/``, where a learner writes.

``python -m grading.workspace`` runs from the repository's root. A file that is in
``work/`` already stays as it is: it may hold answers.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def copy_new(source: Path, target: Path) -> tuple[list[Path], list[Path]]:
    """Copy files of ``source`` that ``target`` lacks; return the copied and the kept."""
    copied, kept = [], []
    for path in sorted(source.rglob("*")):
        if path.is_dir() or ".ipynb_checkpoints" in path.parts:
            continue
        destination = target / path.relative_to(source)
        if destination.exists():
            kept.append(destination)
            continue
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)
        copied.append(destination)
    return copied, kept


def main() -> int:
    """Bring ``work/`` up to date."""
    source, target = Path("exercises"), Path("work")
    if not source.is_dir():
        print("There is no exercises/ here: run this from the root.", file=sys.stderr)
        return 1
    target.mkdir(exist_ok=True)
    copied, kept = copy_new(source, target)
    for path in copied:
        print(f"new:  {path}")
    for path in kept:
        print(f"kept: {path} (yours; delete it for a fresh copy)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
