"""Draw bidirectional.svg: two rows of states, and what the two of one step have read."""

import pathlib

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rnncore import plots

INK = "#7a8694"
STEPS, SHOWN, GAP = 5, 3, 1.75
Y = {"x": 0.6, "f": 2.2, "b": 3.8, "o": 5.4}


def node(axes, x, y, label, color, width=2.0):
    """Draw a box for an activation."""
    box = FancyBboxPatch((x - 0.36, y - 0.28), 0.72, 0.56, boxstyle="round,pad=0.06")
    box.set(facecolor="none", edgecolor=color, linewidth=width)
    axes.add_patch(box)
    axes.text(x, y, label, color=color, ha="center", va="center", fontsize=16)


def arrow(axes, start, end, color=INK, width=1.7, bend=0.0):
    """Draw an arrow from one activation to the next."""
    line = FancyArrowPatch(start, end, arrowstyle="-|>", connectionstyle=f"arc3,rad={bend}")
    line.set(color=color, linewidth=width, mutation_scale=13)
    line.shrinkA = line.shrinkB = 0
    axes.add_patch(line)


def step(axes, t, colors):
    """Draw one step: its input and both its states."""
    x = GAP * t
    for kind, color in (("x", "input"), ("f", "hidden"), ("b", "accent")):
        width = 3.2 if t == SHOWN and kind != "x" else 2.0
        node(axes, x, Y[kind], f"${kind}_{t}$", colors[color], width)
    arrow(axes, (x, Y["x"] + 0.36), (x, Y["f"] - 0.36))
    arrow(axes, (x - 0.3, Y["x"] + 0.36), (x - 0.3, Y["b"] - 0.36), bend=-0.28)


def main():
    """Write the schematic beside this script."""
    plots.use_style()
    colors = plots.COLORS
    figure, axes = plt.subplots(figsize=(7.4, 4.9))
    for t in range(1, STEPS + 1):
        step(axes, t, colors)
    for t in range(1, STEPS):
        left, right = GAP * t + 0.44, GAP * (t + 1) - 0.44
        arrow(axes, (left, Y["f"]), (right, Y["f"]), colors["hidden"])
        arrow(axes, (right, Y["b"]), (left, Y["b"]), colors["accent"])
    x = GAP * SHOWN
    node(axes, x, Y["o"], f"$o_{SHOWN}$", colors["output"], 3.2)
    arrow(axes, (x, Y["b"] + 0.36), (x, Y["o"] - 0.36), colors["output"])
    arrow(axes, (x + 0.34, Y["f"] + 0.36), (x + 0.3, Y["o"] - 0.36), colors["output"], bend=0.28)
    for first, last, y, kind, color in (
        (1, SHOWN, -0.2, "f", "hidden"),
        (SHOWN, STEPS, -0.62, "b", "accent"),
    ):
        ends = (GAP * first - 0.4, GAP * last + 0.4)
        axes.plot(ends, (y, y), color=colors[color], lw=3, solid_capstyle="butt")
        side = "right" if first == 1 else "left"
        edge = ends[0] - 0.15 if first == 1 else ends[1] + 0.15
        text = f"read by ${kind}_{SHOWN}$"
        axes.text(edge, y, text, color=colors[color], ha=side, va="center", fontsize=13)
    axes.set(xlim=(0, GAP * (STEPS + 1)), ylim=(-0.95, 5.85), aspect="equal")
    axes.axis("off")
    figure.savefig(pathlib.Path(__file__).with_suffix(".svg"))


if __name__ == "__main__":
    main()
