"""Build JupyterLite into ``_build/lite``: ``make lite``, which installs the tools before."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml
from coursebook import node
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.errors import ExtensionError

from . import wheels

BUILD = Path("_build")
TOOLS = BUILD / "lite-tools"  # an environment of its own: make lite makes it
WORK = BUILD / "lite-work"
SITE = BUILD / "lite"
KERNEL = TOOLS / "share" / "jupyter" / "labextensions" / "@jupyterlite" / "pyodide-kernel-extension"
PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"


def stage_contents(root: Path, toc: Path, target: Path, python: str) -> None:
    """Copy the notebooks of the book, and what they read and show, as the reader sees them."""
    contents = yaml.safe_load(toc.read_text(encoding="utf-8"))
    names = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    for name in names:
        notebook = root / f"{name}.ipynb"
        if notebook.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(notebook, target / f"{name}.ipynb")
    for folder, pattern in (("data", "*.json"), ("figures", "*.svg")):
        (target / "book" / folder).mkdir(parents=True, exist_ok=True)
        for path in (root / "book" / folder).glob(pattern):
            shutil.copy(path, target / "book" / folder)
    (target / "START.ipynb").write_text(nbformat.writes(start_notebook(python)), encoding="utf-8")


def start_notebook(python: str) -> nbformat.NotebookNode:
    """Write the notebook that says what works here; an empty cell invites to try."""
    text = Path(__file__).with_name("start.md").read_text(encoding="utf-8")
    cells = [new_markdown_cell(text.replace("@PYTHON@", python), id="start")]
    cells.append(new_code_cell("", id="try"))
    kernel = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def settings(name: str) -> dict:
    """Give the settings of the site: the kernel loads its packages from the site itself."""
    kernel = {"loadPyodideOptions": {"packages": list(wheels.KERNEL)}}
    data = {"appName": name, "litePluginSettings": {PLUGIN: kernel}}
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}


def build(root: Path) -> None:
    """Build everything anew; what was fetched from npm stays."""
    lite, contents = WORK / "lite", WORK / "contents"
    for folder in (lite, contents, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    node.install_packages(Path(__file__).parent, WORK / "npm")
    wheels.provide(root, WORK, lite / "static" / "pyodide", KERNEL / "static" / "pypi")
    lock = json.loads((lite / "static" / "pyodide" / "pyodide-lock.json").read_text())
    stage_contents(root, root / "book" / "_toc.yml", contents, lock["info"]["python"])
    title = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["title"]
    (lite / "jupyter-lite.json").write_text(json.dumps(settings(title)), encoding="utf-8")
    run_jupyter_lite(lite, contents)


def run_jupyter_lite(lite: Path, contents: Path) -> None:
    """Run JupyterLite's own builder; it wants absolute paths and keeps notes where it runs.

    With the notes of the last time it would leave out steps whose results are gone.
    """
    for notes in WORK.glob(".jupyterlite.doit.db*"):
        notes.unlink()
    command = [TOOLS / "bin" / "jupyter", "lite", "build", "--apps", "lab", "--no-sourcemaps"]
    command += ["--lite-dir", lite, "--contents", contents, "--output-dir", SITE]
    words = [str(part.absolute()) if isinstance(part, Path) else part for part in command]
    done = subprocess.run(words, cwd=WORK, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"jupyter lite failed:\n{done.stdout}{done.stderr}")


def main() -> int:
    """Build, and say how to look at it."""
    if not KERNEL.is_dir():
        print(f"{TOOLS} is missing: `make lite` installs it", file=sys.stderr)
        return 1
    try:
        build(Path("."))
    except (ExtensionError, RuntimeError, subprocess.CalledProcessError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print("JupyterLite is built. Serve it:")
    print(f"  python3 -m http.server --bind 127.0.0.1 --directory {SITE} 8000")
    print("and open http://127.0.0.1:8000/lab/index.html?path=START.ipynb")
    print("The kernel starts without a network; NumPy comes from one. START.ipynb says more.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
