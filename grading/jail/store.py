"""What is made once and used by every run, in a folder that all may read."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

FONT_SECONDS = 120


def publish(fresh, target):
    """Give a new folder its final name; another process may have been faster."""
    for parent, _, files in os.walk(fresh):
        os.chmod(parent, 0o755)
        for name in files:
            os.chmod(os.path.join(parent, name), 0o644)
    try:
        os.rename(fresh, target)
    except OSError:
        shutil.rmtree(fresh)
        if not target.is_dir():
            raise


def folder():
    """Give this user's folder for copies: readable by all, writable by the user alone.

    Raises
    ------
    PermissionError
        If somebody else made the folder or may write into it.
    """
    place = Path(tempfile.gettempdir()) / f"rnn-jail-cache-{os.getuid()}"
    place.mkdir(mode=0o755, exist_ok=True)
    state = os.lstat(place)
    shared = stat.S_IMODE(state.st_mode) & 0o022
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or shared:
        raise PermissionError(f"{place} belongs to somebody else; remove it.")
    os.chmod(place, 0o755)
    return place


def font_list():
    """Make Matplotlib's list of the fonts of this machine; None without Matplotlib.

    A kernel with an empty home folder would look at every font file when it first plots.
    """
    try:
        version = importlib.metadata.version("matplotlib")
    except importlib.metadata.PackageNotFoundError:
        return None
    target = folder() / f"fonts-{version}"
    if not target.is_dir():
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=folder()))
        places = {"MPLCONFIGDIR": str(fresh), "HOME": str(fresh)}
        words = [sys.executable, "-c", "import matplotlib.font_manager"]
        options = {"capture_output": True, "timeout": FONT_SECONDS, "stdin": subprocess.DEVNULL}
        subprocess.run(words, env={**os.environ, **places}, **options)
        for path in fresh.iterdir():
            if not path.match("fontlist-*.json"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        publish(fresh, target)
    return target
