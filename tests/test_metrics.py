"""Perplexity and bits."""

import numpy as np
import pytest

import rnncore as rc


def test_a_fair_die():
    assert rc.perplexity(np.log(6)) == pytest.approx(6)
    assert rc.bits_per_symbol(np.log(8)) == pytest.approx(3)
    assert rc.perplexity(0.0) == 1
