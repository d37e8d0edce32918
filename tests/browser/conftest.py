"""Open the built book in a real browser, with every other host cut off."""

from __future__ import annotations

from pathlib import Path

import chromium
import pytest
from coursebook import node
from filelock import FileLock
from pages import NOT_BUILT, ROOT, SITE, find_pages
from playwright.sync_api import expect
from serving import serve

expect.set_options(timeout=chromium.PATIENCE_MS)

# All of axe's rules. What is folded away is part of the page: it is opened first.
RUN_AXE = """async () => {
    document.querySelectorAll("details").forEach(one => one.open = true);
    await Promise.allSettled(document.getAnimations().map(one => one.finished));
    const {violations} = await axe.run(document, {resultTypes: ["violations"]});
    return violations.map(({id, help, nodes}) => {
        const where = nodes.slice(0, 4).map(one => `${one.target}: ${one.failureSummary}`);
        return `${id} (${help}), ${nodes.length} places: ${where.join("; ")}`;
    });
}"""


@pytest.fixture(scope="session")
def site():
    """Give the folder of the built book."""
    if not find_pages():
        pytest.skip(NOT_BUILT)
    return SITE


@pytest.fixture(scope="session")
def address(site):
    """Give the address under which the book is served."""
    with serve(site) as address:
        yield address


@pytest.fixture(params=["served", "file"])
def root(request, site):
    """Give the address of the book, from a server and from the disk."""
    return request.getfixturevalue("address") if request.param == "served" else site.as_uri()


@pytest.fixture
def chapter(site):
    """Give the path of a chapter in the middle of the book."""
    return next(page for page in find_pages() if "07_lstm" in page)


@pytest.fixture(scope="session")
def node_modules():
    """Install the npm packages of these tests, once for all workers; give their folder."""
    target = ROOT / "_build" / "browser"
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target / ".lock"):
        return node.install_packages(Path(__file__).parent, target)


@pytest.fixture(scope="session")
def axe(node_modules):
    """Give a function that lists what axe-core finds on a page."""
    script = (node_modules / "axe-core" / "axe.min.js").read_text()

    def run(page) -> list[str]:
        page.evaluate(script)
        return page.evaluate(RUN_AXE)

    return run
