"""Debian's Chromium, driven by Playwright: how to find, start and wait for it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

MISSING = (
    "Chromium is not installed: `apt-get install chromium` (Debian), or set CHROMIUM to the "
    "path of Chromium or Chrome"
)
# Nothing of the browser's own may reach for the network or disturb a measurement. Chromium's
# sandbox refuses to start for root, which containers and CI are.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_chromium() -> str | None:
    """Find Chromium: the variable CHROMIUM, or the usual names on the path."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@contextmanager
def start():
    """Start Chromium and give Playwright's browser; it ends with the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def settle(page) -> None:
    """Wait until the fonts of the page are there."""
    page.evaluate("async () => { await document.fonts.ready; }")
