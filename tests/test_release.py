"""The committed exercises are what the solutions generate, and give nothing away."""

from __future__ import annotations

import shutil

import nbformat
import notebooks as nb
import pytest

from grading.release import generate, load_config

pytestmark = pytest.mark.xdist_group("release")

# Shorter lines, such as "return h", can stand in a text without giving anything away.
TELLING = 12

# Lines of a solution that the exercise shows on purpose, and why.
SHOWN: dict[str, str] = {}


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """Generate the release once, into a folder of its own."""
    release = tmp_path_factory.mktemp("generated") / "exercises"
    generate(nb.ROOT, release)
    return release


def tree(folder):
    """Map every file below ``folder`` to its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }


def sources(path):
    """Map grade_id or id to the source of every cell."""
    return {cell.id: cell.source for cell in nb.read(path)}


def test_committed_release_is_the_generated_one(generated):
    made, committed = tree(generated), tree(nb.ROOT / "exercises")
    assert sorted(committed) == sorted(made)
    stale = [name for name in made if committed[name] != made[name]]
    assert not stale, "run `make exercises`"


def test_generating_twice_gives_identical_bytes(generated, tmp_path):
    generate(nb.ROOT, tmp_path / "again")
    assert tree(tmp_path / "again") == tree(generated)


def test_every_solution_is_released(generated):
    expected = {f"{path.parent.name}/{path.name}" for path in nb.SOLUTIONS}
    assert set(tree(generated)) == expected


def test_nothing_beside_a_solution_is_released(tmp_path):
    name = nb.SOLUTIONS[0].parent.name
    course = tmp_path / "course"
    shutil.copytree(nb.SOLUTIONS[0].parent, course / "solutions" / name)
    shutil.copy(nb.ROOT / "nbgrader_config.py", course)
    secrets = [
        "misconceptions.py",
        "misconceptions.json",
        "answers.py",
        "notes.md",
        ".hidden",
        "__pycache__/answers.cpython-311.pyc",
        ".ipynb_checkpoints/old.ipynb",
        "data/answers.py",
    ]
    for secret in secrets:
        path = course / "solutions" / name / secret
        path.parent.mkdir(exist_ok=True)
        path.write_text("secret")
    generate(course, tmp_path / "release")
    assert list(tree(tmp_path / "release")) == [f"{name}/{name}.ipynb"]


@pytest.mark.parametrize("solution", nb.SOLUTIONS, ids=nb.short)
def test_no_line_of_a_solution_is_released(generated, solution):
    shown = "\n".join(sources(generated / solution.parent.name / solution.name).values())
    for cell in nb.read(solution):
        for block in nb.SOLUTION_BLOCK.finditer(cell.source + "\n"):
            for line in map(str.strip, block["body"].splitlines()):
                if len(line) >= TELLING and line not in SHOWN:
                    assert line not in shown, f"{cell.id}: {line}"


@pytest.mark.parametrize("solution", nb.SOLUTIONS, ids=nb.short)
def test_hidden_tests_and_marks_are_not_released(generated, solution):
    shown = "\n".join(sources(generated / solution.parent.name / solution.name).values())
    for secret in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "check_hidden"):
        assert secret not in shown


@pytest.mark.parametrize("solution", nb.SOLUTIONS, ids=nb.short)
def test_answer_cells_hold_the_stub_alone(generated, solution):
    config = load_config(nb.ROOT).ClearSolutions
    released = sources(generated / solution.parent.name / solution.name)
    blank = {c.id: c for c in nb.blank(nb.read(solution), config.code_stub["python"])}
    for cell in nb.read(solution):
        if cell.role == "solution":
            assert released[cell.id].rstrip() == blank[cell.id].source.rstrip()
        if cell.role == "manual":
            assert released[cell.id] == config.text_stub


@pytest.mark.parametrize("solution", nb.SOLUTIONS, ids=nb.short)
def test_release_keeps_cells_and_ids(generated, solution):
    released = nbformat.read(generated / solution.parent.name / solution.name, as_version=4)
    before = nbformat.read(solution, as_version=4)
    assert [cell.id for cell in released.cells] == [cell.id for cell in before.cells]
    nbformat.validate(released)
