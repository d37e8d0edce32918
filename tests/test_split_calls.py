"""Calls across the split: what a check sees is what it sees in one process."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings

import numpy as np
import pytest
import split_loopback

from grading.check import CheckFailed, Task
from grading.hunt import Bug, Hunt
from grading.split.callbacks import MEMORY
from grading.split.line import CallTimeoutError
from grading.split.proxies import RemoteError, RemoteExit


def across(function, name="answer"):
    """Return the proxy of a function, as a test cell gets it."""
    return split_loopback.student({name: function}).look_up([name])[name]


def raised(function, *args):
    """Return what a function prints and raises."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            function(*args)
            text = ""
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
    return text, out.getvalue(), err.getvalue()


TASK = Task(
    name="answer",
    draw=lambda rng: {"x": rng.standard_normal((3, 2)), "rows": [np.ones(2)], "n": 2},
    reference=lambda x, rows, n: {"y": n * x, "k": 1},
    returns=("the result",),
)


def right(x, rows, n):
    return {"y": n * x, "k": 1}


def wrong(x, rows, n):
    return {"y": n * x + 1e-3, "k": 1}


def of_another_shape(x, rows, n):
    return {"y": (n * x)[:, :1], "k": 1}


def without_return(x, rows, n):
    print("half way")


def with_a_generator(x, rows, n):
    return (row for row in x)


def fails_deep_inside(x, rows, n):
    def inner():
        return x @ x

    return inner()


def divides_by_zero(x, rows, n):
    return n / 0


def takes_less(x):
    return x


def not_written(x, rows, n):
    raise NotImplementedError


def changes_an_array(x, rows, n):
    x += 1
    return {"y": n * (x - 1), "k": 1}


def changes_a_list(x, rows, n):
    rows.append(x)
    return right(x, rows, n)


def changes_inside_a_list(x, rows, n):
    rows[0][1] = 5
    return right(x, rows, n)


def warns(x, rows, n):
    warnings.warn("careful", stacklevel=1)
    print("to standard error", file=sys.stderr)
    np.log(np.zeros(1))
    return right(x, rows, n)


def raises_its_own(x, rows, n):
    class Mine(ValueError):
        pass

    raise Mine("my words")


def raises_a_key(x, rows, n):
    return {}["missing"]


ANSWERS = [
    right,
    wrong,
    of_another_shape,
    without_return,
    with_a_generator,
    fails_deep_inside,
    divides_by_zero,
    takes_less,
    not_written,
    changes_an_array,
    changes_a_list,
    changes_inside_a_list,
    warns,
    raises_its_own,
    raises_a_key,
    np.sum,
    7,
    None,
    "text",
    [1, np.ones(2)],
    np.float64(0.5),
    np.array(["a", "b"]),
    {1: "a", (2, 3): None},
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: getattr(a, "__name__", str(a)))
def test_a_check_says_the_same_as_in_one_process(answer):
    for check in (TASK.check, TASK.check_hidden):
        assert raised(check, across(answer)) == raised(check, answer)


def test_values_arrive_as_they_are():
    values = [
        np.arange(6, dtype=np.int32).reshape(2, 3)[:, ::-1],
        np.asfortranarray(np.ones((2, 3), np.float32)),
        np.array(2.5),
        np.zeros((0, 3), bool),
        np.bool_(True),
        np.complex64(1 + 2j),
        float("nan"),
        10**30,
        (1, [2, {"a": None}]),
        "ü\n",
        True,
    ]
    got = across(lambda: values)()
    for one, came in zip(values, got, strict=True):
        assert type(came) is type(one)
        np.testing.assert_equal(came, one)
        assert getattr(came, "dtype", None) == getattr(one, "dtype", None)
    assert got[1].flags.f_contiguous


def test_one_object_is_one_object_on_the_other_side():
    x = np.zeros(3)
    assert across(lambda a, b: a is b)(x, x)
    assert across(lambda a: a)(x) is x


def test_what_a_function_writes_arrives():
    x, given = np.zeros(3), {"a": [1]}

    def write(x, given):
        x[1] = 7
        given["a"].append(np.ones(2))
        given["b"] = x

    across(write)(x, given)
    assert list(x) == [0, 7, 0]
    assert given["b"] is x
    np.testing.assert_array_equal(given["a"][1], [1, 1])


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_stops_everything_there_stops_no_grader(stop):
    def answer():
        raise stop

    with pytest.raises(RemoteExit):
        across(answer)()


def test_an_exception_keeps_its_kind_text_and_line():
    def answer(x):
        return np.linalg.inv(x)

    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix") as caught:
        across(answer)(np.zeros((2, 2)))
    assert isinstance(caught.value, RemoteError)
    frame = caught.value.learner_frames[0]
    assert (frame.name, frame.line) == ("answer", "return np.linalg.inv(x)")


def test_too_large_a_result_is_an_error_in_words():
    with pytest.raises(RemoteError, match="more than 16 MiB"):
        across(lambda: np.zeros(3_000_000))()


