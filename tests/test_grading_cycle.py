"""The instructor's whole cycle, through nbgrader's command line, in a temporary course.

Eight students hand in; the commands are those of the README's instructor section.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import notebooks as nb
import pytest
from nbgrader.api import Gradebook

pytestmark = pytest.mark.xdist_group("grading cycle")

ASSIGNMENT = "02_rnn_cell"
STUDENTS = nb.ROOT / "tests" / "students" / ASSIGNMENT
MANUAL = "explain"

COMMANDS = {
    "generate": f"nbgrader generate_assignment {ASSIGNMENT} --force",
    "release": f"nbgrader release_assignment {ASSIGNMENT}",
    "fetch": f"nbgrader fetch_assignment {ASSIGNMENT}",
    "submit": f"nbgrader submit {ASSIGNMENT}",
    "collect": f"nbgrader collect {ASSIGNMENT}",
    "zip_collect": f"nbgrader zip_collect {ASSIGNMENT}",
    "autograde": f"nbgrader autograde {ASSIGNMENT}",
    "feedback": f"nbgrader generate_feedback {ASSIGNMENT}",
    "release feedback": f"nbgrader release_feedback {ASSIGNMENT}",
    "fetch feedback": f"nbgrader fetch_feedback {ASSIGNMENT}",
    "export": "nbgrader export --to=grades.csv",
}

FULL = {
    "rnn_step_test": 2,
    "rnn_step_hidden": 1,
    "rnn_step_concat_test": 1,
    "rnn_step_concat_hidden": 1,
    "rnn_forward_test": 2,
    "rnn_forward_hidden": 1,
    "rnn_forward_lengths_test": 1,
    "rnn_forward_lengths_hidden": 1,
    "readout_test": 1,
    "readout_hidden": 1,
    "rnn_step_backward_test": 2,
    "rnn_step_backward_hidden": 2,
    "numerical_gradient_test": 1,
    "numerical_gradient_hidden": 1,
    "fade_steps_test": 1,
    "fade_steps_hidden": 1,
}
TASKS = sorted({cell.rsplit("_", 1)[0] for cell in FULL})


def all_but(*tasks):
    """Give full points except in both checks of ``tasks``."""
    return {cell: 0 if cell.rsplit("_", 1)[0] in tasks else FULL[cell] for cell in FULL}


# What each student gets by the machine. `None` for the explanation: to be graded by hand;
# 0: left as it was.
EXPECTED = {
    "ada": {**FULL, MANUAL: None},
    "grace": {**FULL, MANUAL: None},
    "noor": {**all_but(*TASKS), MANUAL: 0},
    "ben": {
        **all_but(
            "rnn_step",
            "rnn_step_concat",
            "rnn_forward_lengths",
            "rnn_step_backward",
            "numerical_gradient",
            "fade_steps",
        ),
        MANUAL: None,
    },
    "mia": {
        **all_but(
            "rnn_forward",
            "rnn_forward_lengths",
            "rnn_step_backward",
            "numerical_gradient",
            "fade_steps",
        ),
        MANUAL: 0,
    },
    "tom": {
        **all_but(
            "rnn_step_concat",
            "rnn_forward_lengths",
            "readout",
            "rnn_step_backward",
            "numerical_gradient",
            "fade_steps",
        ),
        MANUAL: 0,
    },
    "lea": {
        **all_but("rnn_forward_lengths", "numerical_gradient", "fade_steps"),
        "rnn_step_hidden": 0,
        "rnn_step_concat_hidden": 0,
        "rnn_forward_hidden": 0,
        MANUAL: None,
    },
    "sam": {
        **all_but("rnn_forward", "rnn_forward_lengths", "numerical_gradient"),
        MANUAL: 0,
    },
}
BY_HAND = {"ada": 3, "grace": 2, "ben": 0, "lea": 1}

# What the feedback says to a student, in the words of the checks.
TOLD = {
    "ben": ["Likely cause: it squashes each term by itself", "the input stands before the state"],
    "mia": ["Likely cause: it starts from zeros", "steps of padding still change the state"],
    "tom": ["Likely cause:"],
    "lea": ["rnn_step: right."],
    "noor": ["rnn_step is not written yet."],
    "sam": ["SyntaxError"],
}


def total(student):
    """Add up the machine's points."""
    return sum(points or 0 for points in EXPECTED[student].values())


def read_answers(path):
    """Read a student's text: ``# %% grade_id`` and below it the cell's new source."""
    parts = re.split(r"(?m)^# %% (\w+)\n", path.read_text(encoding="utf-8"))
    return dict(zip(parts[1::2], (body.strip("\n") for body in parts[2::2]), strict=True))


def fill_in(notebook, answers):
    """Write a student's answers into their copy of the released notebook."""
    content = nbformat.read(notebook, as_version=4)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in content.cells}
    for grade_id, source in answers.items():
        assert cells[grade_id].metadata.nbgrader.solution, grade_id
        cells[grade_id].source = source
    nbformat.write(content, notebook)


