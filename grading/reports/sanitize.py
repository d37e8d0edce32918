"""Make what students wrote harmless before a page shows it: feedback, and formgrader.

A student's output can be HTML, a script, or a picture that is one; their text can hold tags, and
formulas whose links are scripts. In formgrader such a page would run with the instructor's
rights.
"""

from __future__ import annotations

import base64
import re

import bleach
from bs4 import BeautifulSoup
from nbconvert.filters import Highlight2HTML, strip_files_prefix
from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

TAGS = frozenset(
    "a b blockquote br caption code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li ol p "
    "pre s small span strong sub sup table tbody td tfoot th thead tr u ul".split()
)
EVERYWHERE = frozenset("title colspan rowspan align scope lang dir".split())
PROTOCOLS = frozenset(("http", "https", "mailto", "data"))
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
# Classes of highlighted code; others could put text over the page's own buttons.
CODE_CLASS = re.compile(r"highlight( hl-\w+)?|[a-z][a-z0-9]{0,2}")
WITH_CONTENT = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
# Commands of MathJax that make links, load extensions, change the page or build commands.
COMMAND = re.compile(r"\\(?=(href|url|require|class|cssId|style|data|csname|Extension)\b)")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


def _attribute(tag, name, value):
    """Tell whether a tag may keep an attribute."""
    if name == "href":
        return tag == "a" and not value.strip().lower().startswith("data:")
    if name == "src":
        # Nothing is fetched: not from elsewhere, and not from the server that shows the page.
        return tag == "img" and PICTURE.fullmatch(value) is not None
    if name == "alt":
        return tag == "img"
    if name == "class":
        return tag in ("div", "span") and CODE_CLASS.fullmatch(value) is not None
    return name in EVERYWHERE


def clean(text: str) -> str:
    """Return HTML that shows the same text and can do nothing."""
    kept = bleach.clean(
        WITH_CONTENT.sub("", text),
        tags=TAGS,
        attributes=_attribute,
        protocols=PROTOCOLS,
        strip=True,
    )
    return _calm_formulas(kept)


def _calm_formulas(text):
    """Put an invisible blank behind the backslash of MathJax's dangerous commands."""
    soup = BeautifulSoup(text, "html.parser")
    found = [string for string in soup.find_all(string=True) if COMMAND.search(string)]
    for string in found:
        string.replace_with(COMMAND.sub("\\\\\u200b", string))
    return str(soup) if found else text


def clean_markdown(text: str) -> str:
    """Replace nbconvert's filter ``strip_files_prefix``, through which rendered Markdown goes."""
    return clean(strip_files_prefix(text))


def clean_html(element) -> str:
    """Replace nbconvert's filter ``clean_html``, which lets ids and classes cover the page."""
    return clean(element.decode() if isinstance(element, bytes) else str(element))


def highlight_python(source, language=None, metadata=None):
    """Replace nbconvert's filter ``highlight_code``, which believes the notebook's language."""
    return Highlight2HTML(pygments_lexer="ipython3")(source)


def clean_data(data: dict) -> dict:
    """Keep of an output's forms those that are harmless, and make HTML so.

    A drawing (SVG) becomes a picture: scripts in it do not run there.
    """
    kept = {}
    for kind, value in data.items():
        text = "".join(value) if isinstance(value, list) else value
        if not isinstance(text, str):
            continue
        if kind == "text/html":
            kept[kind] = clean(text)
        elif kind == "image/svg+xml":
            code = base64.b64encode(text.encode("utf-8")).decode()
            kept["text/html"] = f'<img alt="drawing" src="data:image/svg+xml;base64,{code}">'
        elif kind in ("image/png", "image/jpeg") and BASE64.fullmatch(text):
            kept[kind] = text
        elif kind == "text/latex":
            kept[kind] = COMMAND.sub("\\\\\u200b", text)
        elif kind in ("text/plain", "text/markdown"):
            kept[kind] = text
    return kept


class SanitizeStudentWork(Preprocessor):
    """Make outputs and metadata of a notebook harmless; its Markdown is cleaned when rendered."""

    enabled = Bool(True, help="Whether to use it.").tag(config=True)

    def preprocess(self, nb, resources):
        """Clean every cell; leave of the notebook's metadata what grading said."""
        nb.metadata = type(nb.metadata)(
            kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
            language_info={"name": "python", "pygments_lexer": "ipython3"},
            **{name: nb.metadata[name] for name in ("grading",) if name in nb.metadata},
        )
        for index, cell in enumerate(nb.cells):
            nb.cells[index], resources = self.preprocess_cell(cell, resources, index)
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        """Clean one cell."""
        known = cell.metadata.get("nbgrader")
        cell.metadata = type(cell.metadata)(
            {"nbgrader": known} if _is_plausible(known) else {},
        )
        if cell.cell_type == "raw":
            cell.source = clean(cell.source)
        for output in cell.get("outputs", ()):
            if "data" in output:
                output.data = type(output.data)(clean_data(output.data))
            if "metadata" in output:
                output.metadata = type(output.metadata)()
        return cell, resources


def _is_plausible(known):
    """Tell whether nbgrader's mark of a cell can be written into a page as it is."""
    return isinstance(known, dict) and (
        re.fullmatch(r"[A-Za-z0-9_.-]+", str(known.get("grade_id", ""))) is not None
    )
