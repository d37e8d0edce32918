"""What the graded cells accept and refuse, for every assignment.

The reference gets full marks, the blank release none. Every misconception loses exactly the
cells that it names. Every other right answer gets full marks. Every flipped sign loses some.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import importlib.util
import signal
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import notebooks as nb
import pytest

from grading.check import CheckFailed, Task
from grading.release import load_config

ASSIGNMENTS = {path.parent.name: path for path in nb.SOLUTIONS}
SECONDS_PER_MUTANT = 30

# Flipped signs that change nothing, and why. Keys as in the test's id.
EQUIVALENT: dict[str, str] = {}


@cache
def solved(assignment: str):
    """Run an assignment's solution once."""
    path = ASSIGNMENTS[assignment]
    return nb.run_all(nb.read(path), path.parent)


def tasks_of(assignment: str) -> dict[str, Task]:
    """Collect the tasks that an assignment's checks know."""
    module = importlib.import_module(f"grading.tasks.e{assignment}")
    found = [value for value in vars(module).values() if isinstance(value, Task)]
    return {task.name: task for task in found}


def answers_of(name: str):
    """Load a module of tests/answers."""
    path = nb.ROOT / "tests" / "answers" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def right_answers(assignment: str) -> dict[str, list]:
    """Load the other right answers of an assignment."""
    return answers_of(f"e{assignment}").RIGHT


def cells_testing(cells, names: set[str]) -> list[nb.Cell]:
    """Find the test cells that mention one of ``names``."""
    return [test for test in nb.of_role(cells, "test") if test.names & names]


def points_with(assignment: str, name: str, answer) -> tuple[list[nb.Cell], dict[str, float]]:
    """Put ``answer`` in the place of a student's ``name`` and run the tests that use it."""
    path = ASSIGNMENTS[assignment]
    namespace, _, _ = solved(assignment)
    tests = cells_testing(nb.read(path), {name})
    with contextlib.chdir(path.parent):
        return tests, nb.run_tests(tests, {**namespace, name: answer})


def in_group(assignment: str, *values, id: str):
    """Keep an assignment on one worker, where its solution runs once."""
    return pytest.param(
        assignment, *values, id=f"{assignment}-{id}", marks=pytest.mark.xdist_group(assignment)
    )


EACH_ASSIGNMENT = [
    pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in sorted(ASSIGNMENTS)
]


@pytest.mark.parametrize("assignment", EACH_ASSIGNMENT)
def test_reference_gets_full_marks(assignment):
    _, points, outcomes = solved(assignment)
    cells = nb.read(ASSIGNMENTS[assignment])
    assert points == {test.id: test.points for test in nb.of_role(cells, "test")}
    assert sum(points.values()) > 0
    noisy = {id: out for id, out in outcomes.items() if out.error or out.stderr}
    assert not noisy, noisy


@pytest.mark.parametrize("assignment", EACH_ASSIGNMENT)
def test_blank_release_gets_nothing(assignment):
    path = ASSIGNMENTS[assignment]
    stub = load_config(nb.ROOT).ClearSolutions.code_stub["python"]
    _, points, outcomes = nb.run_all(nb.blank(nb.read(path), stub), path.parent)
    assert not any(points.values()), points
    # What the release gives to the learner runs before anything is answered.
    given = [cell.id for cell in nb.of_role(nb.read(path), "locked")]
    broken = {id: outcomes[id].error for id in given if outcomes[id].error}
    assert not broken


@pytest.mark.parametrize("assignment", EACH_ASSIGNMENT)
def test_every_solution_is_graded_and_every_task_is_used(assignment):
    cells = nb.read(ASSIGNMENTS[assignment])
    namespace, _, _ = solved(assignment)
    for solution in nb.of_role(cells, "solution"):
        assert cells_testing(cells, solution.defines), f"{solution.id}: no test mentions its names"
    defined = set().union(*(cell.defines for cell in nb.of_role(cells, "solution")))
    assert set(tasks_of(assignment)) <= defined
    assert set(tasks_of(assignment)) <= set(namespace)


def misconceptions():
    for assignment in sorted(ASSIGNMENTS):
        for name, task in tasks_of(assignment).items():
            for wrong in task.misconceptions:
                yield in_group(assignment, task, wrong, id=f"{name}-{wrong.name}")


@pytest.mark.parametrize(("assignment", "task", "misconception"), list(misconceptions()))
def test_misconception_loses_exactly_its_marks(assignment, task, misconception):
    answer = misconception.wrong() if task.value else misconception.wrong
    tests, points = points_with(assignment, task.name, answer)
    lost = {test.id: 1 - points[test.id] / test.points for test in tests}
    assert {id for id, share in lost.items() if share == 1} == set(misconception.loses)
    assert {id for id, share in lost.items() if 0 < share < 1} == set(misconception.loses_part)


def other_answers():
    for assignment in sorted(ASSIGNMENTS):
        for name, answers in right_answers(assignment).items():
            for index, answer in enumerate(answers):
                title = getattr(answer, "__name__", "value").strip("<>")
                yield in_group(assignment, name, answer, id=f"{name}-{index}-{title}")


@pytest.mark.parametrize(("assignment", "name", "answer"), list(other_answers()))
def test_other_right_answer_gets_full_marks(assignment, name, answer):
    tests, points = points_with(assignment, name, answer)
    assert points == {test.id: test.points for test in tests}


@pytest.mark.parametrize("assignment", EACH_ASSIGNMENT)
def test_every_function_has_two_other_right_answers(assignment):
    answers = right_answers(assignment)
    tasks = tasks_of(assignment)
    assert set(answers) <= set(tasks)
    few = {n for n, task in tasks.items() if not task.value and len(answers.get(n, ())) < 2}
    assert not few


