"""PostgreSQL as the gradebook: a real server in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from classroom_course import database, grade_class, hand_in, rows

pytestmark = pytest.mark.xdist_group("classroom")


def find_programs():
    """Find the folder of initdb, which Debian does not put on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = shutil.which("initdb")
    return found[-1].parent if found else path and Path(path).parent


@pytest.fixture(scope="module")
def server():
    """Start a server that listens on a socket in its folder alone; give the folder."""
    programs = find_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="needs the package psycopg")
    # Sockets have short paths; the server refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    if user:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def run(program, *arguments):
        done = subprocess.run(
            [programs / program, *arguments], cwd=folder, capture_output=True, text=True, **user
        )
        assert done.returncode == 0, done.stdout + done.stderr

    data = folder / "data"
    run("initdb", "-D", data, "-U", "grader", "-A", "trust", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        run("createdb", "-h", folder, "-U", "grader", "gradebook")
        yield folder
    finally:
        run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def test_postgresql_gets_the_rows_that_sqlite_gets(server, class_course):
    for student in ("ada", "ben"):
        hand_in(class_course, student, answers=None)
    hand_in(class_course, "mia").write_text("")
    url = f"postgresql+psycopg://grader@/gradebook?host={server}"
    there = shutil.copytree(class_course, class_course.parent / "there")
    grade_class(class_course)
    grade_class(there, db=url)
    assert rows(url) == rows(database(class_course))
    before = rows(url)
    grade_class(there, db=url)
    assert rows(url) == before
