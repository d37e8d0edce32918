"""How much memory a forward pass keeps for the backward pass, and the most that both take."""

import tracemalloc
from unittest.mock import patch

from rnncore import recurrence, recurrent
from rnncore.memory import Pool

from .cases import CELLS, SIZES, Case
from .contenders import draw


def measure_memory(size="S3", dtype="float32"):
    """Trace the allocations of one forward and backward pass; bytes, a record for each cell.

    ``sequence`` is the size of the inputs and outputs, to compare with.
    """
    for cell in CELLS:
        x, dy, layer = draw(Case(cell, dtype, size))
        fresh = Pool().empty
        tracemalloc.start()
        with patch.object(recurrence, "empty", fresh), patch.object(recurrent, "empty", fresh):
            y, state, cache = layer.forward(x)
            kept = tracemalloc.get_traced_memory()[0]
            layer.backward(dy, cache)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        kept -= y.nbytes + sum(s.nbytes for s in (state if isinstance(state, tuple) else [state]))
        yield {
            "cell": cell,
            "dtype": dtype,
            "shape": SIZES[size],
            "cache": kept,
            "most": most,
            "sequence": x.nbytes + y.nbytes,
        }
