"""What a test cell said, in the words that help: one sentence, the likely mistake, the section."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbconvert.filters import strip_ansi
from nbformat.v4 import new_output

from ..check import _plainly
from .causes import LIKELY, plain

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
HIDDEN = "# Hidden tests ran here."
SEE = re.compile(r"See:\s*(.+?)\.?\s*$", re.MULTILINE)
FRAME = re.compile(
    r"^(?:Cell In\[\d+\], line (?P<line>\d+)(?:, in (?P<name>\w+))?"
    r'|\s*File "[^"\n]*ipykernel[^"\n]*", line (?P<line2>\d+), in (?P<name2>\S+))',
    re.MULTILINE,
)
# IPython marks the line with an arrow; Python writes it below the frame.
ARROW = re.compile(r"^-+> *\d+ (?P<code>.*)$", re.MULTILINE)
BELOW = re.compile(r"\A.*\n +(?P<code>\S.*)$", re.MULTILINE)
RIGHT = "Right."


@dataclass(frozen=True)
class Said:
    """What one check said.

    Attributes
    ----------
    sentence : str
    right : bool
    likely, section : str
        The likely mistake and where the book explains it; "" when the check knows none.
    """

    sentence: str
    right: bool = False
    likely: str = ""
    section: str = ""

    @property
    def text(self):
        """Everything on up to three lines."""
        lines = [self.sentence]
        lines += [f"Likely cause: {self.likely}"] if self.likely else []
        lines += [f"See: {self.section}."] if self.section else []
        return "\n  ".join(lines)


def has_hidden_tests(source):
    """Tell whether a cell's source has a block of hidden tests."""
    return BEGIN in source


def hide(source):
    """Replace every block of hidden tests by one line that says so."""
    kept, inside = [], False
    for line in source.splitlines():
        if BEGIN in line and not inside:
            kept.append(line[: len(line) - len(line.lstrip())] + HIDDEN)
            inside = True
        elif END in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def said(cell, score=None, points=None) -> Said:
    """Take from a test cell's outputs what a student needs.

    Parameters
    ----------
    cell : NotebookNode
        After it ran.
    score, points : float, optional
        What it gave; partial credit raises no error.
    """
    error = next((one for one in cell.outputs if one.output_type == "error"), None)
    printed = "".join(one.text for one in cell.outputs if one.output_type == "stream")
    if error is not None:
        return _with_cause(brief(error), str(error.evalue))
    if not cell.outputs and not score:
        return Said("This check did not run.")
    if points and score is not None and score < points:
        how = "Partly right" if score else "Not right"
        failed = [line for line in printed.splitlines() if re.match(r"[^:]+: \S", line)]
        first = f": {plain(failed[0])}" if failed and not has_hidden_tests(cell.source) else "."
        return _with_cause(how + first, printed)
    return Said(RIGHT, right=True)


def _with_cause(sentence, text):
    likely, section = LIKELY.search(text), SEE.search(text)
    return Said(
        sentence,
        likely=plain(likely[1]) if likely else "",
        section=plain(section[1]) if section else "",
    )


def brief(error):
    """Return the first line of an error's message, with its kind unless a check raised it."""
    text = _plainly(Exception(strip_ansi(str(error.evalue)).strip()))
    first = text.splitlines()[0].strip() if text.strip() else ""
    if error.ename in ("CheckFailed", "AssertionError") and first:
        return first
    return f"{error.ename}: {first}" if first else f"{error.ename}."


def own_line(error):
    """Find the last line of the student's own code in a traceback; "" if there is none."""
    text = strip_ansi("\n".join(error.traceback))
    frames = list(FRAME.finditer(text))
    if not frames:
        return ""
    last = frames[-1]
    number, name = last["line"] or last["line2"], last["name"] or last["name2"]
    after = text[last.end() :]
    arrow = ARROW.search(after) if last["line"] else BELOW.search(after)
    where = f"in line {number}" + (f" of {name}" if name and name != "<module>" else "")
    return f"{where}: {arrow['code'].strip()}" if arrow else where


def shortened(output):
    """Cut a traceback that goes through other people's code to the lines that help."""
    if output.output_type != "error":
        return output
    text = strip_ansi("\n".join(output.traceback))
    foreign = re.search(r"^\s*File (?!.*ipykernel)", text, re.MULTILINE)
    if output.ename in ("SyntaxError", "IndentationError") or not foreign:
        return output
    line = own_line(output)
    message = brief(output) + (f"\n  {line}" if line else "")
    return new_output("error", ename=output.ename, evalue=message, traceback=message.splitlines())
