"""The pages of the built book, found on the disk."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# SITE=FOLDER tests another copy of the book, as an unpacked archive.
SITE = Path(os.environ.get("SITE", ROOT / "_build" / "html")).resolve()
NOT_BUILT = "The book is not built: `make book` first (`make test` does)"


def find_pages(site: Path = SITE) -> list[str]:
    """List the pages as paths below ``site``; none when it is not built."""
    pages = (path.relative_to(site) for path in site.rglob("*.html"))
    # Files in _static belong to programs; a page that only sends on to another is no page.
    return sorted(
        page.as_posix()
        for page in pages
        if not page.parts[0].startswith("_")
        and b'http-equiv="Refresh"' not in (site / page).read_bytes()[:500]
    )


def find_all(pattern: str) -> list[tuple[str, str]]:
    """List the pages whose HTML holds ``pattern``, each with what its group matches."""
    found = []
    for page in find_pages():
        html = (SITE / page).read_text(encoding="utf-8")
        found += [(page, match) for match in dict.fromkeys(re.findall(pattern, html))]
    return found
