"""Reading aids: questions, previews, copying, keys, and the marks of pages that were read."""

from __future__ import annotations

import re

import pytest
from pages import find_all
from playwright.sync_api import expect
from visits import visit

PAGES = sorted({page for page, _ in find_all(r'class="[^"]*\b(self-check)\b')})
each_page = pytest.mark.parametrize("path", PAGES)


@each_page
def test_an_answer_by_keyboard_is_explained(browser, address, path):
    with visit(browser, f"{address}/{path}") as seen:
        page = seen.page
        for question in page.locator(".self-check").all():
            answer = question.locator("fieldset input").first
            why = page.locator(f"[id='{answer.get_attribute('id')}-why']")
            assert not why.is_visible()
            question.evaluate("box => { box.tabIndex = -1; box.focus(); }")
            page.keyboard.press("Tab")
            assert answer.evaluate("one => one === document.activeElement")
            page.keyboard.press("Space")
            for _ in range(question.locator("fieldset input").count()):
                page.keyboard.press("Tab")
                if question.locator("button").evaluate("one => one === document.activeElement"):
                    break
            page.keyboard.press("Enter")
            assert why.is_visible()
            assert question.locator("[role=status]").inner_text().strip()
            assert question.locator("details").get_attribute("open") is None
        assert seen.messages == []


@each_page
def test_without_scripts_the_answers_unfold(browser, address, path):
    with visit(browser, f"{address}/{path}", java_script_enabled=False) as seen:
        for question in seen.page.locator(".self-check").all():
            reasons = question.locator(".self-check-why")
            assert not reasons.first.is_visible()
            question.locator("summary").click()
            assert all(one.is_visible() for one in reasons.all())
            assert question.locator("button:visible").count() == 0


def test_the_mark_of_a_page_that_was_read_is_kept(browser, root, chapter):
    with visit(browser, f"{root}/{chapter}") as seen:
        page = seen.page
        page.locator("#reading-mark").press("Space")
        page.reload()
        expect(page.locator("#reading-mark")).to_be_checked()
        page.goto(f"{root}/book/index.html")
        expect(page.locator(".reading-progress")).to_contain_text("1 of")
        page.once("dialog", lambda dialog: dialog.accept())
        page.locator(".reading-progress button").click()
        expect(page.locator(".reading-progress")).to_contain_text("No page")
        assert seen.messages == []


def test_keys_turn_pages_and_are_listed(browser, address, chapter):
    with visit(browser, f"{address}/{chapter}") as seen:
        page = seen.page
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
        page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile("08_"))
        page.keyboard.press("ArrowLeft")
        page.wait_for_url(re.compile("07_"))


def test_a_link_shows_where_it_leads(browser, root, chapter, axe):
    with visit(browser, f"{root}/{chapter}") as seen:
        page = seen.page
        link = page.locator('.bd-article p a.internal[href^="#equation-"]').first
        link.focus()
        preview = page.locator(".tippy-box")
        expect(preview.locator("mjx-container")).to_be_visible()
        assert seen.failures + seen.messages == []
        found = axe(page)
        assert not found, "\n".join(found)
        page.keyboard.press("Escape")
        expect(preview).to_be_hidden()


def test_code_is_copied_as_it_stands(browser, address, chapter):
    with visit(browser, f"{address}/{chapter}", permissions=["clipboard-read"]) as seen:
        cell = seen.page.locator(".cell_input .highlight:visible").first
        cell.hover()
        cell.locator("button.copybtn").click()
        copied = seen.page.evaluate("navigator.clipboard.readText()")
        assert copied.strip() == cell.locator("pre").inner_text().strip()
