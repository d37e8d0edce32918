"""Grade a class of attackers and honest students, and look for signs that one got through.

It reads a request from standard input and prints what it saw; `quarantine` starts it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import nbformat
import psutil
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter

from grading.classroom import tasks
from grading.classroom.course import Course, release
from grading.classroom.load import load_results
from grading.classroom.run import Options, run

from . import submit, texts, world
from .controls import CONTROLS

HONEST = ("ada", "zoe")  # the first and the last of the class
SECONDS = 1.0  # that a submission's processes may take to end
GRADER_MIB = 1024  # that a submission may make the grader hold, beside the course
SCRIPT = "alert(1)"  # what no page of a student's work may run


def marked(mark):
    """List the processes that carry a name."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == mark:
                found.append(int(entry.name))
    return found


def survivors(mark):
    """List what still runs after a second: marked processes, and our own children."""
    end = time.monotonic() + SECONDS
    while marked(mark) and time.monotonic() < end:
        time.sleep(0.02)
    return marked(mark)


class Watch:
    """Grades as the class run does, and looks around after each submission."""

    def __init__(self, place, attacks, settings=""):
        self.world, self.attacks, self.settings = place, attacks, settings
        self.signs = {}
        self.victim_lives = True
        self.children = set(psutil.Process().children(recursive=True))

    def grade(self, task):
        """Grade one task under its own settings, and note signs."""
        name = task["student"]
        print(time.strftime("%X"), name, file=sys.stderr, flush=True)
        attack = self.attacks.get(name)
        if attack:
            lines = f"\n{attack.settings}{self.settings}"
            config = task["tree"]["nbgrader_config.py"] + lines.encode()
            task = task | {"tree": task["tree"] | {"nbgrader_config.py": config}}
        self.before = self.world.snapshot()
        forget_peak()
        start = peak()
        with contextlib.redirect_stdout(sys.stderr):
            answer = tasks.grade(task)
        self.signs[name] = self.look(name, answer)
        if peak() - start > GRADER_MIB:
            self.signs[name].append(f"the grader held {peak() - start} MiB")
        return answer

    def look(self, name, answer):
        """List the signs that a submission got through."""
        signs = []
        if left := survivors(self.world.mark):
            signs.append(f"{len(left)} processes were left")
            for pid in left:
                os.kill(pid, 9)
        left = set(psutil.Process().children(recursive=True)) - self.children
        signs += [f"a child of the grader was left: {child}" for child in left]
        after = self.world.snapshot()
        changed = [p for p in self.before | after if self.before.get(p) != after.get(p)]
        signs += [f"changed: {Path(path).name}" for path in changed]
        signs += [f"made: {path.name}" for path in made(self.world.mark)]
        if self.victim_lives and self.world.victim.poll() is not None:
            self.victim_lives = False
            signs.append("a process of the machine was ended")
        if self.world.listener.heard:
            signs.append(f"was heard by {', '.join(sorted(set(self.world.listener.heard)))}")
            self.world.listener.heard.clear()
        said = heard(answer)
        signs += [f"saw the {n} secret" for n, text in self.world.secrets.items() if text in said]
        if "got through" in said:
            signs.append("said so")
        signs += [f"a page runs its {tag}" for tag in shown(answer["notebook"], self.settings)]
        return signs


def made(mark):
    """List files outside of the course whose names hold the mark."""
    places = ["/tmp", "/var/tmp", "/dev/shm", str(world.ROOT), os.getcwd()]
    return [path for place in places for path in Path(place).glob(f"*{mark}*")]


def heard(answer):
    """Give all that a submission left: outputs, notes and reasons, without its own source."""
    result = answer["result"]
    parts = [result["reason"], *result["notes"], *result["repairs"]]
    if answer["notebook"]:
        for cell in nbformat.reads(answer["notebook"], as_version=4).cells:
            parts += [json.dumps(output) for output in cell.get("outputs", ())]
    return "\n".join(map(str, parts))


def shown(text, settings):
    """List what a page of the notebook would run, under the course's and more settings."""
    if SCRIPT not in text:
        return []
    config = Course.open(os.environ["COURSE"]).config
    exec(settings, {"c": config})
    page = HTMLExporter(config=config).from_notebook_node(nbformat.reads(text, as_version=4))[0]
    found = []
    for tag in BeautifulSoup(page, "html.parser").find_all(True):
        runs = tag.name in ("script", "style") and SCRIPT in tag.get_text()
        values = {key: str(value) for key, value in tag.attrs.items() if SCRIPT in str(value)}
        runs |= any(key.startswith("on") or "javascript:" in v for key, v in values.items())
        found += [f"<{tag.name}>"] * runs
    return sorted(set(found))


def peak():
    """Give the most memory that this process held since `forget_peak`, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def forget_peak():
    """Start to measure memory anew."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def attack_class(place, names, settings="", always=""):
    """Grade a class of attackers between two honest students.

    Parameters
    ----------
    place : World
    names : sequence of str
    settings, always : str
        More lines of nbgrader_config.py: for attackers after their own, and for the whole class.

    Returns
    -------
    dict
        For each student ``status``, ``points``, ``tier``, ``signs``, ``reason``, ``seconds``.
    """
    with (place.course / "nbgrader_config.py").open("a") as file:
        file.write(always)
    os.environ["COURSE"] = str(place.course)
    course = Course.open(place.course)
    made_release = release(course, world.ASSIGNMENT)
    released = json.loads(made_release.tree[made_release.notebook_path])
    attacks = {name: attack for name, attack in texts.load().items() if name in names}
    for student in HONEST:
        submit.hand_in_honestly(place, released, student)
    for attack in attacks.values():
        submit.hand_in(place, released, attack)
    watch = Watch(place, attacks, settings)
    options = Options(world.ASSIGNMENT, course=str(place.course), engine="serial", yes=True)
    said = []
    run(options, grade=watch.grade, say=said.append)
    found = {}
    for result in load_results(course, world.ASSIGNMENT):
        attack = attacks.get(result.student)
        signs = watch.signs.get(result.student, [])
        if attack and result.score > attack.honest:
            signs = [f"{result.score:g} points instead of {attack.honest:g}", *signs]
        found[result.student] = {
            "status": result.outcome,
            "points": round(result.score, 3),
            "tier": result.tier,
            "signs": signs,
            "reason": result.reason,
            "notes": list(result.notes),
            "limits": list(result.limits),
            "seconds": result.seconds,
        }
    return found


def main():
    """Answer the request."""
    request = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    found = {}
    for name, part in request.items():
        with tempfile.TemporaryDirectory(prefix="world-", dir="/tmp") as folder:
            place = world.make(Path(folder))
            try:
                lines = f"c.JailedProvisioner.tier = {part['tier']!r}\n"
                settings = "".join(CONTROLS[one].settings for one in part.get("without", ()))
                found[name] = attack_class(place, part["attacks"], settings, lines)
            finally:
                place.close()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
