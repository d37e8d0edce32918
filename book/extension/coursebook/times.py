"""Say at the top of a notebook's page how long it takes to read, and its code to run.

The reading time is counted from the page, the running time is what the execution cache noted
when the notebook ran. The page that explains the rule takes its numbers from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config

WORDS_A_MINUTE = 200
SECONDS_A_FORMULA = 30
SECONDS_A_LINE = 4
RULE = "reading-times"  # the label of the section that explains these numbers

UNREAD_NODES = (nodes.comment, nodes.raw, nodes.system_message)
UNREAD_CLASSES = {"cell_output", "tag_hide-input", "tag_hide-cell"}


@dataclass
class Amount:
    """What there is to read on a page."""

    words: int = 0
    formulas: int = 0  # displayed ones; one in the text counts as a word
    lines: int = 0  # of code that is shown

    @property
    def minutes(self) -> float:
        """How long it takes to read."""
        seconds = SECONDS_A_FORMULA * self.formulas + SECONDS_A_LINE * self.lines
        return self.words / WORDS_A_MINUTE + seconds / 60


def read(node: nodes.Node) -> Iterator[nodes.Node]:
    """Visit what a reader reads: not the outputs, not what is folded away."""
    if isinstance(node, UNREAD_NODES):
        return
    if isinstance(node, nodes.Element) and UNREAD_CLASSES & set(node.get("classes", ())):
        return
    yield node
    if not isinstance(node, nodes.literal_block | nodes.math | nodes.math_block):
        for child in node.children:
            yield from read(child)


def measure(document: nodes.Node) -> Amount:
    """Count words, formulas and lines of code."""
    amount = Amount()
    for node in read(document):
        if isinstance(node, nodes.math_block):
            amount.formulas += 1
        elif isinstance(node, nodes.math):
            amount.words += 1
        elif isinstance(node, nodes.literal_block):
            amount.lines += sum(1 for line in node.astext().splitlines() if line.strip())
        elif isinstance(node, nodes.Text):
            amount.words += len(node.split())
    return amount


def count_answers(document: nodes.Node) -> int:
    """Count the cells that an exercise asks to fill in with code."""
    cells = (node.get("cell_metadata", {}) for node in document.findall(nodes.container))
    return sum(cell.get("nbgrader", {}).get("solution", False) for cell in cells)


def about_minutes(minutes: float) -> str:
    """Round to five minutes, and say so."""
    return f"about {max(5, 5 * round(minutes / 5))} minutes"


def about_seconds(seconds: float) -> str:
    """Round to what a reader can use, and say so."""
    if seconds < 10:
        return "less than 10 seconds"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} seconds"
    return f"about {round(seconds / 60)} minutes"


def note_times(app: Sphinx, document: nodes.document) -> None:
    """Put the line below the title of a notebook."""
    docname = app.env.docname
    if not app.env.doc2path(docname).endswith(".ipynb") or not document.children:
        return
    told = f"{about_minutes(measure(document).minutes)} to read".capitalize()
    ran = NbMetadataCollector.get_exec_data(app.env, docname)
    if ran and ran["runtime"]:
        told += f"; the code runs in {about_seconds(ran['runtime'])}"
    if answers := count_answers(document):
        told += f"; its {answers} answers in code take longer"
    line = nodes.paragraph("", "", nodes.Text(f"{told} ("), link_to_rule(docname), nodes.Text(")."))
    line["classes"].append("page-times")
    document[0].insert(1, line)


def link_to_rule(docname: str) -> pending_xref:
    """Refer to the section that explains the numbers."""
    where = {"refdomain": "std", "reftype": "ref", "reftarget": RULE, "refdoc": docname}
    text = nodes.inline("", "how this is counted", classes=["std", "std-ref"])
    return pending_xref("", text, refexplicit=True, refwarn=True, **where)


def give_numbers(app: Sphinx, config: Config) -> None:
    """Let the page that explains the rule write ``{{ words_a_minute }}``."""
    config.myst_substitutions |= {
        "words_a_minute": WORDS_A_MINUTE,
        "seconds_a_formula": SECONDS_A_FORMULA,
        "seconds_a_line": SECONDS_A_LINE,
    }


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("config-inited", give_numbers)
    app.connect("doctree-read", note_times)
    app.add_css_file("times.css")
