"""The PDF of the whole book: how pages are bound, and what Chromium makes of them."""

import os

import pypdf
import pytest

from publishing import binding, chromium, pdf

TOC = """
root: book/index
parts:
  - caption: Chapters
    chapters: [{file: book/one}]
  - caption: Exercises
    chapters: [{file: exercises/a/two}]
"""
HEAD = '<head><link rel="stylesheet" href="{up}_static/a.css"><script>bad()</script></head>'
ONE = """<section id="one"><h1>1. Read <math>x</math><a class="headerlink" href="#one">#</a></h1>
<p><a href="../exercises/a/two.html#sums">sums</a> <a href="two.ipynb">file</a>
<a href="https://example.org/">far</a> <a href="../index.html">home</a></p>
<img src="../_images/a.png" alt="a" loading="lazy"><button>Copy</button>
<label for="box">b</label><input id="box">
<details class="hide"><pre>plot()</pre></details><details><p>the answer</p></details>
<section id="sums"><h2>Sums<a class="headerlink" href="#sums">#</a></h2><p>first</p></section>
</section>"""
TWO = """<section id="two"><h1>Exercise</h1><section id="sums"><h2>Sums</h2>
<p>second, see <a href="../../book/one.html#sums">one</a></p></section></section>"""


def lay_out(build):
    """Lay out a built book of three pages."""
    pages = {"book/index": "<h1>The Book</h1><p>hello</p>", "book/one": ONE, "exercises/a/two": TWO}
    for name, article in pages.items():
        path = build / "html" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        head = HEAD.format(up="../" * name.count("/"))
        path.write_text(f'{head}<article class="bd-article">{article}</article>')
    (build / "_toc.yml").write_text(TOC)
    return build


@pytest.fixture
def build(tmp_path):
    """Give a small built book of the test's own."""
    return lay_out(tmp_path)


@pytest.fixture
def one(build):
    """Bind the small book; give its first chapter."""
    return binding.bind(build / "html", build / "_toc.yml")[1]


def test_links_between_pages_become_links_inside(one):
    assert '<a href="#exercises-a-two--sums">' in one.body
    assert '<a href="#book-index">home' in one.body
    assert '<a href="https://example.org/">' in one.body
    assert "<a>file</a>" in one.body  # a file that the document does not hold


def test_identifiers_and_addresses_fit_the_document(one):
    assert 'id="book-one--sums"' in one.body
    assert 'for="book-one--box"' in one.body
    assert 'src="html/_images/a.png"' in one.body
    assert "lazy" not in one.body
    assert one.styles == ("html/_static/a.css",)


def test_what_a_reader_clicks_is_left_out_and_answers_are_open(one):
    for gone in ("headerlink", "button", "plot()"):
        assert gone not in one.body
    assert '<details open=""><p>the answer' in one.body


def test_headings_make_the_contents(build):
    index, one, two = binding.bind(build / "html", build / "_toc.yml")
    assert [c.part for c in (index, one, two)] == [None, "Chapters", "Exercises"]
    assert index.heading.text == binding.ROOT_TITLE
    assert one.heading.text == "1. Read x"
    assert [s.target for s in two.heading.sections] == ["exercises-a-two--sums"]


def test_a_page_that_is_missing_is_named(build):
    (build / "html" / "book" / "one.html").unlink()
    with pytest.raises(FileNotFoundError, match=r"one\.html is missing.*make book"):
        binding.bind(build / "html", build / "_toc.yml")


@pytest.fixture(scope="module")
def printer():
    """Stop where there is no Chromium."""
    if chromium.find_chromium() is None:
        # Where everything has to run, a test that quietly did not run is a failure.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromium.MISSING)


@pytest.fixture(scope="module")
def book(printer, tmp_path_factory):
    """Print the small book."""
    build = lay_out(tmp_path_factory.mktemp("book"))
    config = {"title": "The Book", "author": "its authors"}
    pdf.make(build, build / "_toc.yml", config, build / "book.pdf")
    return pypdf.PdfReader(build / "book.pdf")


def outline(book, items, depth=0):
    """List depth, title and page of the outline."""
    for item in items:
        if isinstance(item, list):
            yield from outline(book, item, depth + 1)
        else:
            yield depth, item.title, book.get_destination_page_number(item) + 1


def test_the_printed_book(book):
    text = [page.extract_text() for page in book.pages]
    # Title page, contents, and a page for each of the three.
    assert len(text) == 5
    assert "The Book" in text[0]
    assert "its authors" in text[0]
    assert ["hello" in page for page in text] == [False, False, True, False, False]
    assert "1. Read x" in text[3].splitlines()[0]  # the running title
    assert "Chapters" in text[3]
    assert [str(n) in page.split() for n, page in enumerate(text, 1)] == [False, *[True] * 4]
    lines = [line.split() for line in text[1].splitlines()]
    assert ["About", "this", "course", "3"] in lines
    assert ["Exercise", "5"] in lines

    assert list(outline(book, book.outline)) == [
        (0, "About this course", 3),
        (0, "Chapters", 4),
        (1, "1. Read x", 4),
        (2, "Sums", 4),
        (0, "Exercises", 5),
        (1, "Exercise", 5),
        (2, "Sums", 5),
    ]


def test_links_of_the_printed_book_arrive(book):
    places = book.named_destinations
    found = {}
    for number, page in enumerate(book.pages, start=1):
        for note in page.get("/Annots", []):
            link = note.get_object()
            if "/Dest" in link:
                to = book.get_destination_page_number(places[link["/Dest"]]) + 1
                found.setdefault(number, set()).add(to)
    assert found == {2: {3, 4, 5}, 4: {3, 5}, 5: {4}}


def test_screen_readers_get_language_title_and_tags(book):
    root = book.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    kids = root["/StructTreeRoot"]["/K"]
    assert kids
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert book.metadata.title == "The Book"
    assert book.metadata.author == "its authors"


def test_what_is_wider_than_the_paper_is_named(build, printer):
    page = build / "html" / "exercises" / "a" / "two.html"
    page.write_text(page.read_text().replace("second", '<i style="padding-left: 20cm">wide</i>'))
    with pytest.raises(pdf.TooWide, match="exercises-a-two: I wide"):
        pdf.make(build, build / "_toc.yml", {"title": "B", "author": "c"}, build / "book.pdf")
