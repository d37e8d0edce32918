"""An instructor's term with formgrader in a real browser, as the guide goes through it.

One walk through the term; the tests look at what it left, and at what the browser saw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import chromium
import pytest
from lab import TOKEN, start_lab
from playwright.sync_api import expect
from term import ASSIGNMENT, CORRECTED, HANDED_IN, MANUAL, MARKER, SHOWN, WITH_A_CLASS, Term
from test_feedback import ATTACKS
from visits import watch

from grading.jail.tiers import TIERS

pytestmark = [
    pytest.mark.xdist_group("formgrader"),
    pytest.mark.filterwarnings("ignore:Object of type <:sqlalchemy.exc.SAWarning"),
]

GIVEN = {
    "ada": (3.0, "Well explained."),
    "eve": (1.0, "No scripts, please."),
    "lea": (2.0, "Which factor fades?"),
}
HOSTILE = "() => window.hostile === true"


@dataclass
class Seen:
    """What the walk through the pages saw."""

    visit: object = None
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # of the pages' own scripts
    marked: list[str] = field(default_factory=list)  # addresses where a student's script ran
    texts: dict[str, str] = field(default_factory=dict)
    log: str = ""
    order: list[str] = field(default_factory=list)


class Walk:
    """The pages of formgrader, one after the other."""

    def __init__(self, term, page, address, pictures):
        self.term, self.page, self.address, self.pictures = term, page, address, pictures
        self.seen = Seen(visit=watch(page))
        page.on("dialog", self.note_dialog)
        page.on("pageerror", lambda error: self.seen.errors.append(str(error)))

    def note_dialog(self, dialog):
        """Keep what a dialogue says: no page of nbgrader opens one."""
        self.seen.dialogs.append(dialog.message)
        dialog.dismiss()

    def look(self, name):
        """Keep a page's text and picture, and whether a student's script ran in it."""
        if self.page.evaluate(HOSTILE):
            self.seen.marked.append(self.page.url)
        self.seen.texts[name] = self.page.inner_text("body")
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def row(self, text):
        """Give the row of a table that holds ``text``."""
        return self.page.locator("#main-table tr", has_text=text)

    def open_from_lab(self):
        """Open formgrader from JupyterLab's menu, and go on in a page of its own."""
        page = self.page
        page.goto(f"{self.address}/lab?token={TOKEN}")
        page.get_by_role("menuitem", name="Nbgrader").click()
        page.get_by_role("menuitem", name="Formgrader", exact=True).click()
        inside = page.frame_locator("iframe")
        expect(inside.locator("#main-table")).to_contain_text(ASSIGNMENT)
        page.goto(f"{self.address}/formgrader/manage_assignments")
        expect(self.row(ASSIGNMENT)).to_have_count(1)
        self.look("assignments")

    def autograde(self, student):
        """Grade one submission with its button on the page of submissions."""
        self.row(ASSIGNMENT).locator(".num-submissions a").click()
        expect(self.row(student).locator(".status")).to_have_text("needs autograding")
        self.look("submissions before")
        self.row(student).locator(".autograde a").click()
        expect(self.page.locator("#success-modal")).to_contain_text("Successfully autograded")
        self.seen.log = self.page.locator("#success-modal pre").first.text_content()
        self.page.locator("#success-modal").get_by_role("button", name="OK").click()
        expect(self.page.locator("#success-modal")).to_have_count(0)
        expect(self.row(student).locator(".status")).to_have_text("needs manual grading")
        self.look("submissions")

    def open_manual_grading(self):
        """Go to the first submission, by the links."""
        self.page.get_by_role("link", name="Manual Grading").click()
        self.row(ASSIGNMENT).get_by_role("link", name=ASSIGNMENT).click()
        self.row(ASSIGNMENT).get_by_role("link", name=ASSIGNMENT).click()
        expect(self.row("Submission")).to_have_count(len(HANDED_IN))
        self.look("list")
        self.row("Submission #1").get_by_role("link").first.click()

    def grade(self):
        """Give the mark and the comment of the submission that is shown; return whose it is."""
        page = self.page
        page.wait_for_function("() => formgrader.loaded && MathJax.loaded")
        page.wait_for_function("() => formgrader.grades.loaded && formgrader.comments.loaded")
        shown = page.locator(".name-shown").first.text_content().strip()
        student = shown.rpartition(", ")[2].lower()
        score, comment = GIVEN[student]
        self.look(student)
        self.type("comment", f"#{MANUAL}-comment", comment)
        self.type("grade", f"#{MANUAL}", f"{score:g}")
        self.look(f"{student} marked")
        return student

    def type(self, kind, place, text):
        """Fill in a field and leave it; the page saves what it holds."""
        self.page.locator(place).fill(text)
        with self.page.expect_response(
            lambda one: one.request.method == "PUT" and f"/api/{kind}/" in one.url
        ) as answer:
            self.page.locator(place).blur()
        assert answer.value.ok

    def grade_all(self):
        """Mark each submission, and go on with the link to the next one."""
        for number in range(1, len(HANDED_IN) + 1):
            expect(self.page.locator(".panel-title").first).to_contain_text(
                f"Submission {number} / {len(HANDED_IN)}"
            )
            self.seen.order.append(self.grade())
            self.page.get_by_role("link", name="Next").click()
        expect(self.row("Submission")).to_have_count(len(HANDED_IN))
        self.look("list marked")


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """Go through the term until the class is graded, all but one who is late."""
    term = Term(tmp_path_factory.mktemp("term"))
    term.command("import")
    term.command("generate")
    for student in HANDED_IN:
        term.hand_in(student)
    term.command("zip_collect")
    early = [name for name in HANDED_IN if name != "lea"]
    term.command("run", "--only", *early, code=1)
    return term


