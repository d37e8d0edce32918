"""Item statistics: the numbers, and the page that shows them."""

import math
import re

import classes
import numpy as np
import pytest
from bs4 import BeautifulSoup

from grading.outline import Question
from grading.reports import causes, gather, page, statistics

ASKS = (
    Question("rnn_step_test", 2.0, "rnn_step", "1. One step", False, False),
    Question("rnn_step_hidden", 1.0, "rnn_step", "1. One step", False, True),
    Question("readout_test", 1.0, "readout", "5. The <outputs>", False, False),
    Question("explain", 3.0, "explain", "8. Predict", True, False),
)


def test_discrimination_is_the_point_biserial_correlation_with_the_other_tasks():
    item = np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    rest = np.array([0.9, 0.7, 0.2, 0.4, 0.5])
    right, wrong = rest[item == 1], rest[item == 0]
    share = item.mean()
    expected = (right.mean() - wrong.mean()) / rest.std() * math.sqrt(share * (1 - share))
    value, why = statistics.discrimination(item, rest)
    assert value == pytest.approx(expected, abs=1e-12)
    assert why == ""


@pytest.mark.parametrize(
    ("item", "rest", "why"),
    [
        ([1, 0], [1, 0], "fewer than 3 students"),
        ([1, 1, 1], [1, 0.5, 0], "everybody has the same share"),
        ([1, 0, 1], [0.5, 0.5, 0.5], "the other tasks do not tell students apart"),
        ([1, 0, 1], [math.nan] * 3, "no other task has a mark"),
    ],
)
def test_where_it_is_undefined_the_reason_is_given(item, rest, why):
    value, said = statistics.discrimination(np.array(item, float), np.array(rest, float))
    assert math.isnan(value)
    assert said == why


def test_a_task_does_not_count_in_what_it_is_compared_with():
    results = [
        classes.result("a", 2.0, 1.0, 0.0, 0.0),
        classes.result("b", 2.0, 1.0, 0.0, 0.0),
        classes.result("c", 0.0, 0.0, 1.0, 3.0),
        classes.result("d", 0.0, 0.0, 1.0, 0.0),
    ]
    found = {item.task: item for item in statistics.items(classes.report(results), ASKS)}
    assert found["rnn_step"].discrimination == pytest.approx(-0.7625, abs=1e-4)
    assert found["rnn_step"].difficulty == 0.5
    assert found["rnn_step"].points == 3


def test_difficulty_is_the_mean_share_over_those_who_handed_in_and_have_a_mark():
    found = {item.task: item for item in statistics.items(classes.small_class(), ASKS)}
    assert found["rnn_step"].difficulty == 0.5
    assert found["readout"].difficulty == 1
    assert (found["explain"].difficulty, found["explain"].awaiting) == (0, 1)
    assert found["explain"].count == 1


def test_a_misconception_counts_once_for_a_student_and_task():
    met = statistics.misconceptions(classes.small_class(), ASKS)
    assert [(one.task, one.name, one.students) for one in met] == [("rnn_step", "no_bias", 1)]
    assert met[0].section == "Chapter 3, The equations"


def test_a_sentence_of_a_student_is_no_misconception():
    known = causes.known_causes("02_rnn_cell")
    assert causes.met("Likely cause: <b>you</b> are great.\n See: me.", known) == set()
    assert len(causes.met(classes.NO_BIAS, known)) == 1
    assert causes.met(" ".join(classes.NO_BIAS.split()), known)


@pytest.mark.parametrize("name", ["99_none", "../x", "02_rnn_cell.os", ""])
def test_assignments_of_other_courses_have_no_misconceptions(name):
    assert causes.known_causes(name) == {}


def test_who_needs_a_person_and_why():
    bad = classes.result("zed", *[0.0] * 4, outcome="crashed", reason="The kernel ended.")
    forged = classes.result("yan", *[1.0] * 4, forgeable=("explain",))
    found = statistics.needs_person(
        classes.report([*classes.small_class().results, bad, forged], classes.CLASS)
    )
    assert [(one.student, why) for one, why in found] == [
        ("ada", "to be marked: explain"),
        ("yan", "marks that could be forged: explain"),
        ("zed", "The kernel ended."),
    ]


@pytest.fixture(scope="module")
def html():
    evil = "<script>alert(1)</script>"
    people = [*classes.CLASS, gather.Person("mal", evil, "<img src=x onerror=alert(2)>")]
    bad = classes.result("mal", *[0.0] * 4, outcome="tampered", reason=f"It printed {evil}.")
    report = classes.report([*classes.small_class().results, bad], people)
    return page.page(report, ASKS)


def test_the_page_asks_for_nothing_from_elsewhere_and_runs_nothing(html):
    soup = BeautifulSoup(html, "html.parser")
    assert not soup.find_all(["script", "link", "iframe", "object", "img", "image"])
    assert not [tag for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")]
    links = [
        tag[n]
        for tag in soup.find_all(True)
        for n in ("href", "src", "xlink:href")
        if n in tag.attrs
    ]
    assert [link for link in links if not link.startswith("#")] == []
    assert not re.search(r"url\((?!#)|@import", html)
    addresses = set(re.findall(r"https?://[^\"<> ]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "&lt;script&gt;" in html
    assert "default-src 'none'" in html


def test_plots_have_words_and_take_the_colour_of_the_text(html):
    soup = BeautifulSoup(html, "html.parser")
    plots = soup.find_all("svg")
    assert len(plots) == 2
    for plot in plots:
        assert plot["role"] == "img"
        assert len(plot["aria-label"]) > 40
        assert "currentColor" in str(plot)
        assert not re.search(r"#000000|fill: ?#fff", str(plot))
    assert "5. The <outputs>: 67 %" in plots[0]["aria-label"]


def test_ids_are_unique_and_references_meet_them(html):
    soup = BeautifulSoup(html, "html.parser")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    wanted = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', html)
    assert wanted
    assert {one or other for one, other in wanted} <= set(ids)


def test_the_same_class_gives_the_same_bytes():
    assert page.page(classes.small_class(), ASKS) == page.page(classes.small_class(), ASKS)


def test_a_class_without_results_still_has_a_page():
    text = page.page(classes.report([], [classes.EVE]), ASKS)
    assert "No submission has all its marks yet" in text
    assert "missing" in text
