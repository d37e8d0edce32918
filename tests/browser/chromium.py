"""Chromium for the tests: the devices and modes in which pages are looked at."""

from __future__ import annotations

import sys
from pathlib import Path

# `python tests/browser/look.py` does not see the root of the repository by itself.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from publishing.chromium import FLAGS, MISSING, find_chromium, settle, start

__all__ = ["DEVICES", "FLAGS", "MISSING", "MODES", "find_chromium", "settle", "start"]

DEVICES = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
MODES = ("light", "dark")
# Generous: a busy machine is no failure, and what is broken never comes.
PATIENCE_MS = 120_000


def open_context(browser, device: str, **options):
    """Open a new reader's browser on the device: nothing cached, nothing stored."""
    context = browser.new_context(**DEVICES[device], **options)
    context.set_default_timeout(PATIENCE_MS)
    return context
