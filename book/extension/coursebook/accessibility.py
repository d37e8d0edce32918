"""Mend what the themes write so that axe-core finds nothing on a page.

What depends on the width of the window is in ``book/assets/scrolling.js``, colours are in
``book/assets/book.css``.
"""

from __future__ import annotations

from textwrap import shorten

from bs4 import BeautifulSoup
from sphinx.application import Sphinx


def name_buttons(page: BeautifulSoup) -> None:
    """Let a button be called what it shows; one that shows an icon gets a name."""
    for tag in page.select("button[aria-label], summary[aria-label]"):
        if tag.get_text(strip=True):
            del tag["aria-label"]
    for tag in page.select("button[title]:not([aria-label])"):
        if not tag.get_text(strip=True):
            tag["aria-label"] = tag["title"]


def name_landmarks(page: BeautifulSoup) -> None:
    """Make the sidebar with the title and the search a landmark."""
    for tag in page.select("#pst-primary-sidebar"):
        tag["role"] = "complementary"
        tag["aria-label"] = "Title, search and contents"


def mend_roles(page: BeautifulSoup) -> None:
    """Take away the roles of references, deprecated or without the children they promise."""
    for tag in page.select("[role=doc-biblioentry], .citation-list[role=list]"):
        del tag["role"]


def mend_tables(page: BeautifulSoup) -> None:
    """Make an empty heading of a column a plain cell, and give one that is a formula words.

    axe counts neither a label nor MathML as the text of a heading.
    Below an empty first heading stand the headings of the rows.
    """
    for tag in page.select("th"):
        text, formula = tag.get_text(strip=True), tag.select_one("mjx-container")
        if formula and text == formula.get_text(strip=True):
            formula["aria-hidden"] = "true"
            tag.append(page.new_tag("span", attrs={"class": "visually-hidden"}, string=text))
        elif not text and not tag.find("img"):
            tag.name = "td"
    for corner in page.select("thead td:first-child"):
        for tag in corner.find_parent("table").select("tbody td:first-child"):
            tag.name, tag["scope"] = "th", "row"


def describe(page: BeautifulSoup) -> None:
    """Give the page a description for those who list it: the start of its text."""
    text = page.select_one("article.bd-article p")
    if text and not page.select("head meta[name=description]"):
        words = shorten(text.get_text(" ", strip=True), 160, placeholder=" ...")
        page.head.append(page.new_tag("meta", attrs={"name": "description", "content": words}))


def mend(app: Sphinx, page: BeautifulSoup, name: str) -> None:
    """Do all of it."""
    for part in (name_buttons, name_landmarks, mend_roles, mend_tables, describe):
        part(page)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_js_file("scrolling.js")
    app.connect("page-written", mend)
