"""The self-check questions of the chapters: enough of them, each answer explained."""

from __future__ import annotations

import re

import notebooks as nb
import pytest

each_chapter = pytest.mark.parametrize(
    "path", [path for path in nb.CHAPTERS if path.stem[0].isdigit()], ids=nb.short
)
QUESTION = re.compile(r"^:::\{self-check\} (\S+)$(.*?)^:::$", re.M | re.S)
ANSWER = re.compile(r"^- \[[ x]\] ", re.M)


def questions(path):
    """List name and body of a chapter's questions."""
    cells = [cell.source for cell in nb.read(path) if cell.kind == "markdown"]
    return [found for cell in cells for found in QUESTION.findall(cell)]


@each_chapter
def test_chapter_has_four_questions_spread_over_it(path):
    cells = nb.read(path)
    places = [i for i, cell in enumerate(cells) if QUESTION.search(cell.source)]
    assert len(questions(path)) >= 4
    assert len({place * 10 // len(cells) for place in places}) >= 3, "not all in one place"


@each_chapter
def test_every_answer_of_a_chapter_is_explained(path):
    for name, body in questions(path):
        marks = ANSWER.findall(body)
        assert len(marks) >= 3, name
        assert "- [x] " in marks, name
        assert "- [ ] " in marks, name
        for answer in ANSWER.split(body)[1:]:
            why = answer.partition("\n\n")[2]
            assert len(why.split()) >= 6, f"{name}: {answer[:40]}"


def test_names_of_questions_are_unique_and_tell_the_chapter():
    names = [(path, name) for path in nb.CHAPTERS for name, _ in questions(path)]
    assert len({name for _, name in names}) == len(names)
    for path, name in names:
        assert re.fullmatch(rf"c{int(path.stem[:2])}-ask-[a-z0-9-]+", name)
