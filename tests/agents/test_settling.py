from __future__ import annotations

import math

import numpy as np
import pytest

from sim.agents.ledger import empty_ledger
from sim.agents.settling import SETTLING, settle
from sim.agents.state import INSURED, OWNER, PERMIT
from sim.model.engines.fast import FastEngine
from tests import worlds
from tests.agents.chance import N, near

RENTERS = {"home": (0, 0), "hukou": worlds.VILLAGE_0, "base": worlds.TOWN_1}


@pytest.mark.parametrize(
    ("bit", "changes", "expected"),
    [
        (OWNER, {"purchase": np.array([0.0, 0.2])}, -math.expm1(-0.2)),
        (PERMIT, {"permit": 0.3}, -math.expm1(-0.3)),
        (INSURED, {"enrol": np.array([0.0, 0.25])}, 0.25),
    ],
)
def test_each_step_of_settling_has_its_yearly_chance(bit, changes, expected):
    engine = FastEngine(worlds.copies(N, "m30 f28", **RENTERS), worlds.geography())
    ledger = engine.each(SETTLING, worlds.world(hazards=worlds.hazards(**changes)))
    assert near(((engine.hh.social[:N] & bit) != 0).sum(), expected, N)
    assert not (engine.hh.social[:N] & ~np.uint8(bit)).any()
    assert not ledger.counts.any()


@pytest.mark.parametrize(
    ("place", "gained"),
    [
        ({"base": worlds.VILLAGE_1}, 0),
        ({"base": worlds.AWAY}, 0),
        ({"hukou": worlds.TOWN_1}, OWNER),
        ({"base": worlds.VILLAGE_0, "away": (0,), "away_place": worlds.TOWN_1}, PERMIT | INSURED),
        ({}, OWNER | PERMIT | INSURED),
    ],
)
def test_who_may_settle(place, gained):
    """The registered only buy; a household with members away buys nothing; villages and outside places are left out."""
    table = worlds.copies(1, "m30 f28", **RENTERS | place)
    sure = worlds.hazards(purchase=np.full(2, 1e9), permit=1e9, enrol=np.ones(2))
    ledger = empty_ledger(worlds.geography())
    settle(table, 0, worlds.world(hazards=sure), ledger.counts, ledger.totals)
    assert table.social[0] == gained
