"""Which submissions share code: winnowing (the method of MOSS) by copydetect, offline.

Only the answer cells are compared. Lines of the release are taken out of them, and so is what
many students share: most right answers to a short task look alike.
"""

from __future__ import annotations

import html
import importlib
import io
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from ..outline import marked, read
from .cli import THRESHOLD
from .document import document, table
from .exports import number

# A fingerprint covers this many characters of normalised code: names count as one letter each.
LENGTH = 20
# Code of more students than this is common knowledge (MOSS's own default), in a small class of
# more than half of them.
COMMON = 10
# Shorter matches are noise: a loop over time steps has about 100 characters.
FEWEST = 150

LIMITS = (
    "The report compares the code of the answer cells after names, strings and comments were made "
    "alike. Lines of the released exercise are left out, and so is code that more than {common} "
    "students share. A pair is listed when the code that both share makes up {threshold:.0%} or "
    "more of what is left of one of them.",
    "It does not show who copied from whom, whether two students were allowed to work together, or "
    "whether both used the same source. Short tasks have few right answers, so likeness there "
    "means little; the same unusual mistake in both means more. Rewritten code, and written "
    "answers, are not found. Read both cells before you talk to anyone.",
)


class MissingTool(Exception):
    """copydetect is not installed."""


def tool():
    """Import copydetect.

    Raises
    ------
    MissingTool
        With the command that installs it.
    """
    try:
        return importlib.import_module("copydetect"), importlib.import_module("copydetect.utils")
    except ImportError:
        raise MissingTool(
            "The similarity report needs copydetect: python -m pip install copydetect "
            '(or the course\'s extra: pip install -e ".[classroom]").'
        ) from None


@dataclass(frozen=True)
class Shared:
    """An answer cell that two students share code in.

    Attributes
    ----------
    cell : str
        Its ``grade_id``.
    length : int
        Shared characters of normalised code.
    codes, slices : tuple of two
        Each student's source, and the places of what is shared in it.
    """

    cell: str
    length: int
    codes: tuple[str, str]
    slices: tuple


@dataclass(frozen=True)
class Pair:
    """Two students; ``share`` is the larger of both students' shares of shared code."""

    students: tuple[str, str]
    share: float
    length: int
    cells: tuple[Shared, ...]


def answers(notebook):
    """Map ``grade_id`` to source of every code cell that holds an answer."""
    return {
        marked(cell)["grade_id"]: cell.source
        for cell in notebook.cells
        if cell.cell_type == "code"
        and marked(cell).get("solution")
        and marked(cell).get("grade_id")
    }


def without(code, template):
    """Leave out the lines that the release has in the same cell, and blank ones."""
    given = {"", *(line.strip() for line in template.splitlines())}
    return "".join(f"{line}\n" for line in code.splitlines() if line.strip() not in given)


