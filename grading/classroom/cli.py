"""The command ``python -m grading run``."""

from __future__ import annotations

import os
import signal
import sys

EXAMPLES = """examples:
  python -m grading run 02_rnn_cell                     the whole class, all cores
  python -m grading run 02_rnn_cell --only ada ben      these two
  python -m grading run 02_rnn_cell --dry-run           show what would change, write nothing

A run that was interrupted goes on where it was: give the same command again. After a test was
changed in solutions/, give it again as well: what is affected runs again, and changed marks are
shown before they are written. Exit code 0: every mark is settled; 1: some need a person; 2: the
command or the course is not as it should be; 130: interrupted.
"""


def add_command(subparsers):
    """Add ``run`` to the commands of ``python -m grading``."""
    from argparse import RawDescriptionHelpFormatter

    parser = subparsers.add_parser(
        "run",
        help="grade every submission of an assignment, in parallel",
        description="Grade every submission of an assignment and write the marks to the gradebook.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("assignment", help="its folder in solutions/, such as 02_rnn_cell")
    parser.add_argument("--only", nargs="+", default=[], metavar="STUDENT", help="only these")
    _add_places(parser)
    _add_writing(parser)
    parser.set_defaults(command=main)


def _add_places(parser):
    where = parser.add_argument_group("where it runs")
    where.add_argument(
        "--engine",
        choices=("serial", "processes", "dask"),
        default=None,
        help="serial: one after the other; processes (default): on the cores of this machine; "
        "dask: on a Dask cluster",
    )
    where.add_argument(
        "--workers",
        type=_positive,
        default=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        metavar="N",
        help="submissions at a time (default: one a core, here %(default)s)",
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="a running Dask cluster, such as tcp://10.0.0.1:8786 (implies --engine dask); its "
        "workers need the course installed",
    )
    where.add_argument(
        "--seconds",
        type=_positive,
        default=1800,
        metavar="N",
        help="the most that one submission may take in all (default: %(default)s); the limits of "
        "nbgrader_config.py end it earlier",
    )
    where.add_argument(
        "--course", default=".", metavar="FOLDER", help="with nbgrader_config.py (default: here)"
    )


def _add_writing(parser):
    writing = parser.add_argument_group("what is written")
    writing.add_argument(
        "--db",
        metavar="URL",
        help="another gradebook than the configured one, such as "
        "postgresql+psycopg://user@host/gradebook",
    )
    writing.add_argument(
        "--yes", action="store_true", help="write changed marks without asking first"
    )
    writing.add_argument(
        "--dry-run", action="store_true", help="grade, show what would change, write no mark"
    )
    writing.add_argument(
        "--again", action="store_true", help="run also what is graded already, and unchanged"
    )


def _positive(text):
    from argparse import ArgumentTypeError

    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"should be a whole number above 0, but is {text}")
    return int(text)


def main(arguments):
    """Run the command and return its exit code."""
    from .course import CourseError
    from .run import Options, run

    names = ("assignment", "course", "workers", "scheduler", "db", "yes", "dry_run", "again")
    given = {name: getattr(arguments, name) for name in (*names, "seconds")}
    engine = arguments.engine or ("dask" if arguments.scheduler else "processes")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run(Options(**given, engine=engine, only=tuple(arguments.only)))
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "\nInterrupted. What is graded is kept; the same command goes on from there.",
            file=sys.stderr,
        )
        return 130


def _interrupt(signum, frame):
    """End on SIGTERM as on Ctrl-C: in good order."""
    raise KeyboardInterrupt
