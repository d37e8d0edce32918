"""JupyterLab in a course, as an instructor starts it, with folders and a port of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

TOKEN = "a-token-of-the-test"
# A busy machine is no failure.
PATIENCE = 300


@contextmanager
def start_lab(course: Path, folder: Path, environment: dict):
    """Start JupyterLab in ``course`` on a free port; give its address, without a slash.

    Parameters
    ----------
    course : Path
        The folder with ``nbgrader_config.py``.
    folder : Path
        For what JupyterLab keeps of its own, and its log.
    environment : dict
        Of the new process.
    """
    homes = {"HOME": "home", "IPYTHONDIR": "ipython"} | {
        f"JUPYTER_{kind.upper()}_DIR": kind for kind in ("config", "data", "runtime")
    }
    for name in homes.values():
        (folder / name).mkdir(parents=True)
    command = [
        *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--port=0"),
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={course}",
        # Neither news nor newer versions: nothing is asked of another host.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=course,
            env=environment | {name: str(folder / place) for name, place in homes.items()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield wait(process, folder)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def wait(process, folder: Path) -> str:
    """Wait until the server has written where it listens; give the address."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        for path in (folder / "runtime").glob("jpserver-*.json"):
            try:
                about = json.loads(path.read_text())
            except ValueError:  # half written
                continue
            return f"http://127.0.0.1:{about['port']}"
        time.sleep(0.1)
    raise RuntimeError((folder / "log.txt").read_text())
