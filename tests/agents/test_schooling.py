from __future__ import annotations

import numpy as np
import pytest

from sim.agents.schooling import admit, migrant_pupils, registered_pupils
from sim.agents.state import EVENT, PUBLIC_PLACE
from sim.agents.utility import lottery_number
from tests import worlds

GEO = worlds.geography()
IN_TOWN = {"home": (0, 0), "hukou": worlds.VILLAGE_0, "base": worlds.TOWN_1}


def with_chance(chance: float):
    return worlds.world(choice=worlds.choice(school=np.array([0.0, chance])))


def test_pupils_are_6_to_15_and_live_at_the_base():
    table = worlds.copies(1, "m40 f38 m16 f15 m6 f5", **IN_TOWN)
    assert migrant_pupils(table, 0, GEO) == 2
    table.away[0] = 1 << 3
    assert migrant_pupils(table, 0, GEO) == 1


@pytest.mark.parametrize("base", [worlds.VILLAGE_1, worlds.AWAY])
def test_villages_and_other_provinces_have_no_migrant_pupils(base):
    assert migrant_pupils(worlds.copies(1, "m40 f38 m10", **IN_TOWN | {"base": base}), 0, GEO) == 0


def test_the_registered_ask_for_no_place_and_have_one():
    table = worlds.copies(1, "m40 f38 m10", **IN_TOWN | {"hukou": worlds.TOWN_1})
    assert migrant_pupils(table, 0, GEO) == 0
    assert registered_pupils(table, 0, GEO)
    admit(table, 0, with_chance(0.0), EVENT)
    assert table.flags[0] == PUBLIC_PLACE


def test_the_frozen_number_decides():
    """Just below the chance a place, just above none and a life event; the number stays from step to step."""
    table = worlds.copies(1, "m40 f38 m10", **IN_TOWN)
    number = lottery_number(table, 0, 1, worlds.world())
    assert number == lottery_number(table, 0, 1, worlds.world(step=5))
    admit(table, 0, with_chance(number + 1e-9), EVENT)
    assert table.flags[0] == PUBLIC_PLACE
    admit(table, 0, with_chance(number - 1e-9), EVENT)
    assert table.flags[0] == EVENT


def test_newcomers_without_a_place_have_no_second_event():
    table = worlds.copies(1, "m40 f38 m10", **IN_TOWN)
    admit(table, 0, with_chance(0.0), 0)
    assert table.flags[0] == 0


def test_a_place_ends_with_the_last_pupil():
    table = worlds.copies(1, "m40 f38 m16", **IN_TOWN)
    table.flags[0] = PUBLIC_PLACE
    admit(table, 0, with_chance(1.0), EVENT)
    assert table.flags[0] == 0
