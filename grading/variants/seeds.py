"""Seeds of students: where they are kept, and how a notebook gets them.

A cell asks for one by a line such as ``SEED = 2026  # variant``. Only cells that students cannot
edit count; grading writes the recorded number there after the release's cells were put back, so
that nothing in a submission decides it.
"""

from __future__ import annotations

import csv
import json
import re
import secrets
from pathlib import Path

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum, is_grade, is_locked, is_solution

from rnncore.atomic import write_atomically

from ..outline import marked, read, release

LINE = re.compile(
    r"^(?P<name>[A-Za-z_]\w*) = (?P<number>\d+)(?P<rest>  # variant\b.*)$", re.MULTILINE
)
STUDENT = re.compile(r"[\w@+-][\w@+. -]*")
BOUND = 10**6


def file_of(root: Path, assignment: str) -> Path:
    """Say where the seeds of an assignment are kept."""
    return Path(root) / "variants" / f"{assignment}.json"


def load(root: Path, assignment: str) -> dict[str, int]:
    """Read the seeds by student; none where there is no file.

    Raises
    ------
    ValueError
        The file does not hold whole numbers by student.
    """
    path = file_of(root, assignment)
    if not path.is_file():
        return {}
    try:
        kept = {str(student): int(seed) for student, seed in json.loads(path.read_text()).items()}
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"{path} should hold a whole number for each student.") from None
    return kept


def for_student(assignment: str, student: str, seeds: dict[str, int]) -> dict[str, bytes]:
    """Return the file that a course tree of this student alone needs, by relative path."""
    if student not in seeds:
        return {}
    return {f"variants/{assignment}.json": json.dumps({student: seeds[student]}).encode()}


def draw(root: Path, assignment: str, students) -> dict[str, int]:
    """Give every student a seed and keep it; one that is kept already stays."""
    seeds = load(root, assignment)
    for student in students:
        if student not in seeds:
            taken = set(seeds.values())
            seeds[student] = next(
                seed for seed in iter(lambda: secrets.randbelow(BOUND), None) if seed not in taken
            )
    path = file_of(root, assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(seeds, indent=1, sort_keys=True) + "\n").encode())
    return seeds


def apply(notebook, seed: int) -> int:
    """Write a seed into every line that asks for one; return how many there were.

    The checksums of these cells are computed again, so that nobody takes them for edited.
    """
    changed = 0
    for cell in notebook.cells:
        if cell.cell_type != "code" or is_solution(cell) or not (is_locked(cell) or is_grade(cell)):
            continue
        cell.source, count = LINE.subn(rf"\g<name> = {seed}\g<rest>", cell.source)
        changed += count
        if count and "checksum" in marked(cell):
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    return changed


def read_students(path: Path) -> list[str]:
    """Read ids, one a line, or the column ``id`` of a CSV file such as nbgrader imports.

    Raises
    ------
    ValueError
        There are none, or one cannot be the name of a folder.
    """
    text = path.read_text(encoding="utf-8-sig")
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and "," in lines[0]:
        rows = csv.DictReader(lines)
        if "id" not in (rows.fieldnames or ()):
            raise ValueError(f"{path} has no column id.")
        lines = [row["id"] or "" for row in rows]
    names = list(dict.fromkeys(line.strip() for line in lines))
    if lines and lines[0].strip() == "id":
        names.remove("id")
    if not names:
        raise ValueError(f"{path} names no student.")
    if bad := [name for name in names if not STUDENT.fullmatch(name)]:
        raise ValueError(f"{path}: {bad[0]!r} cannot be a student's id.")
    return names


def write_releases(root: Path, assignment: str, students):
    """Yield the path of each student's notebook, below ``variants/ASSIGNMENT/``.

    Raises
    ------
    ValueError
        There is no release, or nothing in it varies.
    """
    source = release(root, assignment)
    if source is None:
        raise ValueError(f"There is no exercises/{assignment}/{assignment}.ipynb.")
    if not apply(read(source), 0):
        raise ValueError(f"Nothing in {source} varies: no line ends in `# variant`.")
    seeds = draw(root, assignment, students)
    for student in students:
        notebook = read(source)
        apply(notebook, seeds[student])
        notebook.metadata["variant"] = {"seed": seeds[student]}
        path = Path(root) / "variants" / assignment / student / source.name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (nbformat.writes(notebook) + "\n").encode())
        yield path


class RecordedSeed(NbGraderPreprocessor):
    """Writes the instructor's recorded seed into the notebook that is graded.

    Goes behind the preprocessor that puts the release's cells back. nbgrader works in the
    course's folder; without a file of seeds nothing happens.
    """

    def preprocess(self, nb, resources):
        """Write the seed of the student whose submission this is."""
        about = resources["nbgrader"]
        nb.metadata.pop("variant", None)
        seed = load(Path(), about["assignment"]).get(about["student"])
        if seed is not None:
            apply(nb, seed)
            nb.metadata["variant"] = {"seed": seed}
        return nb, resources
