"""Tasks: what a learner reads when an answer is right, wrong, or stops."""

import sys

import numpy as np
import pytest

from grading.check import CheckFailed, Misconception, Task, partial_credit


def draw(rng):
    return {"x": rng.standard_normal((3, 2)), "w": rng.standard_normal(2)}


def draw_one(rng):
    return {"x": rng.standard_normal((1, 2)), "w": rng.standard_normal(2)}


def right(x, w):
    return np.tanh(x @ w)


TASK = Task(
    name="predict",
    draw=draw,
    edges=(draw_one,),
    reference=right,
    returns=("y",),
    misconceptions=(
        Misconception("no_tanh", lambda x, w: x @ w, "tanh is missing", "Chapter, Section", ()),
        Misconception("fails", lambda x, w: 1 / 0, "never", "Nowhere", ()),
    ),
)


def message(answer, hidden=False, task=TASK):
    with pytest.raises(CheckFailed) as caught:
        (task.check_hidden if hidden else task.check)(answer)
    return str(caught.value)


def test_a_right_answer_is_told_so(capsys):
    TASK.check(right)
    TASK.check_hidden(lambda x, w: np.tanh((x * w).sum(axis=1)))
    assert capsys.readouterr().out == "predict: right.\npredict: right on fresh inputs too.\n"


def test_a_misconception_is_named():
    text = message(lambda x, w: (x * w).sum(axis=1))
    assert "y is wrong in 3 of 3 entries; first at [0]: " in text
    assert "called with x (3, 2), w (2,)" in text
    assert "Likely cause: tanh is missing\n  See: Chapter, Section." in text


def test_a_list_of_arrays_is_described_by_shapes():
    task = Task("first", lambda rng: {"rows": [np.ones((2, 1)), np.ones((3, 1))]}, lambda rows: 1)
    text = message(lambda rows: 2, task=task)
    assert "called with rows a list of 2 arrays: (2, 1), (3, 1)" in text


def test_another_mistake_gets_no_cause():
    assert "Likely cause" not in message(lambda x, w: np.sin(x @ w))


def test_hidden_messages_show_no_values():
    text = message(lambda x, w: x @ w, hidden=True)
    assert "y is wrong in " in text
    assert "expected" not in text
    assert "Likely cause: tanh is missing" in text


def test_edges_are_checked_only_by_the_hidden_check(capsys):
    def fails_on_one_row(x, w):
        return right(x, w) if len(x) > 1 else right(x, w)[0]

    TASK.check(fails_on_one_row)
    assert "y should " in message(fails_on_one_row, hidden=True)


def test_hidden_inputs_are_fresh():
    seen = []
    TASK.check_hidden(lambda x, w: seen.append(x[0, 0]) or right(x, w))
    TASK.check_hidden(lambda x, w: seen.append(x[0, 0]) or right(x, w))
    assert len(set(seen)) == len(seen) == 12


def test_a_changed_argument_is_named():
    def spoils(x, w):
        x *= 2
        return np.tanh(x @ w / 2)

    assert message(spoils) == "predict changes its argument x; work on a copy (x.copy())."


def test_an_error_in_the_answer_shows_its_own_line():
    def stops(x, w):
        return x @ w.reshape(3, 3)

    text = message(stops)
    assert text.startswith("predict stopped with ValueError: cannot reshape")
    assert "of stops: return x @ w.reshape(3, 3)" in text


def test_an_error_deep_inside_a_library_still_shows_the_answers_line():
    def stops(x, w):
        return np.concatenate([x, w])

    assert "of stops: return np.concatenate([x, w])" in message(stops)


def test_noise_is_told_and_never_reaches_standard_error(capsys):
    def noisy(x, w):
        np.log(np.zeros(2))
        print("debug", file=sys.stderr)
        return right(x, w)

    TASK.check(noisy)
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "predict says: RuntimeWarning: divide by zero encountered in log\n" in shown.out
    assert "predict says: debug\n" in shown.out
    assert shown.out.endswith("predict: right.\n")


def test_a_blank_answer():
    def blank(x, w):
        raise NotImplementedError

    assert message(blank) == "predict is not written yet."
    assert message(3) == "predict should be a function, but is of type int."


def test_several_results_are_named():
    task = Task("both", draw, lambda x, w: (x @ w, x), returns=("y", "copy"))
    task.check(lambda x, w: [x @ w, x])
    assert "it should return y, copy (2 values), but returns one value" in message(
        lambda x, w: x @ w, task=task
    )
    assert "but returns 3 values" in message(lambda x, w: (x, x, x), task=task)
    assert "but returns None (is there a return?)" in message(lambda x, w: None, task=task)
    assert "copy is wrong in 6 of 6" in message(lambda x, w: (x @ w, x + 1), task=task)


def test_a_value_is_compared_as_it_is():
    wrong = Misconception("double", lambda: 14, "counted twice", "Chapter, Section", ())
    task = Task(
        "count", reference=lambda: 7, returns=("count",), misconceptions=(wrong,), value=True
    )
    task.check(7)
    task.check_hidden(7.0)
    assert "Likely cause: counted twice" in message(14, task=task)
    assert message(8, task=task) == "count: count is wrong."


def test_jupyter_shows_the_message_without_a_traceback():
    assert CheckFailed("first\nsecond")._render_traceback_() == ["first", "second"]


def test_partial_credit_is_a_clamped_float(capsys):
    def fails():
        raise CheckFailed("no")

    score = partial_credit(3, {"a": lambda: None, "b": fails, "c": lambda: None})
    assert type(score) is float
    assert score == 2.0
    assert capsys.readouterr().out == "b: no\n"
    assert partial_credit(2, {"a": fails}) == 0.0
    assert partial_credit(2, {"a": lambda: None}) == 2.0


def test_a_wrong_signature_is_told():
    text = message(lambda x: x)
    assert "stopped with TypeError: " in text
    assert "unexpected keyword argument 'w'" in text
    assert "in line" not in text


def test_a_product_that_does_not_fit_is_told_plainly():
    text = message(lambda x, w: w @ x)
    assert "stopped with ValueError: in a product A @ B, A has 2 columns but B has 3 rows." in text


def test_a_forgotten_return_is_asked_for_only_in_functions():
    assert "y should be a NumPy array, but is None (is there a return?)." in message(
        lambda x, w: None
    )
    value = Task("count", reference=lambda: 7, returns=("count",), value=True)
    assert message(None, task=value) == "count: count should be a number, but is None."
