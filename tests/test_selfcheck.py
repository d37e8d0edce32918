"""The directive of self-check questions."""

from __future__ import annotations

import io
import re

import pytest
from sphinx.application import Sphinx
from sphinx.util.console import strip_colors
from sphinx.util.docutils import docutils_namespace, patch_docutils

ONE_RIGHT = """
Is $1 + 1 = 2$?

- [x] Yes, `True`.

  Count.

- [ ] No.

  Count again.
"""


@pytest.fixture
def build(tmp_path):
    """Build a page with one question; return its HTML and what Sphinx had to say."""

    def build(question, name="c1-ask-sum"):
        (tmp_path / "conf.py").write_text(
            "extensions = ['myst_parser', 'coursebook.html_nodes', 'coursebook.selfcheck']\n"
            "myst_enable_extensions = ['colon_fence', 'dollarmath', 'tasklist']\n"
        )
        (tmp_path / "index.md").write_text(f"# Page\n\n:::{{self-check}} {name}\n{question}\n:::\n")
        places = [str(tmp_path), str(tmp_path), str(tmp_path / "out"), str(tmp_path / "trees")]
        log = io.StringIO()
        with patch_docutils(), docutils_namespace():
            Sphinx(*places, "html", status=None, warning=log).build()
        # Another test of the same process may have left Sphinx's own nodes registered.
        lines = strip_colors(log.getvalue()).splitlines(keepends=True)
        said = "".join(line for line in lines if "already registered" not in line)
        return (tmp_path / "out" / "index.html").read_text(), said

    return build


def test_one_right_answer_makes_radio_buttons_with_labels_and_explanations(build):
    page, log = build(ONE_RIGHT)
    assert log == ""
    assert page.count('type="radio"') == 2
    assert 'id="c1-ask-sum-a"' in page
    assert 'for="c1-ask-sum-a"' in page
    legend = re.search(r"<fieldset><legend>.*?</legend>", page, re.S)[0]
    assert r"\(1 + 1 = 2\)" in legend
    details = re.search(r"<details>.*</details>", page, re.S)[0]
    right = re.search(r'<div class="self-check-why is-right" id="(.*?)">(.*?)</div>', details, re.S)
    assert right[1] == "c1-ask-sum-a-why"
    assert "A is right." in right[2]
    assert "Count." in right[2]
    assert 'is-wrong" id="c1-ask-sum-b-why"' in details
    assert "[x]" not in page
    assert "task-list-item-checkbox" not in page


def test_quotation_marks_are_set_as_in_the_text(build):
    page, _ = build(ONE_RIGHT.replace("Is $", '"One" is').replace("Yes,", '"Yes",'))
    assert "“One” is" in re.search(r"<legend>.*?</legend>", page, re.S)[0]
    assert "“Yes”" in page


def test_several_right_answers_make_check_boxes(build):
    page, _ = build(ONE_RIGHT.replace("[ ]", "[x]") + "\n- [ ] Maybe.\n\n  No.\n")
    assert page.count('type="checkbox"') == 3
    assert "choose all that are right" in page


def test_mathematics_and_code_stand_in_questions_and_explanations(build):
    code = "  ```python\n  x = 1\n  ```\n"
    page, log = build(ONE_RIGHT.replace("?\n", "?\n\n$$ a^2 $$\n", 1) + "\n" + code)
    assert log == ""
    assert page.index(r"\[ a^2 \]") < page.index('type="radio"')
    assert page.index("c1-ask-sum-b-why") < page.index("highlight-python")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (ONE_RIGHT.replace("[x]", "[ ]"), "at least two answers, one of them"),
        (ONE_RIGHT.replace("[ ]", "[x]"), "one answer at least must be wrong"),
        (ONE_RIGHT.replace("  Count again.\n", ""), "no explanation below 'No.'"),
        (ONE_RIGHT.replace("- [ ] No.", "- No."), "no '[ ]' or '[x]' before 'No."),
        (ONE_RIGHT.replace("Is $1 + 1 = 2$?\n", ""), "first paragraph must be the question"),
        (ONE_RIGHT + "\nThe end.\n", "must come last"),
        (ONE_RIGHT.split("- [ ]")[0], "at least two answers"),
    ],
)
def test_a_question_with_a_fault_is_an_error_that_names_its_line(build, question, message):
    _, log = build(question)
    assert "index.md:3: ERROR: self-check: " in log
    assert message in log
