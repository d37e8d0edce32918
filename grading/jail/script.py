"""Run one Python script inside the jail, for tests and for a look at what is inside."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from . import environment, tiers
from .limits import MIB, Limits
from .run import Run


@dataclass(frozen=True)
class Finished:
    """How a jailed script ended.

    Attributes
    ----------
    status : int
        Its exit status; 128 and more, or negative: ended by a signal.
    output : str
        What it wrote, both streams together, cut at the limit.
    exceeded : str or None
        The limit for which it was ended.
    tier : str
    seconds : float
    """

    status: int
    output: str
    exceeded: str | None
    tier: str
    seconds: float


def run_script(script, limits=None, tier="auto", files=None, packages=("rnncore",)):
    """Run a script to its end.

    Parameters
    ----------
    script : Path or str
        A file, or the source itself.
    limits : Limits, optional
    tier : str
        As for `tiers.choose`; ``"none"`` is allowed here.
    files : path, optional
        A folder whose regular files the script finds beside it.
    packages : sequence of str
        The course's packages that it may import.

    Returns
    -------
    Finished

    Raises
    ------
    JailRefused
        If the tier does not work here.
    """
    limits = limits or Limits()
    tier = tiers.choose(tier, allow_unprotected=True)
    run = Run(environment.find(packages, private=[files] if files else []), limits, tier)
    begin = time.monotonic()
    try:
        place = run.folder / "files" / "script.py"
        if isinstance(script, Path):
            shutil.copyfile(script, place)
        else:
            place.write_text(script)
        place.chmod(0o644)
        path = place if tier == "none" else "script.py"
        process = run.start(
            [run.python, "-u", str(path)],
            files=files,
            keep=limits.output * MIB,
            on_overflow=lambda: run.exceed("output"),
        )
        status = process.wait()
        run.end()
        run.output.join(10)
        return Finished(status, run.output.text, run.exceeded, tier, time.monotonic() - begin)
    finally:
        run.close()
