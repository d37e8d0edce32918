"""The learner's copies of the exercises."""

from grading.workspace import copy_new


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_copies_what_is_missing_and_keeps_what_is_there(tmp_path):
    released, work = tmp_path / "exercises", tmp_path / "work"
    write(released / "01_a" / "01_a.ipynb", "released")
    write(released / "02_b" / "02_b.ipynb", "released")
    mine = write(work / "01_a" / "01_a.ipynb", "my answers")
    copied, kept = copy_new(released, work)
    assert copied == [work / "02_b" / "02_b.ipynb"]
    assert copied[0].read_text() == "released"
    assert kept == [mine]
    assert mine.read_text() == "my answers"


def test_leaves_checkpoints_behind(tmp_path):
    write(tmp_path / "exercises" / ".ipynb_checkpoints" / "old.ipynb", "old")
    assert copy_new(tmp_path / "exercises", tmp_path / "work") == ([], [])
