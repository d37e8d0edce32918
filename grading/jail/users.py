"""A user id for each run that no other run has, of this grader or of another one here."""

from __future__ import annotations

import fcntl
import itertools
import os
from pathlib import Path

from . import store

# User ids that nobody uses: systemd's list of ranges leaves both free.
MANY_USERS = (1_900_000_000, 1 << 27)
FEW_USERS = (60_706, 478)

_starts = itertools.count()


def claim():
    """Claim a user id.

    Returns
    -------
    user : int or None
        None unless we are root.
    held : file or None
        It is ours until this is closed, or this process ends.

    Raises
    ------
    RuntimeError
        If all are taken.
    """
    if os.getuid() != 0:
        return None, None
    first, count = MANY_USERS if highest() > sum(MANY_USERS) else FEW_USERS
    start = os.getpid() * 32 + next(_starts)
    for user in (first + (start + tried) % count for tried in range(FEW_USERS[1])):
        # One file for several ids: there are never more files than few ids.
        held = (store.folder() / f"user-{user % FEW_USERS[1]}").open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
        else:
            return user, held
    raise RuntimeError(
        f"All {FEW_USERS[1]} user ids for jailed kernels are taken; grade fewer at once."
    )


def highest():
    """Give the end of the user ids that this system or container knows."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return 1 << 31
    return max(int(line.split()[0]) + int(line.split()[2]) for line in lines)
