"""``python -m grading report``: write what is asked for into a folder."""

from __future__ import annotations

from pathlib import Path

THRESHOLD = 0.5


def add_command(subparsers):
    """Add ``report`` to the commands of ``python -m grading``."""
    parser = subparsers.add_parser(
        "report",
        help="write marks, statistics and similar submissions of a graded assignment",
        description="Write reports of a graded assignment. Without a choice: CSV, JSON and page.",
    )
    parser.add_argument("assignment")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder (reports)")
    parser.add_argument("--csv", action="store_true", help="a row for each student and question")
    parser.add_argument(
        "--canvas",
        nargs="?",
        const="",
        metavar="EXPORT",
        help="a gradebook file for Canvas; EXPORT is Canvas's own, for its numbers of students",
    )
    parser.add_argument("--canvas-id", default="", metavar="N", help="Canvas's assignment number")
    parser.add_argument(
        "--moodle",
        nargs="?",
        const="",
        metavar="WORKSHEET",
        help="a grading worksheet for Moodle; WORKSHEET is Moodle's own, to be filled in",
    )
    parser.add_argument("--json", action="store_true", help="everything, for programs")
    parser.add_argument("--page", action="store_true", help="item statistics as one HTML file")
    parser.add_argument(
        "--similarity", action="store_true", help="pairs of students with shared code"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=THRESHOLD,
        help=f"least share of shared code for a pair ({THRESHOLD})",
    )
    parser.add_argument("--db", help="the gradebook; the one of nbgrader_config.py")
    parser.add_argument("--journal", type=Path, help="folder of results (.grading/ASSIGNMENT)")
    parser.add_argument("--root", type=Path, default=Path(), help="the course's folder")
    parser.set_defaults(command=run)


def run(options) -> int:
    """Write the reports."""
    from . import command

    return command.run(options)
