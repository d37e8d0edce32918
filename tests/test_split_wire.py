"""Bytes that are not what the agent sends raise WireError, and nothing else."""

from __future__ import annotations

import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from grading.split.shared import Exchange
from grading.split.wire import MAGIC, WireError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.complex_numbers()
ARRAYS = arrays(
    st.sampled_from([np.float64, np.float32, np.int8, np.uint64, np.bool_, np.complex128]),
    array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
KEYS = st.text() | st.integers(-(2**40), 2**40) | st.booleans() | st.tuples(st.text())
DATA = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(DATA)
def test_data_travel_there_and_back(data):
    there, here = Exchange(1), Exchange(0)
    np.testing.assert_equal(there.receive(here.send([data])), data)


@settings(max_examples=150, deadline=None)
@given(DATA, st.integers(0, 10**6), st.integers(0, 255))
def test_a_changed_byte_gives_data_or_a_wire_error(data, place, byte):
    raw = bytearray(Exchange(1).send([data]))
    raw[place % len(raw)] = byte
    with contextlib.suppress(WireError):
        Exchange(0).receive(bytes(raw))


@settings(max_examples=150, deadline=None)
@given(st.recursive(SCALARS.filter(lambda s: not isinstance(s, complex)), st.lists, max_leaves=20))
def test_other_json_gives_data_or_a_wire_error(node):
    with contextlib.suppress(WireError):
        Exchange(0).receive(message([[], ["list", 1, node], []]))


def message(node, *blobs):
    head = json.dumps([node, [len(blob) for blob in blobs]]).encode()
    return MAGIC + struct.pack(">I", len(head)) + head + b"".join(blobs)


def value(node, *blobs):
    return message([[], node, []], *blobs)


HOSTILE = {
    "nothing": b"",
    "a pickle": b"\x80\x04K\x01.",
    "no JSON": MAGIC + struct.pack(">I", 3) + b"[[[",
    "nested deeply": MAGIC + struct.pack(">I", 200_000) + b"[" * 100_000 + b"]" * 100_000,
    "an unknown kind": value(["code", "print(1)"]),
    "a kind that is a list": value([[], 1]),
    "an array of objects as bytes": value(["array", 1, "|O8", [1], "", 0], b"12345678"),
    "a structured array": value(["array", 1, "i4,O", [1], "", 0], b"12345678"),
    "a huge shape": value(["array", 1, "<f8", [2**40, 2**40], "", 0], b""),
    "a negative shape": value(["array", 1, "<f8", [-1, -1], "", 0], b"12345678"),
    "a shape of floats": value(["array", 1, "<f8", [1.0], "", 0], b"12345678"),
    "bytes that are not there": value(["array", 1, "<f8", [1], "", 7]),
    "a long message of nothing": message([[], None, []]) + b"x",
    "a number of the grader": value(["list", 0, []]),
    "a number taken twice": value(["tuple", [["list", 1, []], ["list", 1, []]]]),
    "an object that is not there": value(["known", 4]),
    "a function": value(["function", 0, "f"]),
    "a key that is a list": value(["dict", 1, [[["list", 3, []], None]]]),
    "keys of one hash": value(["dict", 1, [[["int", k * (2**61 - 1)], None] for k in range(9)]]),
    "many odd keys": value(
        ["dict", 1, [[["tuple", [["int", k]]], None] for k in range(2000)]],
    ),
    "a long number": MAGIC + struct.pack(">I", 9000) + b"[" + b"1" * 8999,
    "a generator out of range": value(["random", 1, [2**128, 1, 0, 0]]),
    "an update of nothing": message([[[8, ["list", []]]], None, []]),
    "updates that are none": message([5, None, []]),
    "too many objects": value(["objects", 1, [10**6, 10**6]]),
    "a text of numbers": value(["str", 5]),
    "a float of text": value(["float", "5"]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_bytes_give_a_wire_error(kind):
    with pytest.raises(WireError):
        Exchange(0).receive(HOSTILE[kind])


def test_truth_values_are_zero_or_one_whatever_comes():
    got = Exchange(0).receive(value(["array", 1, "|b1", [3], "", 0], b"\x00\x02\xff"))
    assert got.view(np.uint8).tolist() == [0, 1, 1]


def test_a_result_that_the_grader_sent_cannot_be_written_from_outside():
    here = Exchange(0)
    own = np.zeros(2)
    here.send(["the call"])
    here.send([own], seal=True)
    update = [[number, ["array", "<f8", [2], "", 0]] for number in here.table.entries]
    here.receive(message([update, None, []], np.ones(2).tobytes()))
    assert own.tolist() == [0, 0]


def test_what_nests_too_deeply_or_in_a_circle_cannot_be_sent():
    deep = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(WireError):
        Exchange(0).send([deep])
