"""Plain data to bytes, between the grader and a kernel that may lie.

Numbers, texts, None, lists, tuples, dicts, NumPy arrays and numbers of the kinds ``biufc``, and
NumPy's default random generator travel by value, in JSON with the arrays' raw bytes behind it.
Nothing is ever unpickled. Both sides run this file and `unwire`: the grader sends them into the
kernel, so they need the standard library and NumPy alone.

Arrays, lists, dicts and generators have a number (see `shared.Table`), so that one object that
comes twice is one object on the other side too.
"""

import json
import struct

import numpy as np

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 60
MAX_NODES = 200_000
MAX_DIGITS = 1000
MAGIC = b"rnn1"


class WireError(ValueError):
    """These data cannot travel, or what came is not what travels."""


class Packer:
    """Turn values into nodes of JSON.

    Parameters
    ----------
    table : Table
        Knows which objects the other side has already.
    function : callable
        Makes the node of a callable, or returns None where none may travel.
    """

    def __init__(self, table, function=lambda value: None):
        self.table, self.function = table, function
        self.blobs, self.nodes, self.size = [], 0, 0
        self.open = set()  # numbers of objects whose contents are being packed

    def pack(self, value, depth=0):
        """Make the node of a value.

        Raises
        ------
        WireError
            It is too deep or too large, or holds itself.
        """
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise WireError("the data are nested too deeply, or hold too many parts")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, np.generic):
            return self._number(value)
        if isinstance(value, int | float | complex | str):
            return self._scalar(value)
        if isinstance(value, tuple):
            return ["tuple", [self.pack(item, depth + 1) for item in value]]
        if isinstance(value, np.ndarray | list | dict | np.random.Generator):
            number = self.table.number(value)
            if number in self.open:
                raise WireError(f"a {type(value).__name__} holds itself")
            return ["known", number] if number is not None else self._new(value, depth)
        node = self.function(value) if callable(value) else None
        return node or ["opaque", str(type(value).__name__)[:100]]

    def _scalar(self, value):
        if isinstance(value, str):
            self._count(len(value))
            return ["str", str(value)]
        if isinstance(value, int):
            if abs(int(value)) >= 10**MAX_DIGITS:
                raise WireError(f"a whole number has more than {MAX_DIGITS} digits")
            return ["int", int(value)]
        if isinstance(value, float):
            return ["float", float(value)]
        return ["complex", [value.real, value.imag]]

    def _number(self, value):
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            return ["number", array.dtype.str, self._blob(array.tobytes())]
        if array.dtype.kind == "U":
            return ["str", str(value)]
        return ["opaque", str(type(value).__name__)[:100]]

    def _new(self, value, depth):
        number = self.table.add(value)
        self.open.add(number)
        node = self.content(value, depth)
        self.open.discard(number)
        if node[0] == "opaque":
            self.table.drop(number)
            return node
        return [node[0], number, *node[1:]]

    def content(self, value, depth=0):
        """Make the node of what an object holds, without its number."""
        if isinstance(value, np.ndarray):
            return self._array(np.asarray(value), depth)
        if isinstance(value, list):
            return ["list", [self.pack(item, depth + 1) for item in value]]
        if isinstance(value, dict):
            pairs = value.items()
            return ["dict", [[self.pack(k, depth + 1), self.pack(v, depth + 1)] for k, v in pairs]]
        state = value.bit_generator.state
        if state.get("bit_generator") != "PCG64":
            return ["opaque", "Generator"]
        inner = state["state"]
        words = [inner["state"], inner["inc"], state["has_uint32"], state["uinteger"]]
        return ["random", [int(word) for word in words]]

    def _array(self, array, depth):
        if array.dtype.kind == "U":
            items = [self.pack(item, depth + 1) for item in array.ravel().tolist()]
            return ["texts", list(array.shape), items]
        if array.dtype.kind not in "biufc":
            return ["objects", list(array.shape)]
        columns = array.flags.f_contiguous and not array.flags.c_contiguous
        raw = array.tobytes(order="F" if columns else "C")
        flags = "F" * columns + "R" * (not array.flags.writeable)
        return ["array", array.dtype.str, list(array.shape), flags, self._blob(raw)]

    def _blob(self, raw):
        self._count(len(raw))
        self.blobs.append(raw)
        return len(self.blobs) - 1

    def _count(self, size):
        self.size += size
        if self.size > MAX_BYTES:
            raise WireError(f"the data take more than {MAX_BYTES >> 20} MiB")

    def message(self, node):
        """Make bytes of a node and the arrays in it."""
        head = json.dumps([node, [len(raw) for raw in self.blobs]]).encode("ascii")
        raw = b"".join([MAGIC, struct.pack(">I", len(head)), head, *self.blobs])
        if len(raw) > 2 * MAX_BYTES:
            raise WireError(f"the data take more than {MAX_BYTES >> 20} MiB")
        return raw
