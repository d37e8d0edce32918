"""Fixtures that many test files use."""

import os
import shutil

import numpy as np
import pytest

from grading.jail import tiers
from publishing import chromium


@pytest.fixture
def rng():
    return np.random.default_rng(20)


# For a module, not the session: while Playwright runs, nothing else of the process may start
# an event loop.
@pytest.fixture(scope="module")
def browser():
    """Start Chromium; skip where there is none."""
    if chromium.find_chromium() is None:
        # Where everything has to run, a suite that quietly did not run is a failure.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromium.MISSING)
    with chromium.start() as started:
        yield started


@pytest.fixture(scope="session")
def prepared_course(tmp_path_factory):
    """Make a course of one assignment, in the gradebook already; to be copied."""
    from classroom_course import prepare

    return prepare(tmp_path_factory.mktemp("prepared") / "course")


@pytest.fixture
def class_course(prepared_course, tmp_path):
    """Give a course folder of the test's own, nobody enrolled."""
    return shutil.copytree(prepared_course, tmp_path / "course")


@pytest.fixture(scope="module", params=tiers.TIERS)
def jail_tier(request):
    """Give each tier of the jail that works on this machine."""
    if problem := tiers.try_tier(request.param):
        pytest.skip(f"the tier {request.param} does not work here: {problem}")
    return request.param
