"""The course's grader: ``python -m grading`` lists its commands."""

from __future__ import annotations

import argparse
import importlib
import sys

# Each has ``add_command(subparsers)`` and sets ``command``, a function from the arguments to the
# exit code. They import nothing heavy until their command runs.
COMMANDS = (
    "grading.classroom.cli",
    "grading.reports.cli",
    "grading.learner.cli",
    "grading.variants.cli",
)


def main(arguments=None):
    """Run a command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(name).add_command(subparsers)
    chosen = parser.parse_args(arguments)
    if not hasattr(chosen, "command"):
        parser.print_help()
        return 0
    return chosen.command(chosen)


if __name__ == "__main__":
    sys.exit(main())
