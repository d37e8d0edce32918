"""Draw lstm_cell.svg: the cell state runs straight through, the gates act on it."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from rnncore import plots

INK = "#7a8694"
LINE, GATES, BUS = 4.1, 2.0, 0.75


def box(axes, x, y, label, color, width=0.72):
    """Draw a gate or a state."""
    patch = FancyBboxPatch((x - width / 2, y - 0.27), width, 0.54, boxstyle="round,pad=0.06")
    patch.set(facecolor="none", edgecolor=color, linewidth=2)
    axes.add_patch(patch)
    axes.text(x, y, label, color=color, ha="center", va="center", fontsize=15)


def meet(axes, x, y, label, color):
    """Draw a place where two arrows are multiplied or added."""
    axes.add_patch(Circle((x, y), 0.27, facecolor="none", edgecolor=color, linewidth=2))
    axes.text(x, y, label, color=color, ha="center", va="center", fontsize=17)


def arrow(axes, *points, color=INK, width=1.8):
    """Draw a path of straight lines that ends in an arrow."""
    for start, end in pairwise(points[:-1]):
        axes.plot(*zip(start, end, strict=True), color=color, linewidth=width)
    line = FancyArrowPatch(points[-2], points[-1], arrowstyle="-|>", color=color)
    line.set(linewidth=width, mutation_scale=14)
    line.shrinkA = line.shrinkB = 0
    axes.add_patch(line)


def gate(axes, x, label, color, text):
    """Draw a gate that reads the bus, with its name below."""
    arrow(axes, (x, BUS), (x, GATES - 0.36))
    box(axes, x, GATES, label, color)
    axes.text(x + 0.12, 1.2, text, color=color, ha="left", va="center", fontsize=12)


def main():
    """Write the schematic beside this script."""
    plots.use_style()
    c = plots.COLORS
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    gate(axes, 1.9, "$f_t$", c["gradient"], "keep")
    gate(axes, 3.6, "$i_t$", c["accent"], "write")
    gate(axes, 5.2, "$g_t$", INK, "what")
    gate(axes, 7.0, "$o_t$", c["output"], "show")
    box(axes, 0.0, LINE, "$c_{t-1}$", c["loss"], 0.9)
    box(axes, 9.3, LINE, "$c_t$", c["loss"], 0.9)
    box(axes, 0.0, BUS, "$h_{t-1}$", c["hidden"], 0.9)
    box(axes, 9.3, GATES, "$h_t$", c["hidden"], 0.9)
    box(axes, 0.9, -0.5, "$x_t$", c["input"])
    arrow(axes, (0.53, LINE), (1.62, LINE), color=c["loss"], width=3)
    arrow(axes, (2.18, LINE), (4.08, LINE), color=c["loss"], width=3)
    arrow(axes, (4.64, LINE), (8.76, LINE), color=c["loss"], width=3)
    axes.plot([0.52, 7.0], [BUS, BUS], color=INK, linewidth=1.8)
    axes.plot([0.9, 0.9], [-0.15, BUS], color=INK, linewidth=1.8)
    meet(axes, 1.9, LINE, "·", INK)
    meet(axes, 4.36, LINE, "+", INK)
    meet(axes, 4.36, 3.05, "·", INK)
    meet(axes, 8.0, GATES, "·", INK)
    arrow(axes, (1.9, GATES + 0.36), (1.9, LINE - 0.29))
    arrow(axes, (3.6, GATES + 0.36), (3.6, 3.05), (4.07, 3.05))
    arrow(axes, (5.2, GATES + 0.36), (5.2, 3.05), (4.65, 3.05))
    arrow(axes, (4.36, 3.34), (4.36, LINE - 0.29))
    arrow(axes, (7.4, GATES), (7.71, GATES))
    box(axes, 8.0, 3.1, "tanh", INK, 0.75)
    arrow(axes, (8.0, LINE), (8.0, 3.46))
    arrow(axes, (8.0, 2.76), (8.0, GATES + 0.29))
    arrow(axes, (8.29, GATES), (8.76, GATES))
    axes.set(xlim=(-0.65, 9.95), ylim=(-0.95, 4.6))
    axes.set_aspect("equal")
    axes.axis("off")
    figure.savefig(Path(__file__).with_suffix(".svg"), transparent=True)


if __name__ == "__main__":
    main()
