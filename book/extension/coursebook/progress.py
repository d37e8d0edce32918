"""Let readers mark pages as read: a box at the end of each page, a count on the contents page.

``reading-progress.js`` keeps the marks in the browser and sends nothing.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .html_nodes import element

MARK = (
    '<div class="reading-mark"><label><input type="checkbox" id="reading-mark" /> '
    'I have read this page</label> <span role="status"></span></div>'
)


class ReadingProgress(SphinxDirective):
    """The directive ``reading-progress``: how many pages are marked, and a button to reset."""

    def run(self) -> list[nodes.Node]:
        """Make the place that the script fills."""
        told = element("p", "No page is marked as read yet.", role="status")
        reset = element("button", "Remove all marks", type="button")
        return [element("div", told, reset, class_="reading-progress")]


def add_mark(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the box at the end of every page of the contents but the first."""
    if doctree is not None and pagename != app.config.root_doc:
        context["body"] += MARK


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_directive("reading-progress", ReadingProgress)
    app.connect("html-page-context", add_mark)
    app.add_js_file("reading-progress.js", loading_method="defer")
    app.add_css_file("reading-progress.css")
