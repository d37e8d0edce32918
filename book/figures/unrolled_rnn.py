"""Draw unrolled_rnn.svg: the loop, and the same network with its steps side by side."""

import pathlib

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from rnncore import plots

INK = "#7a8694"
Y = {"x": 0.6, "h": 2.3, "o": 4.0}
LOOP_X, FIRST_X, GAP = 1.1, 4.7, 1.95
STEPS = 3


def node(axes, x, y, label, color):
    """Draw a box for an activation."""
    box = FancyBboxPatch((x - 0.42, y - 0.3), 0.84, 0.6, boxstyle="round,pad=0.06")
    box.set(facecolor="none", edgecolor=color, linewidth=2)
    axes.add_patch(box)
    axes.text(x, y, label, color=color, ha="center", va="center", fontsize=16)


def arrow(axes, start, end):
    """Draw an arrow, which multiplies by a weight."""
    line = FancyArrowPatch(start, end, arrowstyle="-|>")
    line.set(color=INK, linewidth=1.9, mutation_scale=14)
    line.shrinkA = line.shrinkB = 0
    axes.add_patch(line)


def loop(axes, x, y):
    """Draw the way from a state back into itself."""
    points = [(x - 0.15, y + 0.37), (x - 0.5, y + 1.25), (x - 1.6, y + 0.1), (x - 0.51, y - 0.02)]
    curve = Path([*points], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    line = FancyArrowPatch(path=curve, arrowstyle="-|>")
    line.set(facecolor=INK, edgecolor=INK, fill=True, linewidth=1.9, mutation_scale=14)
    axes.add_patch(line)


def weight(axes, x, y, name):
    """Name the weight on an arrow."""
    axes.text(x, y, f"$W_{{{name}}}$", color=INK, ha="center", va="center", fontsize=14)


def step(axes, x, time, colors):
    """Draw input, state and output of one step, with the two vertical weights."""
    for kind, color in (("x", "input"), ("h", "hidden"), ("o", "output")):
        node(axes, x, Y[kind], f"${kind}_{{{time}}}$", colors[color])
    arrow(axes, (x, Y["x"] + 0.38), (x, Y["h"] - 0.38))
    arrow(axes, (x, Y["h"] + 0.38), (x, Y["o"] - 0.38))
    weight(axes, x + 0.42, 1.45, "xh")
    weight(axes, x + 0.42, 3.15, "hy")


def main():
    """Write the schematic beside this script."""
    plots.use_style()
    colors = plots.COLORS
    figure, axes = plt.subplots(figsize=(7.0, 3.2))
    step(axes, LOOP_X, "t", colors)
    loop(axes, LOOP_X, Y["h"])
    weight(axes, LOOP_X - 1.2, Y["h"] + 0.78, "hh")
    axes.text(2.72, Y["h"], "unroll\nin time", color=INK, ha="center", va="center", fontsize=13)
    node(axes, FIRST_X - 0.85, Y["h"], "$h_0$", colors["hidden"])
    for t in range(1, STEPS + 1):
        x = FIRST_X - 0.85 + GAP * t
        step(axes, x, t, colors)
        arrow(axes, (x - GAP + 0.5, Y["h"]), (x - 0.5, Y["h"]))
        weight(axes, x - GAP / 2, Y["h"] + 0.3, "hh")
    axes.set(xlim=(-0.6, 10.35), ylim=(0.1, 4.5))
    axes.set_aspect("equal")
    axes.axis("off")
    figure.savefig(pathlib.Path(__file__).with_suffix(".svg"), transparent=True)


if __name__ == "__main__":
    main()
