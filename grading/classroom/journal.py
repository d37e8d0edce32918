"""What is graded already: a file a student, whole or not there.

``.grading/ASSIGNMENT/STUDENT.json`` holds the result and nbgrader's comments, ``STUDENT.ipynb``
beside it the autograded notebook. A run that was killed goes on from here, and after a change
only what has another key runs again.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from urllib.parse import quote, unquote

from filelock import FileLock, Timeout

from .course import CourseError, hash_bytes
from .result import Result

ENTRY = ("result", "comments", "submission", "timestamp")


class Journal:
    """The results of one assignment.

    Parameters
    ----------
    folder : Path
        ``Course.state(assignment)``.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.inner = self.folder / ".state"

    @contextlib.contextmanager
    def locked(self):
        """Keep every other run of this assignment out.

        Raises
        ------
        CourseError
            Another run has the lock.
        """
        self.inner.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.inner / "lock", timeout=0):
                for left in [*self.folder.glob(".part-*"), *self.inner.glob(".part-*.json")]:
                    left.unlink()
                yield
        except Timeout:
            raise CourseError(
                f"Another run grades {self.folder.name} at this moment. Wait until it has ended."
            ) from None

    def students(self):
        """Name the students with a result."""
        return sorted(unquote(path.name[: -len(".json")]) for path in self.folder.glob("*.json"))

    def _path(self, student, ending):
        # Nothing stays of a name that would lead elsewhere.
        return self.folder / f"{quote(student, safe='@+ ')}{ending}"

    def read(self, student):
        """Return what was written for a student, or None; a damaged file counts as none."""
        try:
            entry = json.loads(self._path(student, ".json").read_text(encoding="utf-8"))
            Result.from_dict(entry["result"])
            if entry["sha256"] != hash_bytes(self.notebook(student)):
                return None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return entry

    def notebook(self, student):
        """Return the bytes of the autograded notebook; b"" where there is none."""
        path = self._path(student, ".ipynb")
        return path.read_bytes() if path.exists() else b""

    def write(self, answer):
        """Keep the answer of `tasks.grade`: first the notebook, then what vouches for it."""
        student, notebook = answer["result"]["student"], answer["notebook"].encode()
        if notebook:
            write_whole(self._path(student, ".ipynb"), notebook)
        else:
            self._path(student, ".ipynb").unlink(missing_ok=True)
        entry = {name: answer[name] for name in ENTRY} | {"sha256": hash_bytes(notebook)}
        text = json.dumps(entry, indent=1, ensure_ascii=False)
        write_whole(self._path(student, ".json"), text.encode())

    def discard(self, student):
        """Forget a student who is enrolled no more."""
        self._path(student, ".json").unlink(missing_ok=True)
        self._path(student, ".ipynb").unlink(missing_ok=True)

    def read_merged(self, db_url):
        """Map students to what the gradebook at ``db_url`` got last from this journal."""
        try:
            return json.loads(self._merged(db_url).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def write_merged(self, db_url, merged):
        """Keep what the gradebook has got."""
        write_whole(self._merged(db_url), json.dumps(merged).encode())

    def _merged(self, db_url):
        return self.inner / f"merged-{hash_bytes(db_url.encode())[:16]}.json"


def write_whole(path, data):
    """Write a file so that it is the old one or the new one at any moment, even after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=".part-", suffix=".json", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder):
    """Make a new name last, where folders can be synchronised."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