def library_answers():
    for assignment, answers in answers_of("library").LIBRARY.items():
        for name, ways in answers.items():
            for answer in ways:
                yield in_group(assignment, name, answer, id=f"{name}-{answer.__name__}")


@pytest.mark.parametrize(("assignment", "name", "answer"), list(library_answers()))
def test_the_library_is_no_answer(assignment, name, answer):
    task = tasks_of(assignment)[name]
    replace(task, library=None).check_hidden(answer)  # its numbers are right
    with pytest.raises(CheckFailed, match="out of reach while this answer is checked"):
        task.check(answer)
    _, points = points_with(assignment, name, answer)
    assert not any(points.values()), points


@pytest.mark.parametrize("assignment", EACH_ASSIGNMENT)
def test_a_task_says_what_of_the_library_it_may_use(assignment):
    cells = nb.read(ASSIGNMENTS[assignment])
    text = "\n".join(cell.source for cell in cells if cell.role != "solution")
    for task in tasks_of(assignment).values():
        unnamed = [name for name in task.library or () if f"rc.{name}" not in text]
        assert not unnamed, task.name


class FlipSign(ast.NodeTransformer):
    """Flip the ``target``-th sign between the first and the last line given."""

    def __init__(self, target: int, lines: set[int]):
        self.target, self.lines, self.seen, self.flipped = target, lines, -1, None

    def is_target(self, node) -> bool:
        if node.lineno not in self.lines and node.end_lineno not in self.lines:
            return False
        self.seen += 1
        if self.seen == self.target:
            self.flipped = node
        return self.seen == self.target

    def flip(self, node):
        if isinstance(node.op, ast.Add | ast.Sub) and self.is_target(node):
            node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        return self.generic_visit(node)

    visit_BinOp = flip
    visit_AugAssign = flip

    def visit_UnaryOp(self, node):
        if isinstance(node.op, ast.USub) and self.is_target(node):
            return self.visit(node.operand)
        return self.generic_visit(node)


def solution_lines(source: str) -> set[int]:
    """Number the lines between the solution's marks, or all when there are none."""
    lines, inside, found = source.splitlines(), False, set()
    if "### BEGIN SOLUTION" not in source:
        return set(range(1, len(lines) + 1))
    for number, line in enumerate(lines, start=1):
        if "### END SOLUTION" in line:
            inside = False
        if inside:
            found.add(number)
        if "### BEGIN SOLUTION" in line:
            inside = True
    return found


def flips(source: str):
    """Yield (description, mutated source) for every sign of a solution."""
    lines = solution_lines(source)
    tree = ast.parse(source)
    for target in range(len(source)):
        flip = FlipSign(target, lines)
        mutant = ast.fix_missing_locations(flip.visit(copy.deepcopy(tree)))
        if flip.flipped is None:
            return
        line = source.splitlines()[flip.flipped.lineno - 1].strip()
        yield f"{line}@{target}", ast.unparse(mutant)


def mutants():
    for assignment, path in sorted(ASSIGNMENTS.items()):
        for cell in nb.of_role(nb.read(path), "solution"):
            for line, source in flips(cell.source):
                yield in_group(assignment, cell, source, id=f"{cell.id}-{line}")


@pytest.mark.parametrize(("assignment", "cell", "source"), list(mutants()))
def test_flipped_sign_loses_marks(assignment, cell, source, request):
    path = ASSIGNMENTS[assignment]
    namespace = dict(solved(assignment)[0])
    tests = cells_testing(nb.read(path), cell.defines)
    with contextlib.chdir(path.parent):
        outcome = nb.execute(replace(cell, source=source), namespace, SECONDS_PER_MUTANT)
        for name in cell.defines if outcome.error else ():
            namespace.pop(name, None)  # what the cell never reached does not exist
        points = nb.run_tests(tests, namespace, SECONDS_PER_MUTANT)
    lost = points != {test.id: test.points for test in tests}
    key = request.node.callspec.id
    if key in EQUIVALENT:
        assert not lost, f"{key} is not equivalent any more: {EQUIVALENT[key]}"
    else:
        assert lost, f"this is accepted:\n{source}"


@pytest.mark.skipif(
    not hasattr(signal, "SIGPROF"),
    reason="Windows has no timer of the processor's time: notebooks.py sets no limit there",
)
def test_a_limit_stops_what_computes_for_ever_and_not_what_waits():
    def compute():
        while True:
            pass

    with nb.time_limit(0.05):
        time.sleep(0.2)
    with pytest.raises(nb.OutOfTimeError, match=r"0.05 s of computing"), nb.time_limit(0.05):
        compute()


def test_no_equivalent_mutant_is_listed_in_vain():
    assert set(EQUIVALENT) <= {mutant.id for mutant in mutants()}


def test_flips_finds_every_kind_of_sign():
    source = (
        "def f(a, b):\n    k = a - b\n    ### BEGIN SOLUTION\n"
        "    a += b\n    return -a + b\n    ### END SOLUTION\n"
    )
    found = [mutant for _, mutant in flips(source)]
    assert found == [
        "def f(a, b):\n    k = a - b\n    a -= b\n    return -a + b",
        "def f(a, b):\n    k = a - b\n    a += b\n    return -a - b",
        "def f(a, b):\n    k = a - b\n    a += b\n    return a + b",
    ]


def test_assignments_and_task_modules_belong_together():
    modules = Path(nb.ROOT, "grading", "tasks").glob("e*.py")
    assert {path.stem[1:] for path in modules} == set(ASSIGNMENTS)
