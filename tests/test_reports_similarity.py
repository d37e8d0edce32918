"""Pairs of students whose answers share code, and what must not make a pair."""

import re
import sys

import nbformat
import notebooks as nb
import pytest
from bs4 import BeautifulSoup

from grading.__main__ import main
from grading.outline import read
from grading.reports import similarity

ASSIGNMENT = "02_rnn_cell"
RELEASE = nb.ROOT / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
STUDENTS = sorted((nb.ROOT / "tests" / "students" / ASSIGNMENT).glob("*.*"))


@pytest.fixture(scope="module")
def tool():
    pytest.importorskip("copydetect", reason="copydetect is an optional extra")


@pytest.fixture(scope="module")
def template():
    return similarity.answers(read(RELEASE))


@pytest.fixture(scope="module")
def submissions(template):
    """Eight students who worked by themselves."""
    found = {}
    for path in STUDENTS:
        parts = re.split(r"(?m)^# %% (\w+)\n", path.read_text(encoding="utf-8"))
        answers = dict(zip(parts[1::2], parts[2::2], strict=True))
        found[path.stem] = {**template, **{k: v for k, v in answers.items() if k in template}}
    return found


def renamed(cells):
    """Copy somebody's work: other names, other comments, other spaces."""
    words = {
        r"\bh_t\b": "state",
        r"\bstates\b": "collected",
        r"\bt\b": "step",
        "  # .*": "  # mine",
    }
    copied = {}
    for cell, source in cells.items():
        for word, other in words.items():
            source = re.sub(word, other, source)
        copied[cell] = source
    return copied


def test_work_of_ones_own_makes_no_pair(tool, submissions, template):
    assert similarity.pairs(submissions, template) == []


def test_a_copy_with_other_names_is_found_with_its_cells(tool, submissions, template):
    listed = similarity.pairs({**submissions, "zoe": renamed(submissions["ada"])}, template)
    assert [one.students for one in listed] == [("ada", "zoe")]
    assert listed[0].share > 0.9
    assert "rnn_forward" in [one.cell for one in listed[0].cells]


def test_the_release_itself_is_subtracted(tool, template):
    assert (
        similarity.pairs({"a": template, "b": dict(template), "c": dict(template)}, template) == []
    )


def test_what_most_of_the_class_shares_is_no_sign(tool, submissions, template):
    everybody = {f"s{number}": submissions["ada"] for number in range(9)}
    assert similarity.pairs({**submissions, **everybody}, template) == []


def test_code_is_escaped_and_marked(tool, submissions, template):
    evil = {**submissions["ada"]}
    evil["rnn_forward"] += "\n    x = '</pre><script>alert(1)</script>'\n"
    both = {**submissions, "ada": evil, "<zoe>": dict(evil)}
    listed = similarity.pairs(both, template)
    text = similarity.page(ASSIGNMENT, listed, both, template)
    soup = BeautifulSoup(text, "html.parser")
    assert not soup.find_all("script")
    assert soup.find("h4", string="<zoe>")
    assert "</pre><script>" in soup.text
    marked = [mark.text for mark in soup.find_all("mark")]
    assert any("np.tanh(" in text for text in marked)
    assert "does not show who copied from whom" in soup.text


@pytest.mark.parametrize("students", [2, 3, 8, 40, 5000])
def test_what_counts_as_common_never_hides_a_pair(students):
    assert 2 <= similarity.common_limit(students) <= similarity.COMMON


def course(folder, submissions):
    """Write a course's folders with what was handed in; one notebook is broken."""
    (folder / "exercises" / ASSIGNMENT).mkdir(parents=True)
    (folder / "exercises" / ASSIGNMENT / RELEASE.name).write_bytes(RELEASE.read_bytes())
    for student, cells in submissions.items():
        place = folder / "submitted" / student / ASSIGNMENT
        place.mkdir(parents=True)
        content = read(RELEASE)
        for cell in content.cells:
            cell.source = cells.get(cell.metadata.nbgrader.grade_id, cell.source)
        nbformat.write(content, place / RELEASE.name)
    broken = folder / "submitted" / "kim" / ASSIGNMENT
    broken.mkdir(parents=True)
    (broken / RELEASE.name).write_text("{")


def test_the_command_writes_the_page_and_names_what_it_could_not_read(
    tool, submissions, tmp_path, capsys
):
    course(tmp_path, {**submissions, "zoe": renamed(submissions["ada"])})
    options = ["report", ASSIGNMENT, "--similarity", "--root", str(tmp_path)]
    assert main([*options, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    assert "unreadable: kim" in printed.err
    page = (tmp_path / "out" / f"{ASSIGNMENT}-similarity.html").read_text(encoding="utf-8")
    assert "ada and zoe" in page


def test_without_the_tool_the_error_says_what_to_install(tmp_path, monkeypatch, capsys):
    course(tmp_path, {})
    monkeypatch.setitem(sys.modules, "copydetect", None)
    options = ["report", ASSIGNMENT, "--similarity", "--root", str(tmp_path)]
    assert main([*options, "--out", str(tmp_path / "out")]) == 2
    assert "pip install copydetect" in capsys.readouterr().err
