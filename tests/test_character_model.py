"""The character model of chapter 7's page: the script computes what rnncore computes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from test_interactive import require, run

import rnncore as rc
from publishing import character_model as cm

RECORD = json.loads(cm.TARGET.read_text(encoding="utf-8").partition(" = ")[2].rstrip(";\n"))
VOCAB = rc.Vocab(RECORD["symbols"])


@pytest.fixture(scope="module")
def model():
    return cm.with_params(VOCAB, cm.restore(RECORD["weights"]))


def logits(model, text):
    """Run the layers over a text."""
    return model.forward(VOCAB.encode(text)[None])[0][0]


TEXT = (
    3
    * '''def f(a, b="x"):
    """Say (it)."""
    return [a for _ in b]

class C:
    x = {1: 2}
'''
)


def test_logits_in_the_page_are_those_of_the_library(model):
    script = """
    const { readSymbol, zeros } = Course.charModelTools;
    let now = { h: zeros, c: zeros };
    answer([...data].map((symbol) => (now = readSymbol(symbol, now)).logits));
    """
    found = run(require("char_model") + script, TEXT)
    assert len(found) >= 190
    np.testing.assert_allclose(found, logits(model, TEXT), rtol=1e-10, atol=1e-10)


def uniform(seed):
    """Draw as the page does: mulberry32 in whole numbers of 32 bits."""
    a, full = seed, 0xFFFFFFFF
    while True:
        a = (a + 0x6D2B79F5) & full
        t = (a ^ (a >> 15)) * (a | 1) & full
        t = ((t + ((t ^ (t >> 7)) * (t | 61) & full)) & full) ^ t
        yield (t ^ (t >> 14)) / 2**32


def sample(model, seed, temperature, length):
    """Write text symbol by symbol from the layers."""
    text, random = "def ", uniform(seed)
    y, state, _ = model.forward(VOCAB.encode(text)[None])
    while len(text) < length:
        p = rc.softmax(y[0, -1] / temperature)
        text += VOCAB.symbols[np.searchsorted(p.cumsum(), next(random))]
        y, state, _ = model.forward(VOCAB.encode(text[-1])[None], state)
    return text


@pytest.mark.parametrize(("seed", "temperature"), [(1, 0.5), (7, 1.0), (20, 1.5)])
def test_samples_in_the_page_are_those_of_the_library(model, seed, temperature):
    script = "answer(Course.charModelTools.write(...data).map(({ symbol }) => symbol).join(''));"
    found = run(require("char_model") + script, [seed, temperature])
    assert found == sample(model, seed, temperature, len(found))


def test_weights_come_back_within_half_a_step(rng):
    params = {k: rng.standard_normal((5, 7)) for k in cm.QUANTISED.values()}
    params |= {k: rng.standard_normal(7) for k in cm.BIASES.values()}
    back = cm.restore(json.loads(json.dumps(cm.quantise(params))))
    for key in cm.QUANTISED.values():
        step = np.abs(params[key]).max(axis=0) / 127
        assert (np.abs(back[key] - params[key]) <= 0.51 * step).all()
    for key in cm.BIASES.values():
        np.testing.assert_allclose(back[key], params[key], rtol=1e-3)


def test_facts_of_a_short_text():
    text = 'f("a",\n    [1])\n'
    facts = cm.facts(text)
    assert facts["open brackets"].tolist() == [0, *[1] * 13, 0, 0]
    assert np.flatnonzero(facts["the inside of strings"]).tolist() == [2, 3]
    assert facts["the place in the line"].tolist() == [*range(1, 8), *range(1, 10)]
    depth = facts["the depth of the indentation"]
    assert np.isnan(depth[7:11]).all()
    assert depth[[0, 11]].tolist() == [0, 4]


def test_the_record_is_what_the_weights_score(model):
    text = cm.source(cm.SCORED_ON)
    if cm.digest(text) != RECORD["scored_on"]["sha256"]:
        pytest.skip("the modules of this Python are not those that the model was scored on")
    ids = VOCAB.encode(text)
    bits, cells = cm.read(model, ids)
    assert bits == pytest.approx(RECORD["bits"], abs=1e-4)
    assert bits - RECORD["bits_before_quantising"] < 0.02
    _, fresh = cm.read(cm.build(VOCAB), ids)
    for found, recorded in zip(cm.followers(cells, fresh, text), RECORD["followers"], strict=True):
        assert found["cell"] == recorded["cell"]
        assert found["correlation"] == pytest.approx(recorded["correlation"], abs=2e-3)
        assert found["untrained"] == pytest.approx(recorded["untrained"], abs=2e-3)
