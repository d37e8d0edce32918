"""What the build changes in pages that the themes wrote."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pydata_sphinx_theme
import pytest
from bs4 import BeautifulSoup
from coursebook import accessibility, icons, images, pages, punctuation, scripts
from fontTools.ttLib import TTFont
from PIL import Image
from sphinx.application import Sphinx

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"


def parse(html):
    return BeautifulSoup(html, "html.parser")


def test_a_page_is_written_as_listeners_left_it(tmp_path):
    (tmp_path / "index.rst").write_text("Title\n=====\n\nText.\n")
    out = tmp_path / "out"
    app = Sphinx(
        str(tmp_path), None, str(out), str(out), "html", {"extensions": [pages.__name__]}, None
    )

    def change(app, page, name):
        page.find("h1")["class"] = f"seen-{name}"

    app.connect("page-written", change)
    app.build()
    assert parse((out / "index.html").read_text()).select_one("h1.seen-index")


PAGE = """<html><head>
<script>document.documentElement.dataset.mode = "auto";</script>
<link rel="preload" as="script" href="_static/scripts/bootstrap.js">
<link rel="stylesheet" href="_static/book.css">
<link rel="stylesheet" href="_static/sphinx-design.min.css">
<script defer src="_static/scripts/fontawesome.js"></script>
<script src="_static/doctools.js"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'a';</script>
<script src="_static/sphinx-thebe.js"></script><script>const THEBE_JS_URL = ""</script>
<script src="_static/copybutton.js"></script>
<script src="searchindex.js"></script>
</head><body class="bsd-x">{body}<script type="text/x-thebe-config">{{}}</script>
<script defer src="_static/scripts/bootstrap.js"></script></body></html>"""


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ("", []),
        ('<div class="highlight"></div>', ["_static/copybutton.js"]),
        ('<div id="search-results"></div>', ["searchindex.js"]),
    ],
)
def test_a_page_loads_what_it_uses_after_its_text(body, used):
    page = parse(PAGE.format(body=body))
    scripts.drop_needless(None, page, "a")
    scripts.move_scripts(None, page, "a")
    assert len(page.head.select("script")) == 1
    assert [tag["href"] for tag in page.select("link")] == ["_static/book.css"]
    found = [tag.get("src", "inline") for tag in page.body.select("script")]
    assert found == ["_static/doctools.js", "inline", *used, "_static/scripts/bootstrap.js"]


def test_a_style_stays_where_it_is_used():
    page = parse(PAGE.format(body='<div class="x sd-card"></div>'))
    scripts.drop_needless(None, page, "a")
    assert page.select("link[href*=sphinx-design]")


def test_images_say_how_large_they_are(tmp_path):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="300px" height="200px"/>'
    (tmp_path / "a.svg").write_text(svg)
    builder = SimpleNamespace(images={"a.svg": "a1.svg", "b.svg": "b.svg"})
    app = SimpleNamespace(srcdir=str(tmp_path), builder=builder)
    page = parse('<img src="../_images/a1.svg"><img src="icon.svg">')
    images.prepare(app, page, "a")
    known, other = page.select("img")
    assert (known["width"], known["height"]) == (300, 200)
    assert not other.has_attr("width")
    (tmp_path / "b.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    with pytest.raises(images.ExtensionError, match=r"b\.svg does not say how large"):
        images.prepare(app, parse('<img src="b.svg">'), "a")


def test_plots_become_webp_without_loss(tmp_path):
    folder = tmp_path / "_images"
    folder.mkdir()
    drawn = Image.effect_noise((30, 20), 90).convert("RGBA")
    drawn.putalpha(100)
    drawn.save(folder / "a.png")
    builder = SimpleNamespace(format="html", imagedir="_images", images={"_images/a.png": "a.png"})
    app = SimpleNamespace(srcdir=str(tmp_path), outdir=str(tmp_path), builder=builder)
    page = parse('<img src="../_images/a.png">')
    images.prepare(app, page, "a")
    images.compress(app, None)
    assert (page.img["src"], page.img["width"]) == ("../_images/a.webp", 30)
    assert [path.name for path in folder.iterdir()] == ["a.webp"]
    with Image.open(folder / "a.webp") as image:
        assert image.tobytes() == drawn.tobytes()


def test_themes_are_mended_for_screen_readers():
    page = parse(
        "<head></head>"
        '<button aria-label="Search">Search Ctrl K</button>'
        '<button title="Bar"><span></span></button>'
        '<div id="pst-primary-sidebar"></div>'
        '<div class="citation-list" role="list"><div role="doc-biblioentry"></div></div>'
        "<table><thead><tr><th></th><th>a</th><th><mjx-container>b</mjx-container></th></tr>"
        "</thead><tbody><tr><td>c</td><td>1</td><td>2</td></tr></tbody></table>"
        '<article class="bd-article"><p>What it is.</p></article>'
    )
    accessibility.mend(None, page, "a")
    search, toggle = page.select("button")
    assert "aria-label" not in search.attrs
    assert toggle["aria-label"] == "Bar"
    assert page.select_one("#pst-primary-sidebar")["role"] == "complementary"
    assert not page.select("[role=list], [role=doc-biblioentry]")
    cells = [[cell.name for cell in row.find_all(["td", "th"])] for row in page.select("tr")]
    assert cells == [["td", "th", "th"], ["th", "td", "td"]]
    a, b = page.select("thead th")
    assert a.find("span") is None
    assert b.select_one("span.visually-hidden").get_text() == "b"
    assert b.select_one("mjx-container")["aria-hidden"] == "true"
    assert page.select_one("tbody th")["scope"] == "row"
    assert page.select_one("meta[name=description]")["content"] == "What it is."


def test_icons_that_are_not_shown_go(tmp_path):
    static = tmp_path / "_static"
    for file in (icons.STYLE, f"{icons.FONTS}/fa-solid-900.woff2"):
        (static / file).parent.mkdir(parents=True, exist_ok=True)
        (static / file).write_bytes((THEME / file).read_bytes())
    (tmp_path / "index.html").write_text('<i class="fa-solid fa-bars"></i>')
    icons.keep_used(SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html")), None)
    style = (static / icons.STYLE).read_text()
    assert ".fa-bars:" in style
    assert ".fa-flask:" not in style
    with TTFont(static / icons.FONTS / "fa-solid-900.woff2") as font:
        points = font.getBestCmap()
    assert 0xF0C9 in points  # bars
    assert 0xF071 in points  # the triangle of a warning, named in a variable
    assert 0xF0C3 not in points  # flask
    assert font.flavor == "woff2"


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("at (#), then", "at <b>(#),</b> then"),
        ("at #. Then", "at <b>#.</b> Then"),
        ("at # then", "at # then"),
        ("<i>at</i>#<i>, then</i>", "<i>at</i>#<i>, then</i>"),
        ("#, #.", "<b>#,</b> <b>#.</b>"),
    ],
)
def test_punctuation_stays_with_a_formula(written, held):
    formula = '<span class="math notranslate">x</span>'
    page = BeautifulSoup(f"<p>{written.replace('#', formula)}</p>", "html.parser")
    punctuation.hold_all(None, page, "index")
    held = held.replace("<b>", '<span class="formula-in-text">').replace("</b>", "</span>")
    assert str(page) == f"<p>{held.replace('#', formula)}</p>"
