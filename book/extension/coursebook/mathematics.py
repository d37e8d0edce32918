"""Typeset formulas while the book is built: MathJax runs under node, not in a reader's page.

A page then shows its formulas with the text, loads no MathJax, and moves nothing afterwards.
TeX that MathJax does not understand is a warning of the build.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
from contextlib import suppress
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.ext import mathjax
from sphinx.util import logging
from sphinx.util.fileutil import copy_asset

from .node import node, packages

log = logging.getLogger(__name__)

STYLE = "mathjax.css"
FONTS = "mathjax/es5/output/chtml/fonts/woff-v2"
INLINE, DISPLAY = (r"\(", r"\)"), (r"\[", r"\]")


class Typesetter:
    """MathJax in a process of node that waits for formulas; what it made is kept in a file."""

    def __init__(self, script: Path, modules: Path, store: Path):
        self.command = [str(node()), str(script)]
        self.environment = {"NODE_PATH": str(modules)}
        self.store = store
        # What is kept holds for this script and this MathJax alone.
        self.key = f"{script.read_text()}{(modules / 'package-lock.json').read_text()}"
        self.kept: dict[str, str] = {}
        if store.exists():
            kept = json.loads(store.read_text(encoding="utf-8"))
            self.kept = kept["html"] if kept["key"] == self.key else {}
        self.process: subprocess.Popen[str] | None = None

    def typeset(self, tex: str, display: bool) -> str:
        """Give the HTML of a formula.

        Raises
        ------
        ValueError
            With the words of MathJax, for TeX that it does not understand.
        """
        request = json.dumps({"tex": tex, "display": display})
        if request not in self.kept:
            answer = self.ask(request)
            if "problem" in answer:
                raise ValueError(answer["problem"])
            self.kept[request] = answer["html"]
        return self.kept[request]

    def ask(self, request: str) -> dict[str, str]:
        """Send one formula to node, which starts with the first."""
        if self.process is None:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise ExtensionError(f"{' '.join(self.command)} ended; see its message above")
        return json.loads(line)

    def style(self) -> str:
        """Give the style sheet that the formulas need."""
        done = subprocess.run(
            [*self.command, "--css"], env=self.environment, capture_output=True, check=True
        )
        return re.sub(r"\s*\n\s*", "", done.stdout.decode())

    def close(self) -> None:
        """End node and write what it made."""
        if self.process is not None:
            self.process.communicate()
            self.process = None
        self.store.write_text(json.dumps({"key": self.key, "html": self.kept}), encoding="utf-8")


def start(app: Sphinx) -> None:
    """Make the typesetter, and the style sheet and fonts of its formulas."""
    if app.builder.format != "html":
        return
    modules = packages(app)
    script = Path(app.srcdir, "book", "web", "typeset.js")
    app.typesetter = Typesetter(script, modules, modules.parent / "formulas.json")
    static = Path(app.outdir, "_static")
    copy_asset(str(modules / FONTS), str(static / "mathjax"))
    static.mkdir(parents=True, exist_ok=True)
    (static / STYLE).write_text(app.typesetter.style(), encoding="utf-8")


def replace_tex(self, node: nodes.Element, start: int, marks: tuple[str, str]) -> None:
    """Replace the TeX between ``marks`` in what Sphinx wrote since ``start``."""
    opened, closed = map(re.escape, marks)
    written = "".join(self.body[start:])
    before, tex, after = re.fullmatch(rf"(.*?){opened}(.*){closed}(.*)", written, re.S).groups()
    try:
        made = self.builder.app.typesetter.typeset(html.unescape(tex), marks is DISPLAY)
    except ValueError as problem:
        log.warning("TeX: %s, in %s", problem, node.astext(), location=node, type="math")
        made = f"<code>{tex}</code>"
    self.body[start:] = [before, made, after]


def visit_inline(self, node: nodes.math) -> None:
    """Write a formula in a line."""
    start = len(self.body)
    with suppress(nodes.SkipNode):
        mathjax.html_visit_math(self, node)
    replace_tex(self, node, start, INLINE)
    raise nodes.SkipNode


def visit_display(self, node: nodes.math_block) -> None:
    """Write a formula in a line of its own, with Sphinx's number."""
    start = len(self.body)
    if node["nowrap"]:  # an environment such as align, which Sphinx leaves as it is
        node.children[:] = [nodes.Text(rf"\[{node.astext()}\]")]
    with suppress(nodes.SkipNode):
        mathjax.html_visit_displaymath(self, node)
    replace_tex(self, node, start, DISPLAY)
    raise nodes.SkipNode


def finish(app: Sphinx, error: Exception | None) -> None:
    """Let node go."""
    if hasattr(app, "typesetter"):
        app.typesetter.close()


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_html_math_renderer("typeset", (visit_inline, None), (visit_display, None))
    app.config.html_math_renderer = "typeset"
    app.add_css_file(STYLE, priority=300)
    app.connect("builder-inited", start)
    app.connect("build-finished", finish)
