"""What a jailed process writes to its standard output, read on our side."""

from __future__ import annotations

import threading
import time

OVERFLOW_PAUSE = 0.01  # seconds for 64 KiB


class Drain(threading.Thread):
    """Read a pipe to its end and keep only the beginning."""

    def __init__(self, pipe, keep, on_overflow=None):
        super().__init__(name="output of a jailed process", daemon=True)
        self.pipe, self.keep, self.on_overflow = pipe, keep, on_overflow
        self.kept = bytearray()

    def run(self):
        """Read; too much output is told once, and thrown away slowly: reading costs us too."""
        with self.pipe:
            while block := self.pipe.read1(1 << 16):
                space = self.keep - len(self.kept)
                self.kept += block[:space]
                if len(block) <= space:
                    continue
                if self.on_overflow:
                    overflow, self.on_overflow = self.on_overflow, None
                    overflow()
                time.sleep(OVERFLOW_PAUSE)

    @property
    def text(self):
        """What was kept, as text."""
        return bytes(self.kept).decode(errors="replace")
