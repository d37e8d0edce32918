"""How the run of a notebook ended, as its metadata tell."""

REASONS = {
    "time": "The time for this notebook was used up",
    "memory": "The notebook used too much memory",
    "processes": "The notebook started too many processes",
    "output": "The notebook printed too much",
    "disk": "The notebook wrote too much to the disk",
    "cpu": "The notebook computed for too long",
    "crashed": "The notebook stopped the kernel",
}


class Verdict:
    """What is known of a run.

    Attributes
    ----------
    ended : str or None
        Why the kernel was ended, or had ended, before the last cell: a key of `REASONS`.
    limits, notes, forgeable : list of str
    tampered : bool
    """

    def __init__(self, nb):
        found = nb.metadata.get("grading", {})
        self.repairs = list(found.get("repairs", []))
        self.notes = list(found.get("notes", []))
        self.ended, self.tampered = None, False
        self.limits, self.forgeable = [], []

    def end(self, reason):
        """Note that the kernel has ended."""
        self.ended = reason
        if reason != "crashed":
            self.limits.append(reason)
        self.notes.append(f"{REASONS.get(reason, 'The kernel stopped')}.")

    def bad_reply(self, cell, problem):
        """Note that the kernel gave an answer that the agent does not give."""
        self.tampered |= problem.forged
        where = "The submission interferes with how it is graded" if problem.forged else "No answer"
        self.notes.append(f"{where} (in {cell}): {problem}.")

    @property
    def status(self):
        """One of the statuses of `grading.classroom.result`."""
        if self.tampered:
            return "tampered"
        if self.limits:
            return "limit exceeded"
        if self.ended:
            return "crashed"
        return "repaired" if self.repairs else "graded"

    def write(self, nb, tier):
        """Leave the verdict in the notebook's metadata."""
        nb.metadata["grading"] = {
            "status": self.status,
            "repairs": self.repairs,
            "limits": list(dict.fromkeys(self.limits)),
            "tier": tier or "none",
            "forgeable": self.forgeable,
            "notes": list(dict.fromkeys(self.notes)),
        }
