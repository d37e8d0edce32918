"""Print the whole book into one PDF: ``make pdf``.

Chromium prints all pages as one document, so that links between chapters work and the tags for
screen readers stay. It prints twice: only the first time shows on which page a chapter begins,
which the second one's table of contents says. pypdf adds the outline and the author.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pypdf
import yaml
from coursebook import node
from pypdf.generic import Destination, Fit
from sphinx.errors import ExtensionError

from . import chromium, whole_book
from .binding import Chapter, Heading, bind

BUILD = Path("_build")
PDF = BUILD / "rnn-from-first-principles.pdf"
MINUTES = 10
SHOWN = 20
FONTS = Path(__file__).with_name("fonts")
WIDTH = 635  # of the text on A4, in CSS pixels: 210 mm without the margins of whole_book.css
# What reaches past the right edge of the text would be cut or hang into the margin.
FIND_WIDE = """() => {
    const edge = document.body.getBoundingClientRect().right + 1;
    const wide = [...document.querySelectorAll("main *")].filter(
        one => one.getBoundingClientRect().right > edge && !one.closest("mjx-assistive-mml"));
    return wide.filter(one => !wide.includes(one.parentElement)).map(one =>
        `${one.closest("article").id}: ${one.tagName} ${one.textContent.trim().slice(0, 60)}`);
}"""


class TooWide(ValueError):
    """Something does not fit between the margins."""


def print_document(document: str, build: Path) -> pypdf.PdfReader:
    """Let Chromium print ``document``, whose addresses are relative to ``build``.

    Raises
    ------
    TooWide
        If something would be cut at the right; the message says what.
    """
    source, target = build / "whole-book.html", build / "whole-book.pdf"
    source.write_text(document, encoding="utf-8")
    with chromium.start() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.set_default_timeout(MINUTES * 60_000)
        page.emulate_media(media="print")
        page.goto(source.resolve().as_uri())
        chromium.settle(page)
        if wide := page.evaluate(FIND_WIDE):
            more = [f"and {len(wide) - SHOWN} more"] if len(wide) > SHOWN else []
            raise TooWide("\n  ".join(["wider than the paper:", *wide[:SHOWN], *more]))
        page.pdf(path=target, prefer_css_page_size=True, print_background=True, tagged=True)
    return pypdf.PdfReader(target)


def find_pages(printed: pypdf.PdfReader) -> dict[str, Destination]:
    """Give the place of each identifier that something links to."""
    return {name.removeprefix("/"): to for name, to in printed.named_destinations.items()}


def number(printed: pypdf.PdfReader) -> dict[str, int]:
    """Give the page, counted from 1, of each identifier that something links to."""
    return {
        name: printed.get_destination_page_number(to) + 1
        for name, to in find_pages(printed).items()
    }


def add_outline(writer: pypdf.PdfWriter, printed: pypdf.PdfReader, chapters: list[Chapter]) -> None:
    """Add the tree of parts, chapters and sections that viewers show beside the pages."""
    places = find_pages(printed)

    def add(heading: Heading, parent=None, title: str | None = None):
        place = places[heading.target]
        return writer.add_outline_item(
            title=title or heading.text,
            page_number=printed.get_destination_page_number(place),
            parent=parent,
            fit=Fit.xyz(left=0, top=float(place.top)),
            is_open=False,
        )

    part, parent = None, None
    for chapter in chapters:
        if chapter.part != part:
            part = chapter.part
            parent = add(chapter.heading, title=part)
        item = add(chapter.heading, parent)
        for section in chapter.heading.sections:
            add(section, item)


def make(build: Path, toc: Path, config: dict, target: Path) -> None:
    """Write the book in ``build``/html to ``target``."""
    chapters = bind(build / "html", toc)
    today = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    title = whole_book.Title(config["title"], config["author"], time.strftime("%Y-%m-%d", today))
    print(f"printing {len(chapters)} pages of the site, twice ...", flush=True)
    pages = number(print_document(whole_book.compose(title, chapters), build))
    printed = print_document(whole_book.compose(title, chapters, pages), build)
    if number(printed) != pages:
        raise RuntimeError("the page numbers moved when the table of contents got them")
    writer = pypdf.PdfWriter(clone_from=printed)
    add_outline(writer, printed, chapters)
    writer.add_metadata({"/Title": title.title, "/Author": title.author})
    writer.page_mode = "/UseOutlines"
    writer.write(target)
    print(f"{target}: {len(printed.pages)} pages, {target.stat().st_size / 1e6:.1f} MB")


def main() -> int:
    """Print ``_build/html``."""
    if chromium.find_chromium() is None:
        print(chromium.MISSING, file=sys.stderr)
        return 1
    config = yaml.safe_load(Path("_config.yml").read_text(encoding="utf-8"))
    try:
        node.install_packages(FONTS, BUILD / "fonts")
        make(BUILD, Path("book/_toc.yml"), config, PDF)
    except (ExtensionError, FileNotFoundError, TooWide) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
