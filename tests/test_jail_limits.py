"""What limits do to code that uses too much, and that nothing outlives its jail."""

import dataclasses
import time

import pytest
from jail_tools import SMALL, alive, marked, run_as_user

from grading.jail import Limits, run_script

ONE = """
held = []
while True:
    held.append(bytearray(20 << 20))
"""
MANY = """
import os, time
for _ in range(30):
    if os.fork() == 0:
        held = bytearray(40 << 20)
        held[::4096] = bytes([1]) * len(held[::4096])
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
FORKS = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
ESCAPE = """
import os, signal, time
reader, writer = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            os.write(writer, b"x")
            os.closerange(0, 64)
            time.sleep(60)
        os._exit(0)
away = 0
while away < 3:
    away += len(os.read(reader, 1))
print("away", away)
"""
DISK = """
import os
try:
    for number in range(20):
        with open(os.path.join(os.environ["TMPDIR"], str(number)), "wb") as file:
            file.write(bytes(4 << 20))
    import time
    time.sleep(60)
except OSError as error:
    print(error.strerror)
"""


def run(source, tier, runner=run_script, **limits):
    """Run a marked script with small limits; fail if something of it is left."""
    name, source = marked(source)
    done = runner(source, dataclasses.replace(SMALL, **limits), tier)
    end = time.monotonic() + 1
    while alive(name) and time.monotonic() < end:
        time.sleep(0.02)
    assert not alive(name)
    return done


def test_memory_of_one_process(jail_tier):
    assert run(ONE, jail_tier).exceeded == "memory"


def test_one_allocation_over_the_limit_is_a_memory_error(jail_tier):
    source = "try: bytearray(1 << 30)\nexcept MemoryError: print('too much')"
    assert run(source, jail_tier).output == "too much\n"


def test_memory_of_thirty_processes_together(jail_tier):
    assert run(MANY, jail_tier, processes=40).exceeded == "memory"


def test_pages_that_processes_share_count_once(jail_tier):
    source = """
import os, time
held = bytearray(100 << 20)
held[::4096] = bytes([1]) * len(held[::4096])
for _ in range(5):
    if os.fork() == 0:
        time.sleep(0.5)
        os._exit(0)
for _ in range(5):
    os.wait()
"""
    done = run(source, jail_tier)
    assert (done.status, done.exceeded) == (0, None)


def test_fork_bomb(jail_tier):
    assert run(FORKS, jail_tier).exceeded == "processes"


def test_fork_bomb_of_an_ordinary_user(jail_tier):
    assert run(FORKS, jail_tier, run_as_user).exceeded == "processes"


def test_memory_of_an_ordinary_user(jail_tier):
    assert run(MANY, jail_tier, run_as_user, processes=40).exceeded == "memory"


def test_processes_that_left_their_session_end_too(jail_tier):
    done = run(ESCAPE, jail_tier)
    assert (done.status, done.output) == (0, "away 3\n")


def test_processes_that_left_their_session_end_too_for_an_ordinary_user(jail_tier):
    done = run(ESCAPE, jail_tier, run_as_user)
    assert (done.status, done.output) == (0, "away 3\n")


def test_threads_are_bounded(jail_tier):
    source = """
import threading, time
try:
    for number in range(1000):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
except RuntimeError:
    print(number < 200)
"""
    assert run(source, jail_tier).output == "True\n"


def test_endless_loop(jail_tier):
    assert run("while True: pass", jail_tier, cpu_seconds=1).exceeded == "cpu"


def test_endless_sleep(jail_tier):
    assert run("import time; time.sleep(60)", jail_tier, wall_seconds=1).exceeded == "time"


def test_endless_output(jail_tier):
    done = run("while True: print('x' * 1000)", jail_tier)
    assert done.exceeded == "output"
    assert len(done.output) <= 1 << 20


def test_full_disk(jail_tier):
    done = run(DISK, jail_tier)
    assert done.exceeded == "disk" or done.output == "No space left on device\n"


def test_full_disk_of_an_ordinary_user(jail_tier):
    done = run(DISK, jail_tier, run_as_user)
    assert done.exceeded == "disk" or done.output == "No space left on device\n"


def test_many_empty_files(jail_tier, monkeypatch):
    monkeypatch.setattr("grading.jail.limits.MOST_FILES", 200)
    source = """
import os, time
for number in range(300):
    open(os.path.join(os.environ["TMPDIR"], str(number)), "w").close()
time.sleep(60)
"""
    assert run(source, jail_tier).exceeded == "disk"


def test_size_of_a_file(jail_tier):
    source = "try: open('f', 'wb').write(bytes(9 << 20))\nexcept OSError as e: print(e.strerror)"
    assert run(source, jail_tier).output == "File too large\n"


def test_open_files_are_bounded(jail_tier):
    source = (
        "try: held = [open('/dev/null') for _ in range(500)]\nexcept OSError as e: print(e.errno)"
    )
    assert run(source, jail_tier).output == "24\n"


def test_limits_should_be_positive():
    with pytest.raises(ValueError, match="memory should be more than 0, but is 0"):
        Limits(memory=0)