class Cycle:
    """A temporary course, its exchange and its students' folders."""

    def __init__(self, folder: Path):
        self.course = folder / "course"
        self.home = folder / "home"
        exchange = folder / "exchange"
        self.course.mkdir()
        exchange.mkdir()
        exchange.chmod(0o777)
        shutil.copytree(nb.ROOT / "solutions" / ASSIGNMENT, self.course / "solutions" / ASSIGNMENT)
        shutil.copy(nb.ROOT / "nbgrader_config.py", self.course)
        programs = str(Path(sys.executable).parent)
        self.environment = {
            **os.environ,
            "PATH": programs + os.pathsep + os.environ["PATH"],
            "NBGRADER_EXCHANGE": str(exchange),
            "JUPYTER_DATA_DIR": str(folder / "jupyter"),
        }

    def nbgrader(self, step, *more, folder=None):
        """Run one command of the cycle, as the README writes it."""
        done = subprocess.run(
            [*COMMANDS[step].split(), *more],
            cwd=folder or self.course,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stderr

    def gradebook(self):
        """Open the course's gradebook."""
        return Gradebook(f"sqlite:///{self.course / 'gradebook.db'}")

    def points(self, student):
        """Map each graded cell of a submission to its automatic points."""
        with self.gradebook() as book:
            notebook = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student)
            return {grade.name: grade.auto_score for grade in notebook.grades}

    def feedback(self, student):
        """Read a student's feedback page as text."""
        page = self.course / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
        return re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cycle(tmp_path_factory):
    """Go once through the cycle; the tests look at what it left."""
    cycle = Cycle(tmp_path_factory.mktemp("cycle"))
    cycle.nbgrader("generate")
    cycle.nbgrader("release")
    hand_in_through_the_exchange(cycle, "ada")
    hand_in_as_files(cycle, [name for name in EXPECTED if name != "ada"])
    cycle.nbgrader("autograde")
    grade_by_hand(cycle)
    cycle.nbgrader("feedback")
    cycle.nbgrader("export")
    return cycle


def hand_in_through_the_exchange(cycle, student):
    """Fetch, work, submit; the instructor collects."""
    home = cycle.home / student
    home.mkdir(parents=True)
    shutil.copy(cycle.course / "nbgrader_config.py", home)
    cycle.nbgrader("fetch", folder=home)
    fill_in(home / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", read_answers(STUDENTS / f"{student}.txt"))
    cycle.nbgrader("submit", f"--student={student}", folder=home)
    cycle.nbgrader("collect")


def hand_in_as_files(cycle, students):
    """Put files from a learning platform into nbgrader's folder; the instructor collects."""
    archive = cycle.course / "downloaded" / ASSIGNMENT / "archive"
    archive.mkdir(parents=True)
    for student in students:
        notebook = archive / f"{student}_{ASSIGNMENT}.ipynb"
        shutil.copy(cycle.course / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", notebook)
        fill_in(notebook, read_answers(STUDENTS / f"{student}.txt"))
    cycle.nbgrader("zip_collect")


def grade_by_hand(cycle):
    """Do what the formgrader page does when an instructor types a score."""
    with cycle.gradebook() as book:
        for student, points in BY_HAND.items():
            grade = book.find_grade(MANUAL, ASSIGNMENT, ASSIGNMENT, student)
            assert grade.needs_manual_grade
            grade.manual_score = points
        book.db.commit()


def test_the_cases_are_those_that_the_cycle_must_handle():
    assert sorted(EXPECTED) == sorted(path.stem for path in STUDENTS.glob("*.txt"))
    assert len(EXPECTED) == 8
    cells = nb.read(nb.ROOT / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    assert {cell.id: cell.points for cell in nb.of_role(cells, "test")} == FULL


@pytest.mark.parametrize("student", EXPECTED)
def test_every_cell_gets_exactly_its_points(cycle, student):
    assert cycle.points(student) == EXPECTED[student]


@pytest.mark.parametrize("student", EXPECTED)
def test_scores_in_this_process_are_the_kernels(cycle, student):
    notebook = cycle.course / "autograded" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    _, points, _ = nb.run_all(nb.read(notebook), notebook.parent)
    assert points == {cell: EXPECTED[student][cell] for cell in FULL}


def test_export_holds_the_totals(cycle):
    with (cycle.course / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    expected = {name: total(name) + BY_HAND.get(name, 0) for name in EXPECTED}
    assert {name: float(row["score"]) for name, row in rows.items()} == expected
    assert {float(row["max_score"]) for row in rows.values()} == {sum(FULL.values()) + 3}


@pytest.mark.parametrize("student", TOLD)
def test_feedback_tells_the_student_what_is_wrong(cycle, student):
    text = cycle.feedback(student)
    for message in TOLD[student]:
        assert message in text


@pytest.mark.parametrize("student", EXPECTED)
def test_feedback_shows_the_score(cycle, student):
    score = float(total(student) + BY_HAND.get(student, 0))
    assert f"(Score: {score} / {float(sum(FULL.values()) + 3)})" in cycle.feedback(student)


def test_feedback_goes_back_through_the_exchange(cycle):
    cycle.nbgrader("release feedback", "--student=ada")  # the others sent files
    home = cycle.home / "ada"
    cycle.nbgrader("fetch feedback", "--student=ada", folder=home)
    pages = list((home / ASSIGNMENT / "feedback").rglob(f"{ASSIGNMENT}.html"))
    assert len(pages) == 1


def test_readme_gives_these_commands():
    readme = (nb.ROOT / "README.md").read_text(encoding="utf-8")
    missing = [command for command in COMMANDS.values() if command not in readme]
    assert not missing
