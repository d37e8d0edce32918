"""Attacks on the grader, in both tiers of the jail, and with each safeguard switched off.

Each run grades a class of attackers between two honest students, in quarantine. `tests/attacks`
holds the attacks; ``make attacks`` runs them as an ordinary user too and writes the book's table.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
from attacks import quarantine, runs, texts
from attacks.controls import CONTROLS

from grading.jail import tiers

ATTACKS = texts.load()
ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "book" / "data" / "attacks.json"


def grouped(tier, *values):
    """Keep what one run answers on one worker."""
    return pytest.param(tier, *values, marks=pytest.mark.xdist_group(f"attacks {tier}"))


@functools.cache
def quarantined():
    return quarantine.possible()


@functools.cache
def seen(tier):
    """Run all attacks in a tier, once."""
    if problem := quarantined() or tiers.try_tier(tier):
        pytest.skip(problem)
    return runs.attack(tier)


@functools.cache
def seen_without(safeguard):
    """Run without a safeguard the attacks that it stops, once."""
    if problem := quarantined() or tiers.try_tier("bubblewrap"):
        pytest.skip(problem)
    return runs.without(safeguard)


@pytest.mark.parametrize(
    ("tier", "name"), [grouped(tier, name) for tier in runs.TIERS for name in ATTACKS]
)
def test_the_attack_is_contained(tier, name):
    assert not runs.problems(ATTACKS[name], seen(tier)[name], tier)


@pytest.mark.parametrize("tier", [grouped(tier) for tier in runs.TIERS])
def test_the_class_around_them_is_graded(tier):
    assert runs.class_is_graded(seen(tier))


@pytest.mark.parametrize(
    ("safeguard", "name"), [grouped(safeguard, name) for safeguard, name in runs.pairs()]
)
def test_without_its_safeguard_the_attack_succeeds(safeguard, name):
    assert runs.succeeded(ATTACKS[name], seen_without(safeguard)[name])


def test_there_are_enough_and_every_safeguard_has_one():
    assert len(ATTACKS) >= 40
    assert {safeguard for safeguard, _ in runs.pairs()} == set(CONTROLS)


def test_the_books_table_holds_these_attacks():
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    told = {row["attack"]: row["tries"] for row in table["attacks"]}
    assert told == {name: one.tries for name, one in ATTACKS.items()}, "run `make attacks` again"
    assert not any(problems for row in table["attacks"] for problems in row["problems"].values())
    assert all(all(row["without"].values()) for row in table["attacks"])
    assert all(table["honest"].values())
