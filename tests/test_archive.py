"""The zip of the built pages: what is in it, and always the same bytes."""

import os
import zipfile

import pytest

from publishing import archive


@pytest.fixture
def site(tmp_path):
    """Lay out a small site with what Sphinx leaves beside the pages."""
    site = tmp_path / "html"
    for name in (
        "index.html",
        "book/one.html",
        "_static/book.css",
        "_sources/book/one.ipynb",
        "objects.inv",
        ".buildinfo",
        ".doctrees/one.doctree",
    ):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(name * 50)
    (tmp_path / "LICENSE").write_text("free")
    return site


def test_one_folder_with_the_pages_and_nothing_of_the_build(site, tmp_path):
    archive.pack(site, tmp_path / "LICENSE", tmp_path / "book.zip")
    with zipfile.ZipFile(tmp_path / "book.zip") as packed:
        names = {
            "LICENSE.txt",
            "README.txt",
            "_sources/book/one.ipynb",
            "_static/book.css",
            "book/one.html",
            "index.html",
        }
        assert set(packed.namelist()) == {f"{archive.NAME}/{name}" for name in names}
        assert packed.read(f"{archive.NAME}/book/one.html") == b"book/one.html" * 50
        modes = {entry.external_attr >> 16 for entry in packed.infolist()}
    assert modes == {0o100644}


def test_dates_permissions_and_order_of_the_files_change_no_byte(site, tmp_path):
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    archive.pack(site, tmp_path / "LICENSE", first)
    text = (site / "index.html").read_text()
    (site / "index.html").unlink()
    (site / "index.html").write_text(text)
    (site / "index.html").chmod(0o600)
    os.utime(site / "book" / "one.html", (10**9, 10**9))
    archive.pack(site, tmp_path / "LICENSE", second)
    assert first.read_bytes() == second.read_bytes()


def test_without_a_built_book_the_command_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert archive.main() == 1
    assert "make book" in capsys.readouterr().err
