"""A visit to a page, with all that the browser asked for and complained about."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

import chromium
from playwright.sync_api import Browser, Page

# Adds up layout shifts, including those before the script could look.
WATCH_SHIFTS = """
window.layoutShift = 0;
new PerformanceObserver(list => {
    for (const entry of list.getEntries())
        if (!entry.hadRecentInput) window.layoutShift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""

# Scrolls as a reader does, a window at a time; a frame each, so that late parts show up.
SCROLL_THROUGH = """async () => {
    const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    for (let y = 0; y < document.documentElement.scrollHeight; y += window.innerHeight) {
        window.scrollTo({top: y, behavior: "instant"});
        await frame();
    }
    await Promise.all([...document.images].map(image => image.decode().catch(() => {})));
    await frame();
    window.scrollTo({top: 0, behavior: "instant"});
    await frame();
}"""


@dataclass
class Visit:
    """An open page and what happened on it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def elsewhere(self, address: str) -> list[str]:
        """List the requests to anything but ``address`` and the page itself."""
        own = (address, "data:", "blob:")
        return [url for url in self.requests if not url.startswith(own)]


def watch(page: Page) -> Visit:
    """Record what happens on ``page`` from now on."""
    visit = Visit(page)
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("websocket", lambda socket: visit.requests.append(socket.url))
    page.on("requestfailed", lambda one: visit.failures.append(f"{one.url} {one.failure}"))
    page.on("response", lambda one: one.ok or visit.failures.append(f"{one.url} {one.status}"))
    page.on("pageerror", lambda error: visit.messages.append(f"error: {error}"))
    page.on("console", lambda message: keep(visit, message))
    return visit


def keep(visit: Visit, message) -> None:
    """Keep a message of the console if it is a complaint."""
    if message.type in ("error", "warning"):
        visit.messages.append(f"{message.type}: {message.text}")


@contextmanager
def visit(browser: Browser, url: str, device: str = "desktop", mode: str = "light", **options):
    """Open ``url`` as a new reader would and scroll through it once; give the Visit."""
    context = chromium.open_context(browser, device, color_scheme=mode, **options)
    page = context.new_page()
    if options.get("java_script_enabled", True):
        page.add_init_script(WATCH_SHIFTS)
    seen = watch(page)
    page.goto(url)
    if options.get("java_script_enabled", True):
        chromium.settle(page)
        page.evaluate(SCROLL_THROUGH)
    try:
        yield seen
    finally:
        context.close()
