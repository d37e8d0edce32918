"""Run a program where nothing that it does can reach the machine.

Namespaces of its own for mounts, processes, network and System V objects; everything read-only
but an empty /tmp; limits on memory, processes and files; when asked for, an unused user. Only
root can do this. It is not the jail: the jail is what is tested inside.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EMPTIED = ("/tmp", "/root", "/home", "/var/tmp", "/dev/shm", "/run", "/mnt", "/srv")
TMP_MIB = 1024
USER = 54_321
MS_RDONLY, MS_BIND, MS_REC, MS_PRIVATE = 1, 4096, 16384, 1 << 18
MOUNT_SETATTR, AT_RECURSIVE, ATTR_RDONLY = 442, 0x8000, 1
LIMITS = {
    "RLIMIT_AS": 12 << 30,
    "RLIMIT_NPROC": 600,
    "RLIMIT_FSIZE": 512 << 20,
    "RLIMIT_CORE": 0,
}


def possible():
    """Say why it cannot be done here, or give an empty string."""
    if not sys.platform.startswith("linux") or os.getuid() != 0:
        return "only root on Linux can make namespaces for a throw-away user"
    if shutil.which("unshare") is None:
        return "unshare (util-linux) is not installed"
    words = ["unshare", *"--mount --pid --net --ipc --fork --kill-child --mount-proc true".split()]
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stderr.strip()


def run(words, user=None, timeout=3600, feed="", log=subprocess.PIPE):
    """Run a program in quarantine.

    Parameters
    ----------
    words : list of str
        Program and arguments.
    user : int, optional
        Whom to run it as; root otherwise.
    feed : str
        Its standard input.
    log : file or None
        Where its standard error goes; to the result unless told otherwise.

    Returns
    -------
    subprocess.CompletedProcess
    """
    begin = "unshare --mount --pid --net --ipc --fork --kill-child --mount-proc".split()
    request = json.dumps({"words": words, "user": user, "kept": keep(), "prefix": sys.prefix})
    return subprocess.run(
        [*begin, sys.executable, "-I", "-S", __file__, request],
        input=feed,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        timeout=timeout,
    )


def keep():
    """List folders that have to stay, wherever they lie: course, interpreter, packages."""
    places = {ROOT, Path(sys.prefix), Path(sys.base_prefix), Path(sys.prefix).resolve()}
    places |= {Path(sys.base_prefix).resolve()}
    below = [p for p in places if any(p.is_relative_to(folder) for folder in EMPTIED)]
    return sorted({str(path) for path in below})


class Mounts:
    """Calls of mount(2) that raise when they fail."""

    def __init__(self):
        self.library = ctypes.CDLL(None, use_errno=True)

    def mount(self, source, target, kind=None, flags=0, data=None):
        """Mount."""
        words = [None if w is None else os.fsencode(w) for w in (source, target, kind)]
        options = None if data is None else data.encode()
        self._checked(self.library.mount(*words, ctypes.c_ulong(flags), options), target)

    def read_only(self, target):
        """Make a tree of mounts read-only."""
        attributes = struct.pack("=QQQQ", ATTR_RDONLY, 0, 0, 0)
        answer = self.library.syscall(
            MOUNT_SETATTR, -100, os.fsencode(target), AT_RECURSIVE, attributes, len(attributes)
        )
        self._checked(answer, target)

    def _checked(self, answer, target):
        if answer != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), target)


def hide(kept):
    """Make everything read-only, and the shared and private folders empty."""
    mounts = Mounts()
    mounts.mount("none", "/", flags=MS_REC | MS_PRIVATE)
    handles = {path: os.open(path, os.O_PATH) for path in kept}
    mounts.read_only("/")
    for place in EMPTIED:
        if os.path.isdir(place) and not os.path.islink(place):
            size = f"size={TMP_MIB}m,mode=1777" if place == "/tmp" else "size=16m,mode=0755"
            mounts.mount("none", place, "tmpfs", 0, size)
    for path, handle in handles.items():
        os.makedirs(path, exist_ok=True)
        mounts.mount(f"/proc/self/fd/{handle}", path, None, MS_BIND | MS_REC)
        mounts.read_only(path)
        os.close(handle)
    mounts.mount("proc", "/proc", "proc")  # the one that was there became read-only


def stay_as_first(child):
    """Remain process 1 of the namespace, to which orphans fall, until the program ends."""
    if child == 0:
        return
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(min(abs(os.waitstatus_to_exitcode(status)), 255))


def main():
    """Build the quarantine from inside the new namespaces, and become the program."""
    request = json.loads(sys.argv[1])
    hide(request["kept"])
    stay_as_first(os.fork())
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False, capture_output=True)
    for name, value in LIMITS.items():
        resource.setrlimit(getattr(resource, name), (value, value))
    if request["user"] is not None:
        os.setgroups([])
        os.setresgid(request["user"], request["user"], request["user"])
        os.setresuid(request["user"], request["user"], request["user"])
    os.chdir("/tmp")
    environment = {
        "PATH": f"{request['prefix']}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        **dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1"),
    }
    words = request["words"]
    os.execve(words[0], words, environment)


if __name__ == "__main__":
    main()
