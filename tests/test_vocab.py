"""Symbols to integers and back."""

import numpy as np
import pytest

import rnncore as rc


def test_round_trip():
    vocab = rc.Vocab.from_text("hello world")
    assert vocab.symbols == tuple(" dehlorw")
    assert len(vocab) == 8
    assert "h" in vocab
    assert "x" not in vocab
    ids = vocab.encode("hold")
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(ids, [3, 5, 4, 1])
    assert vocab.decode(ids) == "hold"
    assert vocab.decode([]) == ""
    assert len(vocab.encode("")) == 0
    assert vocab.encode("").dtype == np.int64


def test_symbols_may_be_words():
    vocab = rc.Vocab(["dog", "bites", "man", "?"], unknown="?")
    np.testing.assert_array_equal(vocab.encode(["man", "bites", "cat"]), [2, 1, 3])


def test_unknown_symbol_is_named():
    with pytest.raises(ValueError, match="text: 'z' at position 2 is not among the 2 symbols"):
        rc.Vocab("ab").encode("abz")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"symbols": ""}, "at least one symbol"),
        ({"symbols": "aba"}, r"more than once: \['a'\]"),
        ({"symbols": "ab", "unknown": "?"}, "unknown: expected one of the symbols, got"),
    ],
)
def test_bad_vocabularies(arguments, message):
    with pytest.raises(ValueError, match=message):
        rc.Vocab(**arguments)


def test_bad_ids():
    with pytest.raises(ValueError, match="ids: expected values from 0 to 1"):
        rc.Vocab("ab").decode([0, 2])
    with pytest.raises(TypeError, match="ids: expected an integer dtype"):
        rc.Vocab("ab").decode([0.0])
