"""What the tests of the jail share: a look around from inside, and an ordinary user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from dataclasses import asdict
from pathlib import Path

import pytest

from grading.jail import Finished, Limits, run_script, tiers

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
SMALL = Limits(
    memory=300, cpu_seconds=30, wall_seconds=60, processes=8, file_size=8, disk=16, output=1
)

# Marks a process and all its forks with a name that `alive` finds from outside.
MARK = """
import ctypes
ctypes.CDLL(None).prctl(15, {name!r}.encode(), 0, 0, 0)
"""

LOOK = """
import ctypes, errno, json, os, socket, stat, sys

def attempt(action, *args):
    try:
        action(*args)
    except Exception as error:
        return type(error).__name__
    return "done"

def read(path):
    if os.path.isdir(path):
        return os.listdir(path)
    with open(path, "rb") as file:
        return file.read(1)

def write(path):
    with open(path, "ab"):
        pass

libc = ctypes.CDLL(None, use_errno=True)

def call(number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(number, *args)
    return errno.errorcode.get(ctypes.get_errno(), "done") if result < 0 else "done"

import rnncore
import numpy
paths = json.loads({paths!r})
system = ["/usr/x", "/etc/x", "/x", rnncore.__file__, numpy.__file__]
own = {{"cwd": ".", "tmp": os.environ["TMPDIR"], "home": os.environ["HOME"]}}
packages = "grading replications rnncore numpy ipykernel".split()
families = [socket.AF_INET, socket.AF_INET6, socket.AF_PACKET]
found = {{
    "user": [os.getuid(), os.getgid(), os.getgroups()],
    "read": {{path: attempt(read, path) for path in paths}},
    "write": {{path: attempt(write, path) for path in [*paths, *system]}},
    "own": {{name: attempt(write, os.path.join(folder, "x")) for name, folder in own.items()}},
    "import": {{name: attempt(__import__, name) for name in packages}},
    "socket": [attempt(socket.socket, family) for family in families],
    "datagram": attempt(socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM),
    "signal": {{pid: attempt(os.kill, pid, 0) for pid in json.loads({pids!r})}},
    "environment": dict(os.environ),
    "calls": {{name: call(*numbers) for name, numbers in json.loads({calls!r}).items()}},
}}
print(json.dumps(found))
"""


def look(tier, paths, pids=(), calls=None, runner=run_script, **options):
    """Give what a script inside finds."""
    source = LOOK.format(
        paths=json.dumps([os.fspath(path) for path in paths]),
        pids=json.dumps(list(pids)),
        calls=json.dumps(calls or {}),
    )
    done = runner(source, SMALL, tier, **options)
    assert done.status == 0, done.output
    return json.loads(done.output)


def marked(source):
    """Give a new mark, and a script that carries it."""
    name = f"m{uuid.uuid4().hex[:12]}"
    return name, MARK.format(name=name) + source


def alive(name):
    """List the processes of the machine that carry a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == name:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def python_for_everyone():
    """Give an interpreter of this version that any user may start; skip without one."""
    own = Path(sys.executable).resolve()
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    candidates = [
        own,
        *(Path(p) for p in [shutil.which(version, path="/usr/bin:/usr/local/bin")] if p),
    ]
    for candidate in candidates:
        if tiers.open_to_all(candidate):
            return candidate
    pytest.skip(f"no {version} that an ordinary user may start")


def run_as_user(source, limits, tier):
    """Run a script jailed, with an ordinary user as the grader."""
    if os.getuid() != 0:
        return run_script(source, limits, tier)
    python = python_for_everyone()
    packages = [path for path in sys.path if path.endswith("site-packages")]
    if shutil.which("setpriv") is None or not all(map(tiers.open_to_all, [ROOT, *packages])):
        pytest.skip("an ordinary user cannot read the course here")
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    done = subprocess.run(
        [*words, python, "-B", __file__, tier, json.dumps(asdict(limits))],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join([str(ROOT), *packages])},
        cwd="/",
        input=source,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode == 3:
        pytest.skip(done.stderr.strip()[:300])
    assert done.returncode == 0, done.stderr
    return Finished(**json.loads(done.stdout))


def main():
    """Run the script from standard input; what `run_as_user` starts."""
    problem = tiers.try_tier(sys.argv[1])
    if problem:
        sys.stderr.write(f"{sys.argv[1]} does not work for an ordinary user: {problem}")
        sys.exit(3)
    limits = Limits(**json.loads(sys.argv[2]))
    print(json.dumps(asdict(run_script(sys.stdin.read(), limits, sys.argv[1]))))


if __name__ == "__main__":
    main()
