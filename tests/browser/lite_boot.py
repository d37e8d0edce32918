"""JupyterLite in Chromium, with every other host cut off: ``make testlite``."""

from pathlib import Path

import chromium
import pytest
from serving import serve

SITE = Path(__file__).resolve().parents[2] / "_build" / "lite"
PATIENCE_MS = 300_000


@pytest.fixture(scope="module")
def page():
    """Open the site's first notebook; the page keeps a list of all requests."""
    if not (SITE / "lab" / "index.html").exists():
        pytest.skip("JupyterLite is not built: `make lite` first (`make testlite` does)")
    if chromium.find_chromium() is None:
        pytest.skip(chromium.MISSING)
    with serve(SITE) as address, chromium.start() as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.address, page.requests = address, []
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(f"{address}/lab/index.html?path=START.ipynb")
        page.locator(".jp-Notebook .jp-CodeCell").wait_for()
        yield page


def run(page, code):
    """Run ``code`` in the last cell; give what it shows."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").last
    number = page.locator(".jp-Notebook .jp-CodeCell").count()
    cell.locator(".cm-content").click()
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")  # runs it, and adds a cell below
    page.locator(".jp-Notebook .jp-CodeCell").nth(number).wait_for()
    done = page.locator(".jp-Notebook .jp-CodeCell").nth(number - 1)
    done.locator(".jp-OutputArea-output").first.wait_for()
    return done.locator(".jp-OutputArea").inner_text().strip().splitlines()[-1]


def test_notebooks_are_listed(page):
    names = page.locator(".jp-DirListing-itemName")
    assert {"book", "exercises", "START.ipynb"} <= set(names.all_inner_texts())
    for folder, notebook in (("book", "07_lstm.ipynb"), ("exercises", "06_lstm")):
        page.locator(".jp-DirListing-item", has_text=folder).dblclick()
        page.locator(".jp-DirListing-item", has_text=notebook).wait_for()
        page.locator(".jp-BreadCrumbs-home").click()
        page.locator(".jp-DirListing-item", has_text="START.ipynb").wait_for()


def test_the_first_notebook_says_what_was_not_tested(page):
    assert "Not tested" in page.locator(".jp-MarkdownCell").first.inner_text()


def test_a_cell_runs(page):
    assert run(page, "1 + 1") == "2"


def test_what_chapters_need_besides_numpy_loads_by_import(page):
    code = (
        "from myst_nb import glue; from pydoc_data.topics import topics; glue('n', 'if' in topics)"
    )
    assert run(page, code) == "True"


def test_rnncore_installs_from_the_site(page):
    wheel = next((SITE / "static" / "pyodide").glob("rnncore-*.whl")).name
    install = f"await micropip.install('{page.address}/static/pyodide/{wheel}', deps=False)"
    # Not `import replications`: the kernel would see it, and fetch NumPy from elsewhere first.
    code = f"import micropip; from importlib import import_module as load; {install}"
    assert run(page, f"{code}; load('replications').__name__") == "'replications'"
    version = wheel.split("-")[1]
    assert run(page, "import importlib.metadata as m; m.version('rnncore')") == f"'{version}'"


def test_nothing_was_asked_of_another_host(page):
    assert page.requests
    own = (page.address, "data:", "blob:")
    assert [url for url in page.requests if not url.startswith(own)] == []
