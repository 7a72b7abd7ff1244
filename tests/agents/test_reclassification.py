from __future__ import annotations

import numpy as np

from sim.agents.ledger import empty_ledger
from sim.agents.reclassification import flipping_blocks, reclassify
from sim.agents.rng import Purpose, uniform
from sim.agents.world import COUNTED_IN, COUNTED_OUT
from tests import worlds

FLIPPED = np.zeros((2, 256), np.bool_)
FLIPPED[0, 2] = True


def counted(**place):
    """Return a household of three after its block 2 of county 0 became urban, and what was booked."""
    table = worlds.copies(1, "m40 f38 m9", **{"home": (0, 2), "hukou": 0, "base": 0} | place)
    ledger = empty_ledger(worlds.geography())
    reclassify(table, 0, worlds.world(), ledger.counts, ledger.totals, FLIPPED)
    return table, ledger


def test_residents_of_the_block_are_counted_and_stay():
    table, ledger = counted()
    assert (table.base[0], table.hukou[0]) == (worlds.TOWN_0, worlds.TOWN_0)
    assert ledger.counts[worlds.VILLAGE_0, COUNTED_OUT] == ledger.counts[worlds.TOWN_0, COUNTED_IN] == 3
    assert ledger.counts.sum() == 6


def test_absent_members_are_not_counted():
    _, ledger = counted(away=(0,), away_place=worlds.AWAY)
    assert ledger.counts[worlds.TOWN_0, COUNTED_IN] == 2


def test_other_blocks_and_those_who_live_elsewhere_stay_as_they_are():
    table, ledger = counted(home=(0, 1))
    assert table.base[0] == worlds.VILLAGE_0
    assert not ledger.counts.any()
    table, ledger = counted(base=worlds.TOWN_1)
    assert (table.base[0], table.hukou[0]) == (worlds.TOWN_1, worlds.TOWN_0)
    assert not ledger.counts.any()


def test_blocks_flip_in_their_frozen_order():
    zone = worlds.geography().block_zone
    seed = 11
    numbers = [uniform(seed, 0, 0, int(Purpose.RECLASSIFY), block) for block in range(3)]
    share = sorted(numbers)[1]
    flipped = flipping_blocks(zone, np.array([share, 1.0]), seed)
    assert flipped[0, :3].tolist() == [number >= share for number in numbers]
    assert flipped.sum() == 2
