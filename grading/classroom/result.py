"""What grading one submission gives: a status, its reasons, and the marks of its cells."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

STATUSES = (
    "graded",
    "repaired",
    "limit exceeded",
    "crashed",
    "unreadable",
    "tampered",
    "missing",
    "awaiting hand grading",
)


@dataclass(frozen=True)
class CellMark:
    """The mark of one graded cell.

    Attributes
    ----------
    name : str
        nbgrader's ``grade_id``.
    points : float
        The maximum.
    auto : float or None
        What the machine gave; None where only a person can tell.
    manual : float or None
        What a person gave; it replaces ``auto``.
    message : str
        What the check said, for the student. Never a hidden test's source.
    """

    name: str
    points: float
    auto: float | None = None
    manual: float | None = None
    message: str = ""

    def __post_init__(self):
        for kind in ("auto", "manual"):
            score = getattr(self, kind)
            if score is not None and not (math.isfinite(score) and score >= 0):
                raise ValueError(f"{self.name}: {kind} should be 0 or more, but is {score}.")
        if self.auto is not None and self.auto > self.points:
            raise ValueError(f"{self.name}: auto is {self.auto}, more than {self.points} points.")

    @property
    def score(self):
        """What counts: a person's mark before the machine's; None while nobody gave one."""
        return self.auto if self.manual is None else self.manual


@dataclass(frozen=True)
class Result:
    """One student's submission after grading.

    Attributes
    ----------
    student, assignment : str
    key : str
        Hash of release, environment and submission: equal keys need no second run.
    outcome : str
        One of `STATUSES` except the last: how the machine's run ended.
    marks : tuple of CellMark
    reason : str
        One sentence that explains an outcome other than "graded"; "" otherwise.
    repairs, limits, forgeable, notes : tuple of str
        What was put right; the limits that were hit; test cells whose mark the submission could
        forge; other things that a person should know.
    tier : str
        How the student's code was contained.
    seconds : float
        Time that grading took.
    """

    student: str
    assignment: str
    key: str
    outcome: str
    marks: tuple[CellMark, ...] = ()
    reason: str = ""
    repairs: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    forgeable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tier: str = ""
    seconds: float = field(default=0.0, compare=False)

    def __post_init__(self):
        if self.outcome not in STATUSES[:-1]:
            raise ValueError(f"outcome should be one of {STATUSES[:-1]}, but is {self.outcome!r}.")

    @property
    def awaiting(self):
        """Name the cells that only a person can mark, and nobody has."""
        return tuple(mark.name for mark in self.marks if mark.score is None)

    @property
    def status(self):
        """One of `STATUSES`: a clean run that needs a person is awaiting hand grading."""
        clean = self.outcome in ("graded", "repaired")
        return STATUSES[-1] if clean and self.awaiting else self.outcome

    @property
    def score(self):
        """The sum of what was given so far."""
        return sum(mark.score or 0 for mark in self.marks)

    @property
    def points(self):
        """The sum of the maxima."""
        return sum(mark.points for mark in self.marks)

    def as_dict(self):
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data):
        """Make a result from what `as_dict` returned."""
        lists = ("repairs", "limits", "forgeable", "notes")
        marks = tuple(CellMark(**mark) for mark in data["marks"])
        return cls(**{**data, **{name: tuple(data[name]) for name in lists}, "marks": marks})
