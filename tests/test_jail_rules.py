"""The pieces of the jail by themselves: system calls, paths, folders, refusal."""

import contextlib
import ctypes
import errno
import itertools
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from grading.jail import (
    environment,
    folders,
    landlock,
    limits,
    processes,
    seccomp,
    store,
    tiers,
    users,
)
from grading.jail.environment import Environment
from grading.jail.syscalls import FORBIDDEN, IGNORED, MISSING, NUMBERS, SIGNALS, UNSEEN

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


def answer(program, number, *args, arch=seccomp.AUDIT_ARCH["x86_64"]):
    """Run a filter as the kernel does; give the error number, or None where it allows."""
    words = [number, arch, 0, 0]
    for value in (*args, *[0] * (6 - len(args))):
        words += [value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF]
    place, accumulator = 0, 0
    while True:
        code, yes, no, value = struct.unpack_from("=HBBI", program, 8 * place)
        place += 1
        if code == seccomp.LOAD:
            accumulator = words[value // 4]
        elif code == seccomp.AND:
            accumulator &= value
        elif code == seccomp.RETURN:
            return None if value == seccomp.ALLOW else value & 0xFFFF
        else:
            tests = {
                seccomp.EQUAL: accumulator == value,
                seccomp.AT_LEAST: accumulator >= value,
                seccomp.ANY_BIT: bool(accumulator & value),
            }
            place += yes if tests[code] else no


@pytest.fixture(params=["x86_64", "aarch64"])
def ask(request):
    """Ask a filter by the name of a call."""
    column = list(seccomp.AUDIT_ARCH).index(request.param)

    def asking(name, *args, abi=None):
        program = seccomp.program(abi, request.param)
        number = NUMBERS[name][column]
        return answer(program, number, *args, arch=seccomp.AUDIT_ARCH[request.param])

    asking.column = column
    return asking


def known(names, ask):
    """Leave out what this kind of machine does not have."""
    return [name for name in names if NUMBERS[name][ask.column] is not None]


def test_forbidden_and_missing_calls(ask):
    assert {ask(name) for name in known(FORBIDDEN, ask)} == {errno.EPERM}
    assert {ask(name) for name in known(MISSING, ask)} == {errno.ENOSYS}


def test_calls_that_landlock_does_not_cover(ask):
    assert {ask(name) for name in known(UNSEEN + IGNORED, ask)} == {None}
    assert {ask(name, abi=7) for name in known(UNSEEN, ask)} == {errno.EPERM}
    assert {ask(name, abi=7) for name in known(IGNORED, ask)} == {0}


@pytest.mark.parametrize(("abi", "expected"), [(None, None), (2, errno.EPERM), (7, None)])
def test_signals_and_truncate_where_landlock_is_old(ask, abi, expected):
    for name in (*SIGNALS, "truncate"):
        assert ask(name, abi=abi) == expected
    assert ask("kill", 1, 9, abi=abi) == ask("tgkill", 1, 1, 9, abi=abi) == expected
    assert ask("fcntl", 3, seccomp.F_SETOWN, abi=abi) == expected
    assert ask("kill", seccomp.OWN_PID, 9, abi=abi) is None
    assert ask("fcntl", 3, 2, abi=abi) is None


def test_sockets(ask):
    stream, datagram, cloexec = 1, 2, 0o2000000
    assert ask("socket", 1, stream | cloexec, 0) is None
    assert ask("socket", 1, 5, 0) is None
    assert ask("socket", 1, datagram, 0) == errno.EAFNOSUPPORT
    assert ask("socket", 16, 3 | cloexec, 0) is None
    assert ask("socket", 16, 3, 15) == errno.EAFNOSUPPORT
    for family in (0, 2, 10, 17, 38, 40):
        assert ask("socket", family, stream, 0) == errno.EAFNOSUPPORT
    assert ask("socketpair", 1, stream, 0) is None
    assert ask("socketpair", 1, datagram, 0) == errno.EAFNOSUPPORT


def test_namespaces_and_terminals(ask):
    assert ask("clone", 0x3D0F00) is None  # a thread
    for bit in (0x20000, 0x10000000, 0x20000000, 0x40000000):
        assert ask("clone", bit | 17) == errno.EPERM
    assert ask("ioctl", 0, seccomp.TIOCSTI) == errno.EPERM
    assert ask("ioctl", 0, seccomp.TIOCSTI | 1 << 32) == errno.EPERM
    assert ask("ioctl", 0, 0x5401) is None
    assert ask("prlimit64", 0, 7, abi=7) is None
    assert ask("prlimit64", 1, 7, abi=7) == errno.EPERM


def test_ordinary_calls_pass_and_other_machines_do_not():
    program = seccomp.program(7, "x86_64")
    assert [answer(program, number) for number in (0, 1, 9, 257, 56)] == [None] * 5
    assert answer(program, 0, arch=seccomp.AUDIT_ARCH["aarch64"]) == errno.EPERM
    assert answer(program, 0x40000000 + 101) == errno.EPERM
    with pytest.raises(KeyError):
        seccomp.program(machine="vax")


@pytest.mark.parametrize("machine", seccomp.AUDIT_ARCH)
def test_numbers_are_those_of_libseccomp(machine):
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("libseccomp.so.2 is not installed")
    resolve = library.seccomp_syscall_resolve_name_arch
    column = list(seccomp.AUDIT_ARCH).index(machine)
    checked = 0
    for name, numbers in NUMBERS.items():
        there = resolve(ctypes.c_uint32(seccomp.AUDIT_ARCH[machine]), name.encode())
        if there >= 0:  # newer calls are unknown to older libraries
            assert numbers[column] == there, name
            checked += 1
    assert checked > 80


def test_masked_paths_are_left_out(tmp_path):
    for name in ("site/numpy", "site/grading", "site/deep/secret", "site/deep/open"):
        (tmp_path / name).mkdir(parents=True)
    site = tmp_path / "site"
    masked = [site / "grading", site / "deep" / "secret"]
    found = landlock.without(site, masked)
    assert sorted(found) == [f"{site}/deep/open", f"{site}/numpy"]
    assert landlock.without(site / "grading", masked) == []
    assert landlock.without(site / "numpy", masked) == [f"{site}/numpy"]


def test_course_below_visible_folders_is_masked(tmp_path):
    site = tmp_path / "site-packages"
    for name in ("grading", "numpy", "rnncore-1.dist-info", "course/solutions"):
        (site / name).mkdir(parents=True)
    (site / "__editable__.rnncore-1.pth").touch()
    here = Environment(
        python=tmp_path / "bin" / "python",
        base=tmp_path / "base",
        sites=(site,),
        course=tmp_path / "copy",
        private=(site / "course", tmp_path / "elsewhere", tmp_path, Path("/usr"), Path("/")),
    )
    names = {path.name for path in here.masked if path.is_relative_to(tmp_path)}
    assert names == {"grading", "rnncore-1.dist-info", "__editable__.rnncore-1.pth", "course"}


def test_copy_follows_the_files(tmp_path, monkeypatch):
    package = tmp_path / "lesson"
    package.mkdir()
    (package / "__init__.py").write_text("value = 1")
    monkeypatch.syspath_prepend(tmp_path)
    first = environment.course_copy(["lesson"])
    assert environment.course_copy(["lesson"]) == first
    assert (first / "lesson" / "__init__.py").read_text() == "value = 1"
    (package / "__init__.py").write_text("value = 2")
    assert environment.course_copy(["lesson"]) != first
    with pytest.raises(ModuleNotFoundError, match="no_such_lesson"):
        environment.course_copy(["no_such_lesson"])


def test_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert store.folder().parent == tmp_path
    store.folder().chmod(0o777)
    with pytest.raises(PermissionError, match="somebody else"):
        store.folder()


def test_folders_of_dead_graders_are_removed(tmp_path):
    dead = tmp_path / f"{folders.PREFIX}{2**22 + 1}-x"
    ours = tmp_path / f"{folders.PREFIX}{os.getpid()}-x"
    for folder in (dead, ours, tmp_path / f"{folders.PREFIX}cache-0"):
        folder.mkdir()
    folders.remove_stale(tmp_path)
    assert dead.exists()
    for folder in tmp_path.iterdir():
        os.utime(folder, (0, 0))
    folders.remove_stale(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {ours.name, f"{folders.PREFIX}cache-0"}


def test_files_over_the_limit_are_named(tmp_path):
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    target.mkdir()
    (source / "a.txt").write_bytes(bytes(60))
    (source / "b.txt").write_bytes(bytes(60))
    assert len(folders.collect(source, target, 100)) == 1
    assert len(list(target.iterdir())) == 1


@LINUX
def test_tree_has_its_children():
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    try:
        assert child in processes.children(os.getpid())
        assert child in processes.by_parent(os.getpid())
        assert child in processes.tree(os.getpid())
        assert processes.usage(child).resident > 0
        assert processes.proportional(child) <= processes.usage(child).resident
    finally:
        os.close(writer)
        os.close(reader)
        os.waitpid(child, 0)
    assert processes.usage(child) is None
    assert processes.children(child) == []


@LINUX
def test_watchdog_names_the_limit(tmp_path):
    (tmp_path / "file").write_bytes(bytes(3 << 20))

    def over(**values):
        return limits.Watchdog(os.getpid(), limits.Limits(**values), print, [tmp_path]).exceeded()

    assert over(cpu_seconds=10**6) is None
    assert over(cpu_seconds=1e-9) == "cpu"
    assert over(wall_seconds=1e-9) == "time"
    assert over(cpu_seconds=10**6, memory=1) == "memory"
    assert over(cpu_seconds=10**6, disk=1) == "disk"


def test_nothing_works_so_it_refuses(monkeypatch):
    monkeypatch.setattr(tiers, "try_tier", lambda tier: f"{tier} is missing")
    with pytest.raises(tiers.JailRefused) as refusal:
        tiers.choose()
    text = str(refusal.value)
    for part in (
        "bubblewrap: bubblewrap is missing",
        "landlock: landlock is missing",
        "apt install bubblewrap",
        "bwrap-userns-restrict",
        "WSL2",
        "c.JailedProvisioner.allow_unprotected = True",
    ):
        assert part in text


def test_weaker_tier_is_taken_when_the_stronger_fails(monkeypatch):
    monkeypatch.setattr(tiers, "try_tier", lambda tier: "broken" * (tier == "bubblewrap"))
    assert tiers.choose() == "landlock"
    with pytest.raises(tiers.JailRefused, match="bubblewrap: broken"):
        tiers.choose("bubblewrap")


def test_unprotected_only_in_so_many_words():
    with pytest.raises(tiers.JailRefused, match="allow_unprotected is not set"):
        tiers.choose("none")
    assert tiers.choose("none", allow_unprotected=True) == "none"
    with pytest.raises(ValueError, match="'docker'"):
        tiers.choose("docker")


def test_interpreter_that_only_root_can_read_is_a_reason(monkeypatch):
    if os.getuid() != 0 or not landlock.version():
        pytest.skip("needs root and Landlock")
    monkeypatch.setattr(tiers, "may_mount", lambda: False)
    monkeypatch.setattr(tiers, "open_to_all", lambda path: False)
    assert "may not read" in tiers.start_once("landlock")


def test_other_systems_are_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert tiers.try_tier.__wrapped__("landlock") == "needs Linux, this is darwin"


@pytest.fixture
def few_users(monkeypatch, tmp_path):
    """Be root, as far as user ids go, in a container that knows eight of them."""
    monkeypatch.setattr(users.os, "getuid", lambda: 0)
    monkeypatch.setattr(users, "highest", lambda: 65536)
    monkeypatch.setattr(users, "FEW_USERS", (60_706, 8))
    monkeypatch.setattr(users.store, "folder", lambda: tmp_path)
    return tmp_path


@LINUX
def test_no_two_runs_have_a_user_at_the_same_time(few_users, monkeypatch):
    # Another grader of the same number, in another container, begins to count anew.
    monkeypatch.setattr(
        users, "_starts", itertools.chain([0, 1, 0, 1, 2, 3, 4, 5], itertools.count())
    )
    with contextlib.ExitStack() as stack:
        claims = [users.claim() for _ in range(8)]
        for _, held in claims:
            stack.enter_context(held)
        assert {user for user, _ in claims} == set(range(60_706, 60_714))
        with pytest.raises(RuntimeError, match="All 8 user ids for jailed kernels are taken"):
            users.claim()
        user, held = claims[3]
        held.close()
        again, held = users.claim()
        stack.enter_context(held)
    assert again == user
    assert len(list(few_users.iterdir())) == 8


@LINUX
def test_a_user_is_free_again_when_its_grader_was_killed(few_users, monkeypatch):
    code = (
        "import sys; from pathlib import Path; from grading.jail import users; "
        "users.os.getuid = lambda: 0; users.highest = lambda: 65536; "
        "users.FEW_USERS = (60_706, 1); users.store.folder = lambda: Path(sys.argv[1]); "
        "claim = users.claim(); print(claim[0], flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(few_users)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as grader:
        assert grader.stdout.readline() == b"60706\n"
        monkeypatch.setattr(users, "FEW_USERS", (60_706, 1))
        with pytest.raises(RuntimeError):
            users.claim()
        grader.kill()
    user, held = users.claim()
    held.close()
    assert user == 60_706


def test_an_ordinary_user_claims_nobody(monkeypatch):
    monkeypatch.setattr(users.os, "getuid", lambda: 1000)
    assert users.claim() == (None, None)