def common_limit(students: int) -> int:
    """Say how many students may share code before it is common."""
    return min(COMMON, max(2, students // 2))


def fingerprints(submissions, release):
    """Fingerprint every answer cell, without what is common.

    Parameters
    ----------
    submissions : dict of dict of str
        Source by student and ``grade_id``.
    release : dict of str
        Source by ``grade_id``.

    Returns
    -------
    dict
        copydetect's CodeFingerprint by (cell, student).
    """
    copydetect, utils = tool()
    found, users = {}, defaultdict(Counter)
    for student, cells in submissions.items():
        for cell in cells.keys() & release.keys():
            code = without(cells[cell], release[cell])
            # A window of 1 keeps every fingerprint, so nothing depends on Python's hash seed.
            one = copydetect.CodeFingerprint(
                "answer.py", LENGTH, 1, language="python", fp=io.StringIO(code)
            )
            found[cell, student] = one
            users[cell].update(int(value) for value in one.hashes)
    limit = common_limit(len(submissions))
    for (cell, _), one in found.items():
        one.hashes = {int(v) for v in one.hashes if users[cell][int(v)] <= limit}
        one.hash_idx = {v: places for v, places in one.hash_idx.items() if int(v) in one.hashes}
        one.token_coverage = utils.get_token_coverage(one.hash_idx, LENGTH, len(one.filtered_code))
    return found


def pairs(submissions, release, threshold=THRESHOLD) -> list[Pair]:
    """List the pairs of students whose code is alike, the most alike first."""
    copydetect, _ = tool()
    found = fingerprints(submissions, release)
    covered = Counter()
    owners = defaultdict(list)
    for (cell, student), one in found.items():
        covered[student] += int(one.token_coverage)
        for value in one.hashes:
            owners[cell, value].append(student)
    # Only pairs that share something are compared: their number grows with the class, not with
    # its square.
    candidates = defaultdict(set)
    for (cell, _), students in owners.items():
        for pair in combinations(sorted(students), 2):
            candidates[pair].add(cell)
    listed = []
    for pair, cells in candidates.items():
        shared = [_compare(copydetect, found, cell, pair) for cell in sorted(cells)]
        length = sum(one.length for one in shared)
        share = length / max(1, min(covered[student] for student in pair))
        if length >= FEWEST and share >= threshold:
            shared.sort(key=lambda one: -one.length)
            listed.append(Pair(pair, min(1.0, share), length, tuple(shared)))
    return sorted(listed, key=lambda one: (-one.share, -one.length, one.students))


def _compare(copydetect, found, cell, pair):
    one, other = (found[cell, student] for student in pair)
    length, _, slices = copydetect.compare_files(one, other)
    return Shared(cell, int(length), (one.raw_code, other.raw_code), slices)


def highlighted(code, slices):
    """Return a cell's code as HTML with the shared places marked."""
    if not len(slices):
        return html.escape(code)
    pieces, end = [], 0
    for start, stop in sorted(zip(*slices, strict=True)):
        start, stop = max(int(start), end), int(stop)
        if stop <= start:
            continue
        pieces += [html.escape(code[end:start]), f"<mark>{html.escape(code[start:stop])}</mark>"]
        end = stop
    return "".join((*pieces, html.escape(code[end:])))


def page(assignment, listed, submissions, release, threshold=THRESHOLD) -> str:
    """Make the report as one HTML page."""
    words = [
        line.format(common=common_limit(len(submissions)), threshold=threshold) for line in LIMITS
    ]
    rows = [
        (*one.students, f"{one.share:.0%}", one.length, ", ".join(cell.cell for cell in one.cells))
        for one in listed
    ]
    heads = ("student", "other student", "share", "characters", "cells")
    body = [f"<p>{html.escape(line)}</p>" for line in words]
    body += [
        f"<p>Submissions compared: {len(submissions)}; pairs listed: {len(listed)}.</p>",
        table(heads, rows, numbers=(2, 3)),
    ]
    for one in listed:
        body.append(f"<h2>{html.escape(' and '.join(one.students))}: {one.share:.0%}</h2>")
        for cell in one.cells:
            body.append(f"<h3>{html.escape(cell.cell)}: {number(cell.length)} characters</h3>")
            codes = (
                f"<h4>{html.escape(student)}</h4><pre>{highlighted(code, slices)}</pre>"
                for student, code, slices in zip(one.students, cell.codes, cell.slices, strict=True)
            )
            body.append("".join(codes))
    return document(f"{assignment}: similar submissions", "\n".join(body))


def read_submissions(folder: Path, assignment: str):
    """Read the answer cells of every submission.

    Parameters
    ----------
    folder : Path
        nbgrader's ``submitted`` or ``autograded`` folder.

    Returns
    -------
    submissions : dict of dict of str
    unreadable : list of str
        Students whose notebook could not be read.
    """
    submissions, unreadable = {}, []
    for path in sorted(Path(folder).glob(f"*/{assignment}/{assignment}.ipynb")):
        student = path.parent.parent.name
        try:
            submissions[student] = answers(read(path))
        except ValueError:
            unreadable.append(student)
    return submissions, unreadable
