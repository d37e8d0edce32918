"""The marks of the split are those of one kernel, for every answer that the course knows."""

from __future__ import annotations

import ast
import contextlib
from functools import cache

import nbformat
import notebooks as nb
import pytest
import split_loopback
import split_runs as sr
import test_misconceptions as course
from nbgrader.utils import is_grade, is_solution

EACH_ASSIGNMENT = course.EACH_ASSIGNMENT


def read_points(test, outputs):
    cell = sr.check(test.source, test.id, test.points)
    cell.outputs = outputs
    return sr.points(nbformat.v4.new_notebook(cells=[cell]))[test.id]


def split_points(assignment, name, answer, closed_library):
    """Do as `test_misconceptions.points_with` does, but across the split."""
    path = course.ASSIGNMENTS[assignment]
    namespace, _, _ = course.solved(assignment)
    cells = nb.read(path)
    trusted = split_loopback.trusted({**namespace, name: answer})
    trusted.student.closed_library = closed_library
    imported = [line for test in nb.of_role(cells, "test") for line in imports(test.source)]
    trusted.run("\n".join(imported), "imports", 0)
    with contextlib.chdir(path.parent):
        tests = course.cells_testing(cells, {name})
        return {
            test.id: read_points(test, trusted.run(test.source, test.id, test.points))
            for test in tests
        }


@cache
def imports(source):
    return tuple(line for line in source.splitlines() if line.startswith(("from ", "import ")))


def answers(assignment):
    """Yield every answer: its name, itself, whether its library is closed, a title, its points.

    `test_misconceptions` holds one kernel to what the misconceptions say of themselves. They are
    the checks' own, which may call the library.
    """
    cells = nb.read(course.ASSIGNMENTS[assignment])
    for name, task in course.tasks_of(assignment).items():
        full = {test.id: test.points for test in course.cells_testing(cells, {name})}
        for wrong in task.misconceptions:
            answer = wrong.wrong() if task.value else wrong.wrong
            left = {id: 0 if id in wrong.loses else points for id, points in full.items()}
            if wrong.loses_part:
                _, left = course.points_with(assignment, name, answer)
            yield name, answer, False, wrong.name, left
        for number, right in enumerate(course.right_answers(assignment).get(name, ())):
            yield name, right, True, f"right {number}", full
        for answer in course.answers_of("library").LIBRARY.get(assignment, {}).get(name, ()):
            yield name, answer, True, answer.__name__, dict.fromkeys(full, 0)


@pytest.mark.parametrize("assignment", EACH_ASSIGNMENT)
def test_every_known_answer_gets_the_same_points(assignment):
    different = {}
    for name, answer, closed, title, expected in answers(assignment):
        got = split_points(assignment, name, answer, closed)
        if got != expected:
            different[name, title] = (got, expected)
    assert not different


@pytest.mark.parametrize("assignment", EACH_ASSIGNMENT)
def test_the_solution_gets_full_marks_with_a_kernel(assignment):
    notebook = nbformat.read(course.ASSIGNMENTS[assignment], as_version=4)
    tests = [number for number, cell in enumerate(notebook.cells) if is_test(cell)]
    # What follows the last test, an experiment, is not graded.
    done = sr.run(*notebook.cells[: tests[-1] + 1], folder=course.ASSIGNMENTS[assignment].parent)
    full = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in notebook.cells
        if is_test(cell)
    }
    assert sr.points(done) == full
    assert done.metadata.grading.status == "graded"
    assert done.metadata.grading.notes == []


def is_test(cell):
    return is_grade(cell) and not is_solution(cell)


@pytest.mark.parametrize("assignment", EACH_ASSIGNMENT)
def test_every_test_cell_raises_or_ends_in_partial_credit(assignment):
    cells = nb.of_role(nb.read(course.ASSIGNMENTS[assignment]), "test")
    _, _, outcomes = course.solved(assignment)
    for cell in cells:
        last = ast.parse(cell.source).body[-1]
        partial = isinstance(last, ast.Expr) and "partial_credit(" in ast.unparse(last)
        assert (outcomes[cell.id].result is not None) == partial, cell.id
        if partial:
            assert ast.literal_eval(last.value.args[0]) == cell.points
