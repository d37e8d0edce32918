"""What a merge would change in marks that stand in the gradebook, and whether it may."""

from __future__ import annotations

import sys
from dataclasses import dataclass

LONGEST = 40


@dataclass(frozen=True)
class Change:
    """A mark that the machine gave before, and the one it gives now."""

    student: str
    cell: str
    before: float
    after: float | None

    def __str__(self):
        after = "by hand" if self.after is None else f"{self.after:g}"
        return f"  {self.student:20} {self.cell:32} {self.before:>6g} -> {after:>6}"


def find_changes(answers, scores, merged):
    """Compare answers with the gradebook.

    Parameters
    ----------
    answers : list of dict
        From the journal.
    scores : dict
        From `merge.read_scores`.
    merged : dict
        What the gradebook got last from the journal.

    Returns
    -------
    regraded, resubmitted : list of Change
        Of the same submission, and of another one than before.
    """
    regraded, resubmitted = [], []
    for answer in answers:
        student = answer["result"]["student"]
        last = merged.get(student)
        other = last is not None and last["submission"] != answer["submission"]
        gone = answer["result"]["outcome"] == "missing"
        before = scores.get(student, {})
        for mark in answer["result"]["marks"]:
            auto, _ = before.get(mark["name"], (None, None))
            if auto is not None and auto != mark["auto"]:
                change = Change(student, mark["name"], auto, mark["auto"])
                (resubmitted if other and not gone else regraded).append(change)
    return regraded, resubmitted


def show(title, changes, say=print):
    """Print changes as a table."""
    students = {change.student for change in changes}
    say(f"\n{title}: {len(changes)} marks of {len(students)} students.")
    for change in changes[:LONGEST]:
        say(str(change))
    if len(changes) > LONGEST:
        say(f"  ... and {len(changes) - LONGEST} more")


def agreed(yes, say=print):
    """Ask whether to write the changes; nobody there to ask means no."""
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        say("These marks were not written. To write them, run the same command with --yes.")
        return False
    return input("Write these marks? [y/N] ").strip().lower() in ("y", "yes")
