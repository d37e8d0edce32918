"""What the book's build needs beyond Jupyter Book's options; a module for each thing."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import (
    accessibility,
    cache,
    html_nodes,
    icons,
    images,
    interactive,
    keys,
    launch,
    mathematics,
    node,
    pages,
    previews,
    progress,
    punctuation,
    schematics,
    scripts,
    selfcheck,
    styles,
    times,
)

PARTS = (
    cache,
    node,
    launch,
    html_nodes,
    interactive,
    mathematics,
    schematics,
    selfcheck,
    times,
    progress,
    keys,
    pages,
    images,
    punctuation,
    accessibility,
    previews,
    scripts,
    icons,
    styles,
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register every part with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
