"""Draw deep_grid.svg: a stack unrolled in time, and the two gradients that meet in a cell."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rnncore import plots

INK = "#6b6b6b"
STEPS, LAYERS = ("t-1", "t", "t+1"), (1, 2, 3)
X, Y = (1.7, 4.7, 7.7), {0: 0.4, 1: 2.0, 2: 3.6, 3: 5.2, "o": 6.7}
MIDDLE = (1, 2)


def node(axes, x, y, label, color, filled=False):
    box = FancyBboxPatch((x - 0.6, y - 0.32), 1.2, 0.64, boxstyle="round,pad=0.06")
    box.set(facecolor=(*plt.matplotlib.colors.to_rgb(color), 0.2 if filled else 0))
    box.set(edgecolor=color, linewidth=2.4 if filled else 1.8)
    axes.add_patch(box)
    axes.text(x, y - 0.02, label, color=color, ha="center", va="center", fontsize=14)


def arrow(axes, start, end, color, width=1.8):
    line = FancyArrowPatch(
        start, end, arrowstyle="-|>", mutation_scale=13, linewidth=width, shrinkA=0, shrinkB=0
    )
    line.set(color=color)
    axes.add_patch(line)


def column(axes, i, name, colors):
    x = X[i]
    node(axes, x, Y[0], f"$x_{{{name}}}$", colors["input"])
    for layer in LAYERS:
        label = f"$h^{{({layer})}}_{{{name}}}$"
        node(axes, x, Y[layer], label, colors["hidden"], filled=(i, layer) == MIDDLE)
    node(axes, x, Y["o"], f"$o_{{{name}}}$", colors["output"])
    levels = [0, *LAYERS, "o"]
    for low, high in pairwise(levels):
        arrow(axes, (x - 0.22, Y[low] + 0.4), (x - 0.22, Y[high] - 0.4), INK)


def main():
    plots.use_style()
    colors = plots.COLORS
    figure, axes = plt.subplots(figsize=(7.4, 5.6))
    for i, name in enumerate(STEPS):
        column(axes, i, name, colors)
    ends = (-0.4, *X, 9.8)
    for layer in LAYERS:
        for left, right in pairwise(ends):
            start, end = (left + 0.68, Y[layer] + 0.16), (right - 0.68, Y[layer] + 0.16)
            arrow(axes, start, end, INK)
    red = colors["gradient"]
    x, y = X[MIDDLE[0]], Y[MIDDLE[1]]
    arrow(axes, (x + 0.25, Y[3] - 0.4), (x + 0.25, y + 0.4), red, 2.6)
    arrow(axes, (X[2] - 0.68, y - 0.16), (x + 0.68, y - 0.16), red, 2.6)
    words = {"color": red, "fontsize": 12, "va": "center"}
    axes.text(x + 0.42, (y + Y[3]) / 2, "from the\nlayer above", **words)
    axes.text((x + X[2]) / 2, y - 0.72, "from the\nnext step", ha="center", **words)
    axes.text(-0.5, Y["o"], "dense head", color=colors["output"], fontsize=11, va="center")
    for layer in LAYERS:
        axes.text(-0.5, Y[layer] + 0.45, f"layer {layer}", color=INK, fontsize=11, va="center")
    axes.set(xlim=(-0.6, 9.3), ylim=(-0.1, 7.2), aspect="equal")
    axes.axis("off")
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
