"""``python -m grading check``: grade one's own exercise, or every one that was started."""

from __future__ import annotations

from pathlib import Path

SECONDS = 120


def add_command(subparsers):
    """Add ``check`` to the commands of ``python -m grading``."""
    parser = subparsers.add_parser(
        "check",
        help="check your own exercise, or every one that you started",
        description="Run an exercise of yours and say what is right. Exit code 0: all is right; "
        "1: something is wrong or not answered; 2: there is nothing to check.",
    )
    parser.add_argument("notebook", nargs="*", type=Path, help="such as work/02_rnn_cell")
    parser.add_argument("--root", type=Path, default=Path(), help="the course's folder")
    parser.add_argument(
        "--seconds", type=int, default=SECONDS, help=f"time that one cell may take ({SECONDS})"
    )
    parser.set_defaults(command=run)


def run(options) -> int:
    """Check, print, and keep the progress page."""
    from . import command

    return command.run(options)
