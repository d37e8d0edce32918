"""How Jupyter starts a kernel inside the jail: a provisioner, named by the kernelspec.

nbgrader, the gradebook and the hidden tests stay outside. Only the kernel is inside; they
talk over sockets in one shared folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Bool, Enum, Float, Integer, List, Unicode, default

from . import environment, tiers
from .limits import Limits
from .run import Run

POLL = 0.01  # seconds
TIER_VARIABLE = "RNN_JAIL_TIER"
DEFAULTS = Limits()
_told = set()


class JailedProvisioner(LocalProvisioner):
    """Start a kernel in the strongest tier that works here, or refuse.

    Every setting is one of nbgrader_config.py, as ``c.JailedProvisioner.memory = 4096``. After
    the kernel's end `tier`, `limits` and `exceeded` can still be read.
    """

    tier = Enum(
        ["auto", *tiers.TIERS, "none"],
        help="Which protection to use; auto takes the strongest that works.",
    ).tag(config=True)
    allow_unprotected = Bool(False, help="Allow the tier 'none'.").tag(config=True)
    packages = List(
        Unicode(),
        ["rnncore"],
        help="The course's packages that student code may import; checks run elsewhere.",
    ).tag(config=True)
    private = List(
        Unicode(), help="Folders to hide, wherever they lie; the repository always is."
    ).tag(config=True)
    memory = Integer(DEFAULTS.memory, min=1, help="MiB of all processes.").tag(config=True)
    cpu_seconds = Float(DEFAULTS.cpu_seconds, help="CPU of all processes.").tag(config=True)
    wall_seconds = Float(DEFAULTS.wall_seconds, help="Life of a kernel.").tag(config=True)
    processes = Integer(DEFAULTS.processes, min=1, help="Processes at a time.").tag(config=True)
    file_size = Integer(DEFAULTS.file_size, min=1, help="MiB of one file.").tag(config=True)
    open_files = Integer(DEFAULTS.open_files, min=16, help="Of a process.").tag(config=True)
    disk = Integer(DEFAULTS.disk, min=1, help="MiB in each private folder.").tag(config=True)

    run = None
    dead = False

    @property
    def limits(self):
        """The limits that hold, as `Limits`."""
        return Limits(**{name: getattr(self, name) for name in vars(DEFAULTS) if name != "output"})

    @property
    def exceeded(self):
        """The limit for which the kernel was ended, or None."""
        return self.run.exceeded if self.run else None

    def hidden(self, submission):
        """List the folders of the class, in case they lie below a visible one."""
        places = [*self.private, submission, os.getcwd()]
        places += [self.config.CourseDirectory.get("root"), self.config.Exchange.get("root")]
        return [place for place in places if place and isinstance(place, str | os.PathLike)]

    @default("tier")
    def _tier_default(self):
        return os.environ.get(TIER_VARIABLE, "auto")

    async def pre_launch(self, **kwargs):
        """Make the private folder, and let the kernel manager use sockets in it."""
        if self.run is None:
            self.tier = tiers.choose(self.tier, self.allow_unprotected)
            if self.tier not in _told:
                _told.add(self.tier)
                self.log.info("Student code runs in the tier: %s", self.tier)
            found = environment.find(self.packages, self.hidden(kwargs.get("cwd")))
            self.run = Run(found, self.limits, self.tier)
        manager = self.parent
        manager.transport = "ipc"
        manager.cache_ports = False
        manager.ip = str(self.run.folder / "sockets" / "k")
        kwargs = await super().pre_launch(**kwargs)
        kwargs["cmd"] = self.command(kwargs["cmd"], self.connection_file())
        return kwargs

    def connection_file(self):
        """Write the connection file for the inside, where the folder has another name."""
        sockets = self.run.folder / "sockets"
        settings = json.loads(Path(self.parent.connection_file).read_text())
        settings["ip"] = str(self.run.inside(sockets / "k"))
        return str(self.run.inside(self.run.share("kernel.json", json.dumps(settings))))

    def command(self, words, connection_file):
        """Give the kernel's command by the paths that hold inside."""
        outside = str(Path(self.parent.connection_file).resolve())
        words = [connection_file if word == outside else word for word in words[1:]]
        return [self.run.python, *words]

    async def launch_kernel(self, cmd, **kwargs):
        """Start the kernel with copies of the regular files of its working folder."""
        self.process = self.run.start(cmd, files=kwargs.get("cwd"))
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    async def poll(self):
        """Give the exit status, or None; an end that nobody asked for goes to the log once."""
        status = await super().poll()
        if status and self.process and not (self.exceeded or self.run.asked or self.dead):
            self.dead = True
            self.run.output.join(1)
            # Quoted: student code may have written control characters for a terminal.
            said = repr(self.run.output.text[-500:])
            self.log.warning("The jailed kernel ended with status %s: %s", status, said)
        return status

    async def wait(self):
        """Wait for the end, and for whatever the kernel started."""
        if self.process is None:
            return 0
        while await self.poll() is None:
            await asyncio.sleep(POLL)
        status = self.process.wait()
        self.run.end()
        self.process = None
        return status

    async def send_signal(self, signum):
        """End the jail; an interrupt travels as a message instead, as the kernelspec says."""
        if signum in (signal.SIGTERM, signal.SIGKILL):
            await self.kill()

    async def kill(self, restart=False):
        """End the kernel and all that it started, at once."""
        if self.run:
            self.run.end()

    terminate = kill

    async def cleanup(self, restart=False):
        """Leave nothing behind."""
        await super().cleanup(restart=restart)
        if self.run is None:
            return
        if restart:
            self.run.end()
        else:
            self.run.close()
