from __future__ import annotations

import numpy as np
import pytest

from sim.agents import observe
from sim.agents.state import INSURED, MAX_AGE, PERMIT, PUBLIC_PLACE, empty_households
from sim.agents.world import FIRST_OUTSIDE, OUTSIDE, OWN_TOWN, REST, RURAL, URBAN
from tests import worlds

GEO = worlds.geography()


@pytest.fixture
def two():
    """A village family with both parents in another town, and migrants with a pupil in a public school."""
    table = empty_households(2)
    split = {0: "m39", 1: "f37", 2: "f9", 6: "f70"}
    place = {"home": (0, 0), "hukou": worlds.VILLAGE_0, "base": worlds.VILLAGE_0}
    worlds.household(table, 0, split, **place, away=(0, 1), away_place=worlds.TOWN_1, social=INSURED)
    migrants = {"home": (1, 1), "hukou": worlds.VILLAGE_1, "base": worlds.TOWN_1, "social": PERMIT}
    worlds.household(table, 1, "m35 f33 m8 f4", **migrants)
    table.flags[1] = PUBLIC_PLACE
    return table


def test_stocks_of_two_households(two):
    stocks = np.zeros((worlds.N_PLACES, observe.N_STOCKS), np.int64)
    ages = np.zeros((3, 2, MAX_AGE + 1), np.int64)
    for i in range(2):
        observe.count_household(two, i, GEO, stocks, ages)
    seen = {name: column for name, column in zip(observe.STOCKS, stocks.T.tolist(), strict=True) if any(column)}
    assert seen == {
        "residents": [2, 0, 0, 6, 0],
        "registered": [4, 0, 4, 0, 0],
        "unregistered": [0, 0, 0, 6, 0],
        "served": [0, 0, 0, 4, 0],
        "migrant_earners": [0, 0, 0, 2, 0],
        "insured": [0, 0, 0, 1, 0],
        "pupils": [0, 0, 0, 1, 0],
        "public_pupils": [0, 0, 0, 1, 0],
        "split": [1, 0, 0, 0, 0],
        "left_behind": [1, 0, 0, 0, 0],
        "workers": [0, 0, 0, 4, 0],
        "households": [1, 0, 0, 1, 0],
    }
    assert [ages[zone].sum() for zone in (RURAL, URBAN, OUTSIDE)] == [2, 6, 0]
    assert ages[RURAL, 1, 9] == ages[RURAL, 1, 70] == ages[URBAN, 0, 8] == 1


def test_who_is_left_behind(two):
    assert observe.left_behind_children(two, 0) == 1
    two.members[0, 6] = worlds.person("f48")
    assert observe.left_behind_children(two, 0) == 0
    assert observe.left_behind_children(two, 1) == 0


def test_network_counts_where_the_members_of_a_block_live(two):
    blocks = np.zeros((2, 256, 1 + 5), np.int64)
    for i in range(2):
        observe.count_network(two, i, GEO, blocks)
    assert blocks[0, 0].tolist() == [4, *(2 if k == REST else 0 for k in range(5))]
    assert blocks[1, 1].tolist() == [4, *(4 if k == OWN_TOWN else 0 for k in range(5))]
    assert blocks.sum() == 4 + 2 + 4 + 4
    two.hukou[0] = worlds.AWAY
    observe.count_network(two, 0, GEO, blocks)
    assert blocks.sum() == 14


def test_networks_of_blocks_are_shrunk_to_that_of_the_county():
    """Block 0: 3 of 4 persons outside; block 1: none of 6; the county: 3 of 10, with the weight of two agents."""
    blocks = np.zeros((1, 256, 1 + 5), np.int64)
    blocks[0, 0, 0], blocks[0, 0, 1 + FIRST_OUTSIDE], blocks[0, 1, 0] = 4, 3, 6
    shares = np.zeros((1, 256, 5))
    observe.shrink_networks(blocks, 2.0, shares, np.empty(5))
    assert shares[0, :2, FIRST_OUTSIDE] == pytest.approx([(3 + 0.6) / 6, 0.6 / 8])
    assert shares[0, 2, FIRST_OUTSIDE] == pytest.approx(0.3)
    assert not shares[:, :, :FIRST_OUTSIDE].any()
