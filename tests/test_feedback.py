"""Feedback pages, and what formgrader shows: helpful, and harmless."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import notebooks as nb
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook

from grading.release import load_config, put_environment_on_path
from grading.reports import messages, sanitize

pytestmark = [
    pytest.mark.xdist_group("feedback"),
    pytest.mark.filterwarnings("ignore:Object of type <Submitted:sqlalchemy.exc.SAWarning"),
]

NAME = "02_rnn_cell"
HIDDEN = "# 1 point.\n### BEGIN HIDDEN TESTS\nSECRET.check_hidden(f)\n### END HIDDEN TESTS"
SPOKEN = (
    "rnn_step: h has a wrong value at [0, 1].\n  called with x (secret, 7)\n"
    "  Likely cause: it leaves the bias out.\n  See: Chapter 3, The equations."
)
THROUGH_NUMPY = (
    "---------\nLinAlgError                     Traceback (most recent call last)\n"
    "Cell In[9], line 2\n      1 # test\n----> 2 f(1)\n\n"
    "Cell In[4], line 3, in f(x)\n      1 def f(x):\n      2     y = x\n"
    "----> 3     return inv(y)\n\n"
    "File /usr/lib/python3/numpy/linalg/_linalg.py:669, in inv(a)\n--> 669 ainv = secret(a)\n\n"
    "LinAlgError: 0-dimensional array given."
)


def error(kind="CheckFailed", text=SPOKEN, traceback=None):
    lines = (traceback or text).splitlines()
    return new_output("error", ename=kind, evalue=text, traceback=lines)


def printed(text):
    return new_output("stream", name="stdout", text=text)


def test_hidden_tests_are_replaced_by_one_line():
    assert messages.hide(HIDDEN) == "# 1 point.\n# Hidden tests ran here."
    assert messages.hide("if x:\n    ### BEGIN HIDDEN TESTS\n    secret()\n") == (
        "if x:\n    # Hidden tests ran here."
    )


def test_a_check_is_one_sentence_a_cause_and_a_section():
    heard = messages.said(new_code_cell("x", outputs=[error()]), 0, 1)
    assert heard == messages.Said(
        "rnn_step: h has a wrong value at [0, 1].",
        likely="it leaves the bias out.",
        section="Chapter 3, The equations",
    )
    assert "secret" not in heard.text


@pytest.mark.parametrize(
    ("outputs", "score", "sentence", "right"),
    [
        ([printed("rnn_step: right.\n")], 1, "Right.", True),
        ([], 0, "This check did not run.", False),
        ([printed("one: no\ntwo: no\n")], 0.5, "Partly right: one: no", False),
        ([error("KeyError", "'a'")], 0, "KeyError: 'a'", False),
        ([error("AssertionError", "")], 0, "AssertionError.", False),
        (
            [error("ValueError", "matmul: in 1 (size 3 is different from 2)")],
            0,
            "ValueError: in a product A @ B, A has 2 columns but B has 3 rows",
            False,
        ),
    ],
)
def test_what_other_checks_say(outputs, score, sentence, right):
    heard = messages.said(new_code_cell("x", outputs=outputs), score, 1)
    assert (heard.sentence, heard.right) == (sentence, right)


def test_a_traceback_through_numpy_becomes_the_line_that_helps():
    output = messages.shortened(error("LinAlgError", "0-dimensional array given.", THROUGH_NUMPY))
    assert output.traceback == [
        "LinAlgError: 0-dimensional array given.",
        "  in line 3 of f: return inv(y)",
    ]


def test_a_traceback_in_pythons_own_words_is_read_too():
    text = (
        'Traceback:\n  File "/tmp/ipykernel_1/2.py", line 3, in f\n    return inv(y)\n'
        '  File "/usr/lib/numpy.py", line 9, in inv\n    secret(a)\nValueError: no'
    )
    assert messages.shortened(error("ValueError", "no", text)).traceback == [
        "ValueError: no",
        "  in line 3 of f: return inv(y)",
    ]


@pytest.mark.parametrize("kind", ["SyntaxError", "CheckFailed"])
def test_other_tracebacks_stay(kind):
    output = error(kind)
    assert messages.shortened(output) is output


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://example.org/spy.png">',
    '<img src="/hub/logout">',
    "<svg><script>alert(1)</script></svg>",
    '<svg onload="alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVa\tscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action='https://example.org'><input name=q></form>",
    "<style>@import 'https://example.org';</style>",
    "<div style='position:fixed;top:0'>x</div>",
    "<div class='navbar navbar-fixed-top' id='statusmessage'>x</div>",
    "<meta http-equiv=refresh content='0;https://example.org'>",
    "<base href='https://example.org/'>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
]
# What may run, fetch, or cover the page.
ALLOWED_TAGS = sanitize.TAGS


def dangers(html):
    """List what is dangerous in a piece of HTML."""
    soup = BeautifulSoup(html, "html.parser")
    found = [tag.name for tag in soup.find_all(True) if tag.name not in ALLOWED_TAGS]
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            text = "".join(" ".join(value if isinstance(value, list) else [value]).split()).lower()
            if name.startswith("on") or name in ("style", "id", "srcdoc"):
                found.append(name)
            if name == "href" and text.startswith(("javascript:", "data:", "vbscript:")):
                found.append(text)
            if name == "src" and not text.startswith("data:image/"):
                found.append(text)
            if name == "class" and "navbar" in text:
                found.append(text)
    return found


def test_the_attacks_are_dangerous_before_they_are_cleaned():
    assert all(dangers(attack) or attack.startswith("<!--") for attack in ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS)
def test_html_is_made_harmless(attack):
    assert dangers(sanitize.clean(attack)) == []


@pytest.mark.parametrize(
    "formula",
    [r"$\href{javascript:alert(1)}{x}$", r"$&#92;href{javascript:1}{x}$", r"$\require{html}$"],
)
def test_formulas_cannot_make_links(formula):
    text = BeautifulSoup(sanitize.clean(formula), "html.parser").text
    assert not re.search(r"\\(href|require)", text)


def test_ordinary_text_stays():
    text = '<p>If $a &lt; b$ then <code>x &amp; y</code>, see <a href="https://a.b/">this</a>.</p>'
    assert sanitize.clean(text) == text


def test_a_drawing_becomes_a_picture_and_other_kinds_go():
    data = {
        "image/svg+xml": "<svg onload='alert(1)'></svg>",
        "application/javascript": "alert(1)",
        "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
        "image/png": 'AAAA" onerror="alert(1)',
        "text/plain": "<b>",
    }
    kept = sanitize.clean_data(data)
    assert set(kept) == {"text/html", "text/plain"}
    assert kept["text/html"].startswith('<img alt="drawing" src="data:image/svg+xml;base64,')


def hostile_notebook():
    """Every attack as text, as an output, and in metadata."""
    cells = [new_markdown_cell(attack + "\n\n`a < b` and $a < b$") for attack in ATTACKS]
    for kind in ("text/html", "text/markdown", "image/svg+xml", "application/javascript"):
        outputs = [
            new_output("display_data", data={kind: attack, "text/plain": "x"}) for attack in ATTACKS
        ]
        cells.append(new_code_cell("print(1)", outputs=outputs))
    evil = {"image/png": {"width": "1 onload=alert(1)", "alt": '"><script>'}}
    picture = new_output("display_data", data={"image/png": "AAAA"}, metadata=evil)
    cells.append(
        new_code_cell("# <script>", outputs=[picture, printed("<script>alert(1)</script>")])
    )
    cells.append(nbformat.v4.new_raw_cell(ATTACKS[0], metadata={"raw_mimetype": "text/html"}))
    mark = {"grade": True, "grade_id": '"><script>', "solution": True, "locked": False, "points": 1}
    cells.append(new_markdown_cell("x", metadata={"nbgrader": {**mark, "schema_version": 3}}))
    state = {"application/vnd.jupyter.widget-state+json": {"state": {"x": "</script>"}}}
    about = {"language_info": {"name": '"><script>'}, "title": "<script>", "widgets": state}
    return new_notebook(cells=cells, metadata=about)


def formgrader_pages(*notebooks, base_url="x"):
    """Make the pages that formgrader shows of notebooks, one after the other."""
    config = load_config(nb.ROOT)
    # As nbgrader's FormgradeExtension sets up its exporter.
    from nbgrader.server_extensions.formgrader import handlers

    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    exporter = HTMLExporter(config=config)
    about = dict.fromkeys("assignment_id notebook_id submission_id student".split(), "x")
    about |= {"index": 0, "total": 1, "last_name": "", "first_name": "", "notebook_path": "x"}
    about["base_url"] = base_url
    return [exporter.from_notebook_node(one, resources=about)[0] for one in notebooks]


def test_formgrader_takes_mathjax_from_its_own_server():
    first, second = formgrader_pages(new_notebook(), new_notebook(), base_url="/user/ada")
    assert first == second
    assert 'src="/user/ada/static/jupyter_server_mathjax/MathJax.js?config=' in first
    assert '"HTML-CSS": {' in first
    assert not re.search(r'(src|href)="https?:', first)


def test_the_page_that_formgrader_shows_runs_no_script_of_a_student():
    page, empty = formgrader_pages(hostile_notebook(), new_notebook())
    soup = BeautifulSoup(page, "html.parser")
    assert len(soup.find_all("script")) == len(
        BeautifulSoup(empty, "html.parser").find_all("script")
    )
    container = soup.find(id="notebook-container")
    allowed = {*ALLOWED_TAGS, "body", "main", "textarea", "input", "button", "label", "form"}
    assert {tag.name for tag in container.find_all(True)} <= allowed
    # Neither may a student's text cover the page's own buttons.
    assert container.find(id="statusmessage") is None
    assert container.find(class_=re.compile("navbar")) is None
    handlers_of = [n for tag in container.find_all(True) for n in tag.attrs if n.startswith("on")]
    assert handlers_of == []
    pictures = [image.get("src", "data:image/") for image in container.find_all("img")]
    assert pictures
    assert [place for place in pictures if not place.startswith("data:image/")] == []
    assert "a < b" in container.find("code").text


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Run ``nbgrader generate_feedback`` on one autograded notebook and read its page."""
    put_environment_on_path()
    course = tmp_path_factory.mktemp("course")
    shutil.copy(nb.ROOT / "nbgrader_config.py", course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        book.add_assignment(NAME)
        book.add_notebook(NAME, NAME)
        for name, points, kind in (
            ("f_test", 2, "code"),
            ("f_hidden", 1, "code"),
            ("g_test", 1, "code"),
            ("explain", 3, "markdown"),
        ):
            book.add_grade_cell(name, NAME, NAME, max_score=points, cell_type=kind)
        for name in ("f", "g", "explain"):
            book.add_solution_cell(name, NAME, NAME)
        book.add_student("ada")
        book.add_submission(NAME, "ada")
        for grade in book.find_submission_notebook(NAME, NAME, "ada").grades:
            grade.auto_score = {"f_test": 0, "f_hidden": 0, "g_test": 1}.get(grade.name)
        book.db.commit()
    folder = course / "autograded" / "ada" / NAME
    folder.mkdir(parents=True)
    nbformat.write(autograded(), folder / f"{NAME}.ipynb")
    # A tree of its own, so that the configuration's names are found without an installation.
    paths = os.pathsep.join([str(nb.ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [Path(sys.executable).parent / "nbgrader", "generate_feedback", NAME],
        cwd=course,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    made = course / "feedback" / "ada" / NAME / f"{NAME}.html"
    return BeautifulSoup(made.read_text(encoding="utf-8"), "html.parser")


def autograded():
    """Make a notebook as it stands after grading."""

    def mark(name, grade, solution, points=None):
        known = {"grade_id": name, "grade": grade, "solution": solution, "locked": not solution}
        known |= {"schema_version": 3, "task": False}
        return {"nbgrader": known if points is None else {**known, "points": points}}

    cells = [
        new_markdown_cell("## 1. The <step> (3 points)"),
        new_code_cell("def f(x): pass", metadata=mark("f", False, True)),
        new_code_cell("F.check(f)", metadata=mark("f_test", True, False, 2), outputs=[error()]),
        new_code_cell(
            HIDDEN,
            metadata=mark("f_hidden", True, False, 1),
            outputs=[printed("called with a hidden array\n"), error()],
        ),
        new_markdown_cell("## 2. Another (1 point)"),
        new_code_cell(
            "def g(): pass",
            metadata=mark("g", False, True),
            outputs=[error("LinAlgError", "0-dimensional array given.", THROUGH_NUMPY)],
        ),
        new_code_cell(
            "G.check(g)",
            metadata=mark("g_test", True, False, 1),
            outputs=[printed("g: right.\n")],
        ),
        new_markdown_cell("## 3. Explain (3 points)"),
        new_markdown_cell(ATTACKS[0] + "because", metadata=mark("explain", True, True, 3)),
    ]
    for number, cell in enumerate(cells):
        if cell.cell_type == "code":
            cell.execution_count = number
    grading = {
        "status": "repaired",
        "repairs": ["The cell f_test was deleted; <b>it</b> was put back."],
        "limits": ["time"],
    }
    return new_notebook(cells=cells, metadata={"grading": grading})


def test_the_summary_says_what_helps_for_each_task(page):
    rows = [
        [" ".join(cell.text.split()) for cell in row.find_all("td")]
        for row in page.find("table").find_all("tr")[1:]
    ]
    assert rows == [
        [
            "1. The <step>",
            "0 / 3",
            "rnn_step: h has a wrong value at [0, 1]. Likely mistake: it leaves the bias out.",
            "Chapter 3, The equations",
        ],
        ["2. Another", "1 / 1", "Right.", ""],
        ["3. Explain (by hand)", "awaiting hand grading / 3", "", ""],
    ]


def test_repairs_and_limits_stand_at_the_top(page):
    top = page.find(class_="panel-heading").text
    assert "The cell f_test was deleted; <b>it</b> was put back." in top
    assert "A limit was reached: time" in top
    assert "Score so far: 1.0 / 7.0; 3 awaiting hand grading" in " ".join(top.split())


def test_a_cell_that_nobody_marked_awaits_hand_grading_instead_of_0(page):
    headings = [" ".join(one.text.split()) for one in page.find_all(class_="panel-heading")]
    assert "Your answer Score: awaiting hand grading / 3.0 (Top)" in headings
    assert "Check f_test Score: 0.0 / 2.0 (Top)" in headings


def test_hidden_tests_and_their_inputs_stay_hidden(page):
    assert "SECRET" not in page.text
    assert "hidden array" not in page.text
    assert "Hidden tests ran here." in page.text
    assert page.text.count("(secret, 7)") == 1  # in the visible check


def test_no_library_code_is_shown(page):
    assert "in line 3 of g" not in page.text
    assert "in line 3 of f: return inv(y)" in page.text
    assert "_linalg.py" not in page.text


def test_the_students_script_does_not_run_in_the_feedback(page):
    container = page.find(id="notebook-container")
    assert container.find_all("script") == []
    assert "because" in container.text


def test_the_grading_metadata_is_plain_json():
    assert json.loads(json.dumps(autograded().metadata))["grading"]["status"] == "repaired"
