"""Objects that both sides of a call know, and messages that keep them the same.

What a function writes into its arguments shows on the other side after the call, and an array
that comes back twice is one array. An array that is a part of another arrives as one of its own.
Both sides run this file, as they do `wire`.
"""

import itertools
import json
import weakref

import numpy as np

from .unwire import Unpacker
from .wire import Packer, WireError


class Table:
    """Numbers for the objects of one call: even ones are the grader's, odd ones the kernel's."""

    def __init__(self, first):
        self.ours = itertools.count(first, 2)
        self.first = first
        self.entries = {}  # number: a function that returns the object, or None when it is gone
        self.numbers = {}  # id of an object: its number

    def number(self, value):
        """Return an object's number, or None."""
        number = self.numbers.get(id(value))
        return number if number in self.entries and self.get(number) is value else None

    def get(self, number):
        """Return a number's object; None when there is none."""
        return self.entries[number]() if number in self.entries else None

    def add(self, value):
        """Give a number to an object of this side."""
        number = next(self.ours)
        self._keep(number, value)
        return number

    def adopt(self, number, value):
        """Note an object that the other side has numbered."""
        if type(number) is not int or number in self.entries or number % 2 == self.first:
            raise WireError("a number that is taken")
        self._keep(number, value)

    def object(self, number):
        """Return the object that the other side means.

        Raises
        ------
        WireError
            There is none.
        """
        value = self.get(number)
        if value is None:
            raise WireError("an object that is not there")
        return value

    def drop(self, number):
        """Forget a number."""
        self.entries.pop(number, None)

    def weaken(self, number):
        """Keep an array only as long as somebody else does, and other objects no longer."""
        value = self.get(number)
        if isinstance(value, np.ndarray):
            self.entries[number] = weakref.ref(value)
        else:
            self.drop(number)

    def _keep(self, number, value):
        self.entries[number] = lambda: value
        self.numbers[id(value)] = number


class Exchange:
    """One call and everything that is said during it.

    Parameters
    ----------
    first : int
        0 in the grader, 1 in the kernel.
    function, make_function : callable
        Make a node of a callable, and a callable of a node.
    opaque : callable
        Makes what stands for something that is not plain data.
    """

    def __init__(self, first, function=lambda value: None, make_function=None, **opaque):
        self.table = Table(first)
        self.function, self.make_function, self.opaque = function, make_function, opaque
        self.snapshots = {}
        self.base = None  # numbers of the call's own arguments
        self.sealed = set()  # what the other side may not write into

    def send(self, box, settle=False, seal=False):
        """Make a message of the value in ``box``, a list, and of everything that has changed.

        With ``settle``, what came with the last message is forgotten, and the other side told so:
        the value is taken out of its box, so that nobody else holds it. With ``seal``, what the
        other side makes of new objects stays its own.
        """
        packer, known = Packer(self.table, self.function), set(self.table.entries)
        now = {number: self._snapshot(number) for number in known}
        changed = [n for n, one in now.items() if one is not None and one != self.snapshots.get(n)]
        updates = [[n, packer.content(self.table.get(n))] for n in changed]
        node = packer.pack(box.pop())
        new = set(self.table.entries) - known
        if seal:
            self.sealed |= new
        self._remember([*changed, *new])
        if self.base is None:
            self.base = set(self.table.entries)
        if settle:
            self.settle()
        gone = [n for n in known | set(self.snapshots) if self.table.get(n) is None]
        self._forget(gone)
        return packer.message([updates, node, gone])

    def receive(self, raw):
        """Take a message: update what is known, and return the value.

        Raises
        ------
        WireError
            The message is malformed.
        """
        unpacker = Unpacker(raw, self.table, self.make_function, **self.opaque)
        known = set(self.table.entries)
        try:
            updates, node, gone = unpacker.node
            for number, content in updates:
                self._update(number, content, unpacker)
            value = unpacker.unpack(node)
            self._forget(gone)
        except (TypeError, ValueError) as problem:
            raise WireError(f"a malformed message: {type(problem).__name__}") from None
        self._remember([*(set(self.table.entries) - known), *(number for number, _ in updates)])
        if self.base is None:
            self.base = set(self.table.entries)
        return value

    def settle(self):
        """Hold on no longer to what was not an argument of the call itself."""
        for number in set(self.table.entries) - (self.base or set()):
            self.table.weaken(number)

    def _forget(self, numbers):
        for number in numbers:
            self.table.drop(number)
            self.snapshots.pop(number, None)

    def _remember(self, numbers):
        self.snapshots |= {number: self._snapshot(number) for number in numbers}

    def _snapshot(self, number):
        """Describe what an object holds, other objects by their numbers."""
        value = self.table.get(number)
        if value is None:
            return None
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            return value.dtype, value.shape, value.flags.writeable, value.tobytes()
        packer = _Shallow(self.table)
        return json.dumps(packer.content(value)), b"".join(packer.blobs)

    def _update(self, number, content, unpacker):
        ours = self.table.object(number)
        kind, *rest = content
        theirs = unpacker.create(kind, rest)
        if number in self.sealed:
            return
        if type(theirs) is not type(ours) and not isinstance(ours, type(theirs)):
            raise WireError("an object of another kind")
        if isinstance(ours, np.ndarray):
            _write(ours, theirs)
        elif isinstance(ours, list):
            ours[:] = theirs
        elif isinstance(ours, dict):
            ours.clear()
            ours.update(theirs)
        else:
            ours.bit_generator.state = theirs.bit_generator.state


class _Shallow(Packer):
    """Packs without numbering what is new."""

    def _new(self, value, depth):
        return ["new"]


def _write(ours, theirs):
    if not ours.flags.writeable:
        ours.flags.writeable = True
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        if ours.dtype != theirs.dtype:
            raise WireError("an array of another dtype")
        ours.resize(theirs.shape, refcheck=False)
    ours[...] = theirs
    ours.flags.writeable = theirs.flags.writeable
