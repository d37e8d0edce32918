"""Draw the five formulations: which steps read an input, which steps answer."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt

from rnncore.plots import COLORS, use_style

GREY = "#757575"
SIDE = 0.62
ROWS = {"input": 0.0, "hidden": 1.15, "output": 2.3}


def box(ax, x, kind, text):
    """Draw one vector as a square in the colour of its kind."""
    y = ROWS[kind]
    corner = (x - SIDE / 2, y - SIDE / 2)
    ax.add_patch(plt.Rectangle(corner, SIDE, SIDE, color=COLORS[kind], lw=0))
    size = 16 if len(text) < 3 or "$" in text else 12
    ax.text(x, y - 0.02, text, color="white", ha="center", va="center", size=size)


def arrow(ax, start, end, color=GREY, **style):
    """Draw an arrow between two points."""
    properties = {"arrowstyle": "-|>", "color": color, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=properties | style)


def read(ax, x, text):
    """Draw an input and its arrow into the state above it."""
    box(ax, x, "input", text)
    arrow(ax, (x, ROWS["input"] + SIDE / 2), (x, ROWS["hidden"] - SIDE / 2))


def answer(ax, x, text):
    """Draw an output and the arrow from the state below it."""
    box(ax, x, "output", text)
    arrow(ax, (x, ROWS["hidden"] + SIDE / 2), (x, ROWS["output"] - SIDE / 2))


def states(ax, places, texts):
    """Draw the states, each with an arrow from the one before."""
    for x, text in zip(places, texts, strict=True):
        box(ax, x, "hidden", text)
    y = ROWS["hidden"]
    for left, right in pairwise(places):
        arrow(ax, (left + SIDE / 2, y), (right - SIDE / 2, y))


def panel(ax, title, example, width):
    """Set up one panel with its title and its example."""
    ax.set(xlim=(-0.55, width), ylim=(-0.45, 3.85), aspect="equal", anchor="W")
    ax.axis("off")
    ax.text(-0.4, 3.45, title, color=GREY, size=19, weight="bold", va="center")
    ax.text(-0.4, 3.0, example, color=GREY, size=17, va="center")


def one_to_one(ax):
    """Draw one input, one output, no recurrence."""
    panel(ax, "one-to-one", "image → digit", 3.7)
    read(ax, 0, "$x_1$")
    states(ax, [0], ["$h_1$"])
    answer(ax, 0, "$o_1$")
    for kind, name in (("input", "input"), ("hidden", "state"), ("output", "output")):
        ax.text(0.55, ROWS[kind], name, color=COLORS[kind], size=17, va="center")


def one_to_many(ax):
    """Draw one input, an output at every step."""
    panel(ax, "one-to-many", "image → letters of its name", 3.7)
    states(ax, [0, 1, 2, 3], ["$h_1$", "$h_2$", "$h_3$", "$h_4$"])
    read(ax, 0, "$x_1$")
    for x in range(4):
        answer(ax, x, f"$o_{x + 1}$")


def many_to_one(ax):
    """Draw an input at every step, one output at the last."""
    panel(ax, "many-to-one", "rows of an image → digit", 3.7)
    states(ax, [0, 1, 2, 3], ["$h_1$", "$h_2$", "$h_3$", "$h_4$"])
    for x in range(4):
        read(ax, x, f"$x_{x + 1}$")
    answer(ax, 3, "$o_4$")


def aligned(ax):
    """Draw an input and an output at every step."""
    panel(ax, "many-to-many, aligned", "characters → kinds", 3.7)
    states(ax, [0, 1, 2, 3], ["$h_1$", "$h_2$", "$h_3$", "$h_4$"])
    for x in range(4):
        read(ax, x, f"$x_{x + 1}$")
        answer(ax, x, f"$o_{x + 1}$")


def encoder_decoder(ax):
    """Draw an encoder reads everything, then a decoder writes another length."""
    panel(ax, "many-to-many, encoder-decoder", "904 → CMIV", 8.2)
    encoder, decoder = [0, 1, 2], [3.4, 4.4, 5.4, 6.4, 7.4]
    states(ax, encoder + decoder, ["$h_1$", "$h_2$", "$h_3$", *(f"$s_{t}$" for t in range(1, 6))])
    for x, digit in zip(encoder, "904", strict=True):
        read(ax, x, digit)
    for x, letter in zip(decoder, ["C", "M", "I", "V", "end"], strict=True):
        answer(ax, x, letter)
    for x, letter in zip(decoder, ["start", "C", "M", "I", "V"], strict=True):
        read(ax, x, letter)
    low, high = ROWS["input"] + SIDE / 2, ROWS["output"] - SIDE / 2
    for left, right in pairwise(decoder):
        ends = (left + SIDE / 2, high), (right - SIDE / 2, low)
        arrow(ax, *ends, color=COLORS["output"], linestyle=(0, (3, 2)), lw=1.4)
    ax.text(2.7, ROWS["hidden"] + 0.52, "$s_0 = h_3$", color=COLORS["hidden"], size=15, ha="center")


def draw(path):
    """Draw all five, two in a row, the encoder-decoder over the whole width."""
    use_style()
    figure, axes = plt.subplot_mosaic(
        [["one_to_one", "one_to_many"], ["many_to_one", "aligned"], ["encoder_decoder"] * 2],
        figsize=(7.3, 10.2),
    )
    for name, ax in axes.items():
        globals()[name](ax)
    figure.savefig(path)


if __name__ == "__main__":
    draw(Path(__file__).with_suffix(".svg"))
