"""How much one jailed kernel may use, and the thread that ends it when it uses more."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass

from . import processes

MIB = 2**20
# A kernel has about ten threads; RLIMIT_NPROC counts threads, the watchdog processes.
SPARE_THREADS = 64
# Each file of a tmpfs takes about a KiB of the machine's memory, however short it is.
MOST_FILES = 20_000
# Python, its libraries and the stacks of threads, beside the student's data.
SPARE_DATA = 256


@dataclass(frozen=True)
class Limits:
    """Limits of one jailed kernel with everything that it starts.

    Attributes
    ----------
    memory : int
        MiB of all its processes together.
    cpu_seconds, wall_seconds : int
        Of the whole tree; since the start.
    processes : int
        At the same time.
    file_size : int
        MiB of one file.
    open_files : int
        Of one process.
    disk : int
        MiB in each of its folders.
    output : int
        MiB that `run_script` keeps; a notebook's are ``SplitExecute.notebook_output``.
    """

    memory: int = 2048
    cpu_seconds: int = 600
    wall_seconds: int = 900
    processes: int = 32
    file_size: int = 64
    open_files: int = 256
    disk: int = 256
    output: int = 16

    def __post_init__(self):
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"The limit {name} should be more than 0, but is {value}.")

    def resources(self, running=0):
        """Give the second line of defence, as {name of a resource: value}.

        Parameters
        ----------
        running : int
            Threads that count as this user's already.
        """
        return {
            "RLIMIT_NPROC": running + self.processes + SPARE_THREADS,
            "RLIMIT_DATA": (self.memory + SPARE_DATA) * MIB,
            "RLIMIT_AS": (2 * self.memory + 4096) * MIB,
            "RLIMIT_CPU": int(self.cpu_seconds) + 5,
            "RLIMIT_FSIZE": self.file_size * MIB,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
            "RLIMIT_MSGQUEUE": 0,
        }


class Watchdog(threading.Thread):
    """Look at a tree of processes until it ends, or end it.

    Parameters
    ----------
    root : int
        The process whose descendants count.
    limits : Limits
    end : callable
        Called once, with the name of the limit.
    folders : sequence of path
        Folders on an ordinary disk whose contents count as `disk`.
    filesystems : sequence of str
        Where the tree has file systems of limited size; their files are counted.
    interval : float
        Seconds between two looks.
    """

    def __init__(self, root, limits, end, folders=(), filesystems=(), interval=0.05):
        super().__init__(name=f"watchdog of {root}", daemon=True)
        self.root, self.limits, self.end_tree = root, limits, end
        self.folders, self.filesystems, self.interval = folders, filesystems, interval
        self.begin = time.monotonic()
        self.stopped = threading.Event()

    def run(self):
        """Look at intervals."""
        looks = 0
        while not self.stopped.wait(self.interval):
            looks += 1
            exceeded = self.exceeded(with_disk=looks % 10 == 0)
            if exceeded and not self.stopped.is_set():
                self.end_tree(exceeded)
                return

    def exceeded(self, with_disk=True):
        """Name the limit that the tree is over now, or give None."""
        if time.monotonic() - self.begin > self.limits.wall_seconds:
            return "time"
        tree = processes.tree(self.root)
        if len(tree) > self.limits.processes + processes.LAUNCHERS:
            return "processes"
        usage = [use for pid in tree if (use := processes.usage(pid))]
        if sum(use.cpu for use in usage) > self.limits.cpu_seconds:
            return "cpu"
        if self.memory_exceeded(tree, usage):
            return "memory"
        return "disk" if with_disk and self.disk_exceeded(tree[-1]) else None

    def disk_exceeded(self, member):
        """Whether there is too much on disk, or there are too many files.

        Parameters
        ----------
        member : int
            A process that sees the file systems.
        """
        if any(files_on(f"/proc/{member}/root{path}") > MOST_FILES for path in self.filesystems):
            return True
        sizes = [folder_size(folder) for folder in self.folders]
        return (
            sum(size for size, _ in sizes) > self.limits.disk * MIB
            or sum(count for _, count in sizes) > MOST_FILES
        )

    def memory_exceeded(self, tree, usage):
        """Whether the tree holds too much: pages that processes share count once."""
        limit = self.limits.memory * MIB
        if sum(use.resident for use in usage) <= limit:
            return False
        return sum(map(processes.proportional, tree)) > limit

    def stop(self):
        """Look no more."""
        self.stopped.set()


def files_on(path):
    """Count the files of the file system on which a path lies; 0 if it cannot be seen."""
    try:
        state = os.statvfs(path)
    except OSError:
        return 0
    return state.f_files - state.f_ffree


def folder_size(folder):
    """Give bytes on disk and number of all below a folder; what vanishes meanwhile is 0."""
    total = count = 0
    for parent, folders, files in os.walk(folder):
        for name in files + folders:
            count += 1
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
            except OSError:
                continue
    return total, count
