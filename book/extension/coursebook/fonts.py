"""Fonts with the glyphs that are used, alone."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from fontTools import subset


def shrink(font: Path, points: set[int]) -> bytes:
    """Give the font with these code points alone."""
    options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=points)
    made = BytesIO()
    with subset.load_font(str(font), options) as loaded:
        subsetter.subset(loaded)
        subset.save_font(loaded, made, options)
    return made.getvalue()
