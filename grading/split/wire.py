"""Plain data to bytes and back, between the grader and a kernel that may lie.

Numbers, texts, None, lists, tuples, dicts, NumPy arrays and numbers of the kinds ``biufc``, and
NumPy's default random generator travel by value, in JSON with the arrays' raw bytes behind it.
Nothing is ever unpickled. Both sides run this file: the grader sends it into the kernel, so it
needs the standard library and NumPy alone.

Arrays, lists, dicts and generators have a number (see `Table`), so that one object that comes
twice is one object on the other side too.
"""

import json
import math
import re
import struct

import numpy as np

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 60
MAX_NODES = 200_000
MAX_DIGITS = 1000
MAX_RARE_KEYS = 1000
DTYPE = re.compile(r"[<>|=]?[biufc]\d{1,2}")
MAGIC = b"rnn1"


class WireError(ValueError):
    """These data cannot travel, or what came is not what travels."""


class Opaque:
    """Something that is not plain data; only the name of its type travels."""

    def __init__(self, kind):
        self.kind = kind


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

    def pack(self, value, depth=0):
        """Make the node of a value.

        Raises
        ------
        WireError
            It is too deep or too large.
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
        node = self.content(value, depth)
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


class Unpacker:
    """Turn what came into values; the bytes may be anything.

    Parameters
    ----------
    raw : bytes
    table : Table
    function : callable
        Makes a callable of its node, where the other side may send one.
    opaque : callable
        Makes what stands for a thing that is not plain data, of the name of its type.

    Raises
    ------
    WireError
        From every method; nothing else.
    """

    def __init__(self, raw, table, function=None, opaque=Opaque):
        self.table, self.function, self.opaque = table, function, opaque
        self.nodes = self.rare_keys = 0
        try:
            self.node, self.blobs = _split(raw)
        except (ValueError, TypeError, RecursionError, struct.error) as problem:
            raise WireError(f"not a message: {type(problem).__name__}") from None

    def unpack(self, node):
        """Make the value of a node."""
        try:
            return self._value(node, 0)
        except WireError:
            raise
        except Exception as problem:
            raise WireError(f"malformed data: {type(problem).__name__}") from None

    def _value(self, node, depth):
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > 2 * MAX_NODES:
            raise WireError("the data are nested too deeply, or hold too many parts")
        if node is None or isinstance(node, bool):
            return node
        kind, *rest = node
        if kind in SCALARS:
            return SCALARS[kind](*rest)
        if kind == "tuple":
            return tuple(self._value(item, depth + 1) for item in rest[0])
        if kind == "number":
            return self._array(rest[0], [], "", rest[1])[()]
        if kind == "opaque":
            return self.opaque(_text(rest[0]))
        if kind == "known":
            return self.table.object(rest[0])
        if kind == "function" and self.function:
            return self.function(*rest)
        number, *rest = rest
        value = self.create(kind, rest, depth)
        self.table.adopt(number, value)
        return value

    def create(self, kind, rest, depth=0):
        """Make a new object of what it holds."""
        if kind == "list":
            return [self._value(item, depth + 1) for item in rest[0]]
        if kind == "dict":
            return {self._key(k, depth + 1): self._value(v, depth + 1) for k, v in rest[0]}
        if kind == "array":
            return self._array(*rest)
        if kind == "texts":
            items = [str(self._value(item, depth + 1)) for item in rest[1]]
            return np.array(items, dtype=str).reshape(_shape(rest[0]))
        if kind == "objects":
            shape = _shape(rest[0])
            if math.prod(shape) > MAX_NODES:
                raise WireError("too many objects")
            return np.full(shape, None, dtype=object)
        if kind == "random":
            return _generator(*rest[0])
        raise WireError("unknown kind of data")

    def _key(self, node, depth):
        key = self._value(node, depth)
        # Keys could be chosen to have one hash all, and to keep a dict busy for hours.
        self.rare_keys += isinstance(key, tuple | complex)
        if self.rare_keys > MAX_RARE_KEYS or (isinstance(key, int) and abs(key) >= 2**63):
            raise WireError("keys that are not plain")
        return key

    def _array(self, dtype, shape, flags, blob):
        if not DTYPE.fullmatch(dtype):
            raise WireError("unknown dtype")
        dtype, shape, raw = np.dtype(dtype), _shape(shape), self.blobs[_natural(blob)]
        if math.prod(shape) * dtype.itemsize != len(raw):
            raise WireError("an array's bytes do not fit its shape")
        flat = np.frombuffer(raw, np.uint8 if dtype.kind == "b" else dtype)
        # A truth value is 0 or 1, whatever byte came.
        flat = flat != 0 if dtype.kind == "b" else flat.copy()
        array = flat.reshape(shape, order="F" if "F" in flags else "C")
        array.flags.writeable = "R" not in flags
        return array


def _split(raw):
    if raw[:4] != MAGIC or len(raw) > 2 * MAX_BYTES:
        raise WireError("not a message")
    (length,) = struct.unpack(">I", raw[4:8])
    node, sizes = json.loads(raw[8 : 8 + length])
    blobs, start = [], 8 + length
    for size in sizes:
        blobs.append(raw[start : start + _natural(size)])
        start += size
    if start != len(raw):
        raise WireError("a message of another length")
    return node, blobs


def _whole(value):
    if type(value) is not int or abs(value) >= 10**MAX_DIGITS:
        raise WireError("not a whole number")
    return value


def _natural(value, limit=2**62):
    if not 0 <= _whole(value) < limit:
        raise WireError("not a number from 0 on")
    return value


def _float(value):
    if type(value) not in (float, int):
        raise WireError("not a number")
    return float(value)


def _text(value):
    if type(value) is not str:
        raise WireError("not a text")
    return value


def _complex(parts):
    return complex(_float(parts[0]), _float(parts[1]))


SCALARS = {
    "int": _whole,
    "float": _float,
    "complex": _complex,
    "str": _text,
}


def _shape(sizes):
    if len(sizes) > 32:
        raise WireError("too many axes")
    return tuple(_natural(size) for size in sizes)


def _generator(state, inc, has_uint32, uinteger):
    generator = np.random.default_rng(0)
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": _natural(state, 2**128), "inc": _natural(inc, 2**128)},
        "has_uint32": _natural(has_uint32, 2),
        "uinteger": _natural(uinteger, 2**32),
    }
    return generator
