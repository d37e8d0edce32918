"""Formulas that the build typesets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from coursebook import mathematics, node
from filelock import FileLock
from sphinx.application import Sphinx

WEB = Path(__file__).parents[1] / "book" / "web"

SOURCE = r"""
Title
=====

In a line: :math:`h_{t-1} < 1`.

.. math:: c_t = f_t \odot c_{t-1} \\[4pt] + i_t
   :label: cell

.. math:: \begin{align} a &= b \end{align}
   :nowrap:
"""


@pytest.fixture(scope="session")
def modules():
    """Install the packages where the book's build has them."""
    target = WEB.parents[1] / "_build" / "web"
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target / ".lock"):
        return node.install_packages(WEB, target)


@pytest.fixture
def make(modules, tmp_path):
    """Give a function that makes a typesetter; each keeps its formulas in the same file."""
    made = []

    def make(script=WEB / "typeset.js"):
        made.append(mathematics.Typesetter(script, modules, tmp_path / "formulas.json"))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_formula_comes_with_mathml_for_screen_readers(make):
    made = make().typeset(r"\tanh(x_t)", display=False)
    assert made.startswith("<mjx-container")
    assert "<mi>tanh</mi>" in made
    assert 'display="true"' not in made
    assert 'display="true"' in make().typeset("x", display=True)


@pytest.mark.parametrize(
    ("tex", "problem"),
    [(r"\nothing x", r"Undefined control sequence \\nothing"), (r"\frac{a", "Missing close brace")],
)
def test_wrong_tex_is_an_error_and_the_next_formula_is_not(make, tex, problem):
    typesetter = make()
    with pytest.raises(ValueError, match=problem):
        typesetter.typeset(tex, display=True)
    assert "<mi>x</mi>" in typesetter.typeset("x", display=True)


def test_formulas_are_kept_for_the_next_build_until_the_script_changes(make, tmp_path):
    first = make()
    made = first.typeset("x", display=True)
    first.close()
    second = make()
    assert second.typeset("x", display=True) == made
    assert second.process is None
    script = tmp_path / "typeset.js"
    shutil.copy(WEB / "typeset.js", script)
    script.write_text(script.read_text() + "\n")
    assert make(script).kept == {}


@pytest.fixture
def build(modules, tmp_path):
    """Give a function that builds one page; it returns the page and the warnings."""
    source = tmp_path / "source"
    shutil.copytree(WEB, source / "book" / "web")
    (source / "_build").mkdir()
    (source / "_build" / "web").symlink_to(modules.parent)

    def build(text):
        (source / "index.rst").write_text(text)
        out = source / "_build" / "html"
        config = {"extensions": ["coursebook.mathematics"], "html_theme": "basic"}
        with (source / "warnings").open("w+") as warnings:
            Sphinx(str(source), None, str(out), str(out), "html", config, None, warnings).build()
            warnings.seek(0)
            page = BeautifulSoup((out / "index.html").read_text(), "html.parser")
            return page, warnings.read()

    return build


def test_a_page_holds_its_formulas_and_loads_no_mathjax(build):
    page, warnings = build(SOURCE)
    assert "index.rst" not in warnings
    assert len(page.select(".math > mjx-container > mjx-math")) == 3
    numbered = page.select_one("#equation-cell")
    assert "(1)" in numbered.select_one(".eqno").text
    assert numbered.select_one("mjx-container")["display"] == "true"
    assert not [script for script in page.select("script[src]") if "mathjax" in script["src"]]
    style = Path(page.select_one("link[href*=mathjax]")["href"].split("?")[0])
    assert style.name == mathematics.STYLE


def test_wrong_tex_is_a_warning_with_its_place(build):
    page, warnings = build("Title\n=====\n\n:math:`\\nothing`\n")
    assert "index.rst:4: WARNING: TeX: Undefined control sequence" in warnings
    assert page.select_one(".math code").text == r"\nothing"
