"""Tell the browser the size of every image, so that nothing moves when it arrives."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import imagesize
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def reserve_space(app: Sphinx, page: BeautifulSoup, name: str) -> None:
    """Write width and height of each image that the book brings along.

    Raises
    ------
    ExtensionError
        When an image has no size.
    """
    sources = {file: source for source, file in app.builder.images.items()}
    for tag in page.select("img[src]"):
        source = sources.get(PurePosixPath(tag["src"]).name)
        if source is None or tag.has_attr("width") or tag.has_attr("height"):
            continue
        width, height = imagesize.get(Path(app.srcdir, source))
        if min(width, height) <= 0:
            raise ExtensionError(f"{name}: the image {source} does not say how large it is")
        tag["width"], tag["height"] = round(width), round(height)
        tag["decoding"] = "async"


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("page-written", reserve_space)
