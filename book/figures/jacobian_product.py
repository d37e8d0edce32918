"""Draw jacobian_product.svg: one factor a step, and what a product of four leaves."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch

from rnncore import plots

INK = "#6b6b6b"
STATES, RADIUS, TOP = 5, 0.34, 3.6  # few, so that a phone shows them large
ROWS = ((0.7, "vanishes", "input"), (1.0, "stays", "output"), (1.3, "explodes", "hidden"))


def draw_chain(axes, colors):
    style = {"mutation_scale": 12, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
    for step in range(STATES):
        distance = STATES - 1 - step
        name = f"$h_{{T-{distance}}}$" if distance else "$h_T$"
        axes.add_patch(
            Circle((step, TOP), RADIUS, fill=False, edgecolor=colors["hidden"], linewidth=2)
        )
        axes.text(step, TOP, name, color=colors["hidden"], ha="center", va="center")
        if distance:
            line = FancyArrowPatch(
                (step + 1 - RADIUS, TOP), (step + RADIUS, TOP), arrowstyle="-|>", **style
            )
            line.set(color=colors["gradient"])
            axes.add_patch(line)
            label = f"$J_{{T-{distance - 1}}}$" if distance > 1 else "$J_T$"
            axes.text(step + 0.5, TOP + 0.36, label, color=colors["gradient"], ha="center")
    line = FancyArrowPatch(
        (STATES - 0.3, TOP), (STATES - 1 + RADIUS, TOP), arrowstyle="-|>", **style
    )
    line.set(color=colors["gradient"])
    axes.add_patch(line)
    axes.text(STATES - 0.1, TOP, "$L$", color=colors["loss"], va="center", fontsize=14)


def draw_row(axes, base, factor, verdict, color):
    for step in range(STATES):
        height = 0.2 * factor ** (STATES - 1 - step)
        axes.bar(step, height, 0.5, bottom=base, color=color)
    axes.plot((-0.4, STATES - 0.6), (base, base), color=INK, linewidth=0.8)
    axes.text(STATES - 0.45, base + 0.1, f"{factor} a step:\n{verdict}", color=color, va="center")


def main():
    plots.use_style()
    colors = plots.COLORS
    figure, axes = plt.subplots(figsize=(5.6, 3.7))
    draw_chain(axes, colors)
    for place, (factor, verdict, color) in enumerate(ROWS):
        draw_row(axes, 2.5 - 0.62 * place - 0.35 * (place == 2), factor, verdict, colors[color])
    axes.set(xlim=(-0.6, STATES + 0.9), ylim=(0.75, TOP + 0.65), aspect="equal")
    axes.axis("off")
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
