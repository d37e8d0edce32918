"""Try the tests on mutants from one pytest that stands ready.

mutmut starts pytest anew for every mutant; importing and collecting cost ten times what the test
does that notices it. Here every mutant is a fork of a process that has collected all tests once.
"""

import gc
import os
import resource
from collections import defaultdict
from time import process_time

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

LIVED, NOTICED = 0, 1


class MutantRunner:
    """A plugin that runs each test once as it is, then those that reach a mutant on the mutant."""

    def __init__(self, mutants):
        self.mutants = mutants
        self.lived = []
        self.done = False

    def pytest_runtestloop(self, session):
        """Take the place of pytest's own loop over the tests."""
        tests, seconds = defaultdict(list), {}
        set_mutant_under_test("stats")
        for item in session.items:
            state()._stats.clear()
            start = process_time()
            if not passes(item):
                raise session.Failed(f"{item.nodeid} fails without a mutant")
            seconds[item] = process_time() - start
            for function in state()._stats:
                tests[function].append(item)
        set_mutant_under_test("")
        gc.freeze()  # what stands ready is shared by the forks
        for mutant in self.mutants:
            items = sorted(tests[mutant.rpartition("__mutmut_")[0]], key=seconds.get)
            limit = 2 + 5 * sum(map(seconds.get, items))
            if not is_noticed(mutant, items, limit):
                self.lived.append(mutant)
        self.done = True
        return True


def passes(item):
    """Run a test with its fixtures."""
    return not any(report.failed for report in runtestprotocol(item, nextitem=None, log=False))


def is_noticed(mutant, items, limit):
    """Run tests in a fork until one fails, or the seconds of processor time are used up."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))
        set_mutant_under_test(mutant)
        try:
            os._exit(LIVED if all(map(passes, items)) else NOTICED)
        finally:
            os._exit(NOTICED)
    _, status = os.waitpid(child, 0)
    return status != LIVED  # for ever, or not at all: that is noticed too


def survivors(mutants, arguments):
    """Run pytest with these arguments, and list the mutants that no test noticed."""
    runner = MutantRunner(mutants)
    set_mutant_under_test("stats")
    code = pytest.main(["--rootdir=.", "--tb=no", *arguments], plugins=[runner])
    if not runner.done:
        raise RuntimeError(f"pytest gave up with {code!r}")
    return runner.lived
