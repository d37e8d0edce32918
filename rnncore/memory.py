"""Arrays whose memory is used again: filling fresh pages costs more than computing."""

import math
import sys
import threading

import numpy as np

SMALLEST = 1 << 16  # smaller arrays come cheaply from the heap
KEEP = 1 << 28  # bytes of blocks nobody uses that stay in the pool


class Pool:
    """Blocks of memory; a block is free again when no array shows a part of it any more."""

    def __init__(self):
        self.lock = threading.Lock()
        self.blocks = [np.empty(0, np.uint8)]
        (self.idle,) = map(sys.getrefcount, self.blocks)  # of a block that only the pool holds

    def empty(self, shape, dtype):
        """Make an uninitialised array, as ``np.empty`` does."""
        dtype = np.dtype(dtype)
        nbytes = math.prod(shape) * dtype.itemsize
        if nbytes < SMALLEST:
            return np.empty(shape, dtype)
        with self.lock:
            return self._block(nbytes).view(dtype).reshape(shape)

    def _block(self, nbytes):
        users = list(map(sys.getrefcount, self.blocks))
        free = [k for k, count in enumerate(users) if count == self.idle]
        for k in free:
            if self.blocks[k].nbytes == nbytes:
                return self.blocks[k]
        if nbytes + sum(self.blocks[k].nbytes for k in free) > KEEP:
            for k in reversed(free):
                del self.blocks[k]
        self.blocks.append(np.empty(nbytes, np.uint8))
        return self.blocks[-1]


empty = Pool().empty
