"""The one style sheet: order, what it keeps, what it says of fonts, and what pages load."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from coursebook import node, styles
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parents[1]
HTML = SimpleNamespace(format="html")


def test_merge_keeps_every_pages_order():
    order = []
    styles.merge(order, ["theme", "a", "book"])
    styles.merge(order, ["theme", "b", "book"])
    styles.merge(order, ["first", "theme"])
    assert order == ["first", "theme", "b", "a", "book"]


@pytest.mark.parametrize("up", ["", "../"])
def test_a_page_loads_one_sheet(up):
    app = SimpleNamespace(sheets=[])
    hrefs = [f"{up}_static/styles/theme.css?digest=1", f"{up}_static/book.css?v=2"]
    links = "".join(f'<link rel="stylesheet" href="{href}">' for href in hrefs)
    page = BeautifulSoup(f"<head>{links}</head>", "html.parser")
    styles.use_bundle(app, page, "any")
    assert [link["href"] for link in page.select("link")] == [f"{up}_static/course.css"]
    assert app.sheets == ["styles/theme.css", "book.css"]


@pytest.fixture(scope="module")
def modules():
    try:
        return node.install_packages(ROOT / "book" / "web", ROOT / "_build" / "web")
    except Exception as problem:
        pytest.skip(f"npm's packages are not installed: {problem}")


@pytest.fixture
def site(tmp_path, modules, monkeypatch):
    """Make a site of one page and two sheets; give its application."""
    monkeypatch.setattr(styles, "packages", lambda app: modules)
    static = tmp_path / "html" / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "mathjax").mkdir()
    (tmp_path / "doctrees").mkdir()
    font = modules / "mathjax/es5/output/chtml/fonts/woff-v2"
    for name in ("Main-Regular", "Main-Bold"):
        file = f"MathJax_{name}.woff"
        (static / "mathjax" / file).write_bytes((font / file).read_bytes())
    (static / "basic.css").write_text(".used { margin: 0 } .idle { margin: 1px }")
    (static / "styles" / "theme.css").write_text(
        '@import "../basic.css"; .used { background: url("../x.svg") } .scripted { top: 0 } '
        ".used { --course-input: red; --idle: blue }"
    )
    faces = "".join(
        f'@font-face /* {n} */ {{font-family: {n}; src: url("mathjax/MathJax_{n}.woff") '
        f'format("woff");}} .f-{n} {{font-family: {n}}}'
        for n in ("Main-Regular", "Main-Bold")
    )
    (static / "mathjax.css").write_text(
        faces + '.c41::before {content: "A"} .c7D::before {content: "}"} .c42::before {content:"B"}'
    )
    (static / "kit.js").write_text('node.classList.add("scripted")')
    page = tmp_path / "html" / "index.html"
    classes = "used f-Main-Regular f-Main-Bold c41 c7D"
    page.write_text(f'<link href="_static/course.css?v=old"/><p class="{classes}"></p>')
    sheets = ["styles/theme.css", "mathjax.css"]
    return SimpleNamespace(
        outdir=tmp_path / "html",
        doctreedir=tmp_path / "doctrees",
        srcdir=ROOT,
        builder=HTML,
        sheets=sheets,
    )


def test_the_sheet_holds_what_pages_and_scripts_use(site):
    styles.finish(site, None)
    style = (site.outdir / "_static" / "course.css").read_text()
    assert ".used" in style
    assert ".scripted" in style
    assert ".idle" not in style
    assert "--course-input" in style  # scripts put these names together
    assert "--idle" not in style
    assert ".c42" not in style
    assert "url(x.svg)" in style  # it was ../x.svg, seen from the folder styles


def test_the_usual_font_comes_with_the_sheet_and_every_font_has_the_used_glyphs(site):
    styles.finish(site, None)
    static = site.outdir / "_static"
    style = (static / "course.css").read_text()
    assert "data:font/woff2" in style
    assert "url(mathjax/MathJax_Main-Bold.woff2)" in style
    assert [path.name for path in (static / "mathjax").iterdir()] == ["MathJax_Main-Bold.woff2"]
    with TTFont(BytesIO((static / "mathjax/MathJax_Main-Bold.woff2").read_bytes())) as font:
        points = set(font.getBestCmap())
        assert {ord("A"), ord("}")} <= points
        assert ord("B") not in points


def test_pages_name_the_version_that_was_made(site):
    page = site.outdir / "index.html"
    styles.finish(site, None)
    first = page.read_text()
    assert "?v=old" not in first
    (site.outdir / "_static" / "basic.css").write_text(".used { margin: 2px }")
    (site.outdir / "_static" / "mathjax.css").write_text("")
    styles.finish(site, None)
    assert page.read_text() != first


def test_sheets_of_pages_that_were_not_written_again_stay(site):
    kept = site.doctreedir / "sheets.json"
    kept.write_text(json.dumps(["styles/theme.css", "figure.css"]))
    (site.outdir / "_static" / "figure.css").write_text("p { color: red }")
    styles.finish(site, None)
    assert "color:red" in (site.outdir / "_static" / "course.css").read_text()


def test_a_sheet_that_cannot_be_read_stops_the_build(site):
    (site.outdir / "_static" / "basic.css").write_text(".used {")
    with pytest.raises(styles.ExtensionError, match="Unclosed block"):
        styles.finish(site, None)
