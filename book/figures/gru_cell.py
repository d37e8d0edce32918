"""Draw gru_cell.svg: the old state and the candidate, and the gate that mixes them."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from rnncore import plots

INK = "#6b6b6b"
TOP, MIDDLE, LOW = 3.6, 1.9, 0.2


def box(axes, x, y, label, color, width=1.0):
    patch = FancyBboxPatch((x - width / 2, y - 0.3), width, 0.6, boxstyle="round,pad=0.06")
    patch.set(facecolor="none", edgecolor=color, linewidth=2)
    axes.add_patch(patch)
    axes.text(x, y, label, color=color, ha="center", va="center", fontsize=14)


def times(axes, x, y, sign=r"$\odot$"):
    axes.add_patch(Circle((x, y), 0.26, facecolor="none", edgecolor=INK, linewidth=1.6))
    axes.text(x, y, sign, color=INK, ha="center", va="center", fontsize=13)


def arrow(axes, start, end, color=INK):
    line = FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, shrinkA=0, shrinkB=0)
    line.set(color=color, linewidth=1.8)
    axes.add_patch(line)


def line(axes, xs, ys, color=INK):
    axes.plot(xs, ys, color=color, linewidth=1.8, solid_capstyle="round")


def main():
    plots.use_style()
    colors = plots.COLORS
    hidden, accent, blue = colors["hidden"], colors["accent"], colors["input"]
    figure, axes = plt.subplots(figsize=(7.6, 4.2))
    box(axes, 0.4, TOP, r"$h_{t-1}$", hidden)
    box(axes, 0.4, LOW, r"$x_t$", blue)
    box(axes, 5.2, LOW, r"$n_t$", colors["output"])
    box(axes, 9.7, TOP, r"$h_t$", hidden)
    box(axes, 2.6, MIDDLE, r"$r_t$", accent, 0.8)
    box(axes, 7.0, MIDDLE, r"$z_t$", accent, 0.8)

    arrow(axes, (0.96, TOP), (6.74, TOP), hidden)  # the old state, kept
    times(axes, 7.0, TOP)
    arrow(axes, (7.0, MIDDLE + 0.36), (7.0, TOP - 0.26), accent)
    arrow(axes, (7.26, TOP), (8.04, TOP), hidden)
    times(axes, 8.3, TOP, "+")
    arrow(axes, (8.56, TOP), (9.14, TOP), hidden)

    line(axes, (1.5, 1.5, 2.6), (TOP, 1.05, 1.05), hidden)  # the old state, through the reset
    arrow(axes, (2.6, 1.05), (3.14, 1.05), hidden)
    times(axes, 3.4, 1.05)
    line(axes, (3.0, 3.4), (MIDDLE, MIDDLE), accent)
    arrow(axes, (3.4, MIDDLE), (3.4, 1.31), accent)
    arrow(axes, (3.64, 0.95), (4.64, 0.35), hidden)
    arrow(axes, (0.96, LOW), (4.64, LOW), blue)

    arrow(axes, (5.76, LOW), (8.04, LOW), colors["output"])  # the candidate, into the mix
    times(axes, 8.3, LOW)
    line(axes, (7.4, 8.3), (MIDDLE, MIDDLE), accent)
    arrow(axes, (8.3, MIDDLE), (8.3, LOW + 0.26), accent)
    line(axes, (8.56, 9.1, 9.1), (LOW, LOW, 2.5), colors["output"])
    arrow(axes, (9.1, 2.5), (8.47, TOP - 0.2), colors["output"])

    notes = (
        (4.1, TOP + 0.3, "the old value", hidden),
        (5.2, LOW - 0.62, "the candidate", colors["output"]),
        (2.6, MIDDLE + 0.62, "reset", accent),
        (5.85, MIDDLE, "update", accent),
        (7.72, 1.2, r"$1 - z_t$", accent),
        (7.3, 2.85, r"$z_t$", accent),
    )
    for x, y, text, color in notes:
        axes.text(x, y, text, color=color, ha="center", va="center", fontsize=12)
    axes.set(xlim=(-0.3, 10.4), ylim=(-0.8, 4.3), aspect="equal")
    axes.axis("off")
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
