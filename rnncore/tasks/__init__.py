"""The classic tasks for recurrent networks, as their papers specify them.

Each module draws data with ``draw`` and judges outputs with ``correct``, sequence by sequence,
and ``solved``, the success of a whole run.
"""

from . import adding, copying, long_lag, reber, temporal_order
from .sequences import Sequences

__all__ = ["Sequences", "adding", "copying", "long_lag", "reber", "temporal_order"]
