"""The last step before student code: runs inside the jail, gives up rights, becomes the kernel.

It imports the standard library alone, because it starts as ``python -I -S confine.py``. Its
one argument is JSON or a file of it: see run.py. In tier 1 it
limits itself and drops the user id. In tier 2 it is also the supervisor: a parent that stays,
inherits every process that escapes from the kernel's group, and ends them all.
"""

import json
import os
import resource
import select
import signal
import stat
import struct
import sys

PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 36, 38, 22
SECCOMP_MODE_FILTER = 2
CLONE_NEWNS = 0x20000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND = 1, 2, 4, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH = 1


def libc():
    """Load the C library; late, because tier 1 does not need it."""
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def checked(result):
    """Raise what the C library says went wrong."""
    if result < 0:
        import ctypes

        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def limit(resources):
    """Set resource limits, never above what holds already."""
    for name, value in resources.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def drop_user(uid):
    """Become an unused user, for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (uid, uid, uid):
        raise PermissionError("the user id was not dropped")


def copy_tree(source, target):
    """Copy a prepared folder of regular files."""
    os.makedirs(target, exist_ok=True)
    for parent, folders, files in os.walk(source):
        place = os.path.join(target, os.path.relpath(parent, source))
        for name in folders:
            os.mkdir(os.path.join(place, name))
        for name in files:
            with (
                open(os.path.join(parent, name), "rb") as old,
                open(os.path.join(place, name), "wb") as new,
            ):
                while block := old.read(1 << 20):
                    new.write(block)


def mount_privately(library, mounts):
    """Mount folders that only this process and its children see."""
    checked(library.unshare(CLONE_NEWNS))
    checked(library.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    for kind, source, target, size in mounts:
        source, target = os.fsencode(source), os.fsencode(target)
        if kind == "tmpfs":
            options = f"size={size},mode=0777".encode()
            checked(library.mount(b"tmpfs", target, b"tmpfs", MS_NOSUID | MS_NODEV, options))
        else:
            checked(library.mount(source, target, None, MS_BIND, None))
            flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV
            checked(library.mount(None, target, None, flags, None))


def ruleset(library, landlock):
    """Build Landlock's rules; paths are opened now, while they can be."""
    attributes = bytes.fromhex(landlock["attributes"])
    handle = checked(library.syscall(CREATE_RULESET, attributes, len(attributes), 0))
    for access, directory_only, paths in landlock["rules"]:
        for path in paths:
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
            allowed = access if is_folder else access & ~directory_only
            rule = struct.pack("=Qi", allowed, place)
            if allowed:
                checked(library.syscall(ADD_RULE, handle, RULE_PATH_BENEATH, rule, 0))
            os.close(place)
    return handle


def filter_calls(library, program):
    """Hand the seccomp program to the kernel, with this process's id in its place."""
    import ctypes

    own = struct.pack("=I", os.getpid())
    code = bytes.fromhex(program["code"])
    steps = [code[i : i + 8] for i in range(0, len(code), 8)]
    mark = struct.pack("=I", program["own_pid"])
    code = b"".join(step[:4] + (own if step[4:] == mark else step[4:]) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HxxxxxxP", len(steps), ctypes.addressof(buffer))
    checked(library.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0))


def become(spec):
    """Give up rights in the right order, then turn into the kernel."""
    landlock = spec.get("landlock")
    library = libc() if landlock else None
    rules = ruleset(library, landlock) if landlock else None
    limit(spec["resources"])
    if spec.get("uid"):
        drop_user(spec["uid"])
    os.umask(0o077)
    for source, target in spec["copy"]:
        copy_tree(source, target)
    os.chdir(spec["cwd"])
    if landlock:
        checked(library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        checked(library.syscall(RESTRICT_SELF, rules, 0))
        filter_calls(library, spec["seccomp"])
    os.closerange(3, 65536)
    os.execve(spec["argv"][0], spec["argv"], spec.get("env", dict(os.environ)))


def descendants():
    """Give all processes below this one, read from /proc as a whole."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", errors="replace") as file:
                    parents[int(entry)] = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, before = {os.getpid()}, 0
    while before != len(found):
        before = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found - {os.getpid()}


def end_all():
    """Kill until no child is left: those that lost their parent became ours.

    Stopping all of them before killing keeps a fork bomb from growing meanwhile.

    Returns
    -------
    dict
        How each child that was ours ended, by process id.
    """
    states = {}
    while True:
        for signum in (signal.SIGSTOP, signal.SIGKILL):
            for pid in descendants():
                try:
                    os.kill(pid, signum)
                except OSError:
                    continue
        try:
            while (child := os.waitpid(-1, os.WNOHANG))[0]:
                states[child[0]] = child[1]
        except ChildProcessError:
            return states
        select.select([], [], [], 0.002)


def supervise(first, life, parent):
    """Wait until the kernel ends or the grader does, then leave nothing behind.

    Parameters
    ----------
    first : int
        The kernel's process.
    life : int
        A pipe whose other end the grader holds: it closes when the grader ends.
    parent : int
        The grader's process id.

    Returns
    -------
    int
        How the kernel ended, as `os.waitpid` gives it.
    """
    handle = os.pidfd_open(first)
    ready = []
    while not ready and os.getppid() == parent:
        ready = select.select([handle, life], [], [], 0.5)[0]
    ended = dict([os.waitpid(first, 0)]) if handle in ready else {}
    return (end_all() | ended)[first]


def main():
    """Read what to do, and do it."""
    argument = sys.argv[1]
    if not argument.startswith("{"):
        with open(argument) as file:
            argument = file.read()
    spec = json.loads(argument)
    if not spec.get("landlock"):
        become(spec)
    parent = os.getppid()
    library = libc()
    checked(library.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    if spec["mounts"]:
        mount_privately(library, spec["mounts"])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the closed pipe is what ends it
    first = os.fork()
    if first == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setpgid(0, 0)
        become(spec)
    os.closerange(0, spec["life"])
    code = os.waitstatus_to_exitcode(supervise(first, spec["life"], parent))
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
