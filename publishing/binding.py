"""Bind the built pages into one document: one title, one table of contents, links inside it.

The identifiers of a page get the page's name in front, so that the same one on two pages stays
two, and links between pages become links within the document.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

# What a reader clicks, and what the document has once for all pages.
LEFT_OUT = "script, button, .headerlink, .toctree-wrapper, .tableofcontents-wrapper, details.hide"
ROOT_TITLE = "About this course"  # the first page's own title is that of the book
SITE = "html/"  # where the site lies as the bound document sees it
REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")


@dataclass(frozen=True)
class Heading:
    """A line of the table of contents."""

    target: str  # the identifier in the bound document
    content: str  # HTML: a heading may hold a formula
    text: str
    sections: tuple[Heading, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A page of the book, bound."""

    part: str | None
    heading: Heading
    styles: tuple[str, ...]  # addresses of the style sheets that the page loads
    body: str


def slug(name: str) -> str:
    """Give the identifier of a page."""
    return name.replace("/", "-")


def order(toc: Path) -> Iterator[tuple[str | None, str]]:
    """List part and name of each page in the order of ``_toc.yml``."""
    contents = yaml.safe_load(toc.read_text(encoding="utf-8"))
    yield None, contents["root"]
    for part in contents["parts"]:
        for chapter in part["chapters"]:
            yield part["caption"], chapter["file"]


def bind(site: Path, toc: Path) -> list[Chapter]:
    """Read every page that ``toc`` names from ``site``.

    Raises
    ------
    FileNotFoundError
        If a page is not built.
    """
    pages = list(order(toc))
    names = {name for _, name in pages}
    return [bind_page(site, name, part, names) for part, name in pages]


def bind_page(site: Path, name: str, part: str | None, names: set[str]) -> Chapter:
    """Read one page."""
    path = site / f"{name}.html"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: build the book first with `make book`")
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    article = page.select_one("article.bd-article")
    for tag in article.select(LEFT_OUT):
        tag.decompose()
    if part is None:
        article.find("h1").string = ROOT_TITLE
    for details in article.find_all("details"):
        details["open"] = ""
    for tag in article.find_all(True):
        rewrite(tag, name, names)
    sheets = [SITE + resolve(tag["href"], name) for tag in page.select("link[rel=stylesheet]")]
    return Chapter(part, read_heading(article, name), tuple(sheets), article.decode_contents())


def rewrite(tag: Tag, name: str, names: set[str]) -> None:
    """Make identifiers, references, links and addresses of one tag fit the document."""
    if tag.get("id"):
        tag["id"] = f"{slug(name)}--{tag['id']}"
    for attribute in REFERRING:
        if attribute in tag.attrs:
            tag[attribute] = " ".join(f"{slug(name)}--{i}" for i in str(tag[attribute]).split())
    if tag.get("src"):
        tag["src"] = SITE + resolve(tag["src"], name)
        tag.attrs.pop("loading", None)  # a picture that waits to be scrolled to is not printed
    if tag.name == "a" and tag.get("href"):
        target = link(tag["href"], name, names)
        if target is None:
            del tag["href"]
        else:
            tag["href"] = target


def resolve(address: str, name: str) -> str:
    """Give an address relative to the site's top instead of the page."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def link(address: str, name: str, names: set[str]) -> str | None:
    """Give the address that a link has in the document; None for a file that is not in it."""
    parts = urlsplit(address)
    if parts.scheme or address.startswith("//"):
        return address
    page = name
    if parts.path:
        page = resolve(unquote(parts.path), name).removesuffix(".html")
        if page == "index":  # forwards to the first page
            page = "book/index"
    if page not in names:
        return None
    return f"#{slug(page)}--{parts.fragment}" if parts.fragment else f"#{slug(page)}"


def read_heading(article: Tag, name: str) -> Heading:
    """Read the title of a page and the titles of its sections."""
    top = article.find("h1")
    sections = tuple(
        Heading(section["id"], heading.decode_contents(), plain(heading))
        for heading in article.find_all("h2")
        if (section := heading.find_parent("section", id=True)) is not None
    )
    return Heading(slug(name), top.decode_contents(), plain(top), sections)


def plain(heading: Tag) -> str:
    """Give a heading as text; of a formula, its MathML."""
    copy = BeautifulSoup(str(heading), "html.parser")
    for formula in copy.find_all("mjx-container"):
        formula.replace_with("".join(t.get_text() for t in formula.find_all("math")))
    return " ".join(copy.get_text().split())
