"""An MLP's own weights for each position, against the shared weights of an RNN."""

from pathlib import Path

import matplotlib.pyplot as plt

from rnncore import plots

BLUE, ORANGE, TEAL = (plots.COLORS[c] for c in ("input", "hidden", "accent"))
INK = "#7a8694"
STEPS = range(1, 5)


def vector(ax, x, y, text, color):
    """Draw a vector as a coloured box."""
    box = {"boxstyle": "round,pad=0.45", "fc": "none", "ec": color, "lw": 2}
    ax.text(x, y, text, ha="center", va="center", color=color, fontsize=15, bbox=box)


def arrow(ax, start, end, color=INK, width=1.6):
    """Draw an arrow between two points."""
    style = {"arrowstyle": "-|>", "color": color, "lw": width, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=end, xytext=start, arrowprops=style)


def label(ax, x, y, text, color, **where):
    """Name a block of weights."""
    where = {"ha": "center", "va": "center", **where}
    ax.text(x, y, text, color=color, fontsize=14, **where)


def draw_mlp(ax):
    """Four inputs, four blocks of weights, one hidden vector."""
    ax.set_title("MLP: a block for each position", color=INK, fontsize=14)
    vector(ax, 2.5, 2.2, "$h$", ORANGE)
    for t in STEPS:
        vector(ax, t, 0, f"$x_{t}$", BLUE)
        start, end = (t, 0.36), (2.5 + 0.13 * (t - 2.5), 1.82)
        arrow(ax, start, end, color=TEAL)
        middle = start[0] + 0.36 * (end[0] - start[0])
        side = -1 if t < 2.5 else 1
        label(ax, middle + 0.27 * side, 0.95, f"$W_{t}$", TEAL)


def draw_rnn(ax):
    """Four inputs, four states, and the same two blocks at every step."""
    ax.set_title("RNN: the same blocks at every step", color=INK, fontsize=14)
    for t in STEPS:
        vector(ax, t, 0, f"$x_{t}$", BLUE)
        vector(ax, t, 2.2, f"$h_{t}$", ORANGE)
        arrow(ax, (t, 0.36), (t, 1.84), color=TEAL)
        label(ax, t + 0.08, 1.05, "$W_{xh}$", TEAL, ha="left")
        if t > 1:
            arrow(ax, (t - 0.72, 2.2), (t - 0.28, 2.2), color=TEAL)
            label(ax, t - 0.5, 2.56, "$W_{hh}$", TEAL)


def main():
    """Write the schematic beside this script."""
    plots.use_style()
    fig, axes = plt.subplots(2, 1, figsize=(5.2, 5.6))
    for ax, draw in zip(axes, (draw_mlp, draw_rnn), strict=True):
        draw(ax)
        ax.set(xlim=(0.4, 4.75), ylim=(-0.5, 3.0))
        ax.axis("off")
    fig.savefig(Path(__file__).with_suffix(".svg"), transparent=True)


if __name__ == "__main__":
    main()
