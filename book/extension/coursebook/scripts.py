"""Which scripts a page loads: nothing of sphinx-thebe.

Jupyter Book loads sphinx-thebe twice on every page (a script error), and it runs code on a
server of someone else.
"""

from __future__ import annotations

from sphinx.application import Sphinx


def drop_thebe(app, pagename, templatename, context, doctree) -> None:
    """Take sphinx-thebe off the page."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context[kind] if not is_thebe(file)]


def is_thebe(file) -> bool:
    """Tell whether a script or style sheet belongs to sphinx-thebe."""
    body = getattr(file, "attributes", {}).get("body") or ""
    return "thebe" in str(getattr(file, "filename", file) or "") or "THEBE" in body


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("html-page-context", drop_thebe, priority=900)
