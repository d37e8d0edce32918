"""Which scripts and styles a page loads, and when: only what it needs, and after its text."""

from __future__ import annotations

from pathlib import Path

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

# Jupyter Book loads sphinx-thebe twice on every page (a script error), and it runs code on a
# server of someone else. The icons are fonts: the script that draws them again weighs 540 kB.
NEVER = ("thebe", "THEBE", "kernelName", "fontawesome.js")

# What a script or style sheet is for: a page without it does not load the file.
NEEDED_BY = {
    "clipboard.min.js": "div.highlight",
    "copybutton": "div.highlight",
    "design-tabs.js": ".sd-tab-set",
    "sphinx-design.min.css": "[class^='sd-'], [class*=' sd-']",
    "togglebutton": ".toggle, .admonition.dropdown",
    "toggleHint": ".toggle, .admonition.dropdown",
    "toggleOpen": ".toggle, .admonition.dropdown",
    "mystnb.": "div.cell",
    "self-check.": ".self-check",
    "times.css": ".page-times",
    # The theme searches as one types only if told to.
    "searchtools.js": "#search-results",
    "language_data.js": "#search-results",
    "searchindex.js": "#search-results",
    "SHOW_SEARCH_SUMMARY": "#search-results",
}

# Search fetches the pages that it found, to show their lines; browsers forbid it from the disk.
NO_SUMMARY = 'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'

# The theme's own script asks what the browser prefers only after the page is shown: on a first
# visit the page would start without colours, and with other line heights.
COLOURS = """
{
    const {dataset} = document.documentElement;
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    if (!["light", "dark"].includes(dataset.mode)) dataset.theme = dark ? "dark" : "light";
}"""

NEEDLESS = ("scripts/fontawesome.js*", "**/*.map", "**/*.ttf", "sphinx-thebe.*")


def drop_needless(app: Sphinx, page: BeautifulSoup, name: str) -> None:
    """Take scripts and styles off the page that it does not use."""
    for tag in page.select("link[rel=preload][as=script]"):  # they hold up styles
        tag.decompose()
    for tag in page.select("script, link[rel=stylesheet]"):
        file = tag.get("src") or tag.get("href") or f"{tag.get('type')} {tag.string}"
        wanted = [selector for part, selector in NEEDED_BY.items() if part in file]
        if any(part in file for part in NEVER) or any(not page.select(one) for one in wanted):
            tag.decompose()


def move_scripts(app: Sphinx, page: BeautifulSoup, name: str) -> None:
    """Move the scripts of the head to the end of the page, in their order.

    One stays: it sets the colours before the first line is drawn.
    """
    theme = page.select_one("body > script[defer]")
    for tag in page.select("head script"):
        if "documentElement.dataset" in (tag.string or ""):
            tag.string += COLOURS
        else:
            theme.insert_before(tag.extract())


def remove_needless(app: Sphinx, error: Exception | None) -> None:
    """Remove files that no page loads; Sphinx copies them again in each build."""
    if not error and app.builder.format == "html":
        for pattern in NEEDLESS:
            for path in Path(app.outdir, "_static").glob(pattern):
                path.unlink()


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_js_file(None, body=NO_SUMMARY)
    app.connect("page-written", drop_needless, priority=600)
    app.connect("page-written", move_scripts, priority=700)
    app.connect("build-finished", remove_needless)
