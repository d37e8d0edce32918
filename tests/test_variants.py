"""Seeds of one's own for each student, kept by the instructor."""

import json
import shutil

import nbformat
import notebooks as nb
import numpy as np
import pytest
from classroom_course import fill_in, grade_class, hand_in, prepare, results
from nbgrader.utils import compute_checksum

from grading.__main__ import main
from grading.check import CheckFailed
from grading.classroom import tasks
from grading.outline import read
from grading.tasks.e02_rnn_cell import RNN_STEP, reference_step
from grading.variants import seeds

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <:sqlalchemy.exc.SAWarning")

NAME = "02_rnn_cell"
CELL = "rnn_step_test"


@pytest.fixture
def course(tmp_path):
    shutil.copytree(nb.ROOT / "exercises" / NAME, tmp_path / "exercises" / NAME)
    (tmp_path / "students.txt").write_text("ada\nben\n\nada\n")
    return tmp_path


def write(course):
    options = ["--students", str(course / "students.txt"), "--root", str(course)]
    return main(["variants", NAME, *options])


def variant(course, student):
    return read(course / "variants" / NAME / student / f"{NAME}.ipynb")


def cell_of(notebook, name):
    return next(c for c in notebook.cells if c.metadata.nbgrader.grade_id == name)


def test_each_student_gets_a_number_that_is_recorded_twice(course, capsys):
    assert write(course) == 0
    kept = json.loads((course / "variants" / f"{NAME}.json").read_text())
    assert sorted(kept) == ["ada", "ben"]
    assert kept["ada"] != kept["ben"]
    for student in kept:
        notebook = variant(course, student)
        assert notebook.metadata.variant.seed == kept[student]
        cell = cell_of(notebook, CELL)
        assert f"SEED = {kept[student]}  # variant" in cell.source
        assert cell.metadata.nbgrader.checksum == compute_checksum(cell)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_nothing_else_differs_from_the_release(course):
    write(course)
    release, mine = read(course / "exercises" / NAME / f"{NAME}.ipynb"), variant(course, "ada")
    differs = [one.id for one, other in zip(release.cells, mine.cells, strict=True) if one != other]
    assert differs == [CELL]


def test_a_number_once_given_stays_when_students_join(course):
    write(course)
    before = seeds.load(course, NAME)
    (course / "students.txt").write_text("first_name,id\nAda,ada\nZoe,zoe\n")
    write(course)
    after = seeds.load(course, NAME)
    assert {name: after[name] for name in before} == before
    assert "zoe" in after


def test_another_seed_is_another_question_with_the_same_right_answer():
    first, other = (RNN_STEP.draw(np.random.default_rng(seed)) for seed in (1, 2))
    assert first["x"].shape != other["x"].shape or (first["x"] != other["x"]).any()
    for seed in (1, 2, 999_999):
        RNN_STEP.check(reference_step, seed=seed)
        with pytest.raises(CheckFailed):
            RNN_STEP.check(lambda x, h_prev, Wxh, Whh, bh: x @ Wxh, seed=seed)


def graded(course, notebook, student, monkeypatch):
    """Run the preprocessor as nbgrader does: in the course's folder."""
    monkeypatch.chdir(course)
    about = {"nbgrader": {"assignment": NAME, "student": student, "notebook": NAME}}
    notebook, _ = seeds.RecordedSeed().preprocess(notebook, about)
    return notebook


def test_grading_uses_the_recorded_seed_and_not_the_submissions(course, monkeypatch):
    write(course)
    mine = variant(course, "ada")
    mine.metadata["variant"] = {"seed": 1}
    cell = cell_of(mine, CELL)
    cell.source = seeds.LINE.sub(r"\g<name> = 1\g<rest>", cell.source)
    notebook = graded(course, mine, "ada", monkeypatch)
    seed = seeds.load(course, NAME)["ada"]
    assert f"SEED = {seed}  # variant" in cell_of(notebook, CELL).source
    assert notebook.metadata.variant.seed == seed


def test_without_a_recorded_seed_the_release_stays_as_it_is(course, monkeypatch):
    release = read(course / "exercises" / NAME / f"{NAME}.ipynb")
    claimed = read(course / "exercises" / NAME / f"{NAME}.ipynb")
    claimed.metadata["variant"] = {"seed": 1}
    assert graded(course, claimed, "eve", monkeypatch) == release


def test_a_line_in_an_answer_is_not_a_place_for_a_seed(course):
    notebook = read(course / "exercises" / NAME / f"{NAME}.ipynb")
    answer = cell_of(notebook, "rnn_step")
    answer.source = "SEED = 5  # variant"
    assert seeds.apply(notebook, 7) == 1
    assert answer.source == "SEED = 5  # variant"


def test_a_course_tree_of_one_student_knows_that_student_alone(course):
    write(course)
    kept = seeds.load(course, NAME)
    files = seeds.for_student(NAME, "ada", kept)
    assert json.loads(files[f"variants/{NAME}.json"]) == {"ada": kept["ada"]}
    assert seeds.for_student(NAME, "eve", kept) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no student"),
        ("../ada\n", "cannot be a student's id"),
        (".ada\n", "cannot be a student's id"),
        ("name,mail\na,b\n", "has no column id"),
    ],
)
def test_a_list_that_is_none_is_a_usage_error(course, capsys, text, says):
    (course / "students.txt").write_text(text)
    assert write(course) == 2
    assert says in capsys.readouterr().err
    assert not (course / "variants").exists()


def test_a_release_without_variants_and_broken_files_are_usage_errors(course, capsys):
    (course / "variants").mkdir()
    (course / "variants" / f"{NAME}.json").write_text("[1]")
    assert write(course) == 2
    assert "should hold a whole number" in capsys.readouterr().err
    path = course / "exercises" / NAME / f"{NAME}.ipynb"
    notebook = read(path)
    cell_of(notebook, CELL).source = "RNN_STEP.check(rnn_step)"
    nbformat.write(notebook, path)
    assert write(course) == 2
    assert "Nothing in" in capsys.readouterr().err


def test_a_class_is_graded_with_its_own_numbers(tmp_path):
    """Grade a variant with a wrong answer: the check's inputs are those of the recorded seed."""
    course = prepare(tmp_path / "course")
    shutil.copytree(nb.ROOT / "exercises" / NAME, course / "exercises" / NAME)
    (course / "students.txt").write_text("ada\n")
    assert write(course) == 0
    path = hand_in(course, "ada")
    shutil.copy(course / "variants" / NAME / "ada" / f"{NAME}.ipynb", path)
    fill_in(path, {"rnn_step": "def rnn_step(x, h_prev, Wxh, Whh, bh):\n    return x @ Wxh"})
    grade_class(course, grade=tasks.grade)
    ada = results(course)["ada"]
    assert ada.outcome == "graded"
    assert ada.repairs == ()
    told = next(mark.message for mark in ada.marks if mark.name == CELL)
    with pytest.raises(CheckFailed) as wanted:
        RNN_STEP.check(
            lambda x, h_prev, Wxh, Whh, bh: x @ Wxh, seed=seeds.load(course, NAME)["ada"]
        )
    assert str(wanted.value).splitlines()[0] in told
