from __future__ import annotations

import numpy as np
import pytest

from sim.agents.initial_status import set_status, set_urban_registration
from sim.agents.state import INSURED, LAND, LOCAL, MIGRANT_CLASS_SHIFT, OTHER_COUNTY, PERMIT
from tests import worlds
from tests.agents.chance import near

GEO = worlds.geography()
N = 20_000


def migrants(origin: int = OTHER_COUNTY, base: int = worlds.TOWN_1):
    table = worlds.copies(N, "m35 f33", home=(0, 0), hukou=worlds.VILLAGE_0, base=base, social=LAND)
    table.flags[:] = origin << MIGRANT_CLASS_SHIFT
    return table


@pytest.mark.parametrize("base", [worlds.TOWN_1, worlds.AWAY])
def test_the_drawn_share_is_registered_in_the_town_of_the_home_county(base):
    table = migrants(base=base)
    set_urban_registration(table, GEO, 7, 0.3)
    town = table.hukou == worlds.TOWN_0
    assert near(town.sum(), 0.3, N)
    assert (table.hukou[~town] == worlds.VILLAGE_0).all()
    assert set(table.home_block[town].tolist()) == {10, 11}
    assert np.array_equal(table.social & LAND != 0, ~town)


def test_locals_keep_their_registration():
    table = migrants(LOCAL)
    set_urban_registration(table, GEO, 7, 1.0)
    assert (table.hukou == worlds.VILLAGE_0).all()
    assert (table.home_block == 0).all()


def test_permits_as_the_hazard_since_arrival_and_insurance_by_share():
    """Two years at a yearly hazard of 0.4."""
    table = migrants()
    set_status(table, GEO, 7, 0.4, 0.25, int(table.arrival[0]) + 24)
    assert near((table.social & PERMIT != 0).sum(), -np.expm1(-0.8), N)
    assert near((table.social & INSURED != 0).sum(), 0.25, N)


@pytest.mark.parametrize("base", [worlds.VILLAGE_0, worlds.VILLAGE_1, worlds.AWAY])
def test_no_status_outside_towns(base):
    table = migrants(base=base)
    set_status(table, GEO, 7, 9.0, 1.0, 400)
    assert not (table.social & (PERMIT | INSURED)).any()
