"""``python -m grading variants``: one release for each student."""

from __future__ import annotations

from pathlib import Path


def add_command(subparsers):
    """Add ``variants`` to the commands of ``python -m grading``."""
    parser = subparsers.add_parser(
        "variants",
        help="write a release of its own for each student, with recorded seeds",
        description="Write a release for each student, in which lines such as "
        "`SEED = 2026  # variant` carry the student's own number. The numbers are kept in "
        "variants/ASSIGNMENT.json: grading takes them from there, never from a submission.",
    )
    parser.add_argument("assignment")
    parser.add_argument(
        "--students",
        type=Path,
        required=True,
        metavar="FILE",
        help="a student's id on each line, or a CSV with a column id",
    )
    parser.add_argument("--root", type=Path, default=Path(), help="the course's folder")
    parser.set_defaults(command=run)


def run(options) -> int:
    """Write the releases; return 0, or 2 when they cannot be written."""
    import sys

    from . import seeds

    try:
        names = seeds.read_students(options.students)
        for path in seeds.write_releases(options.root, options.assignment, names):
            print(path)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0
