"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_atomically(path, content):
    """Write bytes beside ``path``, then move them there in one step."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
