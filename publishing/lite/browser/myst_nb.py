"""Stands in for myst-nb, which builds the book and does not run in a browser."""

from IPython.display import display as _display


def glue(name, variable, display=True):
    """Show a value that the book's text takes from a cell."""
    if display:
        _display(variable)
