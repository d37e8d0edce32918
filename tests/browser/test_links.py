"""Every link leads somewhere, and pages load nothing but the book's own files.

Read from the files, so that it holds without JavaScript, from ``file://`` and in every browser.
"""

from __future__ import annotations

from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from pages import SITE, find_pages

# What the browser fetches by itself, and where the address stands.
LOADED = {"img": "src", "script": "src", "iframe": "src", "source": "src", "object": "data"}
# Links in a page's head that are no request.
NAMES = {"canonical", "next", "prev", "author", "index", "search", "license"}


@cache
def read(path: str) -> BeautifulSoup:
    return BeautifulSoup((SITE / path).read_bytes(), "html.parser")


@cache
def anchors(path: str) -> set[str]:
    """Collect what a fragment of an address can name."""
    tags = read(path).find_all(lambda tag: tag.get("id") or (tag.name == "a" and tag.get("name")))
    return {tag.get("id") or tag.get("name") for tag in tags}


def loaded(soup: BeautifulSoup) -> list[str]:
    """List the addresses that the browser fetches to show the page."""
    found = [tag[LOADED[tag.name]] for tag in soup.find_all(LOADED) if tag.get(LOADED[tag.name])]
    return found + [
        link["href"] for link in soup.find_all("link", href=True) if not NAMES & set(link["rel"])
    ]


def problem(page: str, address: str) -> str | None:
    """Say what is wrong with an address on ``page``, if anything is."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        known = parts.scheme in ("https", "mailto", "data") or (parts.scheme == "http")
        return None if known else "unknown kind of address"
    if parts.path.startswith("/"):
        return "starts at the host's root: breaks below a folder and from file://"
    target = (SITE / page).parent / unquote(parts.path) if parts.path else SITE / page
    target = target.resolve()
    if not target.is_file():
        return "no such file"
    if parts.fragment and target.suffix == ".html":
        known = anchors(target.relative_to(SITE).as_posix())
        return None if unquote(parts.fragment) in known else "no such place on that page"
    return None


@pytest.fixture(params=find_pages() or [""])
def page(request, site):
    return request.param


def test_links_lead_somewhere(page):
    addresses = {tag["href"] for tag in read(page).find_all("a", href=True)}
    # The address "#" is the top of the page.
    problems = {one: problem(page, one) for one in sorted(addresses) if one not in ("", "#")}
    assert not {one: what for one, what in problems.items() if what}


def test_what_is_loaded_is_the_books_own(page):
    addresses = [one for one in loaded(read(page)) if not one.startswith("data:")]
    assert [one for one in addresses if urlsplit(one).netloc] == []
    problems = {one: problem(page, one) for one in addresses}
    assert not {one: what for one, what in problems.items() if what}


def test_no_name_stands_twice(page):
    names = [tag["id"] for tag in read(page).find_all(id=True)]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_picture_has_words(page):
    silent = [
        tag.get("src") for tag in read(page).find_all("img") if not tag.get("alt", "").strip()
    ]
    assert silent == []
