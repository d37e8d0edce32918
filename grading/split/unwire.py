"""Plain data of bytes that may be anything: the other half of `wire`. Both sides run it."""

import json
import math
import re
import struct

import numpy as np

from .wire import MAGIC, MAX_BYTES, MAX_DEPTH, MAX_DIGITS, MAX_NODES, WireError

MAX_RARE_KEYS = 1000
DTYPE = re.compile(r"[<>|=]?[biufc]\d{1,2}")


class Opaque:
    """Something that is not plain data; only the name of its type travels."""

    def __init__(self, kind):
        self.kind = kind


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
