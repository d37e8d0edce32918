"""The packages that Pyodide finds on the site itself, and its list of all packages."""

from __future__ import annotations

import hashlib
import json
import pydoc_data
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# What the kernel loads before the first cell; their dependencies come along.
KERNEL = ("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython")
COMM = "0.2.3"  # the kernel needs it, and Pyodide does not list it
OURS = {
    "rnncore": {
        "imports": ["rnncore", "grading", "replications"],
        "depends": ["numpy", "matplotlib", "tqdm", "rnn-course-browser"],
    },
    "rnn-course-browser": {"imports": ["myst_nb", "pydoc_data"], "depends": []},
}
KERNELS_OWN = {
    "comm": {"imports": ["comm"], "depends": ["traitlets"]},
    "ipykernel": {"imports": ["ipykernel"], "depends": []},
    "piplite": {"imports": ["piplite"], "depends": ["micropip"]},
    "pyodide-kernel": {"imports": ["pyodide_kernel"], "depends": ["ipykernel", "ipython", "comm"]},
}


def normalize(name: str) -> str:
    """Write the name of a package as indexes do."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(packages: dict, names: list[str]) -> list[str]:
    """List ``names`` and all that they depend on, as far as Pyodide lists it."""
    known = {normalize(name): name for name in packages}
    found, todo = set(), [normalize(name) for name in names]
    while todo:
        name = todo.pop()
        if name in known and name not in found:
            found.add(name)
            todo += [normalize(other) for other in packages[known[name]]["depends"]]
    return sorted(known[name] for name in found)


def download(lock: dict, names: list[str], target: Path) -> None:
    """Fetch the versions that Pyodide lists, as pure Python wheels, from PyPI."""
    packages = lock["packages"]
    wanted = [f"{name}=={packages[name]['version']}" for name in names] + [f"comm=={COMM}"]
    pure = ("--no-deps", "--only-binary", ":all:", "--python-version", lock["info"]["python"])
    pip("download", *pure, "--dest", str(target), *wanted)


def build(root: Path, stage: Path, target: Path) -> None:
    """Build the course's two wheels from copies, so that nothing is written beside the sources."""
    shutil.rmtree(stage, ignore_errors=True)
    course, browser = stage / "course", stage / "browser"
    no_caches = shutil.ignore_patterns("__pycache__")
    for folder in ("rnncore", "grading", "replications"):
        shutil.copytree(root / folder, course / folder, ignore=no_caches)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, course)
    shutil.copytree(HERE / "browser", browser, ignore=no_caches)
    shutil.copytree(root / "book" / "data", browser / "book" / "data")
    # Pyodide leaves out the language reference, which chapter 5 reads.
    shutil.copytree(pydoc_data.__path__[0], browser / "pydoc_data", ignore=no_caches)
    for folder in (course, browser):
        pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(target), str(folder))


def pip(*arguments: str) -> None:
    """Run pip."""
    quiet = ("--quiet", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", *arguments, *quiet], check=True)


def rewrite_lock(lock: dict, folder: Path, elsewhere: str) -> None:
    """List the wheels in ``folder`` as this site's, and all others at the address ``elsewhere``."""
    packages = lock["packages"]
    known = {normalize(name): name for name in packages}
    for entry in packages.values():
        entry["file_name"] = f"{elsewhere}/{entry['file_name']}"
    for wheel in sorted(folder.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        key = known.get(normalize(name), normalize(name))
        entry = packages.setdefault(key, {"name": key, "install_dir": "site"})
        entry |= {
            "version": version,
            "file_name": wheel.name,
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "package_type": "package",
            "unvendored_tests": False,
        }
        entry |= (OURS | KERNELS_OWN).get(normalize(name), {})


def provide(root: Path, work: Path, pyodide: Path, kernel: Path) -> None:
    """Fill the folder ``pyodide`` with Pyodide, the wheels, and the list of packages.

    ``work/npm`` holds Pyodide from npm, ``kernel`` the wheels that the kernel brings.
    """
    source = work / "npm" / "node_modules" / "pyodide"
    pyodide.mkdir(parents=True)
    for path in source.glob("*"):
        if path.suffix in (".mjs", ".wasm", ".zip", ".json"):
            shutil.copy(path, pyodide)
    version = json.loads((source / "package.json").read_text())["version"]
    lock = json.loads((source / "pyodide-lock.json").read_text())
    pure = closure(lock["packages"], [*KERNEL, "tqdm"])
    download(lock, pure, pyodide)
    for wheel in kernel.glob("*.whl"):
        if normalize(wheel.name.split("-")[0]) in KERNELS_OWN:
            shutil.copy(wheel, pyodide)
    build(root, work / "wheels", pyodide)
    rewrite_lock(lock, pyodide, f"https://cdn.jsdelivr.net/pyodide/v{version}/full")
    (pyodide / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
