"""Tie what is kept from the last build to what the pages are made of.

The execution cache itself looks at the notebooks alone and would keep the numbers of an older
rnncore; Sphinx does not see that a style sheet or this extension changed.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

# Of grading the checks alone: chapters do not run what grades a class.
CHECKS = tuple(f"grading/{name}.py" for name in ("check", "compare", "hunt", "library"))
IMPORTED_BY_CHAPTERS = ("rnncore", "grading/tasks", *CHECKS, "replications")


def hash_files(root: Path, places: tuple[str, ...], pattern: str = "*.py") -> str:
    """Hash names and bytes of the files at ``places``; in folders those that fit ``pattern``."""
    digest = hashlib.sha256()
    for place in places:
        top = root / place
        for path in [top] if top.is_file() else sorted(top.rglob(pattern)):
            if path.is_file():
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def key_cache_on_code(app: Sphinx, config: Config) -> None:
    """Give each state of the code its own execution cache; drop the older ones."""
    caches = Path(app.outdir).parent / ".jupyter_cache"
    root = Path(app.srcdir)
    code, data = hash_files(root, IMPORTED_BY_CHAPTERS), hash_files(root, ("book/data",), "*")
    current = caches / f"{code}-{data}"
    if caches.is_dir():
        for old in caches.iterdir():
            if old != current:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
    # A changed value of this option also makes Sphinx read every page again.
    config.nb_execution_cache_path = str(current)


def note_looks(app: Sphinx, config: Config) -> None:
    """Make Sphinx write every page again when this file or a style sheet changes."""
    root = Path(app.srcdir)
    config.coursebook_looks = hash_files(root, ("book/extension",)) + hash_files(
        root, ("book/assets",), "*"
    )


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_config_value("coursebook_looks", "", "html")
    app.connect("config-inited", note_looks)
    app.connect("config-inited", key_cache_on_code)
