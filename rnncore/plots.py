"""One plotting style for the book: a colour means the same thing in every figure.

`COLORS` are for signals and quantities, `CELLS` for networks that are compared.
"""

import matplotlib as mpl

# Mid-tones, readable on white and, hue kept and lightness turned, on black.
COLORS = {
    "input": "#2f7ebc",
    "hidden": "#d1701f",
    "output": "#3c9950",
    "gradient": "#c23b4b",
    "loss": "#8a5fb5",
    "baseline": "#7f7f7f",
    "accent": "#14919b",
    "muted": "#9aa5b1",
}
# Dark, middle and light, so that they differ without hue as well; none of them is a signal's.
CELLS = {"RNN": "#3d4b66", "LSTM": "#b5388f", "GRU": "#a08b00"}


def use_style():
    """Set matplotlib's defaults for the book: transparent ground, no frame, large enough text."""
    mpl.rcParams.update(
        {
            "axes.facecolor": "none",
            "axes.grid": True,
            "axes.prop_cycle": mpl.cycler(color=list(COLORS.values())),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": 110,
            "figure.facecolor": "none",
            "figure.figsize": (6.4, 3.4),
            "font.size": 13,
            "grid.alpha": 0.25,
            "image.cmap": "viridis",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "savefig.facecolor": "none",
            "svg.fonttype": "path",
            "svg.hashsalt": "rnncore",
        }
    )
