"""Every term of the glossary is referred to in the chapter that introduces it."""

from __future__ import annotations

import re

import notebooks as nb
import pytest

ENTRY = re.compile(r"^(\S.*)\n((?:  .+\n)+)", re.M)
HOME = re.compile(r"^  Chapter (\d+), \[\]\((\d\d)_\w+\.ipynb(?:#[a-z0-9-]+)?\)\.$", re.M)
REFERENCE = re.compile(r"\{term\}`(?:[^`<]*<([^`>]+)>|([^`<]+))`")

TEXT = (nb.ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = ENTRY.findall(TEXT.split(":sorted:\n", 1)[1])


def references(path):
    """Collect the terms that a chapter refers to."""
    text = "\n".join(cell.source for cell in nb.read(path) if cell.kind == "markdown")
    return {(named or plain).lower() for named, plain in REFERENCE.findall(text)}


def test_there_are_entries_in_order():
    names = [name.lower() for name, _ in ENTRIES]
    assert len(names) > 60
    assert names == sorted(set(names))


@pytest.mark.parametrize(("name", "body"), ENTRIES, ids=[name for name, _ in ENTRIES])
def test_term_is_short_and_referred_to_where_it_is_introduced(name, body):
    assert len(body.split()) < 50
    number, file = HOME.search(body).groups()
    assert int(number) == int(file)
    (path,) = (nb.ROOT / "book").glob(f"{file}_*.ipynb")
    assert name.lower() in references(path)


def test_every_reference_has_an_entry():
    names = {name.lower() for name, _ in ENTRIES}
    for path in nb.CHAPTERS:
        assert references(path) <= names, path.name
