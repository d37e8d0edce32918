"""Put a learner's answers into the exercise as it was released."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from ..outline import Question, marked, questions
from .hidden import hidden_source


@dataclass(frozen=True)
class Rebuilt:
    """A notebook that is ready to run.

    Attributes
    ----------
    notebook : NotebookNode
    questions : tuple of Question
    places : dict of int
        Where the test cell of each question stands; a hidden test without code has no place.
    answered : dict of bool
        By task: whether the learner changed the answer cell.
    """

    notebook: object
    questions: tuple[Question, ...]
    places: dict[str, int]
    answered: dict[str, bool]


def rebuild(release, mine) -> Rebuilt:
    """Take every cell of the release, with the learner's answers in the answer cells.

    Cells that the learner added stay behind the cell that they follow. Test cells are the
    release's: deleted and edited ones do not matter.

    Parameters
    ----------
    release, mine : NotebookNode
        ``mine`` is not changed.
    """
    known = {_name(cell) for cell in release.cells if _name(cell)}
    answers, added = _from(mine, known)
    cells, places, answered = list(added.get(None, ())), {}, {}
    asks = {question.name: question for question in questions(release)}
    for cell in copy.deepcopy(release.cells):
        name, mark = _name(cell), marked(cell)
        if mark.get("solution") or mark.get("task"):
            source = answers.get(name, cell.source)
            answered[name] = source.strip() != cell.source.strip()
            cell.source = source
        elif name in asks:
            if asks[name].hidden:
                cell.source = hidden_source(asks[name], release) or ""
            if cell.source:
                places[name] = len(cells)
        cells += [cell, *added.get(name, ())]
    notebook = copy.deepcopy(release)
    notebook.cells = cells
    return Rebuilt(notebook, tuple(asks.values()), places, answered)


def _name(cell):
    return marked(cell).get("grade_id")


def _from(mine, known):
    """Return answers by name, and the learner's own code cells by the name they follow.

    Of two cells with one name the first counts; a cell whose name was lost is found by its id,
    which the release makes equal to the name.
    """
    answers, added, last = {}, {}, None
    for cell in mine.cells:
        name = _name(cell) or cell.get("id")
        if name in known and name not in answers:
            answers[name] = cell.source
            last = name
        elif name not in known and cell.cell_type == "code":
            added.setdefault(last, []).append(copy.deepcopy(cell))
    return answers, added


def started(release, mine) -> bool:
    """Tell whether the learner changed any answer."""
    return any(rebuild(release, mine).answered.values())
