"""What a first visit costs: bytes, time until the text shows, and text that moves.

The tests run by themselves (``-m alone``): a second worker would be measured too.
"""

from __future__ import annotations

from dataclasses import dataclass

import chromium
import pytest
from pages import find_pages
from visits import SCROLL_THROUGH, WATCH_SHIFTS

pytestmark = pytest.mark.alone

TRIES = 5
SLOWDOWN = 4
LARGEST_BYTES = 600_000
LONGEST_MS = 1000

# The bound of a second is meant for the machine on which it was set, where CALIBRATE takes
# USUAL_MS. A slower machine gets more time in proportion, a faster one no less.
USUAL_MS = 100
CALIBRATE = """() => {
    const start = performance.now();
    const box = document.body.appendChild(document.createElement("div"));
    for (let n = 0; n < 3000; n++) {
        const line = box.appendChild(document.createElement("p"));
        line.textContent = `${Math.sin(n)} the state after ${n} steps`;
        line.style.width = `${200 + n % 100}px`;
    }
    box.getBoundingClientRect();
    box.remove();
    return performance.now() - start;
}"""

# The first time that something of the chapter itself is on the screen.
WATCH_TEXT = """
new PerformanceObserver(list => {
    for (const {element, startTime} of list.getEntries())
        if (element?.closest("article")) window.textShown ??= startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
"""


@dataclass
class Cost:
    """What one visit with an empty cache cost."""

    bytes: int
    shown: float
    shift: float
    calibration: float


def first_visit(browser, url: str, device: str) -> Cost:
    """Open ``url`` with an empty cache on a processor that is slowed down."""
    context = chromium.open_context(browser, device)
    page = context.new_page()
    session = context.new_cdp_session(page)
    received = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    calibration = page.evaluate(CALIBRATE)
    page.add_init_script(WATCH_SHIFTS + WATCH_TEXT)
    page.goto(url)
    chromium.settle(page)
    page.evaluate(SCROLL_THROUGH)
    page.wait_for_function("window.textShown")
    shown, shift = page.evaluate("[window.textShown, window.layoutShift]")
    context.close()
    return Cost(int(sum(received)), shown, shift, calibration)


CASES = [
    pytest.param((page, device), id=f"{page}-{device}")
    for page in find_pages()
    if "book/0" in page or "book/1" in page
    for device in chromium.DEVICES
]


@pytest.fixture(scope="module", params=CASES)
def costs(request, address, browser):
    """Visit a chapter until it is fast enough, a few times at most."""
    page, device = request.param
    costs = []
    while len(costs) < TRIES and not any(fast_enough(cost) for cost in costs):
        costs.append(first_visit(browser, f"{address}/{page}", device))
    return costs


def fast_enough(cost: Cost) -> bool:
    """Tell whether the text showed in time for this machine."""
    return cost.shown <= LONGEST_MS * max(1, cost.calibration / USUAL_MS)


def test_a_first_visit_is_small(costs):
    assert max(cost.bytes for cost in costs) < LARGEST_BYTES


def test_the_text_shows_soon(costs):
    assert any(fast_enough(cost) for cost in costs), costs


def test_the_text_stays_where_it_is(costs):
    assert max(cost.shift for cost in costs) < 0.05
