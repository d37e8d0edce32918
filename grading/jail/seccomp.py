"""The system calls that student code may not make, as a program for the kernel (seccomp).

A filter sees numbers, never what a pointer points to. So `clone3`, whose flags lie behind a
pointer, is answered "no such call", and the C library falls back to `clone`, whose flags are
seen. Sources: ``man 2 seccomp``, the kernel's ``seccomp_filter.rst``, Docker's default list.
"""

from __future__ import annotations

import platform
import struct
from errno import EAFNOSUPPORT, ENOSYS, EPERM

from .syscalls import FORBIDDEN, IGNORED, MISSING, NUMBERS, SIGNALS, UNSEEN

# Stands for the kernel's own process id until confine.py knows it.
OWN_PID = 0x7FFFFFF1

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NAMESPACES = 0x7E020000  # every CLONE_NEW* that clone takes
AF_UNIX, AF_NETLINK, NETLINK_ROUTE = 1, 16, 0
SOCK_STREAM, SOCK_SEQPACKET, SOCK_TYPE_MASK = 1, 5, 0xF
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
F_SETOWN, F_SETOWN_EX = 8, 15

LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def instruction(code, value, yes=0, no=0):
    """Encode one instruction; ``yes`` and ``no`` count the instructions to jump over."""
    return struct.pack("=HBBI", code, yes, no, value)


def argument(index):
    """Load the low 32 bits of an argument; the calls looked at take integers of that size."""
    return instruction(LOAD, 16 + 8 * index)


def answer(errno):
    """End with an error; 0 means: answer "done" without doing it."""
    return [instruction(RETURN, ERRNO | errno)]


ALLOWED = [instruction(RETURN, ALLOW)]


def only(index, values, errno=EPERM):
    """Allow these values of an argument, nothing else."""
    count = len(values)
    tests = [instruction(EQUAL, value, yes=count - i) for i, value in enumerate(values)]
    return [argument(index), *tests, *answer(errno), *ALLOWED]


def never(index, values, errno=EPERM):
    """Refuse these values of an argument, nothing else."""
    count = len(values)
    tests = [instruction(EQUAL, value, yes=count - i) for i, value in enumerate(values)]
    return [argument(index), *tests, *ALLOWED, *answer(errno)]


def no_bits(index, mask, errno=EPERM):
    """Refuse an argument that has one of these bits."""
    return [argument(index), instruction(ANY_BIT, mask, yes=1), *ALLOWED, *answer(errno)]


def stream_types(errno):
    """Allow sockets that need a connection: the others reach any path with one message."""
    return [
        argument(1),
        instruction(AND, SOCK_TYPE_MASK),
        instruction(EQUAL, SOCK_STREAM, yes=2),
        instruction(EQUAL, SOCK_SEQPACKET, yes=1),
        *answer(errno),
        *ALLOWED,
    ]


def sockets():
    """Allow local sockets, and netlink's list of interfaces, which libzmq asks for.

    libzmq ends the process when the answer to `socket` is EPERM; EAFNOSUPPORT it knows.
    """
    local = stream_types(EAFNOSUPPORT)
    return [
        argument(0),
        instruction(EQUAL, AF_UNIX, yes=5),
        instruction(EQUAL, AF_NETLINK, yes=1),
        *answer(EAFNOSUPPORT),
        argument(2),
        instruction(EQUAL, NETLINK_ROUTE, yes=len(local)),
        *answer(EAFNOSUPPORT),
        *local,
    ]


def shared_rules():
    """Give what both tiers refuse, as {name of the call: instructions}."""
    rules = {name: answer(EPERM) for name in FORBIDDEN}
    rules |= {name: answer(ENOSYS) for name in MISSING}
    rules["clone"] = no_bits(0, NAMESPACES)
    rules["socket"] = sockets()
    rules["socketpair"] = stream_types(EAFNOSUPPORT)
    rules["ioctl"] = never(1, [TIOCSTI, TIOCLINUX])
    return rules


def landlock_rules(abi):
    """Give what tier 2 refuses besides: all that Landlock of this version lets through."""
    rules = {name: answer(EPERM) for name in UNSEEN} | {name: answer(0) for name in IGNORED}
    rules["prlimit64"] = only(0, [0])
    if abi < 3:
        rules["truncate"] = answer(EPERM)
    if abi < 6:
        rules |= {name: answer(EPERM) for name in SIGNALS}
        rules["kill"] = rules["tgkill"] = only(0, [OWN_PID])
        rules["fcntl"] = never(1, [F_SETOWN, F_SETOWN_EX])
    return rules


def program(landlock_abi=None, machine=None):
    """Assemble the filter.

    Parameters
    ----------
    landlock_abi : int or None
        The version of Landlock beside which the filter stands; None in tier 1.
    machine : str, optional
        ``"x86_64"`` or ``"aarch64"``; this machine by default.

    Returns
    -------
    bytes
        Instructions of 8 bytes each.

    Raises
    ------
    KeyError
        For another kind of machine.
    """
    machine = machine or platform.machine()
    column = list(AUDIT_ARCH).index(machine) if machine in AUDIT_ARCH else None
    if column is None:
        raise KeyError(machine)
    rules = shared_rules()
    if landlock_abi is not None:
        rules |= landlock_rules(landlock_abi)
    code = [instruction(LOAD, 4), instruction(EQUAL, AUDIT_ARCH[machine], yes=1)]
    code += [*answer(EPERM), instruction(LOAD, 0)]
    if machine == "x86_64":  # the same calls again, with other numbers
        code += [instruction(AT_LEAST, 0x40000000, no=1), *answer(EPERM)]
    for name, body in rules.items():
        if (number := NUMBERS[name][column]) is not None:
            code += [instruction(EQUAL, number, no=len(body)), *body]
    return b"".join([*code, *ALLOWED])
