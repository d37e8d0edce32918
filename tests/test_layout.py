"""How the fast recurrence lays out its arrays changes no result."""

from functools import partial

import numpy as np
import pytest
from recurrent_layers import KINDS, arrays, draw_like, fill

import rnncore as rc
from rnncore import recurrence

close = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-12)
N, T, D, H = 3, 5, 2, 6


@pytest.fixture(params=KINDS)
def layer(request, rng):
    """Build a layer of each kind, whose every parameter is different from zero."""
    return fill(KINDS[request.param](D, H, rng=rng), rng)


@pytest.fixture
def run(layer, rng, monkeypatch):
    """Run forward and backward on the same data under a given layout."""
    x, dy = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, H))
    like = layer.forward(x)[1]
    state, dstate = draw_like(like, rng), draw_like(like, rng)

    def run(lengths, panel, small=recurrence.SMALL_PRODUCT, avx512=False):
        monkeypatch.setattr(recurrence, "AVX512", avx512)
        monkeypatch.setattr(recurrence, "PANEL_COLUMNS", panel)
        monkeypatch.setattr(recurrence, "PANEL_BYTES", panel * 8)
        monkeypatch.setattr(recurrence, "SMALL_PRODUCT", small)
        y, final, cache = layer.forward(x, state=state, lengths=lengths)
        dx, dstart, grads = layer.backward(dy, cache, dstate=dstate)
        return [y, *arrays(final), dx, *arrays(dstart), *(grads[k] for k in sorted(grads))]

    return run


@pytest.mark.parametrize("lengths", [None, np.array([5, 0, 2])])
@pytest.mark.parametrize(
    "layout",
    [
        {"panel": 2},  # three panels
        {"panel": 2, "avx512": True},
        {"panel": 2, "small": N * H * 2},  # the way back too large for panels
        {"panel": 6},  # a panel as wide as a gate
        {"panel": 4},  # does not divide H: rows
    ],
)
def test_results_do_not_depend_on_the_layout(run, layout, lengths):
    plain = run(lengths, panel=2, small=0)
    for ours, want in zip(run(lengths, **layout), plain, strict=True):
        close(ours, want)


@pytest.mark.parametrize(
    ("avx512", "batch", "hidden", "dtype", "width"),
    [
        (True, 2, 64, np.float64, 16),
        (True, 2, 64, np.float32, 32),
        (True, 1, 64, np.float32, 64),  # one row: a matrix-vector product
        (True, 2, 72, np.float32, 72),  # 32 does not divide 72
        (True, 64, 512, np.float32, 512),  # too large to go without packing
        (False, 2, 128, np.float64, 64),
        (False, 2, 128, np.float32, 64),
        (False, 2, 96, np.float32, 96),
        (False, 64, 512, np.float32, 512),
    ],
)
def test_panels_are_as_wide_as_does_best(monkeypatch, avx512, batch, hidden, dtype, width):
    monkeypatch.setattr(recurrence, "AVX512", avx512)
    assert recurrence.panel_width(batch, hidden, np.dtype(dtype)) == width


@pytest.mark.parametrize(
    ("current", "expected"),
    [("X86_V4", True), ("AVX512_SKX", True), ("X86_V3", False), ("NEON", False)],
)
def test_avx512_is_seen_in_numpys_own_words(monkeypatch, current, expected):
    words = {"tanh": {"ff": {"current": current, "available": "X86_V4 X86_V3"}}}
    monkeypatch.setattr(np.lib.introspect, "opt_func_info", {"^tanh$": words}.get)
    assert recurrence.has_avx512() is expected


def test_a_numpy_without_choices_has_no_avx512(monkeypatch):
    monkeypatch.setattr(np.lib.introspect, "opt_func_info", lambda name: {})
    assert recurrence.has_avx512() is False


def test_the_cache_shows_inputs_and_states(layer, rng):
    x, state = rng.standard_normal((N, T, D)), layer.forward(np.zeros((N, 1, D)))[1]
    y, _, cache = layer.forward(x, state=state)
    first = state[0] if isinstance(state, tuple) else state
    np.testing.assert_array_equal(cache.x, x.swapaxes(0, 1))
    np.testing.assert_array_equal(cache.h[0], first)
    np.testing.assert_array_equal(cache.h[1:], y.swapaxes(0, 1))


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_panels_of_the_real_width_agree_with_single_steps(name, dtype, rng):
    layer = getattr(rc, name)(3, 64, rng=rng, dtype=dtype)
    x = rng.standard_normal((4, 3, 3)).astype(dtype)
    y, _, _ = layer.forward(x)
    rows = [layer.forward(row[None])[0][0] for row in x]  # one row takes no panels
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(y, rows, atol=tolerance)
    assert y.dtype == dtype


def test_padding_may_hold_anything(layer, rng):
    x, dy, lengths = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, H)), [2, 5, 0]
    past = ~rc.length_mask(np.array(lengths), T)
    results = []
    for fill_with in (0, np.nan, np.inf):
        x[past], dy[past] = fill_with, fill_with
        y, state, cache = layer.forward(x, lengths=np.array(lengths))
        dx, dstate, grads = layer.backward(dy, cache)
        results.append([y, *arrays(state), dx, *arrays(dstate), *grads.values()])
    for other in results[1:]:
        for ours, want in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(ours, want)
