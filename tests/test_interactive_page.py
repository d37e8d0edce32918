"""The interactive figures in a browser: keys, mouse, finger, reduced motion, no scripts."""

from __future__ import annotations

import notebooks as nb
import pytest
from coursebook import interactive

SCRIPTS = nb.ROOT / "book" / "assets" / "interactive"
PHONE = {"viewport": {"width": 390, "height": 900}}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<link rel="stylesheet" href="{folder}/interactive.css">{scripts}
<body class="bd-content"><figure class="interactive" style="margin: 0">
<div class="course-figure" data-figure="{name}" style="--ratio: {ratio}">
<img alt="The figure." src="{name}.svg">{controls}</div></figure>
<p id="after">After.</p></body></html>
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page for every figure, as the build puts them into a chapter."""
    folder = tmp_path_factory.mktemp("figures")
    for name, figure in interactive.draw(SCRIPTS).items():
        files = [*interactive.KIT, f"{name}_data.js", f"{name}.js"]
        tags = (
            f'<script defer src="{SCRIPTS.as_uri()}/{file}"></script>'
            for file in files
            if (SCRIPTS / file).exists()
        )
        html = PAGE.format(
            folder=SCRIPTS.as_uri(),
            scripts="".join(tags),
            name=name,
            ratio="{}/{}".format(*figure["size"]),
            controls=figure["controls"],
        )
        (folder / f"{name}.svg").write_text(figure["svg"], encoding="utf-8")
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def open_figure(browser, pages):
    """Open a figure's page; script errors fail the test."""
    contexts, errors = [], []

    def open_page(name, **options):
        context = browser.new_context(**PHONE, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((pages / f"{name}.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def value(page, control):
    return page.locator(f'[data-control="{control}"]').input_value()


def middle(page, handle):
    """The middle of a handle in pixels, and how many of them a unit of the viewBox has."""
    drawing = page.locator("svg[role=img]").bounding_box()
    box = page.locator(f'[data-drag="{handle}"]').first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, drawing["width"] / 360


def picture(page):
    """The picture after the next frame, when it is drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.locator("svg[role=img]").inner_html()


@pytest.mark.parametrize("name", sorted(interactive.draw(SCRIPTS)))
def test_figure_starts_where_its_static_picture_is(name, open_figure, pages):
    page = open_figure(name)
    still = open_figure(name, java_script_enabled=False)
    assert not still.locator(".course-controls").is_visible()
    assert not still.locator(".course-says").is_visible()
    after = page.locator("#after").bounding_box()["y"]
    size = page.locator("svg[role=img]").bounding_box()
    image = still.locator("img").bounding_box()
    assert size["width"] == pytest.approx(image["width"])
    assert size["height"] == pytest.approx(image["height"])
    first = (pages / f"{name}.svg").read_text(encoding="utf-8")
    inside = """(svg) => {
      const template = document.createElement("template");
      template.innerHTML = svg;
      return template.content.firstChild.innerHTML;
    }"""
    drawn = page.evaluate(inside, first)
    assert picture(page) == drawn
    page.locator("[data-do=reset]").click()
    assert picture(page) == drawn
    assert page.locator("#after").bounding_box()["y"] == after
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_keys_move_picture_words_and_value(open_figure):
    page = open_figure("unroll")
    before = picture(page)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert value(page, "t") == "4"
    assert picture(page) != before
    page.locator(".course-says", has_text="Step 4").wait_for()
    assert page.locator("svg[role=img]").get_attribute("aria-label").startswith("Step 4")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.locator('[data-control="x1"]').get_attribute("aria-valuetext") == "1.1"
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Step
    assert value(page, "t") == "5"
    page.keyboard.press("Enter")
    assert value(page, "t") == "1"


def test_play_runs_to_the_end_and_pauses(open_figure):
    page = open_figure("unroll")
    play = page.locator("[data-do=play]")
    play.click()
    assert play.inner_text() == "Pause"
    page.wait_for_function("document.querySelector('[data-control=t]').value === '5'")
    assert play.inner_text() == "Play"
    play.click()
    page.locator("[data-do=reset]").click()
    assert play.inner_text() == "Play"


def test_reduced_motion_leaves_stepping(open_figure):
    page = open_figure("unroll", reduced_motion="reduce")
    assert not page.locator("[data-do=play]").is_visible()
    assert page.locator("[data-do=step]").is_visible()


@pytest.mark.parametrize(
    ("name", "handle", "by", "control", "expected"),
    [
        ("unroll", "x1", (-500, 0), "x1", "-2"),
        ("unroll", "t", (70, 0), "t", "2"),
        ("gradient_flow", "point", (0, -500), "radius", "1.6"),
        ("padding_reversal", "n0", (-80, 0), "n0", "3"),
        ("lstm_gates", "f:2", (0, 40), "f", "0"),
        ("lstm_gates", "f:5", (0, -40), "fs", "1"),
        ("lstm_gates", "s", (74, 0), "s", "7"),
        ("gru_gates", "z:5", (0, -40), "zs", "1"),
        ("gru_gates", "h0", (0, -15), "h0", "0.5"),
    ],
)
def test_a_handle_moves_its_control_while_it_is_held(
    open_figure, name, handle, by, control, expected
):
    page = open_figure(name)
    x, y, unit = middle(page, handle)
    by = [unit * part for part in by]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0] / 2, y + by[1] / 2)
    picture(page)
    page.mouse.move(x + by[0], y + by[1])
    assert value(page, control) == expected
    page.mouse.up()
    page.mouse.move(x, y)
    assert value(page, control) == expected


def test_a_finger_drags_and_does_not_scroll(open_figure):
    page = open_figure("padding_reversal", has_touch=True, is_mobile=True)
    x, y, unit = middle(page, "n1")
    touch = page.context.new_cdp_session(page)
    for kind, by in [("touchStart", 0), *(("touchMove", 11 * unit * k) for k in range(1, 8))]:
        points = [{"x": x + by, "y": y + by / 10}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        picture(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert value(page, "n1") == "5"
