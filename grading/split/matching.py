"""Find in a submission the cells of the release: by name, and where names are lost by content."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from nbgrader.utils import compute_checksum

DEFINITION = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
FLAGS = ("grade", "solution", "locked", "points")


@dataclass
class Match:
    """What was found.

    Attributes
    ----------
    answers : dict of str to NotebookNode
        The student's cell for each answer of the release.
    names : list of (str or None)
        For each cell of the submission the cell of the release that it is, or None.
    kinds : dict of str to list of str
        Kinds of repairs, and the cells that each was needed for.
    """

    answers: dict = field(default_factory=dict)
    names: list = field(default_factory=list)
    kinds: dict = field(default_factory=dict)

    def note(self, kind, name):
        """Note a repair."""
        names = self.kinds.setdefault(kind, [])
        if name not in names:
            names.append(name)


def match(release, cells):
    """Match a submission's cells with the release's.

    Parameters
    ----------
    release : dict of str to Given
        In the release's order.
    cells : list of NotebookNode
        The submission's.

    Returns
    -------
    Match
    """
    found = Match(names=[_name(cell) if _name(cell) in release else None for cell in cells])
    _find_lost(release, cells, found)
    for name, given in release.items():
        places = [i for i, one in enumerate(found.names) if one == name]
        if not places:
            found.note("missing answer" if given.answer else "missing", name)
            continue
        if len(places) > 1:
            found.note("twice", name)
        place = _chosen(places, cells, given)
        cell = cells[place]
        if given.answer:
            found.answers[name] = cell
        elif _edited(cell, given):
            found.note("edited", name)
        if cell.get("cell_type") != given.cell.cell_type:
            found.note("retyped", name)
        if _unflagged(cell, given):
            found.note("unflagged", name)
    _note_order(release, found)
    return found


def _name(cell):
    meta = _meta(cell)
    name = meta.get("grade_id")
    return name if isinstance(name, str) else None


def _meta(cell):
    metadata = cell.get("metadata")
    meta = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return meta if isinstance(meta, dict) else {}


def _find_lost(release, cells, found):
    """Name cells that have lost their names."""
    free = [i for i, name in enumerate(found.names) if name is None]
    for name, given in release.items():
        if name in found.names:
            continue
        if given.answer:
            wanted = defined(given.cell.source) | {name}
            place = next((i for i in free if wanted & defined(cells[i].source)), None)
        else:
            shown = given.shown.strip()
            place = next((i for i in free if cells[i].source.strip() == shown), None)
        if place is not None:
            found.names[place] = name
            found.note("renamed", name)
            free.remove(place)
    _find_texts(release, cells, found)


def _find_texts(release, cells, found):
    """Name a text that was answered and has lost its name: the one between its neighbours."""
    order = list(release)
    for name, given in release.items():
        if name in found.names or not given.answer or given.cell.cell_type == "code":
            continue
        place = order.index(name)
        before = [found.names.index(n) for n in order[:place] if n in found.names]
        after = [found.names.index(n) for n in order[place + 1 :] if n in found.names]
        between = range(before[-1] + 1 if before else 0, after[0] if after else len(cells))
        texts = [
            i for i in between if found.names[i] is None and cells[i].get("cell_type") == "markdown"
        ]
        if len(texts) == 1:
            found.names[texts[0]] = name
            found.note("renamed", name)


def defined(source):
    """Name what code defines at its top level; names of functions alone where it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(DEFINITION.findall(source))
    names = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign):
            names |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return names


def _chosen(places, cells, given):
    """Choose the first of several cells; the first that was worked on, if it is an answer."""
    worked = [i for i in places if cells[i].source.strip() != given.shown.strip()]
    return worked[0] if given.answer and worked else places[0]


def _edited(cell, given):
    """Tell whether a given cell was changed by the student.

    Another text is no sign of it when the cell still fits its own checksum: then the release was
    changed after the student had fetched it.
    """
    if cell.source.strip() in (given.shown.strip(), given.cell.source.strip()):
        return False
    try:
        return _meta(cell).get("checksum") != compute_checksum(cell)
    except (KeyError, TypeError, ValueError, AttributeError):
        return True


def _unflagged(cell, given):
    ours, theirs = given.cell.metadata.nbgrader, _meta(cell)
    if theirs.get("schema_version") != ours.get("schema_version"):
        return False
    return any(theirs.get(flag) != ours.get(flag) for flag in FLAGS if flag in ours)


def _note_order(release, found):
    """Note the fewest cells that would have to move for the release's order."""
    order = {name: place for place, name in enumerate(release)}
    places = [order[name] for name in dict.fromkeys(found.names) if name is not None]
    longest = []  # the longest rising run that ends with each place
    for i, place in enumerate(places):
        best = max((run for run in longest[:i] if run[-1] < place), key=len, default=[])
        longest.append([*best, place])
    kept = set(max(longest, key=len, default=[]))
    for name in release:
        if name in found.names and order[name] not in kept:
            found.note("moved", name)
