"""What student code sees and reaches inside the jail: in both tiers, as root and otherwise."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from jail_tools import NOBODY, ROOT, SMALL, look, run_as_user

from grading.jail import bubblewrap, run_script, syscalls, tiers
from grading.jail.seccomp import AUDIT_ARCH

REPOSITORY = [ROOT, ROOT / "solutions", ROOT / "grading" / "check.py", ROOT / "nbgrader_config.py"]
COLUMN = list(AUDIT_ARCH).index(os.uname().machine) if os.uname().machine in AUDIT_ARCH else None
# A call that anybody may make outside; its arguments make it harmless if it gets through.
CALLS = {
    "ptrace": (16, 2**22 - 1, 0, 0),
    "unshare": (0,),
    "mount": (0, 0, 0, 0, 0),
    "keyctl": (0, -3, 0),
    "bpf": (0, 0, 0),
    "perf_event_open": (0, 0, -1, -1, 0),
    "process_vm_readv": (1, 0, 0, 0, 0, 0),
    "io_uring_setup": (0, 0),
    "memfd_create": (0, 0),
    "shmget": (0, 0, 0),
    "userfaultfd": (1,),
}


@pytest.fixture(scope="module")
def course():
    """A course that any user may read and write: only the jail can keep it out of reach."""
    folder = Path(tempfile.mkdtemp(prefix="rnn-course-", dir="/tmp"))
    (folder / "submitted" / "other").mkdir(parents=True)
    (folder / "gradebook.db").write_text("marks")
    (folder / "submitted" / "other" / "answer.py").write_text("the answer")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def forbidden(course):
    """List what must be out of reach."""
    return [*REPOSITORY, course, course / "gradebook.db", course / "submitted" / "other"]


def seen(tier, course, runner):
    """Look around once."""
    calls = {name: (syscalls.NUMBERS[name][COLUMN], *args) for name, args in CALLS.items()}
    return look(tier, forbidden(course), [os.getpid(), os.getppid()], calls, runner)


@pytest.fixture(scope="module", params=["this user", "ordinary user"])
def view(request, jail_tier, course):
    """What a script inside finds."""
    runner = run_script if request.param == "this user" else run_as_user
    if request.param == "ordinary user" and os.getuid() != 0:
        pytest.skip("this user is an ordinary one")
    return seen(jail_tier, course, runner)


def test_course_and_repository_cannot_be_read(view):
    assert set(view["read"].values()) <= {"FileNotFoundError", "PermissionError"}


def test_nothing_outside_can_be_written(view, course):
    # Private folders take new files under any name; they are not those outside, where the
    # course and, on some machines, the repository have such paths.
    private = ("/tmp/", f"{bubblewrap.WORK}/")
    tried = {path: how for path, how in view["write"].items() if not path.startswith(private)}
    assert len(view["write"]) > 5
    assert "done" not in tried.values()
    assert (course / "gradebook.db").read_text() == "marks"
    assert len(list(course.rglob("*"))) == 4


def test_own_folders_can_be_written(view):
    assert set(view["own"].values()) == {"done"}


def test_only_the_library_can_be_imported(view):
    found = view["import"]
    assert [found[name] for name in ("rnncore", "numpy", "ipykernel")] == ["done"] * 3
    assert found["grading"] == found["replications"] == "ModuleNotFoundError"


def test_no_network(view):
    assert set(view["socket"]) <= {"OSError", "PermissionError"}
    assert view["datagram"] == "OSError"


def test_other_processes_cannot_be_signalled(view):
    assert set(view["signal"].values()) <= {"ProcessLookupError", "PermissionError"}


def test_dangerous_calls_are_refused(view):
    answers = view["calls"]
    assert {answers.pop("io_uring_setup"), answers.pop("memfd_create")} == {"ENOSYS"}
    assert set(answers.values()) == {"EPERM"}


def test_environment_says_nothing_about_the_grader(view):
    assert set(view["environment"]) <= {
        *"PATH HOME TMPDIR LANG PYTHONPATH PYTHONDONTWRITEBYTECODE PYTHONNOUSERSITE".split(),
        *"PYTHONWARNINGS MPLCONFIGDIR LD_LIBRARY_PATH PWD LC_CTYPE".split(),
        *"OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS".split(),
    }


def test_root_becomes_an_unused_user(jail_tier, course):
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    first, second = (seen(jail_tier, course, run_script)["user"] for _ in range(2))
    assert first != second
    for uid, gid, groups in (first, second):
        assert uid == gid > NOBODY
        assert set(groups) <= {gid}


def test_bubblewrap_shows_no_path_and_no_process_of_the_machine(course):
    if tiers.try_tier("bubblewrap"):
        pytest.skip("bubblewrap does not work here")
    source = "import os, sys; print(sys.path, os.getcwd(), sorted(os.listdir('/proc')), end='')"
    done = run_script(source, SMALL, "bubblewrap")
    assert str(ROOT) not in done.output
    assert "'/course', '/packages" in done.output
    assert sum(word.strip("',[]").isdigit() for word in done.output.split()) <= 4


def test_bubblewrap_leaves_no_rights():
    if tiers.try_tier("bubblewrap"):
        pytest.skip("bubblewrap does not work here")
    done = run_script("print(open('/proc/self/status').read())", SMALL, "bubblewrap")
    status = dict(line.split(":\t") for line in done.output.splitlines() if ":\t" in line)
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_without_a_jail_the_same_look_succeeds(course):
    found = look("none", forbidden(course), [os.getpid()])
    assert set(found["read"].values()) == {"done"}
    assert found["signal"] == {str(os.getpid()): "done"}
    assert found["socket"][0] == "done"


def test_submission_brings_regular_files_only(jail_tier, tmp_path, course):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.txt").write_text("1 2 3")
    (tmp_path / "task.ipynb").write_text("hidden tests")
    (tmp_path / "link").symlink_to(course / "submitted" / "other" / "answer.py")
    (tmp_path / "folder").symlink_to(course)
    os.link(course / "gradebook.db", tmp_path / "hard") if same_disk(course, tmp_path) else None
    os.mkfifo(tmp_path / "pipe")
    source = (
        "import os; print(sorted(os.path.join(p, f) for p, d, fs in os.walk('.') for f in d + fs))"
    )
    done = run_script(source, SMALL, jail_tier, files=tmp_path)
    assert done.output.strip() == "['./data', './data/numbers.txt', './script.py']"


def same_disk(*paths):
    """Whether a file can have names in all these folders."""
    return len({os.stat(path).st_dev for path in paths}) == 1
