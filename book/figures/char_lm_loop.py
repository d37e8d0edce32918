"""A character model in training, with shifted targets, and in sampling, fed with its own draws."""

from pathlib import Path

import matplotlib.pyplot as plt

from rnncore import plots

BLUE, ORANGE, GREEN, VIOLET = (plots.COLORS[c] for c in ("input", "hidden", "output", "loss"))
INK = "#7a8694"
WORD = "yield"


def box(ax, x, y, text, color, filled=False):
    """Draw a symbol or a state as a coloured box."""
    style = {"boxstyle": "round,pad=0.35", "fc": color if filled else "none", "ec": color, "lw": 2}
    ax.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontsize=16,
        bbox=style,
        color="white" if filled else color,
    )


def arrow(ax, start, end, color=INK, curve=0.0):
    """Draw an arrow between two points."""
    style = {
        "arrowstyle": "-|>",
        "color": color,
        "lw": 1.7,
        "shrinkA": 0,
        "shrinkB": 0,
        "connectionstyle": f"arc3,rad={curve}",
    }
    ax.annotate("", xy=end, xytext=start, arrowprops=style)


def bars(ax, x, y, heights):
    """Draw a distribution as four small bars."""
    for i, height in enumerate(heights):
        ax.bar(x - 0.18 + 0.12 * i, 0.42 * height, 0.1, bottom=y, color=GREEN)


def column(ax, t, symbol):
    """Draw one step: the symbol read, the state, the distribution."""
    box(ax, t, 0, symbol, BLUE)
    arrow(ax, (t, 0.3), (t, 0.72))
    box(ax, t, 1, f"$h_{t}$", ORANGE)
    arrow(ax, (t, 1.28), (t, 1.6))
    heights = [0.35, 0.25, 0.3, 0.2]
    heights[(2 * t) % 4] = 1
    bars(ax, t, 1.65, heights)
    if t < 4:
        arrow(ax, (t + 0.27, 1), (t + 0.73, 1), ORANGE)


def name_rows(ax, rows):
    """Name the rows at the left edge."""
    for y, text, color in rows:
        ax.text(0.5, y, text, ha="right", va="center", fontsize=13, color=color)


def draw_training(ax):
    """Draw inputs and targets from the text, with a loss at each step."""
    ax.set_title("Training: the text gives inputs and targets", color=INK, fontsize=14)
    for t in range(1, 5):
        column(ax, t, WORD[t - 1])
        ax.text(t, 2.3, f"$L_{t}$", ha="center", va="center", color=VIOLET, fontsize=15)
        arrow(ax, (t, 2.7), (t, 2.47), VIOLET)
        box(ax, t, 3.0, WORD[t], BLUE, filled=True)
    name_rows(
        ax,
        [
            (0, "input", BLUE),
            (1, "state", ORANGE),
            (1.85, "distribution", GREEN),
            (2.3, "loss", VIOLET),
            (3.0, "target", BLUE),
        ],
    )


def draw_sampling(ax):
    """Draw the loop in which each draw is the next input."""
    ax.set_title("Sampling: each draw is the next input", color=INK, fontsize=14)
    for t in range(1, 5):
        column(ax, t, WORD[t - 1])
        arrow(ax, (t, 2.15), (t, 2.65), GREEN)
        box(ax, t, 3.0, WORD[t], GREEN)
        if t < 4:
            ax.plot([t + 0.27, t + 0.5, t + 0.5], [3.0, 3.0, 0], color=GREEN, lw=1.7)
            arrow(ax, (t + 0.49, 0), (t + 0.76, 0), GREEN)
    name_rows(
        ax,
        [
            (0, "input", BLUE),
            (1, "state", ORANGE),
            (1.85, "distribution", GREEN),
            (3.0, "draw", GREEN),
        ],
    )


def main():
    """Write the schematic beside this script."""
    plots.use_style()
    fig, axes = plt.subplots(2, 1, figsize=(6.4, 8.2))
    for ax, draw in zip(axes, (draw_training, draw_sampling), strict=True):
        draw(ax)
        ax.set(xlim=(-0.75, 4.45), ylim=(-0.45, 3.4))
        ax.axis("off")
    fig.savefig(Path(__file__).with_suffix(".svg"), transparent=True)


if __name__ == "__main__":
    main()
