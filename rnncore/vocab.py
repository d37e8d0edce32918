"""Symbols to integers and back."""

from collections import Counter

import numpy as np

from .validation import check_integer_array, describe


class Vocab:
    """A fixed, ordered set of symbols, numbered from 0.

    Parameters
    ----------
    symbols : iterable of str
        All different.
    unknown : str, optional
        One of ``symbols``, which stands for every symbol that is not among them. Without it an
        unknown symbol is an error.

    Attributes
    ----------
    symbols : tuple of str
    """

    def __init__(self, symbols, unknown=None):
        self.symbols = tuple(_check_symbols("symbols", symbols))
        if not self.symbols:
            raise ValueError("symbols: expected at least one symbol, got none")
        self._index = {symbol: i for i, symbol in enumerate(self.symbols)}
        if len(self._index) != len(self.symbols):
            double = [s for s, count in Counter(self.symbols).items() if count > 1]
            raise ValueError(f"symbols: expected all different, got more than once: {double}")
        if unknown is not None and unknown not in self._index:
            raise ValueError(f"unknown: expected one of the symbols, got {unknown!r}")
        self.unknown = unknown

    @classmethod
    def from_text(cls, text):
        """Collect the different symbols of ``text``, in sorted order."""
        return cls(sorted(set(_check_symbols("text", text))))

    def __len__(self):
        """Return V, the number of symbols."""
        return len(self.symbols)

    def __contains__(self, symbol):
        """Tell whether ``symbol`` has a number of its own."""
        return symbol in self._index

    def encode(self, text):
        """Turn a string, or a sequence of symbols, into an integer array of its length.

        Raises
        ------
        TypeError, ValueError
            Not strings, or a symbol is not in the vocabulary and there is no ``unknown``.
        """
        text = _check_symbols("text", text)
        default = self._index.get(self.unknown)
        ids = [self._index.get(symbol, default) for symbol in text]
        if None in ids:
            where = ids.index(None)
            raise ValueError(
                f"text: {text[where]!r} at position {where} is not among the {len(self)} symbols; "
                "build the vocabulary from all the text, or give it an unknown symbol"
            )
        return np.array(ids, dtype=np.int64)

    def decode(self, ids):
        """Turn integers from 0 to V - 1 into the string of their symbols.

        Raises
        ------
        TypeError, ValueError
            ``ids`` is not a vector of integers in range.
        """
        if np.size(ids) == 0:
            return ""
        ids = check_integer_array("ids", ids, ("T",), len(self))
        return "".join(self.symbols[i] for i in ids)


def _check_symbols(name, value):
    """Return a string as it is, other symbols as a list of strings."""
    if isinstance(value, str):
        return value
    if not np.iterable(value):
        raise TypeError(f"{name}: expected a string or a list of strings, got {describe(value)}")
    symbols = list(value)
    wrong = [symbol for symbol in symbols if not isinstance(symbol, str)]
    if wrong:
        raise TypeError(f"{name}: expected strings, got {describe(wrong[0])} among them")
    return symbols
