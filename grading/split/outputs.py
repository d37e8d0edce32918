"""Outputs of the student's kernel: how much is kept, and what counts when a test ran there."""

import math
import re

from nbformat.v4 import new_output

from .trusted import failure

SHOWN = re.compile(r"(text|image)/[\w.+-]+")

NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
OVERHEAD = 200  # bytes that a message takes besides its content


class OutputLimit:
    """Counts what a kernel sends.

    Parameters
    ----------
    cell, notebook : int
        Bytes that are kept of one cell, and bytes after which the notebook is ended.
    """

    def __init__(self, cell, notebook):
        self.cell, self.notebook = cell, notebook
        self.received = 0
        self.kept = {}

    def count(self, size):
        """Count a message; tell whether the notebook may go on."""
        self.received += size + OVERHEAD
        return self.received <= self.notebook

    def keep(self, index, size):
        """Tell whether this message of a cell is kept: "yes", "no", or "cut" the first time."""
        before = self.kept.get(index, 0)
        self.kept[index] = before + size + OVERHEAD
        if self.kept[index] <= self.cell:
            return "yes"
        return "cut" if before <= self.cell else "no"


def weight(content):
    """Add up the characters of a message's content."""
    if isinstance(content, str):
        return len(content)
    if isinstance(content, dict):
        return sum(weight(key) + weight(value) for key, value in content.items())
    if isinstance(content, list | tuple):
        return sum(map(weight, content))
    return 8


def unsplit_outputs(outputs, points):
    """Apply the rules of a test cell to one that ran in the student's kernel.

    Standard error is no failure; partial credit is a plain number within the maximum, and
    anything else that is shown gives nothing.
    """
    changed = []
    for output in outputs:
        if output.output_type == "stream":
            output.name = "stdout"
        if output.output_type == "execute_result":
            text = output.get("data", {}).get("text/plain", "")
            score = float(text) if isinstance(text, str) and NUMBER.fullmatch(text) else math.nan
            if not math.isfinite(score):
                said = "This check gives neither points nor an error."
                changed.append(failure("CheckFailed", said))
                continue
            output.data = {"text/plain": repr(min(max(score, 0.0), float(points)))}
        changed.append(output)
    return changed


def tidy(outputs):
    """Make outputs of what a kernel sent that can be written into a notebook.

    A kernel may send numbers for texts, letters that no file can hold, and scripts.
    """
    made = [_tidy(output) for output in outputs if isinstance(output, dict)]
    return [output for output in made if output]


def _tidy(output):
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output(kind, name=name, text=text(output.get("text")))
    if kind == "error":
        lines = output.get("traceback")
        return new_output(
            kind,
            ename=text(output.get("ename")),
            evalue=text(output.get("evalue")),
            traceback=[text(line) for line in lines] if isinstance(lines, list) else [],
        )
    data = output.get("data")
    if kind not in ("display_data", "execute_result") or not isinstance(data, dict):
        return None
    data = {
        key: text(value)
        for key, value in data.items()
        if SHOWN.fullmatch(key) and isinstance(value, str)
    }
    return new_output(kind, data=data) if data else None


def text(value):
    """Return a text that can be written as UTF-8."""
    return str(value).encode("utf-8", "replace").decode("utf-8")
