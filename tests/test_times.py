"""Reading and running times at the top of a page."""

from __future__ import annotations

import re
from types import SimpleNamespace

import notebooks as nb
import pytest
from coursebook import times
from docutils import nodes
from docutils.utils import new_document


def page(*blocks):
    """Make a document: a title and blocks."""
    document = new_document("page")
    document += nodes.section("", nodes.title("", "A title"), *blocks)
    return document


def cell(*blocks, classes=(), **attributes):
    """Make the node of a notebook's code cell."""
    return nodes.container("", *blocks, classes=["cell", *classes], **attributes)


CODE = "a = 1\n\nb = 2\n"


def test_words_formulas_and_lines_are_counted():
    text = nodes.paragraph("", "", nodes.Text("the slope "), nodes.math("", "1 - h^2 + 0"))
    blocks = [text, nodes.math_block("", "a + b + c"), cell(nodes.literal_block("", CODE))]
    assert times.measure(page(*blocks)) == times.Amount(words=5, formulas=1, lines=2)


@pytest.mark.parametrize("hidden", ["tag_hide-input", "tag_hide-cell"])
def test_folded_code_and_outputs_are_not_counted(hidden):
    output = nodes.container("", nodes.literal_block("", CODE), classes=["cell_output"])
    folded = cell(nodes.literal_block("", CODE), classes=[hidden])
    comment = nodes.comment("", "many words that nobody reads")
    assert times.measure(page(cell(output), folded, comment)) == times.Amount(words=2)


def test_minutes_follow_the_rule():
    amount = times.Amount(words=600, formulas=4, lines=30)
    assert amount.minutes == 3 + 2 + 2


@pytest.mark.parametrize(
    ("minutes", "said"), [(0.2, "5"), (7.4, "5"), (7.6, "10"), (42, "40"), (43, "45")]
)
def test_minutes_are_rounded_to_five(minutes, said):
    assert times.about_minutes(minutes) == f"about {said} minutes"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "less than 10 seconds"),
        (14, "about 10 seconds"),
        (86, "about 90 seconds"),
        (100, "about 2 minutes"),
        (290, "about 5 minutes"),
    ],
)
def test_seconds_are_rounded_to_what_one_can_use(seconds, said):
    assert times.about_seconds(seconds) == said


def line_of(document, path, runtime, monkeypatch):
    """Give the line that a page gets, or nothing."""
    ran = None if runtime is None else {"runtime": runtime}
    monkeypatch.setattr(times.NbMetadataCollector, "get_exec_data", lambda env, docname: ran)
    env = SimpleNamespace(docname="page", doc2path=lambda docname: path)
    times.note_times(SimpleNamespace(env=env), document)
    after_title = document[0][1:2]
    return after_title[0].astext() if after_title else ""


def test_a_chapter_tells_both_times_below_its_title(monkeypatch):
    words = nodes.paragraph("", " ".join(["word"] * 4000))
    line = line_of(page(words), "page.ipynb", 31.4, monkeypatch)
    assert line.startswith("About 20 minutes to read; the code runs in about 30 seconds (")


def test_an_exercise_tells_how_many_answers_take_longer(monkeypatch):
    solution = {"nbgrader": {"solution": True}}
    cells = [cell(cell_metadata=solution), cell(cell_metadata=solution), cell(cell_metadata={})]
    line = line_of(page(*cells), "page.ipynb", None, monkeypatch)
    assert line.startswith("About 5 minutes to read; its 2 answers in code take longer (")


def test_other_pages_tell_nothing(monkeypatch):
    assert line_of(page(), "page.md", None, monkeypatch) == ""


def test_the_page_with_the_rule_takes_its_numbers_from_the_code():
    config = SimpleNamespace(myst_substitutions={"other": 1})
    times.give_numbers(None, config)
    rule = (nb.ROOT / "book" / "index.md").read_text(encoding="utf-8")
    assert f"({times.RULE})=" in rule
    used = set(re.findall(r"\{\{ (\w+) \}\}", rule))
    assert used == set(config.myst_substitutions) - {"other"}
    assert config.myst_substitutions["words_a_minute"] == times.WORDS_A_MINUTE


@pytest.mark.parametrize("path", [*nb.CHAPTERS, *nb.SOLUTIONS], ids=nb.short)
def test_no_notebook_states_a_reading_time_by_hand(path):
    for cell in nb.read(path)[:2]:
        assert not re.search(r"[Aa]bout \d+ minutes", cell.source), cell.id
