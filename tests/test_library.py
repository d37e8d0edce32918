"""What of rnncore an answer can reach while it is checked."""

from __future__ import annotations

import contextlib
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import split_loopback

import rnncore as rc
from grading.check import CheckFailed, Task
from grading.library import LibraryClosedError, reaching, watch, within_reach

X = np.array([[0.5, -1.0]])


def computes():
    return rc.sigmoid(X)


def catches():
    for _ in range(2):
        try:
            return rc.sigmoid(X)
        except LibraryClosedError:
            pass
    return 0


def in_a_thread():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(computes).result()


def loads_afresh():
    kept = {n: sys.modules.pop(n) for n in list(sys.modules) if n.partition(".")[0] == "rnncore"}
    try:
        import rnncore

        return rnncore.sigmoid(X)
    finally:
        sys.modules.update(kept)


def takes_the_watch_away():
    sys.setprofile(None)
    return rc.sigmoid(X)


@pytest.mark.parametrize(
    "answer",
    [computes, catches, in_a_thread, loads_afresh, takes_the_watch_away, lambda: rc.RNN(1, 1)],
)
def test_an_answer_cannot_call_the_library(answer):
    answer()
    with pytest.raises(LibraryClosedError), watch(()):
        answer()
    assert sys.getprofile() is None


def test_the_message_says_what_was_called_and_what_may_be():
    words = "rnncore.RNN is out of reach .* the answer may call rnncore.sigmoid, rnncore.softmax"
    with pytest.raises(LibraryClosedError, match=words), watch(("softmax", "sigmoid")):
        rc.RNN(1, 1)


class Own(rc.RNN):
    pass


@pytest.mark.parametrize("kind", [rc.RNN, Own])
def test_named_parts_do_all_that_they_do(kind):
    with watch(("RNN", "numerical_gradient")):
        layer = kind(2, 3)
        y, _, cache = layer.forward(X[None])
        layer.backward(np.ones_like(y), cache)
        found = rc.numerical_gradient(lambda x: float(np.sum(x**2)), X)
    np.testing.assert_allclose(found, 2 * X, rtol=1e-8)


def names_one_and_calls_another():
    rc.sigmoid(X)
    rc.softmax(X)


def fails_in_what_is_named():
    with contextlib.suppress(TypeError):
        rc.sigmoid("no array")
    rc.softmax(X)


@pytest.mark.parametrize("answer", [names_one_and_calls_another, fails_in_what_is_named])
def test_what_is_named_ends_when_it_returns(answer):
    answer()
    with pytest.raises(LibraryClosedError, match=r"rnncore\.softmax is"), watch(("sigmoid",)):
        answer()


def test_a_class_that_is_not_named_shares_nothing_with_one_that_is():
    gru = rc.GRU(2, 3)
    with pytest.raises(LibraryClosedError, match=r"may call rnncore\.RNN$"), watch(("RNN",)):
        gru.forward(X[None])


def test_other_errors_pass_and_the_profile_function_comes_back():
    def before(frame, event, arg):
        pass

    sys.setprofile(before)
    threading.setprofile(before)
    try:
        with pytest.raises(KeyError), watch(()):
            raise KeyError
        assert sys.getprofile() is threading.getprofile() is before
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def checked(answer, **options):
    task = Task("answer", lambda rng: {"x": rng.normal(size=3)}, lambda x: x + 1, **options)
    task.check(answer)


def plus_one(x):
    return x + rc.softmax(np.zeros(1))


@pytest.mark.parametrize("place", ["in this process", "across the split"])
def test_a_task_decides(place):
    answer = plus_one
    if place == "across the split":
        answer = split_loopback.student({"answer": plus_one}).look_up(["answer"])["answer"]
    with pytest.raises(CheckFailed, match=r"rnncore\.softmax is out of reach") as caught:
        checked(answer)
    assert "return x + rc.softmax" in str(caught.value)  # where it was called
    checked(answer, library=("softmax",))
    checked(answer, library=None)


def test_the_watch_of_the_students_kernel_can_be_switched_off():
    student = split_loopback.student({"answer": plus_one})
    student.closed_library = False
    checked(student.look_up(["answer"])["answer"])


def test_what_no_task_calls_may_call_all():
    answer = split_loopback.student({"answer": plus_one}).look_up(["answer"])["answer"]
    answer(np.ones(3))
    with pytest.raises(CheckFailed):
        checked(answer)
    answer(np.ones(3))


def test_a_proxy_is_not_watched_here():
    def proxy():
        return sys.getprofile(), within_reach.get()

    assert reaching(("RNN",), proxy, "checks")()[1] == ("RNN",)
    proxy.student = True
    assert reaching(("RNN",), proxy, "checks")() == (None, ("RNN",))


def test_an_answer_cannot_pass_for_a_proxy():
    def answer(x):
        return plus_one(x)

    answer.student = True
    with pytest.raises(CheckFailed, match="out of reach"):
        checked(split_loopback.student({"answer": answer}).look_up(["answer"])["answer"])


def test_functions_of_the_checks_may_call_all():
    task = Task(
        "answer",
        lambda rng: {"f": Task.__init__.__globals__["_brief"], "x": 1},
        lambda f, x: f(x),
    )
    task.check(lambda f, x: f(x))
