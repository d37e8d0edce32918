"""The same tasks on a Dask cluster: worker processes with working directories of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import notebooks as nb
import pytest
from classroom_course import ASSIGNMENT, database, grade_class, hand_in, make_course, results, rows
from test_grading_cycle import EXPECTED

from grading.classroom import engines
from grading.classroom.course import CourseError

pytestmark = [
    pytest.mark.xdist_group("classroom"),
    # Of distributed and tornado, when a cluster ends.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed"),
]

STUDENTS = ("ada", "ben", "noor", "tom")


def test_without_dask_the_message_says_how_to_get_it(class_course, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    hand_in(class_course, "ada")
    with pytest.raises(CourseError, match=r"pip install 'rnncore\[classroom\]'"):
        grade_class(class_course, engine="dask")


def test_a_scheduler_that_does_not_answer_is_named(class_course, monkeypatch):
    pytest.importorskip("distributed", reason="needs the package distributed")
    monkeypatch.setattr(engines, "PATIENCE", 1)
    hand_in(class_course, "ada")
    with pytest.raises(CourseError, match="No Dask scheduler answers"):
        grade_class(class_course, engine="dask", scheduler="tcp://127.0.0.1:9")


def test_a_local_cluster_gives_exact_points(tmp_path):
    pytest.importorskip("distributed", reason="needs the package distributed")
    course = make_course(tmp_path / "course")
    for student in STUDENTS:
        hand_in(course, student, student)
    done = subprocess.run(
        [sys.executable, "-m", "grading", "run", ASSIGNMENT, "--engine", "dask"],
        cwd=course,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = results(course)
    for student in STUDENTS:
        assert {mark.name: mark.auto for mark in found[student].marks} == EXPECTED[student]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Start a scheduler and two workers by Dask's own commands, each in its own folder."""
    pytest.importorskip("distributed", reason="needs the package distributed")
    folder = tmp_path_factory.mktemp("cluster")
    started = []

    def begin(name, *arguments):
        own = folder / name
        own.mkdir()
        environment = {**os.environ, "PYTHONPATH": f"{nb.ROOT}:{nb.ROOT / 'tests'}"}
        command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
        started.append(
            subprocess.Popen(
                command,
                cwd=own,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return own

    where = folder / "scheduler.json"
    begin("scheduler", "dask_scheduler", "--scheduler-file", str(where), "--no-dashboard")
    for name in ("first", "second"):
        own = ("--scheduler-file", str(where), "--nthreads", "2", "--no-dashboard")
        begin(name, "dask_worker", *own, "--nanny")
    from distributed import Client

    with Client(scheduler_file=str(where), timeout=60, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
        yield client.scheduler.address
    for process in reversed(started):
        process.terminate()
        process.wait(60)


def test_a_running_cluster_of_two_workers_grades(class_course, cluster):
    for number in range(6):
        hand_in(class_course, f"s{number}", answers=None)
    serial = shutil.copytree(class_course, class_course.parent / "serial")
    grade_class(serial)
    grade_class(class_course, engine="dask", scheduler=cluster)
    assert rows(database(class_course)) == rows(database(serial))


def test_a_worker_that_dies_loses_no_submission(class_course, cluster):
    for student in ("ada", "ben", "dies_always"):
        hand_in(class_course, student, answers=None)
    grade_class(class_course, engine="dask", scheduler=cluster)
    found = results(class_course)
    assert {name: found[name].outcome for name in found} == {
        "ada": "graded",
        "ben": "graded",
        "dies_always": "crashed",
    }


def test_workers_with_other_code_are_refused(class_course, cluster, monkeypatch):
    hand_in(class_course, "ada")
    monkeypatch.setattr(engines, "code_key", os.getpid)  # another number in every process
    with pytest.raises(CourseError, match="another version of the course"):
        grade_class(class_course, engine="dask", scheduler=cluster)
