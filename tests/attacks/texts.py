"""Read attacks: small texts, each with a header and cells.

A text begins with a sentence that says what it tries, then lines ``key: value``:

kind        which table row it belongs to
answers     right or wrong: what the other answers are, which fixes the honest score
status      outcomes that are as they should be, with ``|`` between them
points      points that are as they should be: a number, or ``<=`` and a number
stopped by  the safeguard
control     safeguards without which it succeeds: see `controls`; more than one with ``,``
limits      settings for this submission alone, as ``JailedProvisioner.memory=300``

and sections: ``# %% NAME`` is an answer, ``# %% after NAME`` a cell of the student's own behind
that cell, and ``# %% notebook`` is run by the suite itself when it writes the submission: it
stands for an editor, and knows ``cells``, ``notebook``, ``folder`` and ``find``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent
SECTION = re.compile(r"^# %% (.+)$", re.MULTILINE)
KEYS = ("kind", "answers", "status", "points", "stopped by", "control", "limits")
HONEST = {"right": 10.0, "wrong": 0.0}


@dataclass(frozen=True)
class Attack:
    """One attack; see the module for its fields."""

    name: str
    tries: str
    header: dict[str, str]
    sections: tuple[tuple[str, str], ...]

    @property
    def honest(self):
        """Points of the same answers without the attack."""
        return HONEST[self.header["answers"]]

    @cached_property
    def controls(self):
        """Name the safeguards without which it succeeds."""
        return tuple(name for name in self.header.get("control", "").replace(",", " ").split())

    @cached_property
    def settings(self):
        """Give its own settings, as lines of nbgrader_config.py."""
        lines = self.header.get("limits", "").replace(",", " ").split()
        return "".join(f"c.{line}\n" for line in lines)

    def expected(self, status, points):
        """Tell whether an outcome is as it should be."""
        wanted = [word.strip() for word in self.header["status"].split("|")]
        least, most = self.header["points"].startswith("<="), self.header["points"]
        most = float(most.removeprefix("<="))
        return status in wanted and (points <= most if least else points == most)


def sections(text):
    """Split a text into its beginning and its sections, as pairs of name and body."""
    first, *rest = SECTION.split(text)
    return first.strip(), tuple(zip(rest[::2], (body.strip() for body in rest[1::2]), strict=True))


def parse(name, text):
    """Read one attack.

    Raises
    ------
    ValueError
        The header is not as it should be.
    """
    begin, cells = sections(text)
    lines = begin.splitlines()
    header = dict(line.split(": ", 1) for line in lines if line.partition(":")[0] in KEYS)
    tries = " ".join(line for line in lines if line.partition(":")[0] not in KEYS).strip()
    missing = set(KEYS[:5]) - set(header)
    if missing or header["answers"] not in HONEST or not tries.endswith("."):
        raise ValueError(f"{name}: the header lacks {', '.join(sorted(missing)) or 'a sentence'}.")
    return Attack(name, tries, header, cells)


def load():
    """Read all attacks, by name."""
    paths = sorted(FOLDER.glob("texts/*.txt"))
    return {path.stem: parse(path.stem, path.read_text()) for path in paths}
