"""Checkpoint files: arrays, and facts as JSON, in one .npz; nothing in them can run."""

import io
import json
from pathlib import Path

import numpy as np

from .atomic import write_atomically

FACTS, FORMAT = "facts.json", "rnncore checkpoint 1"


def write_checkpoint(path, arrays, facts):
    """Write arrays and facts to a file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        Replaced if it exists: whatever happens, there is the old file or the new one.
    arrays : dict of ndarray
    facts : dict
        What JSON can hold; arrays in it become lists.
    """
    text = json.dumps({"format": FORMAT, **facts}, default=np.ndarray.tolist)
    content = io.BytesIO()
    np.savez(content, **arrays, **{FACTS: np.frombuffer(text.encode(), np.uint8)})
    write_atomically(path, content.getvalue())


def read_checkpoint(path):
    """Read arrays and facts back.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is damaged, or no checkpoint.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"checkpoint: there is no file {path}") from error
    try:
        # Every array carries a checksum, which reading it verifies.
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(arrays.pop(FACTS).tobytes())
        if facts["format"] != FORMAT:
            raise ValueError(f"its format is {facts['format']!r}")
    except Exception as error:  # a damaged file fails in many ways
        raise ValueError(
            f"checkpoint: {path} is damaged, or no checkpoint of rnncore: {error}"
        ) from error
    return arrays, facts


def pack_state(state, arrays, prefix):
    """Put a state's arrays under numbered names, and return its form with numbers for them."""
    if state is None:
        return None
    if isinstance(state, tuple):
        return [pack_state(part, arrays, prefix) for part in state]
    number = sum(name.startswith(prefix) for name in arrays)
    arrays[f"{prefix}{number}"] = state
    return number


def unpack_state(form, arrays, prefix):
    """Build the state again that `pack_state` took apart."""
    if isinstance(form, list):
        return tuple(unpack_state(part, arrays, prefix) for part in form)
    return None if form is None else arrays[f"{prefix}{form}"]
