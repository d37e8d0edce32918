"""Tier 2: Landlock and seccomp, through the kernel's own calls; no namespaces are needed.

Landlock lists what may be read and written. What it does not cover (signals and abstract
sockets before its version 6, connections to sockets with a path, permissions and times of
files) seccomp refuses. See ``man 7 landlock``.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from functools import cache

from . import seccomp

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
TRUNCATE, IOCTL_DEVICE = 1 << 14, 1 << 15
# How many rights on files each version knows: 13, then REFER, TRUNCATE, IOCTL_DEV.
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
NEWEST_RIGHTS = 16
BIND_AND_CONNECT = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
DEVICES = [f"/dev/{name}" for name in "null zero full random urandom".split()]
SYSTEM = (
    "/usr /bin /sbin /lib /lib32 /lib64 /etc/ld.so.cache /etc/alternatives /etc/fonts "
    "/etc/localtime /etc/passwd /etc/group /etc/nsswitch.conf /proc/cpuinfo /proc/meminfo "
    "/sys/devices/system/cpu"
).split()


@cache
def version():
    """Give the version of Landlock's interface; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    library = ctypes.CDLL(None, use_errno=True)
    return max(0, library.syscall(444, None, 0, 1))


def attributes(abi):
    """Say which rights are taken away unless a rule gives them (a ``landlock_ruleset_attr``)."""
    handled = (1 << RIGHTS.get(abi, NEWEST_RIGHTS)) - 1
    fields = [handled]
    if abi >= 4:
        fields.append(BIND_AND_CONNECT)
    if abi >= 6:
        fields.append(ABSTRACT_SOCKETS_AND_SIGNALS)
    return handled, struct.pack(f"={len(fields)}Q", *fields)


def without(folder, masked):
    """List paths that cover a folder, but none of the masked ones."""
    folder = os.path.realpath(folder)
    inner = [os.fspath(path) for path in masked]
    if any(folder == path or folder.startswith(path + os.sep) for path in inner):
        return []
    if not any(path.startswith(folder + os.sep) for path in inner):
        return [folder]
    entries = [entry.path for entry in os.scandir(folder) if not entry.is_symlink()]
    return [path for entry in entries for path in without(entry, masked)]


def specification(readable, listed, writable, abi):
    """Describe the rules for confine.py.

    Parameters
    ----------
    readable : sequence of path
        With everything below them.
    listed : sequence of path
        Folders of which only the names below them may be read.
    writable : sequence of path
        Folders.
    abi : int
        Landlock's version.

    Returns
    -------
    dict
        ``attributes`` (hexadecimal) and ``rules``: access, those of its bits that only
        folders have, paths.
    """
    handled, packed = attributes(abi)
    read = EXECUTE | READ_FILE | READ_DIR
    write = handled & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEVICE)
    device = (READ_FILE | WRITE_FILE | TRUNCATE) & handled
    files_only = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
    rules = [(read, readable), (READ_DIR, listed), (write, writable), (device, DEVICES)]
    return {
        "attributes": packed.hex(),
        "rules": [
            (access, access & ~files_only, [os.fspath(path) for path in paths])
            for access, paths in rules
        ],
    }


def calls(abi):
    """Describe the seccomp program for confine.py."""
    return {"code": seccomp.program(abi).hex(), "own_pid": seccomp.OWN_PID}
