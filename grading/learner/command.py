"""Check exercises, print what is right, and keep the progress page."""

from __future__ import annotations

import sys
from datetime import datetime

from ..outline import read
from ..reports.exports import number
from .progress import record
from .rebuild import rebuild, started
from .run import DONE, Outcome, execute, outcomes


class NoExercise(Exception):
    """What was named cannot be checked."""


def run(options) -> int:
    """Check, print, and keep the progress page. Return the exit code."""
    exercises, work = options.root / "exercises", options.root / "work"
    try:
        paths = [_notebook(path) for path in options.notebook] or _started(work, exercises)
        pairs = [(path, *_both(path, exercises)) for path in paths]
    except (NoExercise, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    results = {}
    for path, release, mine in pairs:
        name = path.stem
        rebuilt = rebuild(release, mine)
        ended = execute(rebuilt, path.parent, options.seconds, name)
        results[name] = outcomes(rebuilt)
        print(told(name, results[name], ended))
    if work.is_dir():
        page = record(work, exercises, results, datetime.now().astimezone())
        print(f"Your progress: {page}")
    return 0 if all(one.state in DONE for found in results.values() for one in found) else 1


def _notebook(path):
    """Take a folder of ``work/`` for the notebook in it."""
    path = path / f"{path.resolve().name}.ipynb" if path.is_dir() else path
    if not path.is_file():
        raise NoExercise(f"There is no notebook {path}.")
    return path


def _both(path, exercises):
    """Read the exercise that a notebook is named after, and the notebook."""
    source = exercises / path.stem / path.name
    if not source.is_file():
        names = ", ".join(sorted(folder.parent.name for folder in exercises.glob("*/*.ipynb")))
        raise NoExercise(
            f"{path.name} is not named after an exercise in {exercises}/ "
            f"({names or 'there are none: run this from the root'})."
        )
    return read(source), read(path)


def _started(work, exercises):
    """List the notebooks of ``work/`` in which an answer was changed."""
    paths = [path for path in sorted(work.glob("*/*.ipynb")) if path.stem == path.parent.name]
    known = [path for path in paths if (exercises / path.stem / path.name).is_file()]
    found = [path for path in known if started(read(exercises / path.stem / path.name), read(path))]
    if not found:
        raise NoExercise(f"No exercise in {work}/ was started. `make lab` puts copies there.")
    return found


def told(name, found: list[Outcome], ended="") -> str:
    """Write the table of tasks, then the message of each question that is not right."""
    width = max(len(one.name) for one in found)
    lines = [f"\n{name}"]
    for one in found:
        score = "–" if one.score is None else number(one.score)  # noqa: RUF001
        lines.append(f"  {one.name:<{width}}  {score:>4} / {number(one.points):<4} {one.state}")
    machine = [one for one in found if one.score is not None]
    given, whole = (sum(getattr(one, kind) for one in machine) for kind in ("score", "points"))
    lines.append(f"  {'':<{width}}  {number(given):>4} / {number(whole)}")
    lines += [ended] if ended else []
    for one in found:
        if one.message:
            lines.append(f"\n{one.title} ({one.name})")
            lines += [f"  {line}" for line in one.message.splitlines()]
    return "\n".join(lines)
