"""What a run tells the instructor at its end."""

from __future__ import annotations

from collections import Counter

from .result import STATUSES

# These need nobody.
SETTLED = ("graded", "repaired")
LONGEST = 40


def printable(text):
    """Replace what could steer a terminal: file names and messages come from students."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def needs_person(results):
    """Keep the results that a person has to look at."""
    return [result for result in results if result.status not in SETTLED]


def why(result):
    """Say in a sentence why a person should look."""
    if result.status == "awaiting hand grading":
        return f"give points in formgrader: {', '.join(result.awaiting)}"
    return result.reason or ", ".join(result.limits) or result.status


def summarize(results, ran, seconds):
    """Write the summary.

    Parameters
    ----------
    results : list of Result
        Of every student asked for.
    ran : int
        How many submissions ran in this run.
    seconds : float
        How long they took together.

    Yields
    ------
    str
        Lines.
    """
    counts = Counter(result.status for result in results)
    yield f"\n{len(results)} students"
    for status in STATUSES:
        if counts[status]:
            yield f"  {counts[status]:6}  {status}"
    tiers = sorted({result.tier for result in results if result.tier})
    if tiers:
        yield f"contained by: {', '.join(tiers)}" + _warning(tiers)
    if ran:
        rate = 60 * ran / max(seconds, 1e-9)
        yield f"{ran} submissions ran in {seconds:.1f} s, {rate:.0f} a minute"
    people = needs_person(results)
    if people:
        yield f"\n{len(people)} need a person:"
        for result in people[:LONGEST]:
            yield f"  {result.student:20} {result.status:22} {why(result)}"
        if len(people) > LONGEST:
            yield f"  ... and {len(people) - LONGEST} more, all in the files of .grading/"
    yield from _notes(results)


def _warning(tiers):
    return "  (none: the code of students could do what you can do)" if "none" in tiers else ""


def _notes(results):
    told = [
        f"  {result.student:20} {text}"
        for result in results
        for text in result.repairs + result.notes
    ]
    if told:
        yield "\nrepairs and notes:"
        yield from told[:LONGEST]
        if len(told) > LONGEST:
            yield f"  ... and {len(told) - LONGEST} more, all in the files of .grading/"
