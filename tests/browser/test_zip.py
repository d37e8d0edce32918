"""The zip of the book, unpacked and opened by a double-click: no server, no network."""

import re
import zipfile
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import chromium
import pytest

from publishing import archive

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"""\b(?:href|src)=["']([^"']*)["']""")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pack the built book, unpack it elsewhere, give the folder."""
    site = ROOT / archive.SITE
    if not (site / "index.html").exists():
        pytest.skip("The book is not built: `make book` first")
    target = tmp_path_factory.mktemp("zip")
    archive.pack(site, ROOT / "LICENSE", target / "book.zip")
    with zipfile.ZipFile(target / "book.zip") as packed:
        packed.extractall(target)
    return target / archive.NAME


@pytest.fixture(scope="module")
def page(folder, browser):
    """Open index.html; the page keeps what it asked for and what failed."""
    page = browser.new_page()
    page.set_default_timeout(chromium.PATIENCE_MS)
    page.asked, page.failed = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("requestfailed", lambda request: page.failed.append(request.url))
    page.goto((folder / "index.html").as_uri())
    # index.html sends the reader on. A test that opens another page meanwhile would be cut off.
    page.wait_for_url("**/book/index.html")
    yield page
    page.close()


def test_index_leads_to_a_chapter_with_its_mathematics(page, folder):
    page.locator(".bd-sidebar-primary a", has_text="LSTM").first.click()
    page.wait_for_url("**/book/07_lstm.html")
    chromium.settle(page)
    formula = page.locator("article mjx-container").first
    # Typeset, in MathJax's own fonts: the same width in any other font would be chance.
    assert formula.bounding_box()["width"] > 5
    fonts = "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    assert any("MJX" in family for family in page.evaluate(fonts))
    assert page.locator("mjx-merror").count() == 0
    assert page.failed == []


def test_search_finds(page, folder):
    page.goto((folder / "search.html").as_uri() + "?q=forget+gate")
    result = page.locator("#search-results li a").first
    result.wait_for()
    result.click()
    page.wait_for_url(re.compile(r"(?<!search)\.html"))
    assert "forget" in page.locator("article").inner_text().lower()


def test_nothing_comes_from_elsewhere(page, folder):
    assert page.asked
    own = (folder.as_uri(), "data:", "blob:")
    assert [url for url in page.asked if not url.startswith(own)] == []


def test_every_link_leads_to_a_file_of_the_folder(folder):
    missing, seen = set(), 0
    for path in sorted(folder.rglob("*.html")):
        if "_static" in path.parts:
            continue
        for address in ADDRESS.findall(path.read_text(encoding="utf-8")):
            parts = urlsplit(unescape(address))
            if parts.scheme or parts.netloc or not parts.path:
                continue
            seen += 1
            if not (path.parent / unquote(parts.path)).exists():
                missing.add(f"{path.relative_to(folder)}: {address}")
    assert seen > 100
    assert not missing
