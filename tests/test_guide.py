"""The instructor's guide: its commands exist, and its tables are complete."""

import argparse
import importlib
import re
import shlex

import notebooks as nb
import pytest
from term import COMMANDS as TERM
from test_grading_cycle import COMMANDS as CYCLE

from grading.__main__ import COMMANDS as MODULES
from grading.classroom.result import STATUSES
from grading.jail.provisioner import JailedProvisioner
from grading.reports.command import KINDS
from grading.reports.feedback import FriendlyFeedback
from grading.reports.sanitize import SanitizeStudentWork
from grading.split.execute import SplitExecute

PAGE = (nb.ROOT / "book" / "grading.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if "# not run by a test" not in line
]
TARGETS = set(re.findall(r"(?m)^([a-z-]+):", (nb.ROOT / "Makefile").read_text(encoding="utf-8")))
# The repository itself is installed that way, and `make lab` opens JupyterLab.
SHELL = ("make ", "source ")
CONFIGURABLE = (SplitExecute, JailedProvisioner, SanitizeStudentWork, FriendlyFeedback)


def options():
    """Make the parser of ``python -m grading`` without running anything."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    subparsers = parser.add_subparsers(required=True)
    for name in MODULES:
        importlib.import_module(name).add_command(subparsers)
    return parser


@pytest.mark.parametrize("line", LINES)
def test_every_command_exists(line):
    program, *arguments = shlex.split(line)
    if program == "make":
        assert set(arguments) <= TARGETS
    elif program == "source":
        assert arguments == [".venv/bin/activate"]
    elif program != "nbgrader":
        assert [program, *arguments[:2]] == ["python", "-m", "grading"]
        assert callable(options().parse_args(arguments[2:]).command)


@pytest.mark.parametrize("line", [line for line in LINES if not line.startswith(SHELL)])
def test_a_test_runs_every_command(line):
    assert line in {*CYCLE.values(), *TERM.values()}


def test_only_the_systems_packages_are_installed_by_no_test():
    assert re.findall(r"(?m)^(.*?) *# not run by a test", PAGE) == ["sudo apt install bubblewrap"]


def rows(heading):
    """Give the first column of the table below a heading, without backticks."""
    part = PAGE.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    cells = [line.split("|")[1].strip(" `") for line in part.splitlines() if line.startswith("|")]
    return cells[2:]


def test_every_status_is_explained():
    assert sorted(rows("What a status means")) == sorted(STATUSES)


def test_every_kind_of_report_is_explained():
    assert sorted(rows("Report the marks")) == sorted(f"--{kind}" for kind in KINDS)


@pytest.mark.parametrize(
    "arguments",
    [line.split("`")[1] for line in PAGE.splitlines() if "| `--" in line and "report" not in line],
)
def test_every_option_of_a_table_exists(arguments):
    parser = options()
    for command in ("run", "report"):
        try:
            parser.parse_args([command, "02_rnn_cell", *shlex.split(arguments)])
        except (argparse.ArgumentError, SystemExit):
            continue
        return
    pytest.fail(f"{arguments} is no option")


@pytest.mark.parametrize("setting", rows("Configure"))
def test_every_setting_exists(setting):
    name, trait = re.fullmatch(r"c\.(\w+)\.(\w+)", setting).groups()
    (owner,) = (one for one in CONFIGURABLE if one.__name__ == name)
    assert trait in owner.class_traits(config=True)


def test_the_readme_leads_here():
    assert "(book/grading.md)" in (nb.ROOT / "README.md").read_text(encoding="utf-8")
