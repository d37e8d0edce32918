"""Draw where the gradient enters in the formulations with a recurrence."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
from formulations import GREY, ROWS, SIDE, arrow, box

from rnncore.plots import COLORS, use_style

DOWN = (ROWS["output"] - SIDE / 2, ROWS["hidden"] + SIDE / 2)


def panel(ax, title, note, width):
    """Set up one panel with its title and a line of code."""
    ax.set(xlim=(-0.55, width), ylim=(0.7, 3.85), aspect="equal", anchor="W")
    ax.axis("off")
    ax.text(-0.4, 3.45, title, color=GREY, size=19, weight="bold", va="center")
    ax.text(-0.4, 3.0, note, color=COLORS["gradient"], size=16, va="center")


def chain(ax, places, texts):
    """Draw states with the gradient running from right to left."""
    for x, text in zip(places, texts, strict=True):
        box(ax, x, "hidden", text)
    y = ROWS["hidden"]
    for left, right in pairwise(places):
        arrow(ax, (right - SIDE / 2, y), (left + SIDE / 2, y), color=COLORS["gradient"])


def enter(ax, x, text):
    """Draw an output whose loss sends a gradient into the state below."""
    box(ax, x, "output", text)
    arrow(ax, (x, DOWN[0]), (x, DOWN[1]), color=COLORS["gradient"])


def draw(path):
    """Draw many-to-one, aligned and encoder-decoder."""
    use_style()
    figure, axes = plt.subplot_mosaic([["last", "all"], ["pair", "pair"]], figsize=(7.3, 5.6))
    four = [f"$h_{t}$" for t in range(1, 5)]
    panel(axes["last"], "many-to-one", "dh: zero but at the last step", 3.7)
    chain(axes["last"], range(4), four)
    enter(axes["last"], 3, "$o_4$")
    panel(axes["all"], "aligned", "dh: non-zero at every step", 3.7)
    chain(axes["all"], range(4), four)
    for x in range(4):
        enter(axes["all"], x, f"$o_{x + 1}$")
    ax, decoder = axes["pair"], [3.4, 4.4, 5.4, 6.4, 7.4]
    panel(ax, "encoder-decoder", "into the encoder: dh zero everywhere, all through dstate", 8.2)
    chain(ax, [0, 1, 2, *decoder], ["$h_1$", "$h_2$", "$h_3$", *(f"$s_{t}$" for t in range(1, 6))])
    for x, letter in zip(decoder, ["C", "M", "I", "V", "end"], strict=True):
        enter(ax, x, letter)
    ax.text(2.7, ROWS["hidden"] + 0.5, "dstate", color=COLORS["gradient"], size=16, ha="center")
    figure.savefig(path)


if __name__ == "__main__":
    draw(Path(__file__).with_suffix(".svg"))
