"""Texts read at run time."""

import hashlib

import rnncore as rc


def test_python_docs_are_plain_english_text():
    text, sha256, source = rc.data.python_docs()
    assert len(text) > 200_000
    assert text.isascii()
    assert "assert" in text
    assert hashlib.sha256(text.encode()).hexdigest() == sha256
    assert source.startswith("pydoc_data.topics of Python 3.")
