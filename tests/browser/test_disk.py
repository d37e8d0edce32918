"""The book without a server: opened by a double-click, with no network."""

from __future__ import annotations

import re

import pytest
from pages import find_pages
from playwright.sync_api import expect
from visits import visit

SAMPLE = re.compile(r"index|genindex|search|notation|.*/0[17]_\w+")


def addresses():
    """Give one page of each kind."""
    return [page for page in find_pages() if SAMPLE.fullmatch(page.removesuffix(".html"))]


@pytest.mark.parametrize("page", addresses())
def test_a_page_from_the_disk_is_whole(browser, site, page):
    with visit(browser, (site / page).as_uri()) as seen:
        assert seen.elsewhere(site.as_uri()) == []
        assert seen.failures + seen.messages == []
        assert seen.page.locator(".math:not(:has(mjx-container))").count() == 0


def test_search_finds_and_shows_the_place(browser, root, chapter):
    with visit(browser, f"{root}/{chapter}") as seen:
        page = seen.page
        page.keyboard.press("Control+k")
        page.keyboard.type("forget gate")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=forget**")
        first = page.locator("#search-results li a").first
        expect(first).to_be_visible()
        first.click()
        page.wait_for_url(re.compile(r"(?<!search)\.html"))
        expect(page.locator("article")).to_contain_text(re.compile("forget", re.IGNORECASE))
        assert seen.messages == []


def test_the_choice_of_dark_is_kept(browser, root, chapter):
    with visit(browser, f"{root}/{chapter}") as seen:
        page, html = seen.page, seen.page.locator("html")
        switch = page.locator(".theme-switch-button").locator("visible=true").first
        for _ in range(3):  # the switch goes round light, dark and the system's choice
            switch.click()
            if html.get_attribute("data-mode") == "dark":
                break
        expect(html).to_have_attribute("data-theme", "dark")
        page.reload()
        expect(html).to_have_attribute("data-theme", "dark")
        assert seen.messages == []
