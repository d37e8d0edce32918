"""Plain ``nbgrader autograde`` runs student code in the jail, and a learner's tools do not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.server_extensions.validate_assignment.handlers import ValidateAssignmentHandler
from nbgrader.validator import Validator
from traitlets.config import Config, PyFileConfigLoader

ROOT = Path(__file__).resolve().parents[1]
SPY = """
def double(x):
    return 2 * x

import glob, os
seen = {{}}
for path in ({places}):
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "r+b").close()
        seen[os.path.basename(path)] = "open"
    except OSError as error:
        seen[os.path.basename(path)] = "closed"
print(seen)
"""


def cell(source, grade_id, points=None):
    """Make a cell of an assignment."""
    metadata = {"schema_version": 3, "grade_id": grade_id, "locked": points is not None}
    metadata |= {"solution": points is None, "grade": points is not None, "task": False}
    if points is not None:
        metadata["points"] = points
    return new_code_cell(source, metadata={"nbgrader": metadata})


def write(path, *cells):
    """Write a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = new_notebook(cells=list(cells))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, path)


def nbgrader(course, *words):
    """Run a command of nbgrader in a course."""
    programs = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": programs + os.pathsep + os.environ["PATH"]}
    done = subprocess.run(
        ["nbgrader", *words],
        cwd=course,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with one question and one curious student."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    test = cell("assert double(2) == 4", "double_test", 3)
    write(folder / "solutions/t/t.ipynb", cell("def double(x):\n    return 2 * x", "double"), test)
    nbgrader(folder, "generate_assignment", "t")
    places = [
        folder / "gradebook.db",
        folder / "solutions",
        folder / "submitted",
        ROOT / "solutions",
    ]
    spy = SPY.format(places=", ".join(repr(str(place)) for place in places))
    write(folder / "submitted/eve/t/t.ipynb", cell(spy, "double"), test)
    return folder


def autograde(course, *settings):
    """Grade; give the log, what the student saw, and how the kernel was kept."""
    log = nbgrader(course, "autograde", "t", "--force", "--create", *settings)
    graded = nbformat.read(course / "autograded/eve/t/t.ipynb", as_version=4)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        score = book.find_submission("t", "eve").score
    return log, graded.cells[0].outputs[0].text, graded.metadata["grading"]["tier"], score


def test_autograde_is_jailed(course, jail_tier):
    log, seen, tier, score = autograde(course, f"--JailedProvisioner.tier={jail_tier}")
    assert (tier, score) == (jail_tier, 3)
    assert f"Student code runs in the tier: {jail_tier}" in log
    assert "open" not in seen
    assert seen.count("closed") >= 3


def test_unprotected_autograde_shows_everything(course):
    settings = ["--JailedProvisioner.tier=none", "--JailedProvisioner.allow_unprotected=True"]
    _, seen, tier, score = autograde(course, *settings)
    assert (tier, score) == ("none", 3)
    assert "closed" not in seen


def test_configuration_changes_autograding_alone():
    before = dict(os.environ)
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    assert dict(os.environ) == before
    assert settings.Autograde.autograde_preprocessors[0] == "grading.jail.execute.JailedExecute"
    assert "kernel_name" not in settings.Execute
    assert not {"KernelManager", "KernelSpecManager", "MultiKernelManager"} & set(settings)
    assert isinstance(settings.Validator, Config)
    assert not settings.Validator


@pytest.fixture(scope="module")
def without_jail(course, tmp_path_factory):
    """The same course where no tier is allowed, and a notebook that only passes outside."""
    folder = shutil.copytree(course, tmp_path_factory.mktemp("refused") / "course")
    with (folder / "nbgrader_config.py").open("a") as file:
        file.write('\nc.JailedProvisioner.tier = "none"\n')
    seen = f"import os\nassert os.path.exists({str(ROOT / 'solutions')!r})\nassert double(2) == 4"
    write(folder / "work/t/t.ipynb", cell("double = lambda x: 2 * x", "a"), cell(seen, "b", 1))
    return folder


def test_validate_needs_no_jail(without_jail):
    with pytest.raises(AssertionError, match="allow_unprotected"):
        nbgrader(without_jail, "autograde", "t", "--force", "--create")
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [programs / "nbgrader", "validate", "work/t/t.ipynb"],
        cwd=without_jail,
        env={**os.environ, "PATH": str(programs) + os.pathsep + os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stderr


def test_the_button_validate_of_jupyterlab_needs_no_jail(without_jail, monkeypatch):
    monkeypatch.chdir(without_jail)
    # What the handler of the button does with the settings of the folder that Lab runs in.
    config = ValidateAssignmentHandler.load_config(None)
    assert "JailedProvisioner" in config
    assert Validator(config=config).validate("work/t/t.ipynb") == {}
