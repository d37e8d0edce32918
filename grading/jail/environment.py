"""What student code finds inside: an interpreter, its packages, a copy of a few of ours.

The repository is never made visible, nor any folder that contains it: an editable install
would otherwise put the solutions on `sys.path`.
"""

from __future__ import annotations

import compileall
import hashlib
import importlib.util
import os
import py_compile
import shutil
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import store

COURSE = Path(__file__).resolve().parents[2]
# In site-packages these are the course itself or say where it lies.
OURS = (
    "rnncore",
    "grading",
    "replications",
    "publishing",
    "benchmarks",
    "__editable__*",
    "__pycache__/__editable__*",
    "rnncore-*.dist-info",
    "rnncore.egg-link",
    "easy-install.pth",
)
# Where nbgrader meets the students by default: other people's submissions.
EXCHANGES = ("/usr/local/share/nbgrader", "/usr/share/nbgrader")
SYSTEM = Path("/usr")


@dataclass(frozen=True)
class Environment:
    """The interpreter and the packages of student code, by their paths outside.

    Attributes
    ----------
    python : Path
        The interpreter itself, never a virtual environment's link to it.
    base : Path
        Its prefix.
    sites : tuple of Path
        Folders of packages outside of `base`.
    course : Path
        A folder with copies of the course's packages that student code may import.
    fonts : Path or None
        A folder with Matplotlib's list of fonts, so that no kernel has to make it.
    private : tuple of Path
        Folders that must stay out of sight, wherever they lie.
    virtual : bool
        Whether the packages of the interpreter itself do not count.
    """

    python: Path
    base: Path
    sites: tuple[Path, ...]
    course: Path
    fonts: Path | None = None
    private: tuple[Path, ...] = ()
    virtual: bool = False

    @property
    def base_is_system(self):
        """Whether the interpreter belongs to the system's folders, which are visible anyway."""
        return self.base.is_relative_to(SYSTEM)

    @cached_property
    def masked(self):
        """Paths to hide below what is visible."""
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        own = self.base / "lib" / version / "site-packages"
        found = [path for place in (own, *self.sites) for name in OURS for path in place.glob(name)]
        found += [Path(path) for path in EXCHANGES if os.path.isdir(path)]
        visible = [SYSTEM, self.base, *self.sites]
        for path in self.private:
            above = any(root.is_relative_to(path) for root in (SYSTEM, self.base))
            if not above and any(path.is_relative_to(root) for root in visible):
                found.append(path)
        return tuple(dict.fromkeys(found))

    @property
    def library_folder(self):
        """The folder of libpython where it is not the system's own, else None."""
        shared = sysconfig.get_config_var("Py_ENABLE_SHARED")
        return None if self.base_is_system or not shared else self.base / "lib"


def find(packages=("rnncore",), private=()):
    """Describe the environment of this interpreter for student code.

    Parameters
    ----------
    packages : sequence of str
        The course's packages to copy: ``rnncore`` alone, unless checks must run inside.
    private : sequence of path
        Folders to hide beside the repository, such as the course's.
    """
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    base = Path(sys.base_prefix).resolve()
    virtual = sys.prefix != sys.base_prefix
    sites = []
    for entry in map(Path, sys.path):
        place = entry.resolve()
        # Without a virtual environment the interpreter finds these by itself.
        found = place.is_relative_to(base) or place.is_relative_to(SYSTEM)
        if entry.name in ("site-packages", "dist-packages") and (virtual or not found):
            sites.append(place)
    hidden = [COURSE, *(Path(path).resolve() for path in private)]
    return Environment(
        python=python,
        base=base,
        sites=tuple(dict.fromkeys(place for place in sites if place.is_dir())),
        course=course_copy(packages),
        fonts=store.font_list(),
        private=tuple(hidden),
        virtual=virtual,
    )


def sources(packages):
    """List the files of packages as (path, path within the copy), sorted."""
    found = []
    for package in packages:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(f"The jail cannot copy the package {package}: not found.")
        root = Path(next(iter(spec.submodule_search_locations)))
        for path in sorted(root.rglob("*")):
            if "__pycache__" not in path.parts and path.is_file() and not path.is_symlink():
                found.append((path, package / path.relative_to(root)))
    return found


def course_copy(packages):
    """Copy packages to a folder that everyone may read, once for each state of their files.

    Returns
    -------
    Path
        The folder; its name holds the hash of all files in it.
    """
    files = sources(packages)
    digest = hashlib.sha256()
    for path, inside in files:
        content = path.read_bytes()
        digest.update(f"{inside}\0{len(content)}\0".encode() + content)
    target = store.folder() / f"course-{digest.hexdigest()[:24]}"
    if not target.is_dir():
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=store.folder()))
        for path, inside in files:
            place = fresh / inside
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        compile_copy(fresh)
        store.publish(fresh, target)
    return target


def compile_copy(folder):
    """Compile to bytecode that is not compared with its source; the folder is read-only."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, ddir="/course", invalidation_mode=mode)
