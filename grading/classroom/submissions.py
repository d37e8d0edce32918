"""Who is enrolled, and what each of them handed in.

The files come from strangers: links, pipes and huge files are not followed, waited for or read.
"""

from __future__ import annotations

import fnmatch
import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Student
from nbgrader.utils import parse_utc
from sqlalchemy import select

from grading.split.rebase import MOST_CELLS

from .course import hash_tree

MEBIBYTE = 2**20
NOTEBOOK_LIMIT = 20 * MEBIBYTE
TOTAL_LIMIT = 100 * MEBIBYTE
FILES_LIMIT = 500


class UnreadableError(Exception):
    """Nothing of this submission can run; the message says why."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in.

    Attributes
    ----------
    student : str
    files : dict of bytes
        By path relative to the student's folder; the notebook has its right name.
    outcome : str
        "" when it can run, else "missing" or "unreadable".
    reason : str
        The sentence that explains ``outcome``.
    repairs, notes : tuple of str
    """

    student: str
    files: dict[str, bytes] = field(default_factory=dict)
    outcome: str = ""
    reason: str = ""
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def timestamp(self):
        """When it was handed in, as text; "" when that is not known."""
        return self.files.get("timestamp.txt", b"").decode().strip()

    @property
    def key(self):
        """Hash what was handed in."""
        return hash_tree(self.files | {"": f"{self.outcome}{self.reason}{self.repairs}".encode()})


def enrolled(course, assignment):
    """Name the students of the gradebook, and those with a folder, in alphabetical order."""
    submitted = course.root / course.folders.submitted_directory
    names = set()
    if submitted.is_dir():
        names = {e.name for e in os.scandir(submitted) if e.is_dir() and _plain(e.name)}
    with course.gradebook() as gradebook:
        names |= set(gradebook.db.scalars(select(Student.id)))
    return sorted(name for name in names if _plain(name))


def _plain(name):
    """Tell whether a student's id can be a folder: nothing hidden, no path."""
    return bool(name) and not name.startswith(".") and "/" not in name and "\0" not in name


def read_submission(course, release, student):
    """Read a student's files; never raises for what a student did."""
    folder = course.folder(course.folders.submitted_directory, student, release.assignment)
    wanted = Path(release.notebook_path).name
    try:
        if not os.path.lexists(folder):
            return _missing(student)
        if folder.is_symlink() or not folder.is_dir():
            raise UnreadableError(f"{release.assignment} is not a folder.")
        files, problems = read_files(folder, course.folders.ignore)
        if not files and not problems:
            return _missing(student)
        files, repairs = name_notebook(files, problems, wanted)
        check_notebook(files[wanted], wanted)
    except UnreadableError as error:
        return Submission(student, outcome="unreadable", reason=str(error))
    except OSError as error:
        reason = f"The files cannot be read: {error.strerror}."
        return Submission(student, outcome="unreadable", reason=reason)
    notes = tuple(f"{name} was left out: {why}." for name, why in sorted(problems.items()))
    return Submission(student, files, repairs=repairs, notes=notes + check_timestamp(files))


def _missing(student):
    return Submission(student, outcome="missing", reason="Nothing was handed in.")


def read_files(folder, ignore):
    """Read the regular files below ``folder``.

    Returns
    -------
    files : dict of bytes
    problems : dict of str
        Why a path was left out.
    """
    files, problems, total = {}, {}, 0
    for path in _walk(folder, ignore):
        name = path.relative_to(folder).as_posix()
        limit = min(NOTEBOOK_LIMIT, TOTAL_LIMIT - total)
        if len(files) >= FILES_LIMIT:
            problems[name] = f"there are more than {FILES_LIMIT} files"
            break
        try:
            files[name] = read_regular(path, limit)
            total += len(files[name])
        except UnreadableError as error:
            problems[name] = str(error)
        except OSError as error:
            problems[name] = f"it cannot be read ({error.strerror})"
    return files, problems


def _walk(folder, ignore):
    """Yield what is no folder, and folders named like a notebook; follow no link."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if any(fnmatch.fnmatch(entry.name, pattern) for pattern in ignore):
            continue
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and not entry.name.endswith(".ipynb"):
            yield from _walk(entry.path, ignore)
        else:
            yield Path(entry.path)


def read_regular(path, limit):
    """Read a file of at most ``limit`` bytes that is neither a link nor a device.

    Raises
    ------
    UnreadableError
        It is something else, or too large.
    """
    if path.is_symlink():
        raise UnreadableError("it is a link")
    if path.is_dir():
        raise UnreadableError("it is a folder, not a file")
    # Without O_NONBLOCK opening a pipe would wait for its writer; a link that has just taken
    # the file's place fails.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnreadableError("it is not a regular file")
        if os.fstat(file.fileno()).st_nlink > 1 and path.suffix != ".ipynb":
            # It may be somebody else's, and student code will read it.
            raise UnreadableError("it is a file with another name elsewhere (a hard link)")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UnreadableError(f"it is larger than {limit / MEBIBYTE:.0f} MiB")
    return data


def name_notebook(files, problems, wanted):
    """Give the one notebook its right name; return the files and the repairs.

    Raises
    ------
    UnreadableError
        There is no notebook, or no telling which one.
    """
    if wanted in files:
        return files, ()
    if wanted in problems:
        raise UnreadableError(f"{wanted}: {problems[wanted]}.")
    others = [name for name in files if name.endswith(".ipynb")]
    if len(others) == 1:
        data = {wanted if name == others[0] else name: files[name] for name in files}
        return data, (f"The notebook was named {others[0]}; it was taken for {wanted}.",)
    if others:
        raise UnreadableError(f"There is no {wanted}, but {', '.join(others)}: which one counts?")
    bad = [f"{name}: {why}" for name, why in sorted(problems.items())]
    there = ", ".join(bad or sorted(files))
    raise UnreadableError(f"There is no notebook among the files ({there}).")


def check_notebook(data, name):
    """Tell whether the bytes are a notebook.

    Raises
    ------
    UnreadableError
    """
    if not data.strip():
        raise UnreadableError(f"{name} is empty.")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableError(f"{name} is not readable as JSON ({why[:120]}).") from None
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise UnreadableError(f"{name} is not a notebook.")
    if content["nbformat"] >= 4:
        check_cells(content.get("cells"), name)


def check_cells(cells, name):
    """Tell whether the cells have what every cell has.

    Raises
    ------
    UnreadableError
    """
    if not isinstance(cells, list) or not cells:
        raise UnreadableError(f"{name} has no cells.")
    if len(cells) > MOST_CELLS:
        raise UnreadableError(f"{name} has {len(cells)} cells, more than {MOST_CELLS}.")
    for number, cell in enumerate(cells, start=1):
        whole = (
            isinstance(cell, dict)
            and cell.get("cell_type") in ("code", "markdown", "raw")
            and isinstance(cell.get("source"), str | list)
            and isinstance(cell.get("metadata"), dict)
        )
        if not whole:
            raise UnreadableError(f"{name}: cell {number} is damaged.")


def check_timestamp(files):
    """Leave out a timestamp that nbgrader could not read; return the note."""
    if "timestamp.txt" not in files:
        return ()
    with suppress(ValueError, OverflowError, UnicodeDecodeError):
        text = files["timestamp.txt"].decode().strip()
        if not text or parse_utc(text):
            return ()
    del files["timestamp.txt"]
    return ("timestamp.txt holds no time and was left out.",)
