"""How fast a class is graded, and that every way gives the same marks.

``make bench-grading`` grades 100 submissions of one assignment by plain ``nbgrader autograde`` with
nbgrader's own preprocessors, and by the course's command with each engine; then it merges 5,000
results into an empty gradebook. It writes ``book/data/grading.json``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "book" / "data" / "grading.json"
ASSIGNMENT = "02_rnn_cell"
NAME = f"{ASSIGNMENT}.ipynb"
ANSWERS = ROOT / "tests" / "students" / ASSIGNMENT

# nbgrader as it comes: one kernel, nothing contained.
STOCK = """
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Execute.kernel_name = "python3"
c.KernelManager.transport = "tcp"
c.KernelManager.ip = "127.0.0.1"
"""


def read_answers(path):
    """Read a student's text: ``# %% grade_id`` and below it the cell's source."""
    parts = re.split(r"(?m)^# %% (\w+)\n", path.read_text(encoding="utf-8"))
    return dict(zip(parts[1::2], (body.strip("\n") for body in parts[2::2]), strict=True))


def make_course(folder, number):
    """Make a course with ``number`` submissions: the test suite's eight students in turn."""
    shutil.copytree(ROOT / "solutions" / ASSIGNMENT, folder / "solutions" / ASSIGNMENT)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    answers = [read_answers(path) for path in sorted(ANSWERS.glob("*.txt"))]
    release = ROOT / "exercises" / ASSIGNMENT / NAME
    for student in range(number):
        notebook = nbformat.read(release, as_version=4)
        for cell in notebook.cells:
            name = cell.metadata.nbgrader.grade_id
            cell.source = answers[student % len(answers)].get(name, cell.source)
        target = folder / "submitted" / f"s{student:03}" / ASSIGNMENT
        target.mkdir(parents=True)
        nbformat.write(notebook, target / NAME)
    return folder


def commands(workers):
    """Map each way of grading to its command line."""
    ours = [sys.executable, "-m", "grading", "run", ASSIGNMENT, "--workers", str(workers)]
    ways = {
        "nbgrader": [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT],
        "serial": [*ours, "--engine", "serial"],
        "processes": [*ours, "--engine", "processes"],
    }
    if importlib.util.find_spec("distributed"):
        ways["dask"] = [*ours, "--engine", "dask"]
    return ways


def measure(way, command, number):
    """Grade a fresh course; return the time it took and the marks."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        course = make_course(Path(folder), number)
        if way == "nbgrader":
            with (course / "nbgrader_config.py").open("a") as file:
                file.write(STOCK)
        generate = [sys.executable, "-m", "nbgrader", "generate_assignment", ASSIGNMENT]
        _call(generate, course)
        start = time.perf_counter()
        _call(command, course)
        seconds = time.perf_counter() - start
        return {
            "way": way,
            "submissions": number,
            "seconds": round(seconds, 2),
            "per_minute": round(60 * number / seconds, 1),
        }, read_marks(course / "gradebook.db")


def _call(command, course):
    programs = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": programs + os.pathsep + os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def read_marks(path):
    """Read every row of marks."""
    from nbgrader.api import Grade, Gradebook

    with Gradebook(f"sqlite:///{path}") as book:
        return sorted(
            (grade.student.id, grade.name, grade.auto_score, grade.needs_manual_grade)
            for grade in book.db.query(Grade)
        )


def replay(number):
    """Merge ``number`` results into an empty gradebook; return seconds and memory in MiB."""
    from grading.classroom.course import Course, release
    from grading.classroom.merge import merge

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        course = Course.open(make_course(Path(folder), 0))
        made = release(course, ASSIGNMENT)
        with course.gradebook():
            pass
        before, start = _memory(), time.perf_counter()
        for _ in merge(course, made, (synthetic(made, n) for n in range(number)), {}):
            pass
        first = time.perf_counter() - start
        for _ in merge(course, made, (synthetic(made, n) for n in range(number)), {}):
            pass
        return {
            "results": number,
            "seconds": round(first, 2),
            "seconds_again": round(time.perf_counter() - start - first, 2),
            "memory_mib": round(_memory()),
            "memory_before_mib": round(before),
        }


def _memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def synthetic(made, number):
    """Make a result as it stands in the journal."""
    marks = [
        {
            "name": cell["name"],
            "points": cell["points"],
            "auto": None if cell["manual"] else float((number + i) % (int(cell["points"]) + 1)),
        }
        for i, cell in enumerate(made.cells)
    ]
    return {
        "result": {"student": f"s{number:05}", "outcome": "graded", "marks": marks},
        "comments": dict.fromkeys(made.commented),
        "submission": "s",
        "timestamp": "2026-01-05 10:00:00 UTC",
    }


def parse(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--results", type=int, default=5000, help="to merge; default: 5000")
    parser.add_argument("--ways", nargs="+", choices=[*commands(1)], default=[*commands(1)])
    return parser.parse_args(arguments)


def main(arguments=None):
    """Measure, compare the marks, print, and write when everything was measured."""
    from .__main__ import processor

    options = parse(arguments)
    records, marks = [], {}
    for way, command in commands(options.workers).items():
        if way in options.ways:
            record, marks[way] = measure(way, command, options.submissions)
            records.append(record)
            print(f"{way:10} {record['seconds']:8.1f} s {record['per_minute']:8.1f} a minute")
    different = [way for way in marks if marks[way] != next(iter(marks.values()))]
    if different:
        sys.exit(f"The marks differ from those of {next(iter(marks))}: {', '.join(different)}")
    print(f"marks identical row by row, {len(next(iter(marks.values()), []))} rows")
    merged = replay(options.results)
    print(
        f"{merged['results']} results merged in {merged['seconds']} s, {merged['memory_mib']} MiB"
    )
    if options == parse([]):
        found = {"command": "make bench-grading", "processor": processor(), "records": records}
        found |= {"workers": options.workers, "merge": merged, "identical": True}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
        print(f"written to {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
