"""The book's own Sphinx extension."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from coursebook import cache, schematics


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
def test_cache_changes_with_code_and_data_and_only_then(app, changed):
    config = SimpleNamespace()
    cache.key_cache_on_code(app, config)
    first = Path(config.nb_execution_cache_path)
    first.mkdir(parents=True)
    cache.key_cache_on_code(app, config)
    assert Path(config.nb_execution_cache_path) == first
    assert first.is_dir()
    path = Path(app.srcdir, changed)
    path.parent.mkdir(exist_ok=True)
    path.write_text("2\n")
    cache.key_cache_on_code(app, config)
    assert Path(config.nb_execution_cache_path) != first
    assert not first.exists()


def test_figures_are_drawn_once_and_again_when_their_script_changes(app):
    script = Path(app.srcdir, "book", "figures", "dot.py")
    script.write_text("from pathlib import Path\nPath(__file__).with_suffix('.svg').touch()\n")
    svg = script.with_suffix(".svg")
    schematics.draw_figures(app, None)
    drawn = svg.stat().st_mtime_ns
    schematics.draw_figures(app, None)
    assert svg.stat().st_mtime_ns == drawn
    os.utime(script, ns=(drawn + 10**9, drawn + 10**9))
    schematics.draw_figures(app, None)
    assert svg.stat().st_mtime_ns > drawn


@pytest.mark.parametrize(
    ("body", "message"), [("1 / 0", "ZeroDivisionError"), ("pass", "did not write dot.svg")]
)
def test_a_figure_that_fails_stops_the_build(app, body, message):
    Path(app.srcdir, "book", "figures", "dot.py").write_text(body)
    with pytest.raises(schematics.ExtensionError, match=message):
        schematics.draw_figures(app, None)
