"""The data tensor: samples, time steps, features."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Polygon

from rnncore import plots

BLUE, TEAL = plots.COLORS["input"], plots.COLORS["accent"]
INK = "#7a8694"
N, T, D = 3, 4, 2
DEPTH = (0.42, 0.36)  # how far one feature lies behind the other


def cell(ax, n, t, d, color):
    """Draw the entry of sample n, step t and feature d."""
    x, y = t + d * DEPTH[0], -n + d * DEPTH[1]
    corners = [(x, y), (x + 0.86, y), (x + 0.86, y + 0.78), (x, y + 0.78)]
    front = d == 0
    ax.add_patch(Polygon(corners, fc=color, ec="none", alpha=1 if front else 0.4, zorder=-d))
    if front:
        ax.text(
            x + 0.43, y + 0.38, f"{n}, {t}, 0", ha="center", va="center",
            color="white", fontsize=11,
        )  # fmt: skip


def axis(ax, start, end, text, where, **align):
    """Draw an axis arrow and its name."""
    style = {"arrowstyle": "-|>", "color": INK, "lw": 1.6}
    ax.annotate("", xy=end, xytext=start, arrowprops=style)
    ax.text(*where, text, color=INK, fontsize=13, **align)


def main():
    """Write the schematic beside this script."""
    plots.use_style()
    fig, ax = plt.subplots(figsize=(5.6, 3.2))
    for d in reversed(range(D)):
        for n in range(N):
            for t in range(T):
                cell(ax, n, t, d, TEAL if n == 1 else BLUE)
    axis(
        ax, (-0.25, 0.8), (-0.25, -2.05), "N samples", (-0.4, -0.6),
        ha="center", va="center", rotation=90,
    )  # fmt: skip
    axis(ax, (0, -2.3), (3.9, -2.3), "T time steps", (1.95, -2.65), ha="center", va="center")
    axis(ax, (3.95, -2.05), (4.42, -1.62), "D features", (4.4, -1.95), ha="left", va="center")
    ax.text(4.5, -0.48, "one sequence\n(T, D)", color=TEAL, fontsize=13, va="center")
    ax.text(4.5, 0.75, "x[n, t, d]", color=BLUE, fontsize=13, va="center")
    ax.set(xlim=(-0.7, 6.5), ylim=(-2.9, 1.3))
    ax.set_aspect("equal")
    ax.axis("off")
    fig.savefig(Path(__file__).with_suffix(".svg"), transparent=True)


if __name__ == "__main__":
    main()
