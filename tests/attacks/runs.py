"""Run the suite in quarantine, and judge what it saw."""

from __future__ import annotations

import json
import subprocess
import sys

from . import quarantine, texts
from .controls import CONTROLS
from .suite import HONEST

TIERS = ("bubblewrap", "landlock")
FULL = 10.0  # points of an honest student
USERS = {"root": None, "ordinary user": quarantine.USER}


def attack(tier, user="root", names=None, log=subprocess.PIPE):
    """Let attackers at the grader in a tier; return what was seen of each student."""
    part = {"tier": tier, "attacks": list(names or texts.load())}
    return _ask(part, USERS[user], log)


def without(safeguard, log=subprocess.PIPE):
    """Let the attackers that a safeguard stops at a grader that lacks it."""
    names = [name for name, one in texts.load().items() if safeguard in one.controls]
    tier = "none" if safeguard == "jail" else TIERS[0]
    part = {"tier": tier, "attacks": names, "without": [safeguard]}
    return _ask(part, quarantine.USER, log)


def _ask(part, user, log):
    words = [sys.executable, "-m", "attacks.suite"]
    done = quarantine.run(words, user=user, feed=json.dumps({"part": part}), log=log)
    if done.returncode != 0:
        raise RuntimeError(f"The suite ended with status {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)["part"]


def problems(one, seen, tier):
    """List in what way an attack was not contained."""
    found = list(seen["signs"])
    if not one.expected(seen["status"], seen["points"]):
        found.append(f"{seen['status']}, {seen['points']:g} points: {seen['reason']}")
    if seen["tier"] not in (tier, ""):
        found.append(f"it ran in the tier {seen['tier']}")
    return found


def succeeded(one, seen):
    """Tell whether an attack got through."""
    return bool(seen["signs"]) or not one.expected(seen["status"], seen["points"])


def class_is_graded(found):
    """Tell whether the honest students around the attackers got their marks."""
    return all(found[name]["points"] == FULL for name in HONEST)


def pairs():
    """List each safeguard with the attacks that succeed without it."""
    return [(name, one) for name in CONTROLS for one in texts.load() if _stopped(name, one)]


def _stopped(safeguard, name):
    return safeguard in texts.load()[name].controls
