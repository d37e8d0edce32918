"""The private folder of one run on our side, and the submission's files that may go in."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

PREFIX = "rnn-jail-"
LONGEST_SOCKET = 100  # bytes; the system's limit is 108
MOST_FILES = 1000
STALE_SECONDS = 24 * 3600
NEVER = (".ipynb",)  # a notebook may hold hidden tests


def make(user):
    """Make a run's folder with short paths, after removing those of dead graders.

    Parameters
    ----------
    user : int or None
        Who owns what student code may write.
    """
    place = Path(tempfile.gettempdir())
    if len(os.fsencode(place)) > LONGEST_SOCKET - 50:
        place = Path("/tmp")
    remove_stale(place)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))
    folder.chmod(0o711)
    (folder / "venv" / "bin").mkdir(parents=True)
    (folder / "empty").touch()
    own(folder / "sockets", user)
    renew(folder, user)
    return folder


def renew(folder, user):
    """Empty what a kernel may have written to, for another one."""
    for name in ("files", "work", "tmp", "home"):
        remove(folder / name)
    (folder / "files").mkdir(mode=0o755)
    for name in ("work", "tmp", "home"):
        own(folder / name, user)


def own(path, user):
    """Make a folder that one user may use."""
    path.mkdir(mode=0o700)
    if user is not None:
        os.chown(path, user, user)


def remove_stale(place):
    """Remove our folders of graders that do not live any more.

    Only old ones: a grader in another container may share the place, not the process ids.
    """
    for folder in place.glob(f"{PREFIX}*-*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        try:
            state = folder.lstat()
        except OSError:
            continue
        old = time.time() - state.st_mtime > STALE_SECONDS
        dead = number.isdigit() and not os.path.exists(f"/proc/{number}")
        if old and dead and state.st_uid == os.getuid():
            remove(folder)


def remove(folder):
    """Remove a run's folder, whatever is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def collect(source, target, limit):
    """Copy a submission's regular files: no notebook, no links, no devices or pipes.

    Parameters
    ----------
    source, target : path
    limit : int
        Bytes in all; what would go over it is left out.

    Returns
    -------
    list of str
        What was left out.
    """
    left_out, used, count = [], 0, 0
    for parent, folders, files in os.walk(source):
        place = Path(target, os.path.relpath(parent, source))
        folders[:] = [name for name in folders if not os.path.islink(Path(parent, name))]
        for name in folders:
            (place / name).mkdir()
        for name in files:
            path = Path(parent, name)
            size = None if path.suffix in NEVER else copy_regular(path, place / name, limit - used)
            count += 1
            if size is None or count > MOST_FILES:
                left_out.append(os.path.relpath(path, source))
            used += size or 0
        if count > MOST_FILES:
            break
    return left_out


def copy_regular(path, target, limit):
    """Copy one file if it is a regular one with a single name; give its size, else None."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink > 1 or state.st_size > limit:
            return None
        target.write_bytes(file.read(limit))
    target.chmod(0o644)
    return state.st_size
