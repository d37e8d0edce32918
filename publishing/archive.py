"""Pack the built pages into one zip that works by double-click: ``make zip``.

The same pages give the same bytes: sorted names, one date, fixed permissions.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

NAME = "rnn-from-first-principles"
SITE = Path("_build/html")
DATE = (1980, 1, 1, 0, 0, 0)  # the first day that a zip can hold
README = """\
Recurrent Neural Networks from First Principles

Open index.html in a browser: double-click it. No network and no server is needed.
Mathematics, figures and the search are in this folder; keep its files together.

Each chapter is a Jupyter notebook as well: the download button at the top of its page
gives you the file. To run it you need the course's library, rnncore, from the course's
repository.

Text and figures: CC BY 4.0. Code: MIT. LICENSE says more.
"""


def pages(site: Path) -> list[Path]:
    """List the files that a reader needs: no hidden ones, nothing that only Sphinx reads.

    Raises
    ------
    FileNotFoundError
        If ``site`` holds no index.html.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(
            f"{site}/index.html is missing: build the book first with `make book`"
        )
    return sorted(
        path
        for path in site.rglob("*")
        if path.is_file()
        and path.name != "objects.inv"
        and not any(part.startswith(".") for part in path.relative_to(site).parts)
    )


def pack(site: Path, license_file: Path, target: Path) -> None:
    """Write ``target`` with everything in one folder, index.html and README.txt at its top."""
    contents = {path.relative_to(site).as_posix(): path.read_bytes() for path in pages(site)}
    contents["README.txt"] = README.encode()
    contents["LICENSE.txt"] = license_file.read_bytes()
    partial = target.with_suffix(".part")
    with zipfile.ZipFile(partial, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", DATE)
            entry.create_system = 3  # Unix, whose permissions follow
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[name], compresslevel=9)
    partial.replace(target)


def main() -> int:
    """Pack ``_build/html``."""
    target = Path("_build") / f"{NAME}.zip"
    try:
        pack(SITE, Path("LICENSE"), target)
    except FileNotFoundError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
