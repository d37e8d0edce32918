"""Tasks whose answer is a test: it has to pass what is right and to catch what is wrong."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np

from . import check
from .check import CheckFailed, Task, _quietly, own_frame

TIMES = 3  # that a wrong implementation is tried


@dataclass(frozen=True)
class Bug:
    """A wrong implementation.

    Attributes
    ----------
    says : str
        What is wrong with it, in a few words.
    wrong : callable
    kind : str
        Bugs of one kind are found by looking at the same thing, and share a test cell.
    hidden : bool
        Whether it is kept for grading.
    """

    says: str
    wrong: Callable
    kind: str
    hidden: bool = False


@dataclass(frozen=True)
class Hunt(Task):
    """One test that a learner writes: a function of an implementation, with asserts inside.

    It passes when it returns, and catches when it raises anything. Of the attributes of `Task`
    only ``name`` and ``misconceptions`` are used; a misconception is an insufficient test. It may
    call all of `rnncore`, which is a good thing to compare with.

    Attributes
    ----------
    right : tuple of callable
        Implementations that are right. They should differ in the last digits.
    bugs : tuple of Bug
    """

    right: tuple[Callable, ...] = ()
    bugs: tuple[Bug, ...] = ()
    library: tuple[str, ...] | None = None

    def check(self, answer, kind):
        """Give the test what is right, and the bugs of one kind that are known.

        Raises
        ------
        CheckFailed
            It fails what is right, or lets a bug pass.
        """
        shown = [bug for bug in self.bugs if bug.kind == kind and not bug.hidden]
        self._accepts(answer)
        missed = self._missed(answer, shown)
        if missed:
            raise CheckFailed(
                f"{self.name} lets a wrong implementation pass: {'; '.join(missed)}."
                f"{self._likely_test(answer)}"
            )
        print(f"{self.name}: passes what is right, catches: {'; '.join(b.says for b in shown)}.")

    def hidden_parts(self, answer, kind):
        """Make the parts for `partial_credit`, one for each hidden bug of a kind.

        What is right comes again and again between the bugs, in an order that nobody knows.
        """
        bugs = [bug for bug in self.bugs if bug.kind == kind and bug.hidden]
        Random(secrets.randbits(64)).shuffle(bugs)

        def part(bug):
            self._accepts(answer)
            if self._missed(answer, [bug]):
                raise CheckFailed(f"{self.name} lets it pass.{self._likely_test(answer)}")

        return {
            f"hidden implementation {number} ({kind})": lambda bug=bug: part(bug)
            for number, bug in enumerate(bugs, start=1)
        }

    def _missed(self, answer, bugs):
        """Say of those bugs that the test lets pass what is wrong with them.

        Every bug comes `TIMES`, among what is right and in an order that nobody knows: a test
        that counts its calls cannot tell them apart. What is right has to pass each time.
        """
        calls = [*self.right * TIMES, *bugs * TIMES]
        Random(secrets.randbits(64)).shuffle(calls)
        missed = set()
        for one in calls:
            if not isinstance(one, Bug):
                self._accepts(answer, (one,))
            elif self._error(answer, one.wrong) is None:
                missed.add(one.says)
        return [bug.says for bug in bugs if bug.says in missed]

    def _accepts(self, answer, implementations=None):
        """Raise unless the test passes every right implementation, or those that are named."""
        if not callable(answer):
            raise CheckFailed(
                f"{self.name} should be a function, but is of type {type(answer).__name__}."
            )
        for number, right in enumerate(implementations or self.right):
            error = self._error(answer, right)
            if isinstance(error, NotImplementedError):
                raise CheckFailed(f"{self.name} is not written yet.")
            if error is not None:
                which = (
                    "the right implementation" if number == 0 else "another right implementation"
                )
                words = _words(error).replace(right.__name__, _called(self.name))
                raise CheckFailed(f"{self.name} fails {which}: {words}{self._likely_test(answer)}")

    def _error(self, answer, implementation):
        """Call the test; return what it raised, or None."""

        def disguised(*args, **kwargs):
            return implementation(*args, **kwargs)

        disguised.__name__ = _called(self.name)
        try:
            with np.errstate(all="ignore"):
                returned, _ = _quietly(lambda: answer(disguised), {})
        except Exception as error:
            return error
        if returned is not None:
            raise CheckFailed(
                f"{self.name} returns a value. A test returns nothing: it is silent, or it fails "
                "at an assert."
            )
        return None

    def _likely_test(self, answer):
        """Name the insufficient test that passes and catches the same implementations."""
        verdicts = self._verdicts(answer)
        for misconception in self.misconceptions:
            if self._verdicts(misconception.wrong) == verdicts:
                return f"\n  Likely cause: {misconception.cause}\n  See: {misconception.section}."
        return ""

    def _verdicts(self, answer):
        everything = [*self.right, *(bug.wrong for bug in self.bugs)]
        return [self._error(answer, implementation) is None for implementation in everything]


def _called(name):
    """Name the implementation as the learner's test does."""
    return name.removeprefix("check_")


def _words(error):
    """Say what was raised, and in which line of the learner's test."""
    own = own_frame(error, __file__, check.__file__)
    line = f"\n  in line {own.lineno}: {own.line}" if own else ""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}{': ' + text[0] if text else ''}.{line}"
