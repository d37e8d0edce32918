"""Where things are inside the jail, and the variables by which Python finds them."""

from __future__ import annotations

import os
from pathlib import Path

from . import bubblewrap, tiers

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Layout:
    """The paths of one run: a `Run` has `environment`, `folder`, `tier` and `user`."""

    @property
    def mounts(self):
        """Whether tier 2 may mount folders: as root, outside of strict containers."""
        return self.tier == "landlock" and self.user is not None and tiers.may_mount()

    def places(self):
        """Give where packages are inside, as {path outside: path inside}."""
        if self.tier == "bubblewrap":
            return bubblewrap.inside(self.environment)
        seen = bubblewrap.inside(self.environment)
        if self.mounts:
            return {source: Path(f"{self.folder}{target}") for source, target in seen.items()}
        return {source: source for source in seen}

    def inside(self, path):
        """Give the path inside of something in the environment or in the run's folder."""
        for source, target in self.places().items():
            if path.is_relative_to(source):
                return target / path.relative_to(source)
        if self.tier == "bubblewrap" and path.is_relative_to(self.folder):
            own = {"home": Path("/home/student"), "venv": Path("/env")}
            first, *rest = path.relative_to(self.folder).parts
            return own.get(first, Path("/", first)).joinpath(*rest)
        return path

    @property
    def python(self):
        """The interpreter's path inside, with the packages that the grader itself has."""
        own = self.folder / "venv" / "bin" / "python3"
        return str(self.inside(own if self.environment.virtual else self.environment.python))

    def make_virtual(self):
        """Make the link and the file by which Python leaves out its own site-packages."""
        target = self.inside(self.environment.python)
        folder = self.folder / "venv"
        for name in ("python3", "python"):
            (folder / "bin" / name).symlink_to(target)
        settings = f"home = {target.parent}\ninclude-system-site-packages = false\n"
        (folder / "pyvenv.cfg").write_text(settings)

    def variables(self):
        """Give the whole environment of the jailed process."""
        search = [self.environment.course, *self.environment.sites]
        values = {
            "PATH": f"{Path(self.python).parent}:/usr/bin:/bin",
            "HOME": str(self.inside(self.folder / "home")),
            "TMPDIR": str(self.inside(self.folder / "tmp")),
            "LANG": "C.UTF-8",
            "MPLCONFIGDIR": str(self.inside(self.folder / "home" / "matplotlib")),
            "PYTHONPATH": ":".join(str(self.inside(path)) for path in search),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
            # The jail has no network, and ipykernel says so at each start.
            "PYTHONWARNINGS": "ignore:Couldn't bind IOPub Pipe",
        }
        values |= {name: os.environ.get(name, "1") for name in THREADS}
        if library := self.environment.library_folder:
            values["LD_LIBRARY_PATH"] = str(self.inside(library))
        return values
