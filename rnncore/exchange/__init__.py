"""Weights to and from other libraries and files; none of them is needed to import this."""

from .keras import from_keras, to_keras
from .kinds import load_params
from .pytorch import from_pytorch, to_pytorch
from .safetensors_file import load_safetensors, save_safetensors

__all__ = [
    "from_keras",
    "from_pytorch",
    "load_params",
    "load_safetensors",
    "save_safetensors",
    "to_keras",
    "to_pytorch",
]
