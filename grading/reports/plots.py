"""Plots for pages: SVG text that goes into HTML and is readable on light and on dark."""

from __future__ import annotations

import html
import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

# A colour that no plot uses: in the page it becomes the colour of the text.
INK = "#010203"
BAR = "#2f7ebc"

STYLE = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.size": 11,
    "grid.alpha": 0.25,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(name, alt, size, paint):
    """Draw a plot and return it as an SVG element.

    Parameters
    ----------
    name : str
        Makes the ids of this plot differ from those of others in the page.
    alt : str
        What the plot shows, for a reader who does not see it.
    size : tuple of float
        Inches.
    paint : callable
        Draws on the axes that it gets.
    """
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure.subplots())
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return _for_page(file.getvalue(), name, alt)


def _for_page(svg, name, alt):
    """Keep the drawing alone: no prolog, no metadata with addresses, the page's own colour."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor").strip()
    # Ids of matplotlib count from 1 in every figure.
    svg = re.sub(r'id="', f'id="{name}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    label = html.escape(alt, quote=True)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def bars(labels, values, xlabel, limit=None):
    """Make a painter of horizontal bars, the first on top; nan leaves a gap."""

    def paint(axes):
        places = range(len(labels))
        axes.barh(places, [0 if v != v else v for v in values], color=BAR)
        axes.set_yticks(places, labels, parse_math=False)
        axes.invert_yaxis()
        axes.set_xlabel(xlabel)
        axes.grid(False, axis="y")
        if limit:
            axes.set_xlim(*limit)

    return paint


def histogram(values, whole, xlabel):
    """Make a painter of the distribution of marks from 0 to ``whole``."""

    def paint(axes):
        axes.hist(values, bins=min(20, max(5, round(whole))), range=(0, whole), color=BAR)
        axes.set_xlabel(xlabel)
        axes.set_ylabel("students")
        axes.yaxis.get_major_locator().set_params(integer=True)

    return paint
