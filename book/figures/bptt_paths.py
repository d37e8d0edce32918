"""Draw bptt_paths.svg: the unrolled network and the two gradients that meet in a state."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rnncore import plots

INK = "#6b6b6b"
STEPS = ("t-1", "t", "t+1")
X, Y = (1.6, 5.0, 8.4), {"x": 0.75, "h": 2.6, "L": 4.45}
WEIGHT = (5.0, -1.0)
WEIGHT_TERMS = (
    ((2.2, 2.24), (4.65, -0.6), 0.12),
    ((5.62, 2.24), (5.3, -0.6), -0.24),
    ((7.8, 2.24), (5.45, -0.6), -0.08),
)


def node(axes, x, y, label, color):
    box = FancyBboxPatch((x - 0.48, y - 0.3), 0.96, 0.6, boxstyle="round,pad=0.06")
    box.set(facecolor="none", edgecolor=color, linewidth=2)
    axes.add_patch(box)
    axes.text(x, y, label, color=color, ha="center", va="center", fontsize=14)


def arrow(axes, start, end, color, dashed=False, bend=0.0):
    style = {
        "arrowstyle": "-|>",
        "mutation_scale": 13,
        "linewidth": 1.8,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    line = FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", **style)
    line.set(color=color, linestyle="--" if dashed else "-")
    axes.add_patch(line)


def label(axes, x, y, text, color, size=12, **options):
    axes.text(x, y, text, color=color, fontsize=size, va="center", **options)


def step(axes, x, name, colors):
    node(axes, x, Y["x"], f"$x_{{{name}}}$", colors["input"])
    node(axes, x, Y["h"], f"$h_{{{name}}}$", colors["hidden"])
    node(axes, x, Y["L"], f"$L_{{{name}}}$", colors["loss"])
    for low, high in (("x", "h"), ("h", "L")):
        arrow(axes, (x - 0.2, Y[low] + 0.38), (x - 0.2, Y[high] - 0.38), INK)
    arrow(axes, (x + 0.2, Y["L"] - 0.38), (x + 0.2, Y["h"] + 0.38), colors["gradient"])


def main():
    plots.use_style()
    colors = plots.COLORS
    figure, axes = plt.subplots(figsize=(7.6, 5.1))
    for x, name in zip(X, STEPS, strict=True):
        step(axes, x, name, colors)
    for start, end, bend in WEIGHT_TERMS:
        arrow(axes, start, end, colors["gradient"], dashed=True, bend=bend)
    ends = (-0.2, *X, 10.2)
    for left, right in pairwise(ends):
        arrow(axes, (left + 0.56, Y["h"] + 0.16), (right - 0.56, Y["h"] + 0.16), INK)
        start, end = (right - 0.56, Y["h"] - 0.16), (left + 0.56, Y["h"] - 0.16)
        arrow(axes, start, end, colors["gradient"])
    node(axes, *WEIGHT, r"$W_{hh}$", colors["accent"])

    red = colors["gradient"]
    label(axes, X[1] + 0.3, 3.68, r"$\partial L_t\,/\,\partial h_t$", red)
    label(axes, 6.7, 2.12, r"through $h_{t+1}$", red, ha="center")
    label(axes, 6.0, -1.0, "one term from each step:\nadd them all", red, size=11)
    label(axes, 4.0, -1.0, "the same weights\nat every step", colors["accent"], size=11, ha="right")
    label(axes, -0.1, 5.35, "forward", INK)
    arrow(axes, (1.25, 5.35), (2.05, 5.35), INK)
    label(axes, 3.0, 5.35, "gradient", red)
    arrow(axes, (5.25, 5.35), (4.45, 5.35), red)
    label(axes, 6.1, 5.35, "its weight term", red)
    arrow(axes, (8.95, 5.35), (9.75, 5.35), red, dashed=True)
    axes.set(xlim=(-0.3, 10.3), ylim=(-1.5, 5.7), aspect="equal")
    axes.axis("off")
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
