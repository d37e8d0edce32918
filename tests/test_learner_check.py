"""A learner's own check: ``python -m grading check``."""

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import nbformat
import notebooks as nb
import pytest
from bs4 import BeautifulSoup

from grading.__main__ import main
from grading.learner import command, progress, rebuild, run
from grading.learner.hidden import hidden_source
from grading.outline import questions, read

# The kernels of this file start one after another.
pytestmark = pytest.mark.xdist_group("learner check")

NAME = "02_rnn_cell"
SOLUTIONS = {path.stem: path for path in nb.SOLUTIONS}
RELEASED = {path.stem: path for path in nb.RELEASED}


def solved(name):
    """Return the release with the reference answers."""
    answers = {cell.metadata.nbgrader.grade_id: cell.source for cell in read(SOLUTIONS[name]).cells}
    content = read(RELEASED[name])
    for cell in content.cells:
        mark = cell.metadata.nbgrader
        if mark.solution:
            cell.source = re.sub(r"(?m)^ *### (BEGIN|END) SOLUTION\n?", "", answers[mark.grade_id])
    return content


@pytest.fixture
def course(tmp_path):
    """Make a folder with the release of one exercise, and an empty ``work/``."""
    place = tmp_path / "exercises" / NAME
    place.mkdir(parents=True)
    (place / f"{NAME}.ipynb").write_bytes(RELEASED[NAME].read_bytes())
    (tmp_path / "work").mkdir()
    return tmp_path


def put(course, content):
    """Write a learner's notebook into ``work/``."""
    path = course / "work" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(content, path)
    return path


def cell_of(content, name):
    return next(c for c in content.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


def check(course, *paths, seconds=60):
    options = ["--root", str(course), "--seconds", str(seconds)]
    return main(["check", *map(str, paths), *options])


def states(course):
    data = json.loads((course / "work" / ".progress.json").read_text(encoding="utf-8"))
    return {one["name"]: one["state"] for one in data[NAME]["questions"]}


def test_right_answers_end_with_0_and_fill_the_progress_page(course, capsys):
    path = put(course, solved(NAME))
    before = path.read_bytes()
    assert check(course, path.parent) == 0
    told = capsys.readouterr().out
    assert re.search(r"rnn_step_hidden +1 / 1 +right", told)
    assert re.search(r"explain +. / 3 +for a person", told)
    assert "20 / 20" in told
    page = (course / "work" / "progress.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(page, "html.parser")
    assert "20 of 20 points" in soup.text
    assert not soup.find_all(["script", "link", "img"])
    assert path.read_bytes() == before


def test_mistakes_end_with_1_and_say_what_the_cells_say(course, capsys):
    content = solved(NAME)
    source = cell_of(content, "rnn_step").source
    cell_of(content, "rnn_step").source = source.replace(" + bh", "")
    step = cell_of(content, "readout")
    step.source = "def readout(h, Why, by):\n    return np.linalg.solve(h, Why)\n"
    # Tests that were edited or deleted do not matter, nor does a cell of one's own.
    cell_of(content, "rnn_step_test").source = "print('rnn_step: right.')"
    content.cells.remove(cell_of(content, "readout_test"))
    mine = nbformat.v4.new_code_cell(
        "import sys\nprint('hello', file=sys.stderr)\nraise KeyError(1)"
    )
    content.cells.insert(2, mine)
    cell_of(content, "explain").source = cell_of(read(RELEASED[NAME]), "explain").source
    put(course, content)
    assert check(course) == 1
    told = capsys.readouterr().out
    assert "Likely cause: it leaves the bias out." in told
    assert "See: Chapter 3, The equations." in told
    assert "readout stopped with LinAlgError" in told
    assert "numpy/linalg" not in told
    found = states(course)
    assert (
        found["rnn_step_test"] == found["rnn_step_hidden"] == found["readout_test"] == "not right"
    )
    assert found["rnn_forward_hidden"] == "right"
    assert found["explain"] == "not answered"


def test_what_ends_or_outlasts_the_kernel_costs_only_what_comes_after(course, capsys):
    content = solved(NAME)
    cell_of(content, "readout").source = "while True: pass"
    cell_of(content, "numerical_gradient").source = "import os\nos._exit(0)"
    put(course, content)
    assert check(course, seconds=2) == 1
    found = states(course)
    assert found["rnn_step_hidden"] == found["rnn_step_backward_test"] == "right"
    assert found["readout_test"] == "not right"
    assert found["fade_steps_test"] == "not right"
    assert "The kernel ended in cell numerical_gradient" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["nothing.ipynb", "work/99_none"])
def test_what_is_not_there_is_a_usage_error(course, capsys, text):
    assert check(course, course / text) == 2
    assert "There is no notebook" in capsys.readouterr().err


def test_other_notebooks_and_broken_ones_are_usage_errors(course, capsys):
    other = course / "work" / "mine.ipynb"
    other.write_bytes(RELEASED[NAME].read_bytes())
    assert check(course, other) == 2
    assert f"({NAME})" in capsys.readouterr().err
    (course / "work" / f"{NAME}.ipynb").write_text("{")
    assert check(course, course / "work" / f"{NAME}.ipynb") == 2
    assert "is not a notebook" in capsys.readouterr().err


def test_an_exercise_that_was_not_started_is_not_checked(course, capsys):
    put(course, read(RELEASED[NAME]))
    assert check(course) == 2
    assert "was started" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(RELEASED))
