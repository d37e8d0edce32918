"""Interactive figures answer keyboard and touch, keep still unasked, and live without scripts."""

from __future__ import annotations

import pytest
from pages import find_all
from visits import visit

CASES = find_all(r'class="course-figure" data-figure="(\w+)"')
each_figure = pytest.mark.parametrize(
    ("path", "name"), [pytest.param(*case, id=case[1]) for case in CASES]
)

# What eye and ear get: the drawing, its label, and the sentences below it.
SHOWN = """box => ({
    drawing: box.querySelector("svg[role=img]").innerHTML,
    label: box.querySelector("svg[role=img]").getAttribute("aria-label"),
    says: box.querySelector(".course-says").textContent,
})"""
# Past the pause after which the sentences below a figure follow it.
SAID = "box => box.querySelector('svg[role=img]').getAttribute('aria-label') === "
SAID += "box.querySelector('.course-says').textContent"

COUNT_FRAMES = """() => {
    window.framesAsked = 0;
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = callback => { window.framesAsked++; return request(callback); };
}"""


def figure(page, name):
    return page.locator(f'.course-figure[data-figure="{name}"]').first


def shown(page, box) -> dict[str, str]:
    """Give what the figure shows once its text has followed the drawing."""
    page.wait_for_function(SAID, arg=box.element_handle())
    return box.evaluate(SHOWN)


def start_before(box) -> None:
    """Put the keyboard's place just before the controls of the figure."""
    box.evaluate("box => { box.tabIndex = -1; box.focus(); }")


@each_figure
def test_every_control_is_reached_and_moved_by_keyboard(browser, address, path, name):
    with visit(browser, f"{address}/{path}") as seen:
        page, box = seen.page, figure(seen.page, name)
        controls = box.locator(".course-controls :is(input, select, button)")
        first = shown(page, box)
        moved = []
        start_before(box)
        for number in range(controls.count()):
            page.keyboard.press("Tab")
            focused = controls.nth(number)
            assert focused.evaluate("one => one === document.activeElement"), number
            if focused.get_attribute("type") != "range":
                continue
            value, words = focused.input_value(), focused.get_attribute("aria-valuetext")
            page.keyboard.press("ArrowRight")
            if focused.input_value() == value:  # it stood at its end
                page.keyboard.press("ArrowLeft")
            assert focused.input_value() != value
            assert focused.get_attribute("aria-valuetext") != words
            # Not every control shows in every state: the limit of what is not clipped, say.
            page.keyboard.press("Home")
            moved.append(shown(page, box))
        assert all(any(one[part] != first[part] for one in moved) for part in first)
        assert seen.messages == []


@each_figure
def test_a_finger_moves_it(browser, address, path, name):
    with visit(browser, f"{address}/{path}", "phone") as seen:
        page, box = seen.page, figure(seen.page, name)
        slider = box.locator("input[type=range]").first
        before, value = shown(page, box), slider.input_value()
        size = slider.bounding_box()
        for part in (0.2, 0.8):
            slider.tap(position={"x": part * size["width"], "y": size["height"] / 2})
            if slider.input_value() != value:
                break
        assert slider.input_value() != value
        assert shown(page, box)["drawing"] != before["drawing"]


@each_figure
def test_a_finger_drags_the_handles(browser, address, path, name):
    with visit(browser, f"{address}/{path}", "phone") as seen:
        page, box = seen.page, figure(seen.page, name)
        handle = box.locator("[data-drag]").first
        if handle.count() == 0:
            pytest.skip("the figure has sliders alone")
        before = shown(page, box)
        handle.scroll_into_view_if_needed()
        place = handle.bounding_box()
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        touch = page.context.new_cdp_session(page)
        for dx, dy in ((25, 25), (-50, -50)):
            for kind, points in (
                ("touchStart", [{"x": x, "y": y}]),
                ("touchMove", [{"x": x + dx, "y": y + dy}]),
                ("touchEnd", []),
            ):
                touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            if shown(page, box)["drawing"] != before["drawing"]:
                return
        pytest.fail("the handle does not follow the finger")


@each_figure
def test_nothing_moves_unasked(browser, address, path, name):
    with visit(browser, f"{address}/{path}", reduced_motion="reduce") as seen:
        page, box = seen.page, figure(seen.page, name)
        before = shown(page, box)
        page.evaluate(COUNT_FRAMES)
        page.wait_for_timeout(1500)  # longer than any figure's step
        assert page.evaluate("window.framesAsked") == 0
        running = "one => one.getAnimations({subtree: true}).length"
        assert box.evaluate(running) == 0
        assert shown(page, box) == before
        assert box.locator('[data-do="play"]:visible').count() == 0


@each_figure
def test_without_scripts_the_picture_stands_alone(browser, address, path, name):
    with visit(browser, f"{address}/{path}", java_script_enabled=False) as seen:
        box = figure(seen.page, name)
        picture = box.locator("img")
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
        assert picture.get_attribute("alt")
        assert box.locator(".course-controls:visible").count() == 0


@each_figure
def test_paper_shows_the_picture_alone(browser, address, path, name):
    with visit(browser, f"{address}/{path}") as seen:
        box = figure(seen.page, name)
        seen.page.emulate_media(media="print")
        assert box.locator("svg[role=img]").bounding_box()["width"] > 200
        assert box.locator(".course-controls:visible, .course-says:visible").count() == 0
