"""Keep a formula on the line of the full stop after it, and of the bracket before it.

A browser may break a line on either side of a formula, so that a comma begins the next one.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, NavigableString, Tag
from sphinx.application import Sphinx

OPENING = re.compile(r"[(\[“]+$")
CLOSING = re.compile(r"^[.,;:?!)\]”]+")


def cut(neighbour: object, pattern: re.Pattern) -> str:
    """Take from a neighbouring text what ``pattern`` finds at its edge, and give it."""
    if type(neighbour) is not NavigableString or not (found := pattern.search(neighbour)):
        return ""
    neighbour.replace_with(NavigableString(pattern.sub("", neighbour, count=1)))
    return found[0]


def hold(page: BeautifulSoup, formula: Tag) -> None:
    """Put a formula and the marks at its sides into one piece that does not break."""
    before = cut(formula.previous_sibling, OPENING)
    after = cut(formula.next_sibling, CLOSING)
    if before or after:
        piece = formula.wrap(page.new_tag("span", attrs={"class": "formula-in-text"}))
        piece.insert(0, before)
        piece.append(after)


def hold_all(app: Sphinx, page: BeautifulSoup, name: str) -> None:
    """Do it for every formula in a line."""
    for formula in page.select("span.math"):
        hold(page, formula)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("page-written", hold_all)
