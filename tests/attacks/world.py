"""A course with a class, and canaries around it that no attack may touch or read."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

from . import texts

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = "attacks"
NAME = f"{ASSIGNMENT}.ipynb"
BIG = 1 << 20  # bytes; of larger files size and times are compared
# Sane for small work; attacks on a limit set their own.
SETTINGS = """
c.JailedProvisioner.memory = 1024
c.JailedProvisioner.disk = 32
c.JailedProvisioner.file_size = 16
c.SplitExecute.call_timeout = 60
"""
VICTIM = "import sys, time; print('ready', flush=True); time.sleep(3600)"


@dataclass
class World:
    """Where an attack happens.

    Attributes
    ----------
    course, home, shared : Path
        The course; the grader's home; a folder in /tmp that anybody may write to.
    secrets : dict of str
        Texts that no student may see, by where they stand.
    mark : str
        The name that kernels of attacks carry, and files that they make.
    """

    course: Path
    home: Path
    shared: Path
    secrets: dict[str, str]
    mark: str
    listener: Listener = None
    victim: subprocess.Popen = None
    words: dict[str, str] = field(default_factory=dict)

    def fill(self, text):
        """Put places and names into a text."""
        for name, value in self.words.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def snapshot(self):
        """Describe every file around the class, by path."""
        found = {}
        for place in (self.course, self.home, self.shared):
            for path in [place, *sorted(place.rglob("*"))]:
                inner = path.relative_to(place).parts
                if not inner or inner[0] not in (".grading", "autograded"):
                    found[str(path)] = describe(path)
        return found

    def close(self):
        """End what was started."""
        self.listener.close()
        self.victim.kill()
        self.victim.communicate()


def describe(path):
    """Describe a file: kind, rights, owner, content."""
    state = path.lstat()
    said = [stat.S_IFMT(state.st_mode), stat.S_IMODE(state.st_mode), state.st_uid]
    if stat.S_ISREG(state.st_mode):
        small = state.st_size <= BIG
        said += [hashlib.sha256(path.read_bytes()).hexdigest() if small else state.st_mtime_ns]
        said += [state.st_size]
    return [*said, os.readlink(path)] if path.is_symlink() else said


class Listener:
    """Listens where an attack may try to be heard, and notes who knocks."""

    def __init__(self, folder, mark):
        self.heard = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.path = str(folder / "socket")
        self.local = self._unix(self.path)
        os.chmod(self.path, 0o777)
        self.abstract = self._unix(f"\0{mark}")
        for kind in ("tcp", "local", "abstract"):
            threading.Thread(target=self._accept, args=(kind,), daemon=True).start()
        threading.Thread(target=self._receive, daemon=True).start()

    def _unix(self, address):
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(address)
        listening.listen()
        return listening

    def _accept(self, kind):
        while True:
            try:
                getattr(self, kind).accept()[0].close()
            except OSError:
                return
            self.heard.append(kind)

    def _receive(self):
        while True:
            try:
                self.udp.recv(4096)
            except OSError:
                return
            self.heard.append("udp")

    def close(self):
        """Stop listening."""
        for kind in ("tcp", "udp", "local", "abstract"):
            getattr(self, kind).close()


def make(folder):
    """Make a world without submissions in an empty folder."""
    folder.chmod(0o755)
    places = {name: folder / name for name in ("course", "home", "shared")}
    kept = {n: f"SECRET-{n}-{secrets.token_hex(8)}" for n in "solution hidden home victim".split()}
    kept |= {"environment": f"SECRET-environment-{secrets.token_hex(8)}"}
    mark = f"m{secrets.token_hex(6)}"
    for place in places.values():
        place.mkdir(mode=0o777)
        place.chmod(0o777)
    write_course(places["course"], kept)
    (places["home"] / ".bashrc").write_text(f"# {kept['home']}\n")
    (places["shared"] / "note.txt").write_text(f"{kept['home']}\n")
    for path in [*places["home"].iterdir(), places["shared"] / "note.txt"]:
        path.chmod(0o666)
    os.environ["COURSE_PASSWORD"] = kept["environment"]
    os.environ["HOME"] = str(places["home"])
    os.environ["IPYTHONDIR"] = str(folder / "ipython")  # the grader's own, made when it imports
    world = World(**places, secrets=kept, mark=mark)
    world.listener = Listener(world.shared, mark)
    world.victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, kept["victim"]], stdout=subprocess.PIPE
    )
    world.victim.stdout.readline()
    world.words = {
        "COURSE": world.course,
        "HOME": world.home,
        "SHARED": world.shared,
        "ROOT": ROOT,
        "MARK": mark,
        "PORT": world.listener.port,
        "SOCKET": world.listener.path,
        "VICTIM": world.victim.pid,
        "GRADER": os.getpid(),
    }
    return world


def write_course(course, kept):
    """Write the source of the assignment and the configuration."""
    text = (texts.FOLDER / "assignment.txt").read_text()
    for name in ("solution", "hidden"):
        text = text.replace(f"@{name.upper()}@", kept[name])
    cells = [source_cell(*title.split(), source) for title, source in texts.sections(text)[1]]
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    place = course / "solutions" / ASSIGNMENT
    place.mkdir(parents=True)
    (place / NAME).write_text(writes(notebook))
    shutil.copy(ROOT / "nbgrader_config.py", course)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(SETTINGS)


def source_cell(role, name, *rest):
    """Make a cell of the source notebook; the last argument is its text."""
    *points, source = rest
    meta = {
        "grade_id": name,
        "schema_version": 3,
        "task": False,
        "grade": bool(points),
        "solution": role in ("answer", "text"),
        "locked": role in ("given", "test"),
    }
    if points:
        meta["points"] = float(points[0])
    make = new_markdown_cell if role == "text" else new_code_cell
    return make(source, id=name, metadata={"nbgrader": meta})
