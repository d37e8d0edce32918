"""Submissions that were damaged, by accident or not, rebuilt on the release."""

from __future__ import annotations

import copy
import json
import shutil

import nbformat
import notebooks as nb
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.apps import NbGraderAPI
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum

from grading.release import load_config, put_environment_on_path
from grading.split.rebase import Rebase

pytestmark = pytest.mark.xdist_group("rebase")

ASSIGNMENT = "02_rnn_cell"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Release an assignment in a course of its own; return its config."""
    put_environment_on_path()
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(nb.ROOT / "solutions" / ASSIGNMENT, root / "solutions" / ASSIGNMENT)
    config = load_config(nb.ROOT)
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    config.NbGrader.logfile = ""
    config.Application.log_level = "ERROR"
    outcome = NbGraderAPI(config=config).generate_assignment(ASSIGNMENT, create=True)
    assert outcome["success"], outcome["log"]
    return config


@pytest.fixture
def released(course):
    path = f"{course.CourseDirectory.root}/exercises/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
    return nbformat.read(path, as_version=4)


def rebase(course, notebook):
    resources = {
        "nbgrader": {
            "student": "ada",
            "assignment": ASSIGNMENT,
            "notebook": ASSIGNMENT,
            "db_url": course.CourseDirectory.db_url,
        }
    }
    done, _ = Rebase(config=course).preprocess(copy.deepcopy(notebook), resources)
    nbformat.validate(done)
    MetadataValidator().validate_nb(done)
    return done


def name(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def find(notebook, grade_id):
    return next(cell for cell in notebook.cells if name(cell) == grade_id)


def repairs(notebook):
    return list(notebook.metadata.grading.repairs)


ANSWER = "def rnn_step(x, h_prev, Wxh, Whh, bh):\n    return 'mine'"


def test_an_honest_submission_needs_no_repair_and_gets_its_hidden_tests(course, released):
    find(released, "rnn_step").source = ANSWER
    done = rebase(course, released)
    assert repairs(done) == []
    assert done.metadata.grading.status == "graded"
    assert find(done, "rnn_step").source == ANSWER
    assert [name(cell) for cell in done.cells] == [name(cell) for cell in released.cells]
    assert "check_hidden" not in find(released, "rnn_step_hidden").source
    assert "check_hidden" in find(done, "rnn_step_hidden").source


def damage_deleted(notebook):
    notebook.cells.remove(find(notebook, "rnn_step_test"))


def damage_edited(notebook):
    find(notebook, "rnn_step_test").source = "print('passed')"


def damage_retyped(notebook):
    cell = find(notebook, "rnn_step_test")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]


def damage_unflagged(notebook):
    find(notebook, "rnn_step_test").metadata.nbgrader.update(grade=False, points=100)


def damage_renamed(notebook):
    find(notebook, "rnn_step_test").metadata.nbgrader["grade_id"] = "other"


def damage_twice(notebook):
    cell = find(notebook, "rnn_step_test")
    notebook.cells.append(copy.deepcopy(cell))


def damage_moved(notebook):
    cell = find(notebook, "rnn_step_test")
    notebook.cells.remove(cell)
    notebook.cells.insert(0, cell)


DAMAGES = {
    "deleted": (damage_deleted, "missing have been put back"),
    "edited": (damage_edited, "changed have been put back"),
    "retyped": (damage_retyped, "type was changed"),
    "unflagged": (damage_unflagged, "settings were changed"),
    "renamed": (damage_renamed, "lost their names"),
    "pasted twice": (damage_twice, "more than once"),
    "moved before the answer": (damage_moved, "another order"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_test_cell_is_as_released_and_the_repair_is_one_sentence(course, released, kind):
    whole = rebase(course, released)
    damage, words = DAMAGES[kind]
    damage(released)
    done = rebase(course, released)
    assert [(name(c), c.source, c.cell_type) for c in done.cells] == [
        (name(c), c.source, c.cell_type) for c in whole.cells
    ]
    assert find(done, "rnn_step_test").metadata == find(whole, "rnn_step_test").metadata
    told = [line for line in repairs(done) if "rnn_step_test" in line and words in line]
    assert len(told) == 1, repairs(done)
    assert all(line.endswith(".") for line in repairs(done))
    assert done.metadata.grading.status == "repaired"


def test_an_answer_pasted_twice_counts_where_it_was_worked_on(course, released):
    place = released.cells.index(find(released, "rnn_step"))
    second = copy.deepcopy(released.cells[place])
    second.source = ANSWER
    released.cells.insert(place + 1, second)
    done = rebase(course, released)
    assert find(done, "rnn_step").source == ANSWER
    assert [name(cell) for cell in done.cells].count("rnn_step") == 1


def test_answers_that_have_lost_their_names_are_found_by_their_functions(course, released):
    find(released, "rnn_step").source = ANSWER
    find(released, "fade_steps").source = "fade_steps = [1, 2, 3]"
    find(released, "explain").source = "Because."
    for cell in released.cells:
        cell.metadata = nbformat.from_dict({})
    done = rebase(course, released)
    assert find(done, "rnn_step").source == ANSWER
    assert find(done, "fade_steps").source == "fade_steps = [1, 2, 3]"
    assert find(done, "explain").source == "Because."
    assert len(done.cells) == len(released.cells)
    assert "lost their names" in " ".join(repairs(done))


def test_a_missing_answer_counts_as_not_answered(course, released):
    released.cells.remove(find(released, "rnn_step"))
    done = rebase(course, released)
    assert "NotImplementedError" in find(done, "rnn_step").source
    assert repairs(done) == ["Answer cells were missing and count as not answered: rnn_step."]


def test_own_cells_stay_behind_the_cell_they_followed(course, released):
    place = [name(cell) for cell in released.cells].index("rnn_step")
    own = new_code_cell("mine = 1", metadata={"tags": ["skip-execution"], "x": 1})
    released.cells.insert(place + 1, own)
    released.cells.insert(0, new_markdown_cell("First."))
    done = rebase(course, released)
    sources = [cell.source for cell in done.cells]
    assert sources[0] == "First."
    place = [name(cell) for cell in done.cells].index("rnn_step")
    assert sources[place + 1] == "mine = 1"
    assert done.cells[place + 1].metadata == {}
    assert repairs(done) == []


def test_tags_outputs_scripts_and_forged_verdicts_are_gone(course, released):
    cell = find(released, "rnn_step_test")
    cell.metadata["tags"] = ["skip-execution"]
    cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "2"})]
    picture = {"a.svg": {"image/svg+xml": "<script/>"}, "b.png": {"image/png": "AAAA"}}
    find(released, "explain").attachments = picture
    released.metadata["grading"] = {"status": "graded", "repairs": ["forged"]}
    released.cells[3].id = released.cells[4].id
    done = rebase(course, released)
    assert set(find(done, "rnn_step_test").metadata) == {"nbgrader"}
    assert find(done, "rnn_step_test").outputs == []
    assert find(done, "explain").attachments == {"b.png": {"image/png": "AAAA"}}
    assert repairs(done) == []
    ids = [cell.id for cell in done.cells]
    assert len(set(ids)) == len(ids)


def test_of_very_many_cells_the_first_are_taken(course, released):
    released.cells += [new_code_cell("more = 1")] * 1000
    done = rebase(course, released)
    assert len(done.cells) == 1000
    assert len(repairs(done)) == 1
    assert repairs(done)[0].endswith("cells the first 1000 were taken.")


def test_old_and_broken_metadata_are_tolerated(course, released):
    find(released, "rnn_step").source = ANSWER
    for number, cell in enumerate(released.cells):
        meta = cell.metadata.nbgrader
        meta["schema_version"] = number % 3
        meta.pop("task")
        if number % 5 == 0:
            cell.metadata["nbgrader"] = ["nothing"]
        if number % 7 == 0:
            del cell["metadata"]
    done = rebase(course, released)
    assert find(done, "rnn_step").source == ANSWER
    assert len(done.cells) == len(released.cells)


def test_a_release_that_was_fixed_after_the_students_fetched_it_is_no_repair(course, released):
    cell = find(released, "rnn_step_test")
    cell.source += "\n# an older wording"
    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    assert repairs(rebase(course, released)) == []


def test_a_verdict_is_plain_data(course, released):
    json.dumps(rebase(course, released).metadata)
