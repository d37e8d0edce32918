"""Draw rnn_cell.svg: what happens inside one step."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from rnncore import plots

INK = "#7a8694"
MIDDLE = 2.0


def box(axes, x, y, label, color, width=1.0):
    """Draw an activation or an operation."""
    patch = FancyBboxPatch((x - width / 2, y - 0.3), width, 0.6, boxstyle="round,pad=0.06")
    patch.set(facecolor="none", edgecolor=color, linewidth=2)
    axes.add_patch(patch)
    axes.text(x, y, label, color=color, ha="center", va="center", fontsize=15)


def arrow(axes, *points):
    """Draw a path of straight lines that ends in an arrow."""
    for start, end in pairwise(points[:-1]):
        axes.plot(*zip(start, end, strict=True), color=INK, linewidth=1.9)
    line = FancyArrowPatch(points[-2], points[-1], arrowstyle="-|>", color=INK)
    line.set(linewidth=1.9, mutation_scale=14)
    line.shrinkA = line.shrinkB = 0
    axes.add_patch(line)


def note(axes, x, y, text):
    """Write a remark."""
    axes.text(x, y, text, color=INK, ha="center", va="center", fontsize=11.5)


def main():
    """Write the schematic beside this script."""
    plots.use_style()
    colors = plots.COLORS
    figure, axes = plt.subplots(figsize=(7.0, 3.2))
    frame = FancyBboxPatch((1.55, 0.62), 5.6, 2.1, boxstyle="round,pad=0.12")
    frame.set(facecolor="none", edgecolor=INK, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.add_patch(frame)

    box(axes, 0.3, MIDDLE, "$h_{t-1}$", colors["hidden"])
    box(axes, 2.35, MIDDLE, r"$\cdot\; W_{hh}$", INK, 0.95)
    axes.add_patch(Circle((4.15, MIDDLE), 0.3, facecolor="none", edgecolor=INK, linewidth=2))
    axes.text(4.15, MIDDLE, "+", color=INK, ha="center", va="center", fontsize=18)
    box(axes, 6.15, MIDDLE, "tanh", INK, 0.95)
    box(axes, 8.6, MIDDLE, "$h_t$", colors["hidden"])
    box(axes, 2.35, 1.0, r"$\cdot\; W_{xh}$", INK, 0.95)
    box(axes, 2.35, -0.3, "$x_t$", colors["input"])
    box(axes, 4.15, 1.0, "$b_h$", INK, 0.7)
    box(axes, 8.6, 3.5, "$o_t$", colors["output"])

    arrow(axes, (0.88, MIDDLE), (1.78, MIDDLE))
    arrow(axes, (2.9, MIDDLE), (3.82, MIDDLE))
    arrow(axes, (2.35, 0.08), (2.35, 0.62))
    arrow(axes, (2.9, 1.0), (3.3, 1.0), (3.3, 1.55), (3.93, 1.79))
    arrow(axes, (4.15, 1.38), (4.15, 1.68))
    arrow(axes, (4.48, MIDDLE), (5.58, MIDDLE))
    arrow(axes, (6.7, MIDDLE), (8.02, MIDDLE))
    arrow(axes, (8.6, 2.38), (8.6, 3.12))
    axes.text(5.02, MIDDLE + 0.28, "$a_t$", color=INK, ha="center", va="center", fontsize=15)
    axes.text(8.75, 2.75, "$W_{hy},\\ b_y$", color=INK, ha="left", va="center", fontsize=14)
    note(axes, 0.3, 1.45, "(N, H)")
    note(axes, 3.4, -0.3, "(N, D)")
    note(axes, 8.6, 1.45, "(N, H)")
    note(axes, 9.66, 3.5, "(N, V)")
    note(axes, 5.95, 1.0, "same weights\nat every step")
    axes.set(xlim=(-0.4, 10.2), ylim=(-0.75, 3.95))
    axes.set_aspect("equal")
    axes.axis("off")
    figure.savefig(Path(__file__).with_suffix(".svg"), transparent=True)


if __name__ == "__main__":
    main()
