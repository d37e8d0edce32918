"""One jailed process with its folders, its watchdog and its end."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import weakref
from pathlib import Path

from . import bubblewrap, folders, landlock, limits, processes, seccomp, users
from .layout import Layout
from .output import Drain

CONFINE = Path(__file__).with_name("confine.py")
KEPT_OUTPUT = 1 << 16


class Run(Layout):
    """What one jailed process needs, from its private folder to its last child.

    Parameters
    ----------
    environment : Environment
    limits : Limits
    tier : str
        ``"bubblewrap"``, ``"landlock"`` or ``"none"``.

    Attributes
    ----------
    process : subprocess.Popen or None
        What stands for the jailed process on our side.
    exceeded : str or None
        The limit for which the watchdog ended it.
    asked : bool
        Whether it was ended, by `end` or the watchdog.
    folder : Path
        Private to this run; removed by `close`.
    """

    def __init__(self, environment, limits, tier):
        self.environment, self.limits, self.tier = environment, limits, tier
        self.user, self.user_held = users.claim() if tier != "none" else (None, None)
        self.folder = folders.make(self.user)
        self.make_virtual()
        self.finalizer = weakref.finalize(self, folders.remove, self.folder)
        self.process = self.exceeded = self.watchdog = self.output = self.life = None
        self.ending, self.asked = threading.Lock(), False

    def share(self, name, text):
        """Put a file for the jailed process into the shared folder; give its path outside."""
        path = self.folder / "sockets" / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        if self.user is not None:
            os.chown(path, self.user, self.user)
        return path

    def start(self, argv, files=None, keep=KEPT_OUTPUT, on_overflow=None):
        """Start a program inside.

        Parameters
        ----------
        argv : list of str
            Paths as they are inside.
        files : path, optional
            A submission's folder; its regular files are copied to the working folder.
        keep : int
            Bytes of standard output and error that are kept in `output`.
        on_overflow : callable, optional
            Called when there is more.
        """
        if self.process is not None:
            folders.renew(self.folder, self.user)
        self.exceeded, self.asked = None, False
        if files is not None:
            limit = self.limits.disk * limits.MIB // 2
            folders.collect(files, self.folder / "files", limit)
        begin = {"bubblewrap": self.bubblewrap, "landlock": self.landlock, "none": self.none}
        self.process = begin[self.tier](argv)
        self.output = Drain(self.process.stdout, keep, on_overflow)
        self.output.start()
        own = [self.folder / name for name in ("work", "tmp", "home")]
        places = {"folders": [self.folder / "sockets"]}  # on an ordinary disk in both tiers
        if self.tier == "bubblewrap" or self.mounts:
            places["filesystems"] = [str(self.inside(path)) for path in own]
        else:
            places["folders"] += own
        self.watchdog = limits.Watchdog(self.process.pid, self.limits, self.exceed, **places)
        self.watchdog.start()
        return self.process

    def specification(self, argv, cwd):
        """Say what confine.py has to do in either tier."""
        own = processes.own_threads() if self.user is None else 0
        copies = [(self.folder / "files", cwd)]
        if self.environment.fonts:
            settings = self.inside(self.folder / "home" / "matplotlib")
            copies.append((self.environment.fonts, settings))
        return {
            "argv": argv,
            "cwd": str(cwd),
            "copy": [(str(self.inside(old)), str(new)) for old, new in copies],
            "resources": self.limits.resources(own),
            "uid": self.user,
        }

    def bubblewrap(self, argv):
        """Start in tier 1."""
        uid = 1000 if self.user is None else self.user
        (self.folder / "passwd").write_text(bubblewrap.PASSWD.format(uid=uid))
        spec = self.specification(argv, bubblewrap.WORK)
        launch = [
            str(self.inside(self.environment.python)),
            "-I",
            "-S",
            bubblewrap.LAUNCHER,
            json.dumps(spec),
        ]
        path = self.folder / "calls"
        path.write_bytes(seccomp.program())
        with path.open("rb") as program:
            handle = program.fileno()
            words = bubblewrap.command(
                self.environment, self.limits, self.folder, self.user, handle, self.variables()
            )
            return self.spawn(words + launch, pass_fds=[handle])

    def landlock(self, argv):
        """Start in tier 2."""
        spec = self.specification(argv, self.folder / "work")
        spec |= {"env": self.variables(), "mounts": [], "seccomp": {}}
        abi = landlock.version()
        writable = [self.folder / name for name in ("sockets", "work", "tmp", "home")]
        spec["landlock"] = landlock.specification(
            self.readable(), self.places().values(), writable, abi
        )
        spec["seccomp"] = landlock.calls(abi)
        if self.mounts:
            spec["mounts"] = self.private_mounts()
        theirs, self.life = os.pipe()
        spec["life"] = theirs
        path = self.folder / "specification.json"
        path.write_text(json.dumps(spec))
        launcher = [str(self.environment.python), "-I", "-S", str(CONFINE), str(path)]
        try:
            return self.spawn(launcher, pass_fds=[theirs])
        finally:
            os.close(theirs)

    def readable(self):
        """List what Landlock lets student code read, by the paths that hold inside."""
        own = [self.folder / "files", self.folder / "venv"]
        found = []
        for root in map(Path, [*self.places(), *own, *landlock.SYSTEM]):
            # Packages may lie in a folder that is hidden as a whole.
            masked = [p for p in self.environment.masked if p.is_relative_to(root.resolve())]
            found += landlock.without(root, masked)
        return [str(self.inside(Path(path))) for path in found]

    def private_mounts(self):
        """List the mounts of tier 2: folders of limited size, packages at neutral paths."""
        size = self.limits.disk * limits.MIB
        mounts = [("tmpfs", "", str(self.folder / name), size) for name in ("work", "tmp", "home")]
        for source, target in self.places().items():
            target.mkdir(parents=True, exist_ok=True)
            mounts.append(("bind", str(source), str(target), 0))
        return mounts

    def none(self, argv):
        """Start without any protection."""
        return self.spawn(argv, cwd=self.folder / "files", env=dict(os.environ) | self.variables())

    def spawn(self, words, **options):
        """Start a process in a session of its own, with no input and one output."""
        options.setdefault("env", {})
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )

    def exceed(self, name):
        """End everything because of a limit."""
        self.exceeded = self.exceeded or name
        self.end()

    def end(self):
        """End everything inside, and come back when nothing is left."""
        with self.ending:
            if self.watchdog:
                self.watchdog.stop()
            if self.process and self.process.poll() is None:
                self.asked = True
                self.end_process()

    def end_process(self):
        """End the launcher by what makes it take everything along."""
        if self.tier == "bubblewrap":
            # Its child is process 1 inside: the kernel ends all others with it, before
            # bwrap itself sees the end.
            processes.end(processes.children(self.process.pid) or [self.process.pid])
        elif self.tier == "landlock":
            self.let_go()
        else:
            processes.end(processes.tree(self.process.pid))
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            processes.end(reversed(processes.tree(self.process.pid)))
            self.process.wait()

    def let_go(self):
        """Close our end of the supervisor's pipe."""
        life, self.life = self.life, None
        if life is not None:
            os.close(life)

    def close(self):
        """End everything and remove the folder."""
        self.end()
        self.let_go()
        if self.output:
            self.output.join(5)
        self.finalizer()
        if self.user_held:
            self.user_held.close()