def test_hidden_tests_are_those_of_the_solution(name):
    """Compare code: what the release leaves of a hidden test calls what the solution calls."""
    release = read(RELEASED[name])
    original = {cell.id: cell.source for cell in nb.read(SOLUTIONS[name])}
    hidden = [question for question in questions(release) if question.hidden]
    assert hidden
    for question in hidden:
        called = re.search(
            r"(\w+)\.(?:check_hidden|hidden_parts)\((.*?)\)", original[question.name]
        )
        source = hidden_source(question, release)
        assert source is not None, question.name
        mine = re.search(r"try_hidden\((\w+), [\d.]+, (.*)\)$", source)
        quoted = [text.replace('"', "'") for text in called.groups()]
        assert list(mine.groups()) == quoted, question.name


def test_duplicated_answers_count_once_and_lost_names_are_found_by_id():
    release = read(RELEASED[NAME])
    mine = solved(NAME)
    cell = cell_of(mine, "rnn_step")
    second = nbformat.from_dict({**cell, "source": "rnn_step = None", "id": "other"})
    mine.cells.append(second)
    lost = cell_of(mine, "readout")
    lost.metadata = nbformat.NotebookNode()
    found = rebuild.rebuild(release, mine)
    assert cell_of(found.notebook, "rnn_step").source == cell.source
    assert cell_of(found.notebook, "readout").source == lost.source
    assert found.answered["readout"]
    assert not any(rebuild.rebuild(release, release).answered.values())


@pytest.mark.parametrize(
    ("text", "score"), [("0.5", 0.5), ("7", 2), ("-1", 0), ("'x'", 2), ("1e999", 0)]
)
def test_partial_credit_is_a_number_within_the_points(text, score):
    output = nbformat.v4.new_output("execute_result", data={"text/plain": text}, execution_count=1)
    cell = nbformat.v4.new_code_cell("x", outputs=[output], execution_count=1)
    assert run._score(cell, 2.0) == score


def test_progress_survives_a_broken_file_and_scrubs_it(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".progress.json").write_text("{")
    assert progress.load(tmp_path / "work") == {}
    known = {NAME: {"checked": "<b>", "questions": [{"title": "<script>", "state": "not right"}]}}
    page = progress.page(known, nb.ROOT / "exercises")
    assert "<script>" not in page
    assert "To do: &lt;script&gt;" in page
    assert len(BeautifulSoup(page, "html.parser").find_all("h2")) == len(RELEASED)


def test_a_write_that_fails_leaves_the_old_page(tmp_path, monkeypatch):
    now = datetime(2026, 1, 5)
    progress.record(tmp_path, nb.ROOT / "exercises", {}, now)
    old = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        progress.record(tmp_path, nb.ROOT / "exercises", {next(iter(RELEASED)): []}, now)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == old


def test_a_point_more_than_wrong_is_told_in_the_table():
    one = run.Outcome("a_test", "a", "1. A", 2.0, 0.5, "partly right", "first: no")
    told = command.told("x", [one, replace(one, name="b_test", score=None, state="for a person")])
    assert "0.5 / 2    partly right" in told
    assert "1. A (a_test)\n  first: no" in told
