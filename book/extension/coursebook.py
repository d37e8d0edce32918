"""What the book's build needs beyond Jupyter Book's options.

- Draws the schematics: ``book/figures/NAME.py`` writes ``book/figures/NAME.svg``.
- Ties the execution cache to the code and the data that the chapters read, because the
  cache itself looks at the notebooks alone and would keep the numbers of an older rnncore.
- Copies MathJax into the book, so that mathematics needs no network.
- Leaves out the scripts of sphinx-thebe, which Jupyter Book loads twice on every page
  (a script error), and which run code on a server of someone else.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.fileutil import copy_asset

log = logging.getLogger(__name__)

IMPORTED_BY_CHAPTERS = ("rnncore", "grading", "replications")

# Of the 24 MB of MathJax, what a page with TeX can ask for.
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


def hash_files(root: Path, folders: tuple[str, ...], pattern: str = "*.py") -> str:
    """Hash names and bytes of the files in ``folders`` whose name fits ``pattern``."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob(pattern)):
            if path.is_file():
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def key_cache_on_code(app: Sphinx, config: Config) -> None:
    """Give each state of the code its own execution cache; drop the older ones."""
    caches = Path(app.outdir).parent / ".jupyter_cache"
    root = Path(app.srcdir)
    code, data = hash_files(root, IMPORTED_BY_CHAPTERS), hash_files(root, ("book/data",), "*")
    current = caches / f"{code}-{data}"
    if caches.is_dir():
        for old in caches.iterdir():
            if old != current:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
    # A changed value of this option also makes Sphinx read every page again.
    config.nb_execution_cache_path = str(current)


def note_looks(app: Sphinx, config: Config) -> None:
    """Make Sphinx write every page again when this file or a style sheet changes."""
    root = Path(app.srcdir)
    config.coursebook_looks = hash_files(root, ("book/extension",)) + hash_files(
        root, ("book/assets",), "*"
    )


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


def drop_thebe(app, pagename, templatename, context, doctree) -> None:
    """Take sphinx-thebe off the page."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context[kind] if not is_thebe(file)]


def is_thebe(file) -> bool:
    """Tell whether a script or style sheet belongs to sphinx-thebe."""
    body = getattr(file, "attributes", {}).get("body") or ""
    return "thebe" in str(getattr(file, "filename", file) or "") or "THEBE" in body


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy the needed parts of MathJax from the package that ships it."""
    if error or app.builder.format != "html":
        return
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise ExtensionError("sphinx-mathjax-offline is not installed")
    source = Path(spec.origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in MATHJAX_PARTS:
        destination = target / part
        if (source / part).is_file():
            destination = destination.parent
        copy_asset(str(source / part), str(destination))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.add_config_value("coursebook_looks", "", "html")
    app.connect("config-inited", note_looks)
    app.connect("config-inited", draw_figures)
    app.connect("config-inited", key_cache_on_code)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
