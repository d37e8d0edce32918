"""Which scripts a page loads: MathJax from the book itself, nothing of sphinx-thebe.

Jupyter Book loads sphinx-thebe twice on every page (a script error), and it runs code on a
server of someone else.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset

# Of the 24 MB of MathJax, what a page with TeX can ask for.
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


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


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", copy_mathjax)
