"""Safeguards switched off, one at a time: then the attacks that they stop have to succeed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """A safeguard that is off.

    Attributes
    ----------
    off : str
        What is switched off, for the table.
    settings : str
        Lines of nbgrader_config.py that do it.
    """

    off: str
    settings: str


STOCK = "ClearOutput DeduplicateIds OverwriteKernelspec OverwriteCells CheckCellMetadata"
STOCK = [f"nbgrader.preprocessors.{name}" for name in STOCK.split()]
CONTROLS = {
    "jail": Control(
        "the jail",
        "c.JailedProvisioner.tier = 'none'\nc.JailedProvisioner.allow_unprotected = True\n",
    ),
    "split": Control("the second kernel", "c.SplitExecute.unsplit = ['attacks']\n"),
    "rebase": Control("the rebuilding", f"c.Autograde.sanitize_preprocessors = {STOCK!r}\n"),
    "library": Control("the closed library", "c.SplitExecute.closed_library = False\n"),
    "output": Control(
        "the limit on output",
        "c.SplitExecute.notebook_output = 500\nc.SplitExecute.cell_output = 500_000\n",
    ),
    "clean": Control(
        "cleaned pages",
        "c.SanitizeStudentWork.enabled = False\nc.HTMLExporter.sanitize_html = False\n"
        "c.HTMLExporter.filters = {}\n",
    ),
    "memory": Control("the limit on memory", "c.JailedProvisioner.memory = 4096\n"),
    "processes": Control("the limit on processes", "c.JailedProvisioner.processes = 400\n"),
    "disk": Control(
        "the limit on disk",
        "c.JailedProvisioner.disk = 512\nc.JailedProvisioner.file_size = 512\n",
    ),
    "time": Control(
        "the limits on time",
        "c.JailedProvisioner.cpu_seconds = 600\nc.SplitExecute.notebook_timeout = 300\n"
        "c.SplitExecute.call_timeout = 300\n",
    ),
}