@pytest.fixture(scope="module")
def seen(term, browser, tmp_path_factory):
    """Autograde one submission and mark all, in formgrader."""
    folder = tmp_path_factory.mktemp("lab")
    with start_lab(term.course, folder / "jupyter", term.environment) as address:
        context = chromium.open_context(browser, "desktop")
        walk = Walk(term, context.new_page(), address, folder)
        walk.open_from_lab()
        walk.autograde("lea")
        walk.open_manual_grading()
        walk.grade_all()
        walk.seen.address = address
        context.close()
    print("pictures:", folder)
    return walk.seen


@pytest.fixture(scope="module")
def returned(term, seen):
    """Return feedback and report the marks."""
    for command in ("feedback", "report"):
        term.command(command)
    return term


@pytest.fixture(scope="module")
def regraded(returned):
    """Correct a test, and grade again; give what the command said, and the report before."""
    before = returned.reported()
    returned.change_a_test()
    returned.command("generate")
    said = returned.command("run", "--yes", code=1)  # zoe is missing
    returned.command("report")
    return said, before, returned.reported()


def test_formgrader_lists_the_assignment_and_the_class(seen):
    assert ASSIGNMENT in seen.texts["assignments"]
    for name in ("Lovelace, Ada", "Adams, Eve", "Late, Lea"):
        assert name in seen.texts["submissions before"]


def test_the_button_grades_in_the_jail_with_the_tests_outside(term, seen):
    grading = term.autograded("lea").metadata["grading"]
    assert grading["tier"] in TIERS
    assert grading["forgeable"] == []
    assert f"Student code runs in the tier: {grading['tier']}" in seen.log


def test_marks_and_comments_typed_into_the_page_are_in_the_gradebook(term, seen):
    assert sorted(seen.order) == sorted(HANDED_IN)
    assert term.by_hand() == GIVEN


def test_no_script_of_a_student_ran_in_formgrader(seen):
    assert SHOWN in seen.texts["eve"]
    assert seen.texts["eve"].count(SHOWN) > 20
    assert seen.marked == []
    assert seen.dialogs == []


def test_formgrader_asks_no_other_host_and_reports_no_error(seen):
    hosts = {urlsplit(url).netloc for url in seen.visit.requests}
    assert hosts - {""} == {urlsplit(seen.address).netloc}  # "": data: and blank pages
    assert seen.errors == []


def test_the_marker_and_the_dialogues_would_show_a_script_that_runs(browser):
    page = browser.new_page()
    opened = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    page.set_content(MARKER)
    page.wait_for_function(HOSTILE)
    page.set_content("".join(attack for attack in ATTACKS if attack.startswith("<img")))
    page.wait_for_function("() => document.images.length > 2")
    page.close()
    assert opened


@pytest.mark.parametrize("student", GIVEN)
def test_feedback_shows_the_mark_and_the_comment_that_a_person_gave(returned, student):
    score, comment = GIVEN[student]
    text = " ".join(returned.feedback(student).split())
    assert f"Score: {score} / 3.0" in text
    assert comment in text
    assert "awaiting" not in text


def test_no_script_of_a_student_runs_in_the_feedback(returned, browser):
    page = browser.new_page()
    opened = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    path = returned.course / "feedback" / "eve" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    page.goto(path.as_uri())
    assert SHOWN in page.inner_text("body")
    assert not page.evaluate(HOSTILE)
    page.close()
    assert opened == []


def test_the_report_holds_every_mark_of_a_person(returned):
    found = returned.reported()
    for student, (score, _) in GIVEN.items():
        row = found[student, MANUAL]
        assert (float(row["score"]), row["status"]) == (score, "graded")
    assert found["zoe", MANUAL]["status"] == "missing"


def test_after_a_test_was_corrected_only_its_marks_change(regraded):
    said, before, after = regraded
    changed = {key for key in before if before[key]["score"] != after[key]["score"]}
    assert changed == {("ada", CORRECTED), ("eve", CORRECTED)}
    assert CORRECTED in said


def test_the_term_ran_the_guides_commands(regraded, term):
    assert term.ran == set(WITH_A_CLASS.values())


def test_what_a_person_gave_stays_when_the_class_is_graded_again(term, regraded):
    assert term.by_hand() == GIVEN
