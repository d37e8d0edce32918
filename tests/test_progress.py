"""The box at the end of a page, and the place for the count."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from coursebook import progress

APP = SimpleNamespace(config=SimpleNamespace(root_doc="book/index"))


@pytest.mark.parametrize(
    ("pagename", "doctree", "expected"),
    [("book/04_bptt", object(), 1), ("book/index", object(), 0), ("search", None, 0)],
)
def test_pages_of_the_contents_end_with_a_box(pagename, doctree, expected):
    context = {"body": "<p>The end.</p>"}
    progress.add_mark(APP, pagename, "page.html", context, doctree)
    assert context["body"].startswith("<p>The end.</p>")
    assert context["body"].count('<input type="checkbox" id="reading-mark" />') == expected
