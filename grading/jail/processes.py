"""Read a tree of processes from /proc; no package does it without reading all processes."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

# What stands between us and the kernel: bwrap twice, or the supervisor.
LAUNCHERS = 2


@dataclass(frozen=True)
class Usage:
    """What one process used: CPU in seconds, with its ended children; resident bytes."""

    cpu: float
    resident: int


def children(pid):
    """Give the direct children of a process; none if it has ended."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += map(int, file.read().split())
    except FileNotFoundError:
        return found if found or not os.path.exists(f"/proc/{pid}") else by_parent(pid)
    except (ProcessLookupError, PermissionError):
        pass
    return found


def by_parent(pid):
    """Give the children where the kernel keeps no list of them."""
    found = []
    for entry in os.listdir("/proc"):
        fields = stat_fields(entry) if entry.isdigit() else None
        if fields and int(fields[1]) == pid:
            found.append(int(entry))
    return found


def tree(root):
    """Give a process and all its descendants."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children(pid)
    return found


def stat_fields(pid):
    """Give the fields of /proc/pid/stat after the name: state, parent, ...; None if ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def usage(pid):
    """Give what a process used, or None if it has ended."""
    fields = stat_fields(pid)
    if not fields:
        return None
    ticks = sum(map(int, fields[11:15]))
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), int(fields[21]) * os.sysconf("SC_PAGE_SIZE"))


def proportional(pid):
    """Give a process's bytes, each shared page divided by the number of its users."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        use = usage(pid)
        return use.resident if use else 0
    lines = [line.split() for line in text.splitlines()]
    return sum(int(line[1]) * 1024 for line in lines if line[0] in ("Pss:", "SwapPss:"))


def own_threads():
    """Count the threads of this user on the machine."""
    count, user = 0, os.getuid()
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.stat(f"/proc/{entry}").st_uid == user:
                count += len(os.listdir(f"/proc/{entry}/task"))
        except OSError:
            continue
    return count


def end(pids):
    """Send SIGKILL; those that ended already are fine."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
