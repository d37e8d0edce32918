"""Generate the exercises that students get from the solutions, with nbgrader.

``python -m grading.release`` writes ``exercises/``. Run it from the repository's root.
The same solutions give the same bytes, so a test can compare.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from traitlets.config import Config, PyFileConfigLoader


def put_environment_on_path() -> None:
    """Let nbgrader find ``alembic``, which it starts by name, without an activated venv."""
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")


def load_config(root: Path) -> Config:
    """Read the course's ``nbgrader_config.py``."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


def assignments(root: Path) -> list[str]:
    """Name the assignments that have a solution."""
    return sorted(path.parent.name for path in (root / "solutions").glob("*/*.ipynb"))


def generate(root: Path, release: Path) -> list[Path]:
    """Write the release of every assignment to ``release`` and return its notebooks.

    The gradebook that nbgrader asks for is a throw-away one: the instructor's own is
    neither needed nor touched.
    """
    put_environment_on_path()
    config = load_config(root)
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        # nbgrader takes both folders relative to the course.
        shutil.copytree(root / "solutions", course / "solutions")
        config.CourseDirectory.root = str(course)
        config.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}"
        config.NbGrader.logfile = ""
        config.Application.log_level = "ERROR"
        api = NbGraderAPI(config=config)
        for name in assignments(root):
            outcome = api.generate_assignment(name, force=True, create=True)
            if not outcome["success"]:
                raise RuntimeError(f"{name}:\n{outcome['error']}\n{outcome['log']}")
        # Whole folders are replaced, so that nothing of an older release stays.
        if release.exists():
            shutil.rmtree(release)
        if (course / "exercises").exists():
            shutil.copytree(course / "exercises", release)
    return sorted(release.rglob("*.ipynb"))


def main() -> int:
    """Generate ``exercises/`` in the current folder."""
    root = Path.cwd()
    if not (root / "nbgrader_config.py").exists():
        print("Run this from the repository's root.", file=sys.stderr)
        return 1
    for path in generate(root, root / "exercises"):
        print(path.relative_to(root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
