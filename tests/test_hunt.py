"""Tasks whose answer is a test: what it gets, and what the learner reads."""

import math

import numpy as np
import pytest

from grading.check import CheckFailed, partial_credit, slips
from grading.hunt import Bug, Hunt


def total_by_sum(x):
    return x.sum()


def total_without_rounding(x):
    return math.fsum(x)


def thorough(total):
    x = np.array([0.1, 0.2, 0.3, -0.7])
    assert abs(total(x) + 0.1) < 1e-12


def only_ones(total):
    assert total(np.ones(3)) == 3


HUNT = Hunt(
    name="check_total",
    right=(total_by_sum, total_without_rounding),
    bugs=(
        Bug("the number of entries", len, "values"),
        Bug("entries are squared", lambda x: (x**2).sum(), "values", hidden=True),
        Bug("always zero", lambda x: 0.0, "values", hidden=True),
        Bug("signs are lost", lambda x: abs(x).sum(), "signs"),
    ),
    misconceptions=slips(
        "check_total",
        ("only_ones", only_ones, "every entry is 1, so that nothing shows.", "Chapter 1, Here"),
    ),
)


def message(answer, kind="values"):
    with pytest.raises(CheckFailed) as caught:
        HUNT.check(answer, kind)
    return str(caught.value)


def test_a_thorough_test_is_told_so(capsys):
    HUNT.check(thorough, "values")
    expected = "check_total: passes what is right, catches: the number of entries.\n"
    assert capsys.readouterr().out == expected


def test_what_slips_through_is_named_with_the_likely_cause():
    assert message(only_ones) == (
        "check_total lets a wrong implementation pass: the number of entries.\n"
        "  Likely cause: every entry is 1, so that nothing shows.\n  See: Chapter 1, Here."
    )
    assert "signs are lost" in message(only_ones, "signs")


def test_no_cause_is_named_when_the_verdicts_are_others():
    assert "Likely" not in message(lambda total: total(np.ones(2)))


def test_a_test_that_fails_what_is_right_is_shown_its_line():
    def wrong(total):
        assert total(np.ones(3)) == 4, "not four"

    text = message(wrong)
    assert text.startswith("check_total fails the right implementation: AssertionError: not four.")
    assert 'assert total(np.ones(3)) == 4, "not four"' in text


def test_a_test_that_asks_for_the_very_bits_fails_another_right_implementation():
    def exact(total):
        x = np.array([1e16, 1.0, 1.0])
        assert total(x) == x.sum()

    assert message(exact).startswith("check_total fails another right implementation: Assertion")


def test_a_wrong_call_is_told_in_the_names_that_the_learner_uses():
    text = message(lambda total: total())
    assert "TypeError: total() missing 1 required positional argument: 'x'" in text
    assert "total_" not in text


def test_any_error_counts_as_a_catch():
    def stops(total):
        if abs(total(np.array([1.0, -1.0]))) > 1e-9:
            raise ZeroDivisionError

    HUNT.check(stops, "values")


def test_a_blank_a_value_and_no_function_are_told_apart():
    def blank(total):
        raise NotImplementedError

    assert message(blank) == "check_total is not written yet."
    assert "check_total returns a value" in message(lambda total: True)
    assert "should be a function, but is of type int" in message(3)


def test_hidden_bugs_count_one_by_one(capsys):
    def catches_one(total):
        assert abs(total(np.full(2, 1.0)) - 2) < 1e-9

    assert partial_credit(2, HUNT.hidden_parts(thorough, "values")) == 2.0
    assert partial_credit(2, HUNT.hidden_parts(catches_one, "values")) == 1.0
    assert partial_credit(2, HUNT.hidden_parts(lambda total: 1 / 0, "values")) == 0.0
    out = capsys.readouterr().out
    assert "hidden implementation" in out
    assert "squared" not in out


def test_a_test_that_counts_its_calls_gets_nothing():
    calls = []

    def counts(total):
        calls.append(1)
        assert len(calls) <= len(HUNT.right)

    assert partial_credit(1, HUNT.hidden_parts(counts, "values")) == 0.0


def test_the_implementation_shows_only_the_task_name():
    seen = []
    HUNT._accepts(lambda total: seen.append(total.__name__))
    assert set(seen) == {"total"}


def test_warnings_and_standard_error_stay_inside(recwarn, capfd):
    def noisy(total):
        np.log(np.zeros(1))
        thorough(total)

    HUNT.check(noisy, "values")
    assert not recwarn.list
    assert capfd.readouterr().err == ""
