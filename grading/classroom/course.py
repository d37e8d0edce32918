"""The course on disk, and what grading one assignment needs of it, as plain bytes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files, is_grade, is_solution, is_task
from traitlets.config import Config

from grading.jail import JailRefused, tiers
from grading.release import load_config, put_environment_on_path

PACKAGES = ("ipykernel", "jupyter_client", "nbclient", "nbconvert", "nbgrader", "numpy")
# What runs after grading, or beside it, changes no mark.
NO_PART_OF_A_MARK = ("reports", "learner")


class CourseError(Exception):
    """The course or the command is not as it should be; the message says what to do."""


@dataclass(frozen=True)
class Course:
    """A course's folder, its configuration and its gradebook.

    Attributes
    ----------
    root : Path
    config : Config
        Of ``nbgrader_config.py``.
    db_url : str
        Of the gradebook, for SQLAlchemy.
    """

    root: Path
    config: Config
    db_url: str

    @classmethod
    def open(cls, root, db_url=None):
        """Read the course in ``root``; ``db_url`` replaces the configured gradebook.

        Raises
        ------
        CourseError
            There is no course in this folder.
        """
        root = Path(root).resolve()
        if not (root / "nbgrader_config.py").is_file():
            raise CourseError(f"There is no nbgrader_config.py in {root}: run this in the course.")
        put_environment_on_path()
        config = load_config(root)
        config.CourseDirectory.root = str(root)
        config.NbGrader.logfile = ""
        return cls(root, config, patient(db_url or CourseDirectory(config=config).db_url))

    @cached_property
    def folders(self):
        """Folders as nbgrader names them."""
        return CourseDirectory(config=self.config)

    def folder(self, step, student, assignment):
        """Give the folder of a step, as nbgrader names it."""
        return Path(self.folders.format_path(step, student, assignment))

    def check_jail(self):
        """Try before the first submission whether student code can be contained here.

        Raises
        ------
        CourseError
            It cannot, and nobody allowed to go without.
        """
        settings = self.config.JailedProvisioner
        try:
            tiers.choose(settings.get("tier", "auto"), settings.get("allow_unprotected", False))
        except JailRefused as refusal:
            raise CourseError(str(refusal)) from None

    def gradebook(self):
        """Open the gradebook; make it where there is none."""
        return Gradebook(self.db_url, self.folders.course_id)

    def state(self, assignment):
        """Give the folder of results of an assignment."""
        return self.root / ".grading" / assignment


def patient(db_url):
    """Let SQLite wait a minute for another writer, not five seconds."""
    if db_url.startswith("sqlite:") and "?" not in db_url:
        return f"{db_url}?timeout=60"
    return db_url


@dataclass(frozen=True)
class Release:
    """An assignment as its students got it, with what restores the hidden tests.

    Attributes
    ----------
    assignment, key : str
        ``key`` is a hash of all that decides a mark, apart from the submission.
    tree : dict of bytes
        A course's files by relative path, without solutions and students.
    """

    assignment: str
    key: str
    tree: dict[str, bytes]
    notebook_path: str

    @cached_property
    def notebook(self):
        """The released notebook."""
        return nbformat.reads(self.tree[self.notebook_path].decode(), as_version=4)

    @cached_property
    def cells(self):
        """What gets points: a list of dicts with ``name``, ``points`` and ``manual``."""
        return [
            {
                "name": cell.metadata.nbgrader.grade_id,
                "points": float(cell.metadata.nbgrader.points),
                "manual": bool(is_solution(cell) or is_task(cell) or cell.cell_type != "code"),
            }
            for cell in self.notebook.cells
            if is_grade(cell) or is_task(cell)
        ]

    @cached_property
    def commented(self):
        """Name the cells that nbgrader comments on."""
        return [
            cell.metadata.nbgrader.grade_id
            for cell in self.notebook.cells
            if is_solution(cell) or is_task(cell)
        ]


def release(course, assignment):
    """Generate the release of an assignment, or take it from an earlier run.

    Raises
    ------
    CourseError
        nbgrader cannot generate it, or it does not hold exactly one notebook.
    """
    key = release_key(course, assignment)
    kept = course.state(assignment) / ".state" / f"release-{key[:16]}"
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=kept.parent) as folder:
            made = Path(folder) / "course"
            _generate(course, assignment, made)
            made.rename(kept)
    tree = read_tree(kept)
    prefix = f"{course.folders.release_directory}/"
    (path,) = (name for name in tree if name.startswith(prefix) and name.endswith(".ipynb"))
    return Release(assignment, key, tree, path)


def _generate(course, assignment, made):
    """Make a course tree with release and gradebook, and without the solutions."""
    source = course.folder(course.folders.source_directory, ".", assignment)
    own = made / source.relative_to(course.root)
    shutil.copytree(source, own)
    config = load_config(course.root)
    config.CourseDirectory.root = str(made)
    config.CourseDirectory.db_url = f"sqlite:///{made / 'gradebook.db'}"
    config.Exchange.root = str(made / "exchange")
    config.NbGrader.logfile = ""
    config.Application.log_level = "ERROR"
    done = NbGraderAPI(config=config).generate_assignment(assignment, force=True, create=True)
    if not done["success"]:
        log = done.get("log", "") or done["error"]
        raise CourseError(f"nbgrader cannot generate {assignment}; correct its source:\n{log}")
    wanted = set(find_all_files(str(own), [*course.folders.ignore, "*.ipynb"]))
    for path in [path for path in own.rglob("*") if path.is_file()]:
        if str(path) not in wanted:
            path.unlink()
    shutil.copyfile(course.root / "nbgrader_config.py", made / "nbgrader_config.py")


def release_key(course, assignment):
    """Hash all that decides a mark, apart from the submission."""
    source = course.folder(course.folders.source_directory, ".", assignment)
    notebooks = list(source.glob("*.ipynb")) if source.is_dir() else []
    if len(notebooks) != 1:
        have = sorted(path.parent.name for path in source.parent.glob("*/*.ipynb"))
        raise CourseError(
            f"{source} should hold one notebook, but holds {len(notebooks)}. "
            f"Assignments of this course: {', '.join(have) or 'none'}."
        )
    parts = {
        "source": hash_tree(read_tree(source)),
        "config": hash_bytes((course.root / "nbgrader_config.py").read_bytes()),
        "code": code_key(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "python": platform.python_version(),
    }
    return hash_bytes(json.dumps(parts, sort_keys=True).encode())


def code_key():
    """Hash the code that grades and that submissions import."""
    import rnncore

    grading = Path(__file__).resolve().parents[1]
    found = {}
    for folder in (grading, Path(rnncore.__file__).resolve().parent):
        for path in folder.rglob("*.py"):
            inner = path.relative_to(folder)
            if inner.parts[0] not in NO_PART_OF_A_MARK:
                found[f"{folder.name}/{inner.as_posix()}"] = path.read_bytes()
    return hash_tree(found)


def read_tree(folder):
    """Map the relative path of every file to its bytes, without what Jupyter keeps beside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {".ipynb_checkpoints", "__pycache__"} & set(path.parts)
    }


def hash_tree(tree):
    """Hash files by name and content."""
    names = {name: hash_bytes(data) for name, data in tree.items()}
    return hash_bytes(json.dumps(names, sort_keys=True).encode())


def hash_bytes(data):
    """SHA-256, as text."""
    return hashlib.sha256(data).hexdigest()
