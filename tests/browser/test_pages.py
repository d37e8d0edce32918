"""Each page as a reader gets it: on a desktop and on a phone, in light and in dark mode."""

from __future__ import annotations

import chromium
import pytest
from pages import find_pages
from visits import visit

# Addresses of a page, each with its devices; all tests of a page run on one worker, which
# opens it once for each device.
VISITS = [
    pytest.param((page, device), id=f"{page}-{device}", marks=pytest.mark.xdist_group(page))
    for page in find_pages()
    for device in chromium.DEVICES
]

RAW_TEX = r"""() => {
    const shown = "pre, code, script, style, noscript, textarea, mjx-container";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const {data, parentElement} = walker.currentNode;
        const raw = /\$[^$]+\$|\\[(\[]|\\begin\{|\\[a-z]+\{/.test(data);
        if (raw && !parentElement.closest(shown)) found.push(data.trim().slice(0, 100));
    }
    return found;
}"""

# Elements that reach past the window and cannot be scrolled to in a box of their own. What is
# hidden, or parked outside the window until a button fetches it, does not count.
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = box => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
    const boxed = element => {
        for (let box = element.parentElement; box; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (style.position === "fixed") return true;
            if (scrolls(box) && box !== document.body && box !== document.documentElement)
                return true;
        }
        return false;
    };
    const found = [];
    for (const element of document.body.querySelectorAll("*")) {
        const {left, right} = element.getBoundingClientRect();
        if (right <= width + 1 && left >= -1) continue;
        if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        if (getComputedStyle(element).position === "fixed" || boxed(element)) continue;
        found.push(element.outerHTML.slice(0, 120));
    }
    return found.slice(0, 5);
}"""


@pytest.fixture(scope="module", params=VISITS)
def seen(request, address, browser):
    """Open the page on the device."""
    page, device = request.param
    with visit(browser, f"{address}/{page}", device) as seen:
        seen.device = device
        yield seen


def test_it_asks_no_other_host(seen, address):
    assert seen.elsewhere(address) == []


def test_nothing_is_missing_and_nothing_complains(seen):
    assert seen.failures + seen.messages == []


def test_every_formula_is_set(seen):
    wrong = [
        text
        for kind in ("mjx-merror", ".math:not(:has(mjx-container))", 'mjx-container:text("???")')
        for text in seen.page.locator(kind).all_text_contents()
    ]
    assert wrong + seen.page.evaluate(RAW_TEX) == []


def test_every_picture_shows(seen):
    broken = "[...document.images].filter(one => !one.naturalWidth).map(one => one.src)"
    assert seen.page.evaluate(broken) == []


def test_it_is_as_wide_as_the_window(seen):
    width = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    needed, given = seen.page.evaluate(width)
    assert seen.page.evaluate(TOO_WIDE) == []
    assert needed <= given


def test_it_stays_where_it_is(seen):
    assert seen.page.evaluate("window.layoutShift") < 0.05


@pytest.mark.parametrize("mode", chromium.MODES)
def test_axe_finds_nothing(seen, axe, mode):
    seen.page.emulate_media(color_scheme=mode)
    found = axe(seen.page)
    assert not found, "\n".join(found)
