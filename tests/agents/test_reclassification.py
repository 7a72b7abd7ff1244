from __future__ import annotations

import numpy as np

from sim.agents.ledger import empty_ledger
from sim.agents.reclassification import flipping_blocks, reclassify
from sim.agents.rng import Purpose, uniform
from sim.agents.state import EMPTY
from sim.agents.world import COUNTED_IN, COUNTED_OUT, RURAL, URBAN
from tests import worlds


def zones(county, block, zone):
    """Return what flips: one block to a zone."""
    made = np.full((2, 256), EMPTY, np.uint8)
    made[county, block] = zone
    return made


def counted(zone=URBAN, **place):
    """Return a household of three after its block 2 of county 0 changed zone, and what was booked."""
    table = worlds.copies(1, "m40 f38 m9", **{"home": (0, 2), "hukou": 0, "base": 0} | place)
    ledger = empty_ledger(worlds.geography())
    reclassify(table, 0, worlds.world(), ledger.counts, ledger.totals, zones(0, 2, zone))
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


def test_a_block_that_is_rural_again_takes_residents_and_registration_back():
    back, ledger = counted(RURAL, hukou=worlds.TOWN_0, base=worlds.TOWN_0)
    assert (back.base[0], back.hukou[0]) == (worlds.VILLAGE_0, worlds.VILLAGE_0)
    assert ledger.counts[worlds.TOWN_0, COUNTED_OUT] == ledger.counts[worlds.VILLAGE_0, COUNTED_IN] == 3
    assert ledger.counts.sum() == 6
    mover, ledger = counted(RURAL, hukou=worlds.TOWN_0, base=worlds.TOWN_1)
    assert (mover.base[0], mover.hukou[0]) == (worlds.TOWN_1, worlds.VILLAGE_0)
    assert not ledger.counts.any()


def frozen(county, block, seed):
    return uniform(seed, county, 0, int(Purpose.RECLASSIFY), block)


def test_blocks_flip_in_their_frozen_order_each_way_and_once():
    geo, seed = worlds.geography(), 11
    rural = np.flatnonzero(geo.block_zone[0] == RURAL)
    urban = np.flatnonzero(geo.block_zone[0] == URBAN)
    share = np.median([frozen(0, block, seed) for block in rural])
    gained = flipping_blocks(geo, URBAN, np.array([share, 1.0]), seed)
    assert (gained[0, rural] != EMPTY).tolist() == [frozen(0, block, seed) >= share for block in rural]
    assert (gained == URBAN).sum() == (gained != EMPTY).sum() == sum(frozen(0, b, seed) >= share for b in rural)
    lost = flipping_blocks(geo, RURAL, np.zeros(2), seed)
    assert (lost[0, urban] == RURAL).all()
    assert (lost[0, rural] == EMPTY).all()
    now = geo._replace(block_zone=np.where(gained != EMPTY, gained, np.where(lost != EMPTY, lost, geo.block_zone)))
    again = flipping_blocks(now, URBAN, np.array([share, 1.0]), seed), flipping_blocks(now, RURAL, np.zeros(2), seed)
    assert all((zones == EMPTY).all() for zones in again)
