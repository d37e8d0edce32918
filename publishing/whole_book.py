"""The document that becomes the PDF: title page, table of contents, and the bound pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from .binding import Chapter, Heading

STYLE = Path(__file__).with_name("whole_book.css")
# Cuts of the fonts, from npm, as the document sees them; whole_book.css names the families.
FONTS = "fonts/node_modules/@fontsource"
CUTS = {
    "source-serif-4": ("400", "400-italic", "700", "700-italic"),
    "source-sans-3": ("400", "400-italic", "600", "700"),
    "source-code-pro": ("400", "400-italic", "700"),
}


class Title(NamedTuple):
    """What the title page says."""

    title: str
    author: str
    date: str


def compose(title: Title, chapters: list[Chapter], pages: dict[str, int] | None = None) -> str:
    """Write the document; ``pages`` gives the page of each identifier once they are known."""
    fonts = [f"{FONTS}/{family}/{cut}.css" for family, cuts in CUTS.items() for cut in cuts]
    styles = dict.fromkeys(fonts + [sheet for chapter in chapters for sheet in chapter.styles])
    links = "\n".join(f'<link rel="stylesheet" href="{escape(sheet)}">' for sheet in styles)
    running = "\n".join(running_title(title, chapter.heading) for chapter in chapters)
    parts = [list(group) for _, group in groupby(chapters, key=lambda chapter: chapter.part)]
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light">
<head>
<meta charset="utf-8">
<title>{escape(title.title)}</title>
<meta name="author" content="{escape(title.author)}">
{links}
<style>
{STYLE.read_text(encoding="utf-8")}
{running}
</style>
</head>
<body class="whole-book">
<section class="title-page">
<h1>{escape(title.title)}</h1>
<p>{escape(title.author)}</p>
<p>Printed on {title.date}</p>
<p class="licence">Code that only draws a figure or lays out a table is left out here;
the notebook of each chapter holds it. Text and figures: CC BY 4.0. Code: MIT.</p>
</section>
<nav class="contents-pages" aria-labelledby="contents">
<h1 id="contents">Contents</h1>
{"".join(f"<ol>{''.join(entries(part, pages or {}))}</ol>" for part in parts)}
</nav>
<main class="bd-main bd-content bd-article-container">
{"".join(body(chapter, first=chapter is part[0]) for part in parts for chapter in part)}
</main>
</body>
</html>
"""


def running_title(title: Title, heading: Heading) -> str:
    """Give the style of the pages of one chapter: its title stands at the top."""
    # JSON and CSS write a string alike.
    text = json.dumps(heading.text, ensure_ascii=False)
    return f"""@page {heading.target} {{ @top-right {{ content: {text} }} }}
[id="{heading.target}"] {{ page: {heading.target} }}"""


def entries(part: list[Chapter], pages: dict[str, int]) -> Iterator[str]:
    """Write the lines of the table of contents for one part."""
    if part[0].part:
        yield f'<li class="part">{escape(part[0].part)}</li>'
    for chapter in part:
        yield entry("chapter", chapter.heading, pages)
        for section in chapter.heading.sections:
            yield entry("section", section, pages)


def entry(kind: str, heading: Heading, pages: dict[str, int]) -> str:
    """Write one line of the table of contents."""
    page = pages.get(heading.target, "")
    return (
        f'<li class="{kind}"><a href="#{escape(heading.target)}"><span>{heading.content}</span>'
        f'<span class="page">{page}</span></a></li>\n'
    )


def body(chapter: Chapter, first: bool) -> str:
    """Write a chapter; the first one of a part says the part's name above its title."""
    part = f'<p class="part">{escape(chapter.part)}</p>' if first and chapter.part else ""
    return f"""
<article class="bd-article" id="{chapter.heading.target}">{part}{chapter.body}</article>
"""
