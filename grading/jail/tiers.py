"""Which protection works on this machine. It is tried, never guessed from versions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from . import bubblewrap, landlock, store

TIERS = ("bubblewrap", "landlock")
SECONDS = 20
REMEMBERED = 600  # seconds; a tier that stops working meanwhile fails, it never runs unprotected

REFUSAL = """\
Student code would run unprotected on this machine, so it does not run.
{reasons}
What helps:
 - Debian, Ubuntu: sudo apt install bubblewrap
 - Fedora: sudo dnf install bubblewrap
 - Ubuntu 24.04 and later forbid bubblewrap to ordinary users until its AppArmor profile is
   enabled: sudo apt install apparmor-profiles, then
   sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/
   sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict
 - Without bubblewrap, Linux 5.13 or newer with Landlock is enough.
 - macOS, Windows: grade in WSL2, in a virtual machine or in a container of Linux.
To grade code that you trust without protection, set in nbgrader_config.py:
   c.JailedProvisioner.tier = "none"
   c.JailedProvisioner.allow_unprotected = True"""


class JailRefused(RuntimeError):
    """No protection works here, and nobody allowed to go without."""


def choose(wanted="auto", allow_unprotected=False):
    """Choose the tier.

    Parameters
    ----------
    wanted : str
        ``"auto"``, ``"bubblewrap"``, ``"landlock"`` or ``"none"``.
    allow_unprotected : bool
        Whether ``"none"`` is allowed.

    Raises
    ------
    JailRefused
        If the tier does not work, with what would help.
    ValueError
        For another name.
    """
    if wanted not in ("auto", *TIERS, "none"):
        raise ValueError(
            f"The tier should be auto, bubblewrap, landlock or none, but is {wanted!r}."
        )
    if wanted == "none":
        if allow_unprotected:
            return "none"
        raise JailRefused(REFUSAL.format(reasons=" - tier none: allow_unprotected is not set"))
    reasons = []
    for tier in TIERS if wanted == "auto" else (wanted,):
        problem = try_tier(tier)
        if not problem:
            return tier
        reasons.append(f" - {tier}: {problem}")
    raise JailRefused(REFUSAL.format(reasons="\n".join(reasons)))


@cache
def try_tier(tier):
    """Try a tier, unless it worked a moment ago; give the problem, or an empty string."""
    if not sys.platform.startswith("linux"):
        return f"needs Linux, this is {sys.platform}"
    if tier == "bubblewrap" and bubblewrap.executable() is None:
        return "bwrap is not installed"
    if tier == "landlock" and landlock.version() == 0:
        return "this Linux kernel has no Landlock, or it is switched off"
    worked = store.folder() / f"{tier}-works-{os.path.basename(sys.base_prefix)}"
    if worked.exists() and time.time() - worked.stat().st_mtime < REMEMBERED:
        return ""
    problem = start_once(tier)
    if not problem:
        worked.touch()
    return problem


def start_once(tier):
    """Start Python in this tier; give the problem, or an empty string."""
    from . import environment, limits, run

    attempt = run.Run(environment.find(), limits.Limits(), tier)
    try:
        if tier == "landlock" and attempt.user is not None and not attempt.mounts:
            closed = [path for path in attempt.places() if not open_to_all(path)]
            if closed:
                return f"runs as an unused user, who may not read {closed[0]}"
        status = attempt.start([attempt.python, "-I", "-S", "-c", ""]).wait(SECONDS)
        attempt.output.join(SECONDS)
        return "" if status == 0 else attempt.output.text.strip()[-500:] or f"status {status}"
    except subprocess.TimeoutExpired:
        return f"did not start within {SECONDS} s"
    except KeyError as error:
        return f"no list of system calls for this kind of machine ({error})"
    finally:
        attempt.close()


@cache
def may_mount():
    """Whether this process may mount folders that only its children see."""
    unshare = shutil.which("unshare", path="/usr/bin:/bin")
    if os.getuid() != 0 or unshare is None:
        return False
    words = [unshare, "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(words, capture_output=True, timeout=SECONDS).returncode == 0


def open_to_all(path):
    """Whether any user may reach a folder."""
    parents = [Path(path), *Path(path).parents]
    return all(parent.stat().st_mode & 0o001 for parent in parents)
