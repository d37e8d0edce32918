"""One style sheet for all pages, with the rules that they use: PurgeCSS and cssnano make it.

A page shows nothing before its style sheets are there. The theme and the extensions bring
sixteen, most of whose rules no page uses. The packages come from npm and run under node.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from base64 import b64encode
from pathlib import Path

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from .fonts import shrink
from .node import node, packages

BUNDLE = "course.css"
ADDRESS = re.compile(rf'({re.escape(BUNDLE)})(\?v=\w+)?"')
SHEET = re.compile(r"((?:\.\./)*)_static/([^?]+)")
FONT = re.compile(r'url\((mathjax/MathJax_([\w-]+)\.woff)\) ?format\("woff"\)')
EMBEDDED = ("Zero", "Main-Regular", "Math-Italic", "Size1-Regular")  # on every page with formulas
CONTENT = re.compile(r'content:\s*"([^"]*)"')
ESCAPE = re.compile(r"\\([0-9A-Fa-f]+)")


def merge(order: list[str], seen: list[str]) -> None:
    """Put into ``order`` what it lacks of ``seen``, each after what stands before it there."""
    place = 0
    for name in seen:
        if name in order:
            place = order.index(name) + 1
        else:
            order.insert(place, name)
            place += 1


def use_bundle(app: Sphinx, page: BeautifulSoup, name: str) -> None:
    """Let a page load the one style sheet; remember which ones it had."""
    links = page.select("link[rel=stylesheet]")
    if not links:  # the first page, which only leads on
        return
    found = [SHEET.fullmatch(link["href"].split("?")[0]) for link in links]
    merge(app.sheets, [one[2] for one in found])
    links[0].attrs = {"rel": "stylesheet", "href": f"{found[0][1]}_static/{BUNDLE}"}
    for link in links[1:]:
        link.decompose()


def embed_fonts(static: Path) -> None:
    """Keep of MathJax's fonts the glyphs that formulas use; put the usual ones into the sheet.

    A font that comes after the text changes where lines break.
    """
    sheet = static / BUNDLE
    style = sheet.read_text(encoding="utf-8")
    texts = [ESCAPE.sub(lambda e: chr(int(e[1], 16)), text) for text in CONTENT.findall(style)]
    points = {ord(letter) for letter in "".join(texts)}

    def embed(address: re.Match) -> str:
        file, name = address.groups()
        path = static / file
        # Zero has no glyphs: formulas are measured with it.
        font = path.read_bytes() if name == "Zero" else shrink(path, points)
        path.unlink()
        if name in EMBEDDED:
            file = f"data:font/woff2;base64,{b64encode(font).decode()}"
        else:
            file += "2"
            (static / file).write_bytes(font)
        return f"url({file})"

    sheet.write_text(FONT.sub(embed, style), encoding="utf-8")


def bundle(app: Sphinx) -> None:
    """Write the one style sheet."""
    site, static = Path(app.outdir), Path(app.outdir, "_static")
    # The printed book is made of these pages and has classes of its own.
    printed = Path(app.srcdir, "publishing", "**", "*.py")
    request = {
        "sheets": [str(static / sheet) for sheet in app.sheets],
        "content": [str(site / "**" / "*.html"), str(site / "**" / "*.js"), str(printed)],
        "to": str(static / BUNDLE),
    }
    done = subprocess.run(
        [str(node()), str(Path(app.srcdir, "book", "web", "bundle.js"))],
        env={"NODE_PATH": str(packages(app))},
        input=json.dumps(request),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ExtensionError(f"the style sheets could not be joined:\n{done.stderr}")


def finish(app: Sphinx, error: Exception | None) -> None:
    """Make the style sheet, and tell every page its version."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    # Pages that this build did not write had sheets of their own.
    kept = Path(app.doctreedir, "sheets.json")
    if kept.exists():
        merge(app.sheets, json.loads(kept.read_text(encoding="utf-8")))
    kept.write_text(json.dumps(app.sheets), encoding="utf-8")
    bundle(app)
    embed_fonts(site / "_static")
    version = hashlib.sha256((site / "_static" / BUNDLE).read_bytes()).hexdigest()[:8]
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        told = ADDRESS.sub(rf'\1?v={version}"', text)
        if told != text:
            path.write_text(told, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.sheets = []
    app.connect("page-written", use_bundle, priority=900)
    app.connect("build-finished", finish, priority=900)
