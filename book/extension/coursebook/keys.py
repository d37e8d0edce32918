"""Turn pages with the arrow keys, and show the keys on ``?``.

Sphinx brings the arrow keys (``navigation_with_keys``); ``keys.js`` keeps them away from boxes
that scroll and from sliders, shows the keys, and lets readers turn them off.
"""

from __future__ import annotations

from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_js_file("keys.js", loading_method="defer")
    app.add_css_file("keys.css")
