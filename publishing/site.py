"""Gather what a web server hands out: pages, zip and PDF, linked from the first page.

``make site`` runs it after ``make zip`` and ``make pdf``.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from .archive import NAME

BUILD = Path("_build")
FIRST = "book/index.html"
# Stands in the first page where the links go: without the files they would lead nowhere.
MARK = "<!-- downloads -->"


def links(files: list[Path]) -> str:
    """Make the sentence that offers files beside the folder of the first page."""
    kinds = {".zip": "zip", ".pdf": "PDF"}
    offers = [
        f'<a href="../{file.name}">{kinds[file.suffix]}</a> ({file.stat().st_size / 1e6:.0f} MB)'
        for file in files
    ]
    return f"<p>The whole book in one file, to keep: {' or '.join(offers)}.</p>"


def gather(build: Path) -> Path:
    """Copy pages, zip and PDF to ``site/`` and link both.

    Returns
    -------
    Path
        The folder. It is the old one until the new one is whole.

    Raises
    ------
    FileNotFoundError
        Something is not built yet.
    ValueError
        The first page has no place for the links.
    """
    files = [build / f"{NAME}.zip", build / f"{NAME}.pdf"]
    for path in [build / "html" / FIRST, *files]:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: run `make site`, which makes it")
    page = (build / "html" / FIRST).read_text(encoding="utf-8")
    if page.count(MARK) != 1:
        raise ValueError(f"{FIRST}: expected {MARK} once, found it {page.count(MARK)} times")
    fresh, target = build / "site.part", build / "site"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(build / "html", fresh)
    for file in files:
        shutil.copy2(file, fresh)
    (fresh / FIRST).write_text(page.replace(MARK, links(files)), encoding="utf-8")
    (fresh / ".nojekyll").touch()
    shutil.rmtree(target, ignore_errors=True)
    return fresh.rename(target)


def main() -> int:
    """Gather, and say where; return the exit code."""
    try:
        folder = gather(BUILD)
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Everything to publish is in {folder}; book/hosting.md says how.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
