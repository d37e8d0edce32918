"""Previews of links inside the book."""

from __future__ import annotations

import json
from types import SimpleNamespace

from bs4 import BeautifulSoup
from coursebook import previews


def parse(html):
    return BeautifulSoup(html, "html.parser")


LINKING = """<article class="bd-article"><section id="top"><h1>Top<a class="headerlink">#</a></h1>
<p>First <a class="internal" href="../b/two.html#eq">(1)</a>
<a class="internal" href="../b/two.html#fig">figure</a>
<a class="internal" href="../b/two.html">two</a> <a class="internal" href="#term">term</a>
<a class="internal" href="../b/two.html#named">2</a>
<a class="internal" href="../b/two.html#plain">plain</a></p><p>Second.</p>
<dl><dt id="term">term</dt><dd>what it <a href="x.html">means</a></dd></dl>
</section></article>"""
LINKED = """<article class="bd-article"><section id="two"><span id="named"></span><h1>Two</h1>
<p id="plain">About.</p>
<div class="math" id="eq"><span class="eqno">(1)<a class="headerlink">#</a></span>x</div>
<span class="target" id="fig"></span><figure id="id1"><img src="../_images/a.svg"></figure>
</section></article>"""


def test_previews_show_what_links_lead_to(tmp_path, monkeypatch):
    for library in previews.LIBRARIES:
        (tmp_path / "npm" / library).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "npm" / library).write_text("code\n//# sourceMappingURL=x.map")
    monkeypatch.setattr(previews, "packages", lambda app: tmp_path / "npm")

    def build(written):
        app = SimpleNamespace(
            outdir=str(tmp_path),
            doctreedir=str(tmp_path),
            builder=SimpleNamespace(format="html"),
            env=SimpleNamespace(found_docs={"a/one", "b/two"}),
        )
        for name, html in written.items():
            previews.collect(app, parse(html), name)
        previews.write(app, None)
        made = (tmp_path / "_static" / "previews" / "a" / "one.js").read_text()
        return json.loads(made.removeprefix("var coursePreviews = ").removesuffix(";\n"))

    shown = build({"a/one": LINKING, "b/two": LINKED})
    assert shown == {
        "../b/two.html": "<h1>Two</h1><p>About.</p>",
        "../b/two.html#named": "<h1>Two</h1><p>About.</p>",
        "../b/two.html#eq": '<div class="math"><span class="eqno">(1)</span>x</div>',
        "../b/two.html#fig": '<figure><img src="_images/a.svg"/></figure>',
        "#term": "<dt>term</dt><dd>what it means</dd>",
    }
    assert (tmp_path / "_static" / "previews" / "popper.min.js").read_text() == "code"
    assert build({"a/one": LINKING}) == shown  # the other page did not change
