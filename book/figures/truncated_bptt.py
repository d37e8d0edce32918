"""Draw truncated_bptt.svg: chunks of k steps, the state carried, the gradient cut."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from rnncore import plots

INK = "#6b6b6b"
CHUNK, CHUNKS, RADIUS = 3, 3, 0.3


def place(step):
    """Return the horizontal place of a step; a gap separates chunks."""
    return step + 0.75 * (step // CHUNK)


def arrow(axes, start, end, color):
    style = {"mutation_scale": 11, "linewidth": 1.7, "shrinkA": 0, "shrinkB": 0}
    line = FancyArrowPatch(start, end, arrowstyle="-|>", **style)
    line.set(color=color)
    axes.add_patch(line)


def draw_step(axes, step, colors):
    x = place(step)
    axes.add_patch(Circle((x, 0), RADIUS, fill=False, edgecolor=colors["hidden"], linewidth=2))
    axes.text(
        x, 0, f"$h_{step + 1}$", color=colors["hidden"], ha="center", va="center", fontsize=12
    )
    axes.text(
        x, 1.12, f"$L_{step + 1}$", color=colors["loss"], ha="center", va="center", fontsize=12
    )
    arrow(axes, (x - 0.09, 0.32), (x - 0.09, 0.92), INK)
    arrow(axes, (x + 0.09, 0.92), (x + 0.09, 0.32), colors["gradient"])


def draw_link(axes, step, colors):
    left, right = place(step), place(step + 1)
    arrow(axes, (left + 0.3, 0.1), (right - 0.3, 0.1), INK)
    if (step + 1) % CHUNK:
        arrow(axes, (right - 0.3, -0.1), (left + 0.3, -0.1), colors["gradient"])
        return
    middle = (left + right) / 2
    arrow(axes, (right - 0.3, -0.1), (middle + 0.17, -0.1), colors["gradient"])
    for slant in (-0.11, 0.11):
        axes.plot(
            (middle - 0.1, middle + 0.1),
            (-0.1 - slant, -0.1 + slant),
            linewidth=2.4,
            color=colors["gradient"],
        )


def main():
    plots.use_style()
    colors = plots.COLORS
    figure, axes = plt.subplots(figsize=(7.6, 2.5))
    for step in range(CHUNK * CHUNKS):
        draw_step(axes, step, colors)
        if step + 1 < CHUNK * CHUNKS:
            draw_link(axes, step, colors)
    for chunk in range(CHUNKS):
        left = place(chunk * CHUNK) - 0.42
        frame = Rectangle((left, -0.5), CHUNK - 0.16, 1.9, fill=False, linestyle=":")
        frame.set(edgecolor=colors["muted"], linewidth=1.5)
        axes.add_patch(frame)
        axes.text(
            left + (CHUNK - 0.16) / 2,
            -0.74,
            f"chunk {chunk + 1}",
            color=INK,
            ha="center",
            va="center",
            fontsize=11,
        )
    axes.text(place(0) - 0.4, 1.72, "the state goes on", color=INK, fontsize=12, va="center")
    axes.text(
        place(8) + 0.4,
        1.72,
        "the gradient stops at each chunk's start",
        fontsize=12,
        color=colors["gradient"],
        va="center",
        ha="right",
    )
    axes.set(xlim=(-0.55, place(8) + 0.55), ylim=(-0.95, 1.95), aspect="equal")
    axes.axis("off")
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
