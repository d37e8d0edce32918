"""Show what a link inside the book leads to when the pointer or the keyboard is on it.

Each page has a file with the previews of its links, which ``book/assets/previews.js`` loads,
with tippy.js, when the first is wanted. What a build collects is kept for the next, which
writes only the pages that changed.
"""

from __future__ import annotations

import json
import posixpath
from copy import copy
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

from .node import packages

LIBRARIES = (
    "@popperjs/core/dist/umd/popper.min.js",
    "tippy.js/dist/tippy-bundle.umd.min.js",
)
LINKS = ".bd-article a.internal[href]"
WHOLE = "figure, div.math, div.citation, div.admonition, table"
NOT_SHOWN = ".headerlink, .label .fn-bracket, script, button, input"


def extract(target: Tag) -> list[Tag]:
    """Choose what to show of a link's target; nothing for a kind that has no preview."""
    if target.name == "span" and not target.get_text(strip=True):
        # One more name: of what follows, where a page sets an anchor, else of what it is in.
        anchor = "target" in target.get("class", [])
        target = (target.find_next_sibling() if anchor else None) or target.parent
    if target.name == "section":
        parts = [target.find(["h1", "h2", "h3", "h4"]), target.find("p", recursive=False)]
    elif target.name == "dt":
        parts = [target, target.find_next_sibling("dd")]
    else:
        parts = [target] if target.css.match(WHOLE) else []
    return [part for part in parts if part]


def clean(part: Tag, folder: str) -> str:
    """Give a part as HTML that can stand anywhere: no ids, no links, paths from the root."""
    part = copy(part)
    for tag in part.select(NOT_SHOWN):
        tag.decompose()
    for tag in part.select("a"):
        tag.unwrap()
    for tag in [part, *part.find_all(id=True)]:
        del tag["id"]
    for tag in part.select("img[src]"):
        tag["src"] = posixpath.normpath(posixpath.join(folder, tag["src"]))
    return str(part)


def resolve(name: str, href: str) -> str:
    """Give the target of a link as ``page#id``, the page without its suffix."""
    path, _, fragment = href.partition("#")
    page = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
    return f"{page.removesuffix('.html')}#{fragment}"


def collect(app: Sphinx, page: BeautifulSoup, name: str) -> None:
    """Note the links of a page, and what links to it would show."""
    article = page.select_one("article.bd-article")
    if article is None:
        return
    hrefs = {tag["href"] for tag in article.select(LINKS)}
    links = {href: resolve(name, href) for href in sorted(hrefs) if "://" not in href}
    targets = {tag["id"]: extract(tag) for tag in article.select("[id]")}
    first = article.find("section")
    targets[""] = extract(first) if first else []
    folder = posixpath.dirname(name)
    shown = {
        f"{name}#{key}": "".join(clean(part, folder) for part in parts)
        for key, parts in targets.items()
        if parts
    }
    store(app)[name] = {"links": links, "shown": shown}


def store(app: Sphinx) -> dict:
    """Give what was collected, in this build and those before."""
    if not hasattr(app, "previews"):
        path = kept(app)
        app.previews = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return app.previews


def kept(app: Sphinx) -> Path:
    """Give the file that keeps it; it goes when all pages are written again."""
    return Path(app.doctreedir) / "previews.json"


def write(app: Sphinx, error: Exception | None) -> None:
    """Write each page's previews, and copy the libraries that show them."""
    if error or app.builder.format != "html":
        return
    pages = {name: page for name, page in store(app).items() if name in app.env.found_docs}
    kept(app).write_text(json.dumps(pages), encoding="utf-8")
    shown = {key: html for page in pages.values() for key, html in page["shown"].items()}
    static = Path(app.outdir, "_static")
    for name, page in pages.items():
        previews = {href: shown[key] for href, key in page["links"].items() if key in shown}
        path = static / "previews" / f"{name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"var coursePreviews = {json.dumps(previews)};\n", encoding="utf-8")
    for library in LIBRARIES:
        source = packages(app) / library
        text = source.read_text(encoding="utf-8").partition("\n//# sourceMappingURL")[0]
        (static / "previews" / source.name).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_js_file("previews.js")
    app.connect("page-written", collect, priority=800)
    app.connect("build-finished", write)
