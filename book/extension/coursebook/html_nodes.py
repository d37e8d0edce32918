"""A docutils node for any HTML element, for the parts of a page that docutils has no node for."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx


class html_element(nodes.General, nodes.Element):
    """An HTML element with its attributes; its children are ordinary nodes."""


class html_text(html_element, nodes.TextElement):
    """One that holds text: docutils sets its quotation marks as in a paragraph."""

    def __init__(self, rawsource="", *children, **attributes):
        nodes.TextElement.__init__(self, rawsource, "", *children, **attributes)


def element(tag: str, *children: nodes.Node | str, **attributes: str) -> html_element:
    """Make ``<tag ...>children</tag>``; ``class_``, ``for_`` and ``aria_x`` become HTML's names."""
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    ids = [named.pop("id")] if "id" in named else []
    content = [nodes.Text(child) if isinstance(child, str) else child for child in children]
    has_text = any(isinstance(child, nodes.Text | nodes.Inline) for child in content)
    return (html_text if has_text else html_element)("", *content, tag=tag, html=named, ids=ids)


def visit(translator, node: html_element) -> None:
    """Open the element."""
    make = translator.emptytag if node["tag"] == "input" else translator.starttag
    translator.body.append(make(node, node["tag"], "", **node["html"]))


def depart(translator, node: html_element) -> None:
    """Close the element."""
    if node["tag"] != "input":
        translator.body.append(f"</{node['tag']}>\n")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_node(html_element, html=(visit, depart))
    app.add_node(html_text, html=(visit, depart))
