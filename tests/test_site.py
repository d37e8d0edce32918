"""``make site``: everything is there, the first page links it, nothing is half there."""

import pytest

from publishing import site
from publishing.archive import NAME


@pytest.fixture
def build(tmp_path):
    """Lay out what ``make zip`` and ``make pdf`` leave."""
    folder = tmp_path / "html" / "book"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(f"<h1>Book</h1>{site.MARK}<p>End</p>")
    (tmp_path / f"{NAME}.zip").write_bytes(b"z" * 12_400_000)
    (tmp_path / f"{NAME}.pdf").write_bytes(b"p" * 3_600_000)
    return tmp_path


def test_the_first_page_links_both_files(build):
    folder = site.gather(build)
    text = (folder / "book" / "index.html").read_text()
    assert f'<a href="../{NAME}.zip">zip</a> (12 MB)' in text
    assert f'<a href="../{NAME}.pdf">PDF</a> (4 MB)' in text
    assert site.MARK not in text
    assert {path.name for path in folder.iterdir()} == {
        ".nojekyll",
        "book",
        f"{NAME}.pdf",
        f"{NAME}.zip",
    }
    assert site.MARK in (build / "html" / "book" / "index.html").read_text()


def test_it_starts_over_each_time(build):
    (site.gather(build) / "old.html").touch()
    assert not (site.gather(build) / "old.html").exists()


@pytest.mark.parametrize("missing", [f"{NAME}.zip", f"{NAME}.pdf", f"html/{site.FIRST}"])
def test_what_is_missing_is_named_and_the_old_site_stays(build, missing):
    old = site.gather(build)
    (build / missing).unlink()
    with pytest.raises(FileNotFoundError, match=r"is missing: run `make site`"):
        site.gather(build)
    assert (old / "book" / "index.html").exists()


def test_a_first_page_without_a_place_is_refused(build):
    (build / "html" / site.FIRST).write_text("<h1>Book</h1>")
    with pytest.raises(ValueError, match="found it 0 times"):
        site.gather(build)


def test_the_command_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert site.main() == 1
    assert "make site" in capsys.readouterr().err
