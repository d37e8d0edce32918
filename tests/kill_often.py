"""Kill runs at random moments, in a process without threads, which may be forked safely.

``python kill_often.py COURSE TIMES`` prints a line of JSON for each kill: who was graded before it,
how often each student ran after it, and whether the gradebook is that of an undisturbed run.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import quick_grade
from classroom_course import ASSIGNMENT, database, grade_class, rows

from grading.classroom.course import Course
from grading.classroom.journal import Journal


def fork(course, log):
    """Grade in a copy of this process; return its number."""
    pid = os.fork()
    if pid == 0:
        os.environ[quick_grade.LOG] = str(course / log)
        grade_class(course)
        os._exit(0)
    return pid


def journalled(course):
    """Name who has a whole result."""
    journal = Journal(Course.open(course).state(ASSIGNMENT))
    return sorted(name for name in journal.students() if journal.read(name))


def main(source, times):
    """Kill and go on, each time in a fresh course."""
    moments = random.Random(20)
    course = source.parent / "killed"
    start = time.perf_counter()
    grade_class(shutil.copytree(source, course))
    whole, wanted = time.perf_counter() - start, rows(database(course))
    for _ in range(times):
        shutil.rmtree(course)
        shutil.copytree(source, course)
        pid = fork(course, "log.txt")
        time.sleep(moments.uniform(0, whole))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        before = journalled(course)
        code = os.waitstatus_to_exitcode(os.waitpid(fork(course, "again.txt"), 0)[1])
        again = quick_grade.runs(course / "again.txt")
        same = code == 0 and rows(database(course)) == wanted
        print(json.dumps({"before": before, "again": again, "same": same}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
