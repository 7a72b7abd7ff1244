from __future__ import annotations

import numpy as np
import pytest

from sim.agents import members
from sim.agents.state import (
    AWAY_COLLECTIVE,
    BASE_COLLECTIVE,
    EMPTY,
    FIRST_CHILD,
    HEAD,
    INSURED,
    SPOUSE,
    empty_households,
)
from sim.agents.world import OUTSIDE, RURAL, URBAN
from tests import worlds

GEO = worlds.geography()
SPLIT = {
    "members": {0: "m41", 1: "f38", 2: "m19", 3: "f7", 6: "f70"},
    "home": (0, 0),
    "hukou": worlds.VILLAGE_0,
    "base": worlds.VILLAGE_0,
    "away": (0, 2),
    "away_place": worlds.TOWN_1,
}
"""Father and son work in the other county town; mother, daughter and grandmother stay in the village."""


@pytest.fixture
def table():
    return worlds.copies(1, **SPLIT)


def test_a_household_is_counted(table):
    assert members.size(table, 0) == 5
    assert members.count_members(table, 0) == (5, 3, 2)
    assert [members.age_of(int(m)) for m in table.members[0, :4]] == [41, 38, 19, 7]
    assert [members.is_woman(int(m)) for m in table.members[0, :4]] == [0, 1, 0, 1]
    assert [members.living_place(table, 0, s) for s in (0, 1, 2, 3, 6)] == [3, 0, 3, 0, 0]


def test_workers_are_18_to_59():
    assert [members.is_worker(worlds.person(f"f{age}")) for age in (17, 18, 59, 60)] == [False, True, True, False]
    assert not members.is_worker(EMPTY)


def test_places():
    assert [members.zone_class(p, 2) for p in range(worlds.N_PLACES)] == [RURAL, URBAN, RURAL, URBAN, OUTSIDE]
    assert [members.site_place(d, 2) for d in range(worlds.N_SITES)] == [worlds.TOWN_0, worlds.TOWN_1, worlds.AWAY]
    at_home = worlds.copies(2, "m30", home=(1, 0), hukou=0, base=0)
    at_home.home_block[1] = 10
    assert [members.home_place(at_home, i, GEO) for i in range(2)] == [worlds.VILLAGE_1, worlds.TOWN_1]


def test_registered_in_the_province(table):
    assert members.registered_in_hunan(table, 0, GEO)
    table.hukou[0] = worlds.AWAY
    assert not members.registered_in_hunan(table, 0, GEO)


def test_bits_and_skill(table):
    table.social[0] = 2
    members.set_bits(table, 0, INSURED, True)
    assert table.social[0] == INSURED | 2
    assert members.skill(table, 0) == 2
    members.set_bits(table, 0, INSURED, False)
    assert table.social[0] == 2


def test_a_member_moves_slot_with_the_away_bit(table):
    members.move_slot(table, 0, 2, 5)
    assert table.members[0, 2] == EMPTY
    assert table.members[0, 5] == worlds.person("m19")
    assert table.away[0] == 0b100001


def test_head_is_the_spouse_then_the_oldest(table):
    table.members[0, HEAD] = EMPTY
    members.settle_head(table, 0)
    assert table.members[0, HEAD] == worlds.person("f38")
    table.members[0, HEAD] = EMPTY
    members.settle_head(table, 0)
    assert table.members[0, HEAD] == worlds.person("f70")


def test_nobody_at_the_base_makes_the_away_place_the_base(table):
    table.social[0] = AWAY_COLLECTIVE
    table.members[0, [1, 3, 6]] = EMPTY
    members.settle_units(table, 0)
    assert (table.base[0], table.away[0], table.away_place[0]) == (worlds.TOWN_1, 0, EMPTY)
    assert table.social[0] == BASE_COLLECTIVE


def test_nobody_away_has_no_away_place(table):
    table.members[0, [0, 2]] = EMPTY
    members.settle_units(table, 0)
    assert (table.base[0], table.away[0], table.away_place[0]) == (worlds.VILLAGE_0, 0, EMPTY)


def test_free_slots_are_those_of_children_then_elders_then_the_spouse():
    table = worlds.copies(1, {0: "m30"}, home=(0, 0), hukou=0, base=0)
    for expected in (FIRST_CHILD, 3, 4, 5, 6, 7, SPOUSE, -1):
        assert members.free_slot(table, 0) == expected
        table.members[0, max(expected, 0)] = 0


def test_rows_are_copied_and_freed(table):
    target = empty_households(2)
    members.copy_row(table, 0, target, 1)
    assert all(np.array_equal(a[0], b[1]) for a, b in zip(table, target, strict=True))
    members.clear_row(target, 1)
    assert members.size(target, 1) == 0
    assert (target.away[1], target.away_place[1]) == (0, EMPTY)
