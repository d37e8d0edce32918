"""Draw the schematics: ``book/figures/NAME.py`` writes ``book/figures/NAME.svg``."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

log = logging.getLogger(__name__)


def is_stale(svg: Path, sources: list[Path]) -> bool:
    """Tell whether ``svg`` is missing or older than what it is drawn from."""
    if not svg.exists():
        return True
    drawn = svg.stat().st_mtime
    return any(source.stat().st_mtime > drawn for source in sources)


def draw_figures(app: Sphinx, config: Config) -> None:
    """Run every figure script whose svg is missing or out of date."""
    root = Path(app.srcdir)
    style = [path for path in [root / "rnncore" / "plots.py"] if path.exists()]
    scripts = sorted((root / "book" / "figures").glob("*.py"))
    stale = [s for s in scripts if is_stale(s.with_suffix(".svg"), [s, *style])]
    with ThreadPoolExecutor(2) as pool:
        for script, problem in zip(stale, pool.map(draw, stale), strict=True):
            if problem:
                raise ExtensionError(f"{script.relative_to(root)}:\n{problem}")
            log.info("drew %s", script.with_suffix(".svg").relative_to(root))


def draw(script: Path) -> str:
    """Run one figure script; return what went wrong, or nothing."""
    # A fixed salt and no date make two drawings of one script identical.
    environment = {**os.environ, "MPLBACKEND": "svg", "SOURCE_DATE_EPOCH": "0"}
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return done.stderr
    svg = script.with_suffix(".svg")
    return "" if svg.exists() else f"the script did not write {svg.name}"


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("config-inited", draw_figures)
