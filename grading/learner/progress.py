"""The learner's progress over all exercises: ``work/.progress.json`` and a page beside it."""

from __future__ import annotations

import html
import json
from datetime import datetime
from pathlib import Path

from rnncore.atomic import write_atomically

from ..outline import questions, read
from ..reports.document import document
from ..reports.exports import number
from .run import DONE

DATA, PAGE = ".progress.json", "progress.html"


def load(work: Path) -> dict:
    """Read what is known, by exercise; a file that is broken counts as none."""
    try:
        data = json.loads((work / DATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def record(work: Path, exercises: Path, results: dict, now: datetime):
    """Add the outcomes of exercises to what is known and write the page again.

    Parameters
    ----------
    work, exercises : Path
        The learner's copies, and the release.
    results : dict of list of Outcome
    """
    known = load(work)
    for name, outcomes in results.items():
        known[name] = {
            "checked": now.isoformat(timespec="minutes"),
            "questions": [outcome.as_dict() for outcome in outcomes],
        }
    data = json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_atomically(work / DATA, data.encode())
    write_atomically(work / PAGE, page(known, exercises).encode())
    return work / PAGE


def page(known: dict, exercises: Path) -> str:
    """Make the page: a bar for each exercise, and the state of each task."""
    sections = []
    for path in sorted(exercises.glob("*/*.ipynb")):
        notebook = read(path)
        heading = notebook.cells[0].source.splitlines()[0].lstrip("# ") if notebook.cells else ""
        entry = known.get(path.parent.name)
        entry = entry if isinstance(entry, dict) else {}
        sections.append(_section(heading or path.parent.name, questions(notebook), entry))
    return document("Your progress", "\n".join(sections))


def _section(heading, asks, entry):
    """Show one exercise. What is in the file was written by the learner's machine: escape it."""
    outcomes = [one for one in entry.get("questions", ()) if isinstance(one, dict)]
    machine = sum(ask.points for ask in asks if not ask.by_hand)
    reached = sum(one.get("score") or 0 for one in outcomes)
    share = 100 * min(1.0, reached / machine) if machine else 0
    words = f"{number(float(reached))} of {number(machine)} points that a machine can give"
    when = f", checked {entry['checked']}" if entry.get("checked") else ", not checked yet"
    lines = [
        f"<h2>{html.escape(heading)}</h2>",
        f'<div class="bar" role="img" aria-label="{share:.0f} %">'
        f'<span style="width: {share:.0f}%"></span></div>',
        f"<p>{html.escape(words + when)}</p>",
    ]
    open_tasks = dict.fromkeys(
        str(one.get("title")) for one in outcomes if one.get("state") not in DONE
    )
    if outcomes:
        rest = ", ".join(open_tasks) or "nothing"
        lines.append(f'<p class="muted">To do: {html.escape(rest)}</p>')
    return "\n".join(lines)
