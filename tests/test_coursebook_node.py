"""Node from PyPI, and what npm installs for the pages."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from coursebook import node

ROOT = Path(__file__).parents[1]


def test_node_runs():
    done = subprocess.run([node.node(), "-p", "6 * 7"], capture_output=True, text=True)
    assert done.stdout == "42\n", done.stderr


@pytest.fixture
def web(tmp_path):
    """Lay a folder whose one npm package lies beside it, so that no network is needed."""
    package, web = tmp_path / "web" / "greeting", tmp_path / "web"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "greeting", "version": "1.0.0"}')
    subprocess.run(
        [node.node(), node.npm(), "pack", "--offline", "./greeting"], cwd=web, check=True
    )
    manifest = {"dependencies": {"greeting": f"file:{web}/greeting-1.0.0.tgz"}}
    (web / "package.json").write_text(json.dumps(manifest))
    lock = [node.node(), node.npm(), "install", "--package-lock-only", "--offline"]
    subprocess.run(lock, cwd=web, check=True)
    return web


def test_packages_are_installed_when_the_lock_changed_and_only_then(web, tmp_path, monkeypatch):
    modules = node.install_packages(web, tmp_path / "built")
    assert (modules / "greeting" / "package.json").exists()
    monkeypatch.setattr(node.subprocess, "run", None)  # a second npm would be an error
    assert node.install_packages(web, tmp_path / "built") == modules
    lock = web / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    with pytest.raises(TypeError):
        node.install_packages(web, tmp_path / "built")


def test_a_package_that_cannot_be_had_stops_the_build(web, tmp_path):
    next(web.glob("*.tgz")).unlink()
    with pytest.raises(node.ExtensionError, match=r"(?s)needs the network. npm said:\n.*greeting"):
        node.install_packages(web, tmp_path / "built")


@pytest.mark.parametrize("folder", ["book/web", "tests/browser"])
def test_the_lock_fits_the_manifest_and_holds_no_address(folder):
    web = ROOT / folder
    wanted = json.loads((web / "package.json").read_text())["dependencies"]
    packages = json.loads((web / "package-lock.json").read_text())["packages"]
    assert packages[""]["dependencies"] == wanted
    assert not [name for name, entry in packages.items() if "resolved" in entry]
