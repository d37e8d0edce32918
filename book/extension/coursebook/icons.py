"""Keep of the icon fonts the icons that the pages show: 3 kB instead of 300."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

from .fonts import shrink

STYLE = "styles/pydata-sphinx-theme.css"
FONTS = "vendor/fontawesome/webfonts"
# .fa-file:before,.fa-page:before{content:"\f15b"}
RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"(\\[0-9a-f]+|[^"])"\}')
POINT = re.compile(r'content:\s*"\\([ef][0-9a-f]{3})"')
# --pst-icon-bell:"<the letter itself>": the icons of admonitions
LETTER = re.compile(r'--pst-icon-[\w-]+:\s*"([\ue000-\uf8ff])"')


def find_names(site: Path) -> set[str]:
    """Find the names of icons in pages and scripts."""
    files = [path for kind in ("*.html", "*.js") for path in site.rglob(kind)]
    return {
        name
        for path in files
        if path.name != "fontawesome.js"
        for name in re.findall(r"\bfa-([a-z0-9-]+)", path.read_text(encoding="utf-8"))
    }


def keep_rules(style: str, names: set[str]) -> str:
    """Take the rules of other icons out of a style sheet."""

    def choose(rule: re.Match) -> str:
        return rule[0] if names & set(re.findall(r"\.fa-([\w-]+):", rule[1])) else ""

    return RULE.sub(choose, style)


def keep_used(app: Sphinx, error: Exception | None) -> None:
    """Shrink the icon fonts and their style sheet; Sphinx copies both anew in each build."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    path = static / STYLE
    style = keep_rules(path.read_text(encoding="utf-8"), find_names(site))
    path.write_text(style, encoding="utf-8")
    styles = "".join(one.read_text(encoding="utf-8") for one in static.rglob("*.css"))
    points = {int(point, 16) for point in POINT.findall(styles)}
    points |= {ord(letter) for letter in LETTER.findall(styles)}
    for font in (static / FONTS).glob("*.woff2"):
        font.write_bytes(shrink(font, points))


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("build-finished", keep_used)
