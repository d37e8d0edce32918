"""Interactive figures: static files and controls at build time, scripts where they are needed.

An author writes a ``{figure}`` of ``figures/NAME.svg`` with ``:figclass: interactive``. The svg
is drawn by ``book/assets/interactive/NAME.js``, the script that redraws it in the browser; how to
write one stands at the head of ``kit.js`` there.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from .html_nodes import element
from .node import node

DRAW = Path(__file__).with_name("draw.js")
SCRIPTS = Path("book", "assets", "interactive")
KIT = ("cells.js", "svg.js", "kit.js")


def draw(folder: Path) -> dict[str, dict]:
    """Run the scripts in ``folder`` under node: for each figure ``svg``, ``controls``, ``size``."""
    done = subprocess.run(
        [node(), DRAW, folder],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise ExtensionError(f"{folder}: the interactive figures cannot be drawn:\n{done.stderr}")
    return json.loads(done.stdout)


def write_figures(app: Sphinx, config: Config) -> None:
    """Write ``book/figures/NAME.svg`` for every figure, where it is not there as it should be."""
    root = Path(app.srcdir)
    app.interactive_figures = draw(root / SCRIPTS)
    for name, figure in app.interactive_figures.items():
        svg = root / "book" / "figures" / f"{name}.svg"
        if not svg.exists() or svg.read_text(encoding="utf-8") != figure["svg"]:
            svg.write_text(figure["svg"], encoding="utf-8")


def interactive_images(doctree: nodes.document) -> list[tuple[str, nodes.image]]:
    """List the interactive figures of a page, each with its image."""
    figures = [f for f in doctree.findall(nodes.figure) if "interactive" in f["classes"]]
    images = [next(figure.findall(nodes.image)) for figure in figures]
    return [(PurePosixPath(image["uri"]).stem, image) for image in images]


def add_controls(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put each picture into a box of its proportions, with the controls below."""
    if app.builder.format != "html":
        return
    for name, image in interactive_images(doctree):
        if name not in app.interactive_figures:
            raise ExtensionError(f"{docname}: no script {SCRIPTS / name}.js for {image['uri']}")
        figure = app.interactive_figures[name]
        box = element("div", class_="course-figure", data_figure=name)
        box["html"]["style"] = "--ratio: {}/{}".format(*figure["size"])
        image.replace_self(box)
        box += [image, nodes.raw("", figure["controls"], format="html")]


def add_scripts(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Load the kit, and the scripts of its figures, on a page that has figures."""
    names = [name for name, _ in interactive_images(doctree)] if doctree else []
    if not names:
        return
    own = [file for name in names for file in (f"{name}_data.js", f"{name}.js")]
    for file in (*KIT, *own):
        if (Path(app.srcdir) / SCRIPTS / file).exists():
            app.add_js_file(f"interactive/{file}", loading_method="defer")
    app.add_css_file("interactive/interactive.css")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("config-inited", write_figures)
    app.connect("doctree-resolved", add_controls)
    app.connect("html-page-context", add_scripts)
