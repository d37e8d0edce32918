"""What goes into JupyterLite: the list of packages, the notebooks, the settings."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest

from publishing.lite import __main__ as lite
from publishing.lite import wheels

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "publishing" / "lite"


@pytest.fixture
def lock():
    """Make a short list of packages, as Pyodide writes it."""
    names = {
        "ipython": ["prompt_toolkit"],
        "prompt-toolkit": ["wcwidth"],
        "wcwidth": [],
        "numpy": [],
    }
    packages = {
        name: {
            "name": name,
            "version": "1.0",
            "file_name": f"{name}.whl",
            "depends": depends,
            "imports": [name],
        }
        for name, depends in names.items()
    }
    return {"info": {"python": "3.14.2"}, "packages": packages}


def test_dependencies_come_along_however_their_names_are_written(lock):
    assert wheels.closure(lock["packages"], ["IPython", "not_there"]) == [
        "ipython",
        "prompt-toolkit",
        "wcwidth",
    ]


def test_packages_of_the_site_and_packages_from_elsewhere(lock, tmp_path):
    for wheel in ("prompt_toolkit-2.0", "rnncore-0.1.0", "pyodide_kernel-1.0"):
        (tmp_path / f"{wheel}-py3-none-any.whl").write_text(wheel)
    wheels.rewrite_lock(lock, tmp_path, "https://example.org/full")
    packages = lock["packages"]
    assert packages["numpy"]["file_name"] == "https://example.org/full/numpy.whl"
    changed = packages["prompt-toolkit"]
    assert changed["file_name"] == "prompt_toolkit-2.0-py3-none-any.whl"
    assert changed["version"] == "2.0"
    assert changed["sha256"] == hashlib.sha256(b"prompt_toolkit-2.0").hexdigest()
    assert changed["depends"] == ["wcwidth"]
    assert packages["rnncore"]["imports"] == ["rnncore", "grading", "replications"]
    assert "numpy" in packages["rnncore"]["depends"]
    assert packages["pyodide-kernel"]["imports"] == ["pyodide_kernel"]


def test_every_package_that_the_course_ships_is_found_by_import():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["packages"]["find"]["include"]
    shipped = {pattern.removesuffix("*") for pattern in patterns}
    assert shipped == set(wheels.OURS["rnncore"]["imports"])


def test_pyodide_is_the_one_that_the_kernel_pins():
    pinned = json.loads((SOURCE / "package.json").read_text())["dependencies"]["pyodide"]
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/pyodide"]["version"] == pinned
    assert not re.search(r'"resolved"|https?://registry', json.dumps(lock))
    # In the tools' own environment, which most machines do not have.
    package = "lib/python*/site-packages/jupyterlite_pyodide_kernel/constants.py"
    found = list((ROOT / lite.TOOLS).glob(package))
    if not found:
        pytest.skip("the tools of JupyterLite are not installed: `make lite` does that")
    assert f'PYODIDE_VERSION = "{pinned}"' in found[0].read_text()


def test_contents_are_the_notebooks_of_the_book_and_what_they_read(tmp_path):
    lite.stage_contents(ROOT, ROOT / "book" / "_toc.yml", tmp_path, "3.14.2")
    for name in (
        "book/07_lstm.ipynb",
        "exercises/06_lstm/06_lstm.ipynb",
        "book/data/performance.json",
    ):
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes()
    start = json.loads((tmp_path / "START.ipynb").read_text())
    assert "Python here is 3.14.2" in "".join(start["cells"][0]["source"])
    assert not list(tmp_path.rglob("*solutions*"))


def test_the_kernel_starts_from_packages_of_the_site():
    data = lite.settings("The Book")["jupyter-config-data"]
    options = data["litePluginSettings"][lite.PLUGIN]["loadPyodideOptions"]
    assert {"ipykernel", "comm", "ipython", "piplite"} <= set(options["packages"])
    assert data["appName"] == "The Book"


def test_the_stand_in_for_glue_shows_a_value(capsys, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE / "browser"))
    monkeypatch.delitem(__import__("sys").modules, "myst_nb", raising=False)
    from myst_nb import glue

    glue("answer", 42)
    glue("quiet", 43, display=False)
    assert capsys.readouterr().out == "42\n"
