"""Weights in files of the safetensors format: names and arrays, and nothing that can run."""

from .. import __version__
from ..atomic import write_atomically
from ..validation import check_dict
from .kinds import as_float_array

VERSION_KEY = "rnncore_version"


def save_safetensors(path, params, metadata=None):
    """Write weights to a safetensors file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        Replaced if it exists: a reader sees the old file or the new one, never a part.
    params : dict of float32 or float64 ndarray
        Of one layer, or of several joined with `named`.
    metadata : dict of str, optional
        Kept in the file's header, next to ``rnncore_version``.

    Raises
    ------
    ImportError
        The package safetensors is missing.
    TypeError, ValueError
        A name or an entry of ``metadata`` is no string, an array of another dtype, or nothing
        to save.

    Notes
    -----
    Source: the description of the format in the repository huggingface/safetensors.
    """
    save = _safetensors("numpy").save
    if not check_dict("params", params):
        raise ValueError("params: expected at least one array, got none")
    metadata = {**(metadata or {}), VERSION_KEY: __version__}
    for text in (*params, *metadata, *metadata.values()):
        if not isinstance(text, str):
            raise TypeError(f"names and metadata: expected strings, got {text!r}")
    # A transposed view has to be copied: safetensors writes memory as it lies.
    arrays = {name: as_float_array(name, array).copy("C") for name, array in params.items()}
    write_atomically(path, save(arrays, metadata))


def load_safetensors(path):
    """Read weights from a safetensors file.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    params : dict of ndarray
        In the dtype of the file; the caller's own, to be changed at will.
    metadata : dict of str
        The strings of the header, for example ``rnncore_version``.

    Raises
    ------
    ImportError
        The package safetensors is missing.
    FileNotFoundError
        There is no such file.
    ValueError, TypeError
        It is not a safetensors file, or holds another dtype than float32 and float64.
    """
    safetensors = _safetensors()
    try:
        with safetensors.safe_open(path, framework="np") as file:
            names = list(file.keys())
            for name in names:
                dtype = file.get_slice(name).get_dtype()
                if dtype not in ("F32", "F64"):
                    raise TypeError(f"{name}: expected float32 or float64, got {dtype}")
            # The copies stay what they are when the file changes.
            arrays = {name: file.get_tensor(name).copy() for name in names}
            return arrays, dict(file.metadata() or {})
    except safetensors.SafetensorError as error:
        raise ValueError(f"path: {path} is not a whole safetensors file: {error}") from error


def _safetensors(submodule=None):
    """Import safetensors when it is needed, or say how to install it."""
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "safetensors files need the package safetensors; "
            "install it with: python -m pip install safetensors"
        ) from error
    return getattr(safetensors, submodule) if submodule else safetensors
