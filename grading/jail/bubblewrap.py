"""Tier 1: the command line of bubblewrap, which gives the kernel a file system of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .limits import MIB

SYSTEM_LINKS = "bin sbin lib lib32 lib64 libx32".split()
CONFIGURATION = (
    "/etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d /etc/alternatives /etc/fonts /etc/localtime"
).split()
LAUNCHER = "/confine.py"
SHARED_MEMORY = 64  # MiB
WORK = "/work"  # inside, the folder of the submission
PASSWD = "student:x:{uid}:{uid}:student:/home/student:/bin/sh\n"


def executable():
    """Give the path of bwrap, or None."""
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")


def inside(environment):
    """Give where things are inside, as {path outside: path inside}; nothing reveals the course."""
    places = {environment.course: Path("/course")}
    if environment.fonts:
        places[environment.fonts] = Path("/fonts")
    if not environment.base_is_system:
        places[environment.base] = Path("/python")
    for number, site in enumerate(environment.sites):
        places[site] = Path(f"/packages{number or ''}")
    return places


def parents(path):
    """Make the folders above a path; bubblewrap itself would make them unreadable."""
    above = list(reversed(Path(path).parents))[1:]
    return [word for folder in above for word in ("--perms", "0755", "--dir", str(folder))]


def bind(source, target, how="--ro-bind"):
    """Make a path visible."""
    return [*parents(target), how, str(source), str(target)]


def private(target, size):
    """Give an empty folder of limited size (MiB)."""
    return [*parents(target), "--perms", "0777", "--size", str(size * MIB), "--tmpfs", target]


def system():
    """Make the system's programs and libraries visible."""
    words = bind("/usr", "/usr")
    for name in SYSTEM_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            words += bind(path, path)
    for name in CONFIGURATION:
        words += bind(name, name, "--ro-bind-try")
    return words


def packages(environment, empty):
    """Make interpreter and packages visible, without what is masked.

    Parameters
    ----------
    empty : path
        An empty file, shown in place of a masked file.
    """
    places = inside(environment)
    words = [word for source, target in places.items() for word in bind(source, target)]
    for path in environment.masked:
        for source, target in {Path("/usr"): Path("/usr"), **places}.items():
            if not path.is_relative_to(source):
                continue
            hidden = str(target / path.relative_to(source))
            if path.is_dir():
                words += ["--perms", "0755", "--size", "4096", "--tmpfs", hidden]
                words += ["--remount-ro", hidden]
            else:
                words += ["--ro-bind", str(empty), hidden]
    return words


def isolation(uid):
    """Leave every namespace; as root keep what dropping the user id needs, no more."""
    words = [f"--unshare-{name}" for name in "net pid ipc uts cgroup-try".split()]
    words += "--hostname course --die-with-parent --new-session --clearenv".split()
    if uid is None:
        return [*words, *"--unshare-user --uid 1000 --gid 1000".split()]
    kept = ("CAP_SETUID", "CAP_SETGID")
    return [*words, "--cap-drop", "ALL", *(word for cap in kept for word in ("--cap-add", cap))]


def command(environment, limits, folder, uid, filter_handle, variables):
    """Write the command line up to the program that is to run.

    Parameters
    ----------
    environment : Environment
    limits : Limits
    folder : Path
        The run's own folder: ``sockets`` is shared; ``files``, ``venv`` and others are read.
    uid : int or None
        An unused user id if we are root.
    filter_handle : int
        A file descriptor with the seccomp program.
    variables : dict
        The whole environment.
    """
    words = [executable(), *isolation(uid), "--seccomp", str(filter_handle)]
    words += [*system(), *packages(environment, folder / "empty")]
    words += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777"]
    words += ["--size", str(SHARED_MEMORY * MIB), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    for target in ("/tmp", WORK, "/home/student"):
        words += private(target, limits.disk)
    words += bind(folder / "passwd", "/etc/passwd")
    words += bind(folder / "files", "/files")
    words += bind(folder / "venv", "/env")
    words += bind(folder / "sockets", "/sockets", "--bind")
    words += bind(Path(__file__).with_name("confine.py"), LAUNCHER)
    for name, value in variables.items():
        words += ["--setenv", name, value]
    return [*words, "--remount-ro", "/", "--chdir", WORK, "--"]
