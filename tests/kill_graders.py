"""Kill runs that grade a real class at random moments, and go on: ``make kills``.

Unlike ``kill_often.py``, which the tests use, nothing stands in for anything: the command line
grades eight students in the jail, with two workers. The result is ``tests/kills.json``.
"""

import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import psutil
from classroom_course import ASSIGNMENT, STUDENTS, database, hand_in, prepare, rows
from kill_often import journalled
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "tests" / "kills.json"
TIMES = 20
SECONDS = 2.0  # in which what a killed run started has to end


def start(course):
    """Start to grade the class, as a group of processes."""
    words = [sys.executable, "-m", "grading", "run", ASSIGNMENT, "--workers", "2", "--yes"]
    return subprocess.Popen(
        words,
        cwd=course,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_once(source, course, seconds, wanted):
    """Kill a run after some seconds, run again, and say what came of it."""
    shutil.rmtree(course, ignore_errors=True)
    shutil.copytree(source, course)
    process = start(course)
    time.sleep(seconds)
    ended, started = process.poll() is not None, []
    if not ended:
        started = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(started, timeout=SECONDS)
    return {
        "seconds": round(seconds, 2),
        "kept": len(journalled(course)),
        "started": len(started),
        "survivors": len(alive),
        "ended before": ended,
        "status": start(course).wait(),
        "same marks": rows(database(course)) == wanted,
    }


def main():
    """Grade undisturbed, then kill and go on."""
    moments = random.Random(2026)
    with tempfile.TemporaryDirectory() as folder:
        source, course = prepare(Path(folder) / "source"), Path(folder) / "course"
        names = sorted(path.stem for path in STUDENTS.glob("*.txt"))
        for name in names:
            hand_in(source, name, answers=name)
        shutil.copytree(source, course)
        begin = time.perf_counter()
        status = start(course).wait()
        whole, wanted = time.perf_counter() - begin, rows(database(course))
        kills = [
            kill_once(source, course, moments.uniform(0, whole), wanted)
            for _ in tqdm(range(TIMES), desc="kills")
        ]
    same = sum(one["same marks"] and one["status"] == status for one in kills)
    data = {
        "command": "make kills",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("nbgrader", "numpy")},
        },
        "students": len(names),
        "seconds undisturbed": round(whole, 1),
        "score": f"{same} of {len(kills)} as without a disturbance",
        "kills": kills,
    }
    RESULT.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(data["score"])
    sys.exit(same < len(kills) or any(one["survivors"] for one in kills))


if __name__ == "__main__":
    main()
