"""The book's own Sphinx extension."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def coursebook():
    path = ROOT / "book" / "extension" / "coursebook.py"
    spec = importlib.util.spec_from_file_location("coursebook", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def app(tmp_path):
    (tmp_path / "rnncore").mkdir()
    (tmp_path / "grading").mkdir()
    (tmp_path / "book" / "figures").mkdir(parents=True)
    (tmp_path / "rnncore" / "rnn.py").write_text("x = 1\n")
    return SimpleNamespace(srcdir=str(tmp_path), outdir=str(tmp_path / "_build" / "html"))


@pytest.mark.parametrize(
    "changed", ["rnncore/rnn.py", "replications/adding.py", "book/data/performance.json"]
)
def test_cache_changes_with_code_and_data_and_only_then(coursebook, app, changed):
    config = SimpleNamespace()
    coursebook.key_cache_on_code(app, config)
    first = Path(config.nb_execution_cache_path)
    first.mkdir(parents=True)
    coursebook.key_cache_on_code(app, config)
    assert Path(config.nb_execution_cache_path) == first
    assert first.is_dir()
    path = Path(app.srcdir, changed)
    path.parent.mkdir(exist_ok=True)
    path.write_text("2\n")
    coursebook.key_cache_on_code(app, config)
    assert Path(config.nb_execution_cache_path) != first
    assert not first.exists()


def test_figures_are_drawn_once_and_again_when_their_script_changes(coursebook, app):
    script = Path(app.srcdir, "book", "figures", "dot.py")
    script.write_text("from pathlib import Path\nPath(__file__).with_suffix('.svg').touch()\n")
    svg = script.with_suffix(".svg")
    coursebook.draw_figures(app, None)
    drawn = svg.stat().st_mtime_ns
    coursebook.draw_figures(app, None)
    assert svg.stat().st_mtime_ns == drawn
    os.utime(script, ns=(drawn + 10**9, drawn + 10**9))
    coursebook.draw_figures(app, None)
    assert svg.stat().st_mtime_ns > drawn


@pytest.mark.parametrize(
    ("body", "message"), [("1 / 0", "ZeroDivisionError"), ("pass", "did not write dot.svg")]
)
def test_a_figure_that_fails_stops_the_build(coursebook, app, body, message):
    Path(app.srcdir, "book", "figures", "dot.py").write_text(body)
    with pytest.raises(coursebook.ExtensionError, match=message):
        coursebook.draw_figures(app, None)


def test_pages_load_no_thebe(coursebook):
    script = SimpleNamespace
    context = {
        "script_files": [
            script(filename="_static/sphinx-thebe.js", attributes={}),
            script(filename=None, attributes={"body": 'const THEBE_JS_URL = ""'}),
            script(filename="_static/doctools.js", attributes={}),
        ],
        "css_files": [script(filename="_static/sphinx-thebe.css", attributes={})],
    }
    coursebook.drop_thebe(None, "page", "page.html", context, None)
    assert [file.filename for file in context["script_files"]] == ["_static/doctools.js"]
    assert context["css_files"] == []