def test_names_that_are_not_there_stay_unknown():
    student = split_loopback.student({"here": 1})
    assert student.look_up(["here", "nowhere"]) == {"here": 1}


def test_what_is_no_plain_data_cannot_be_used_and_says_so():
    thing = split_loopback.student({"thing": object()}).look_up(["thing"])["thing"]
    assert type(thing).__name__ == "object"
    assert not callable(thing)
    with pytest.raises(CheckFailed, match="plain data"):
        thing.shape  # noqa: B018


def test_a_function_that_took_too_long_is_not_called_again():
    student = split_loopback.student({"slow": lambda: 1})
    student.slow.add("slow")
    with pytest.raises(CallTimeoutError):
        student.look_up(["slow"])["slow"]()


# --- implementations that run here for a test there

BUFFERS = {}


def total(x):
    return x.sum(axis=0)


def total_in_place(x):
    x[0] = x.sum(axis=0)
    return x[0].copy()


def total_into_buffer(x):
    buffer = BUFFERS.setdefault(x.shape, np.empty(x.shape[1:]))
    buffer[...] = x.sum(axis=0)
    return buffer


def total_of_first(x):
    return x[0]


def total_fails(x):
    return x @ x


def total_by_draws(x):
    return x.sum(axis=0) + np.random.default_rng(0).standard_normal()


HUNT = Hunt(
    name="check_total",
    right=(total, lambda x: np.einsum("ij->j", x)),
    bugs=(
        Bug("writes into x", total_in_place, "effects"),
        Bug("one buffer", total_into_buffer, "effects"),
        Bug("the first row", total_of_first, "values"),
        Bug("fails", total_fails, "values"),
        Bug("adds noise", total_by_draws, "values", hidden=True),
    ),
)


def thorough(total):
    assert total.__name__ == "total"
    x = np.arange(6.0).reshape(3, 2)
    kept = x.copy()
    first = total(x)
    assert np.array_equal(x, kept)
    assert np.allclose(first, [6, 9])
    before = first.copy()
    second = total(x=2 * x)
    assert np.array_equal(first, before)
    assert second is not first


def shares_no_memory(total):
    x = np.ones((3, 2))
    assert not np.shares_memory(total(x), total(x))


def frozen(total):
    x = np.ones((3, 2))
    x.flags.writeable = False
    assert np.allclose(total(x), 3)


def many_arrays(total):
    for size in range(1, 60):
        assert np.allclose(total(np.ones((size, 2))), size)


def the_same_array_again(total):
    x = np.ones((3, 2))
    total(x)
    x[:] = 2
    assert np.allclose(total(x), 6)


def expects_failures(total):
    try:
        total(np.ones((3, 2)))
    except ValueError:
        raise AssertionError("caught") from None


def asks_for_the_bits(total):
    assert total(np.ones((2, 2)))[0] == 3


def returns(total):
    return 1


def leaves(total):
    raise SystemExit


TESTS = [
    thorough,
    frozen,
    many_arrays,
    the_same_array_again,
    expects_failures,
    asks_for_the_bits,
    returns,
]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
@pytest.mark.parametrize("kind", ["effects", "values"])
def test_a_learners_test_has_the_same_verdict_as_in_one_process(test, kind):
    assert raised(HUNT.check, across(test), kind) == raised(HUNT.check, test, kind)
    parts = HUNT.hidden_parts(test, kind)
    for name, part in HUNT.hidden_parts(across(test), kind).items():
        assert raised(part) == raised(parts[name])


def test_one_buffer_is_one_array_there_too_but_a_view_is_an_array_of_its_own():
    assert "one buffer" not in raised(HUNT.check, across(shares_no_memory), "effects")[0]
    # In one process this test catches what returns a part of its argument.
    assert raised(HUNT.check, shares_no_memory, "values")[0] == ""
    assert "the first row" in raised(HUNT.check, across(shares_no_memory), "values")[0]


def test_a_learners_test_that_leaves_fails():
    with pytest.raises(RemoteExit):
        HUNT.check(across(leaves), "values")


def test_a_generator_is_drawn_from_on_the_other_side():
    def test(draw):
        rng = np.random.default_rng(3)
        first = draw(rng)
        assert first != draw(rng)
        return first, rng.standard_normal()

    rng = np.random.default_rng(3)
    expected = [rng.standard_normal() for _ in range(3)]
    got = across(test)(lambda rng: rng.standard_normal())
    assert got == (expected[0], expected[2])


def test_the_memory_of_the_grader_cannot_be_filled_by_a_learners_test():
    def test(make):
        try:
            make(4 * size)
        except MemoryError:
            return "stopped"
        return "went on"

    size = MEMORY // 8
    assert across(test)(lambda n: np.zeros(n).sum()) == "stopped"


def test_implementations_are_no_way_into_the_grader():
    def test(implementation):
        return [implementation.__closure__ is None, implementation.__globals__.get("secret")]

    def implementation():
        return secret

    secret = 42
    answer = across(test)(implementation)
    assert answer[1] is None
