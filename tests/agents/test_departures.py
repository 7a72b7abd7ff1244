from __future__ import annotations

import math

import numpy as np

from sim.agents.departures import DEPARTURES, depart
from sim.agents.ledger import empty_ledger
from sim.agents.state import EMPTY, HEAD
from sim.agents.world import LEFT, U_OUT
from sim.model.engines.fast import FastEngine
from tests import worlds
from tests.agents.chance import N, near

VISITORS = {"home": (1, 10), "hukou": worlds.AWAY, "base": worlds.TOWN_1}
CERTAIN = worlds.world(hazards=worlds.hazards(visitor_exit=1e9))


def test_people_from_other_provinces_leave_by_their_hazard():
    engine = FastEngine(worlds.copies(N, "m30 f28", **VISITORS), worlds.geography())
    ledger = engine.each(DEPARTURES, worlds.world(hazards=worlds.hazards(visitor_exit=0.4)))
    gone = int((engine.hh.members[:N, HEAD] == EMPTY).sum())
    assert near(gone, -math.expm1(-0.4 / 4), N)
    assert ledger.totals[U_OUT] == ledger.counts[worlds.TOWN_1, LEFT] == 2 * gone


def test_nobody_else_leaves():
    for place in ({"hukou": worlds.VILLAGE_0}, {"base": worlds.AWAY, "hukou": worlds.AWAY}):
        table = worlds.copies(1, "m30 f28", **VISITORS | place)
        ledger = empty_ledger(worlds.geography())
        depart(table, 0, CERTAIN, ledger.counts, ledger.totals)
        assert table.members[0, HEAD] != EMPTY
        assert not ledger.totals.any()


def test_an_ended_household_is_not_booked_twice():
    table = worlds.copies(1, "m30", **VISITORS)
    ledger = empty_ledger(worlds.geography())
    for _ in range(2):
        depart(table, 0, CERTAIN, ledger.counts, ledger.totals)
    assert ledger.totals[U_OUT] == 1
    assert np.flatnonzero(ledger.counts).size == 1
