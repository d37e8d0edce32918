"""The section that a message names exists in the book, and released texts name no other."""

import importlib
import re

import notebooks as nb
import pytest

from grading.check import Task

SECTION = re.compile(r"Chapter (\d+), (.+)")


def headings(chapter):
    """Collect the headings of a chapter by its number."""
    (path,) = (nb.ROOT / "book").glob(f"{int(chapter):02}_*.ipynb")
    markdown = "\n".join(cell.source for cell in nb.read(path) if cell.kind == "markdown")
    return re.findall(r"(?m)^#+ (.+)$", markdown)


@pytest.mark.parametrize("path", nb.SOLUTIONS, ids=nb.short)
def test_sections_named_in_messages_exist(path):
    module = importlib.import_module(f"grading.tasks.e{path.stem}")
    tasks = [value for value in vars(module).values() if isinstance(value, Task)]
    sections = {m.section for task in tasks for m in task.misconceptions}
    assert sections
    for section in sections:
        chapter, heading = SECTION.fullmatch(section).groups()
        assert heading in headings(chapter), section
