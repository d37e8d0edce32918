"""Texts that are there offline, read at run time from the Python installation."""

import hashlib
import platform
from typing import NamedTuple


class Text(NamedTuple):
    """A text and where it comes from."""

    text: str
    sha256: str  # of the UTF-8 bytes of text
    source: str


def python_docs():
    """Read the language reference that Python's own ``help()`` shows, as plain ASCII.

    The text differs between Python versions, hence the hash: print it beside every result.
    Topics come in alphabetical order, joined by blank lines; characters outside ASCII, a
    fraction of a per cent, are left out.

    Returns
    -------
    Text
    """
    from pydoc_data.topics import topics

    joined = "\n\n".join(topics[name].strip() for name in sorted(topics))
    text = joined.encode("ascii", "ignore").decode("ascii")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Text(text, digest, f"pydoc_data.topics of Python {platform.python_version()}")
