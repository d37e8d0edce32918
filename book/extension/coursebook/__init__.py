"""What the book's build needs beyond Jupyter Book's options; a module for each thing."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import cache, mathematics, node, schematics, scripts

PARTS = (cache, node, mathematics, schematics, scripts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register every part with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
