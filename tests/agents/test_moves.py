from __future__ import annotations

import math

import numpy as np

from sim.agents.ledger import empty_ledger
from sim.agents.moves import age_band, apply_move, area_of, away_mask, book_person, mover_age
from sim.agents.state import AWAY_COLLECTIVE, EMPTY, EVENT, INSURED, OWNER, PERMIT
from sim.agents.world import ALL_AWAY, ENTERED, HOME, LEFT, MOVED_IN, MOVED_OUT, ONE_AWAY
from sim.model.year.world_tables import reconsider_profile
from tests import worlds
from tests.agents.chance import N, near
from tests.agents.loops import who_reconsiders


def test_reconsidering_happens_at_its_hazard():
    """Rate by age of the youngest worker, times duration away; a life event adds half a year of exposure."""
    profile = reconsider_profile(20.5)
    assert profile[16:].max() == 1.0
    assert 16 < int(np.argmax(profile)) < 30
    rate = 0.4 * profile
    duration = (np.arange(41) + 1.0) ** -0.35
    factor = np.array([1.0, 1.0, 1.0, 1.5, 1.0, 1.0])
    hazards = worlds.hazards(reconsider=rate, duration=duration, state_factor=factor)
    world = worlds.world(hazards=hazards, month=254)
    at_home = worlds.copies(N, "m45 f24", home=(0, 0), hukou=0, base=0)
    assert near(who_reconsiders(at_home, N, world).sum(), -math.expm1(-rate[24] / 4), N)
    at_home.flags[:] = EVENT
    assert near(who_reconsiders(at_home, N, world).sum(), -math.expm1(-rate[24] * (0.25 + 0.5)), N)
    away = worlds.copies(N, "m45 f24", home=(0, 0), hukou=0, base=3)
    assert near(who_reconsiders(away, N, world).sum(), -math.expm1(-1.5 * rate[24] * 5**-0.35 / 4), N)
    away.hukou[:] = worlds.AWAY
    assert not who_reconsiders(away, N, world).any()


def test_the_youngest_worker_decides_how_often():
    assert mover_age(worlds.copies(1, "m45 f24 m17", home=(0, 0), hukou=0, base=0), 0) == 24
    assert mover_age(worlds.copies(1, "m70 f66 m17", home=(0, 0), hukou=0, base=0), 0) == 70


def test_who_leaves():
    table = worlds.copies(1, "m45 f44 m20 f9", home=(0, 0), hukou=0, base=0)
    assert away_mask(table, 0, ALL_AWAY) == 0b0111
    assert away_mask(table, 0, ONE_AWAY) == 0b0100


def test_bands_and_areas_of_the_flow_table():
    assert [age_band(age) for age in (0, 15, 16, 29, 30, 49, 50, 120)] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [area_of(place, worlds.geography()) for place in range(worlds.N_PLACES)] == [0, 0, 1, 1, 2]


def test_a_person_is_booked_where_it_left_and_where_it_came():
    ledger = empty_ledger(worlds.geography())
    book_person(worlds.VILLAGE_0, worlds.TOWN_1, 20, worlds.world(), ledger.counts, ledger.flows)
    book_person(worlds.AWAY, worlds.TOWN_0, 60, worlds.world(), ledger.counts, ledger.flows)
    assert ledger.counts[worlds.VILLAGE_0, MOVED_OUT] == ledger.counts[worlds.TOWN_1, MOVED_IN] == 1
    assert ledger.counts[worlds.AWAY, LEFT] == ledger.counts[worlds.TOWN_0, ENTERED] == 1
    assert ledger.flows[0, 1, 1] == ledger.flows[2, 0, 3] == 1
    assert (ledger.counts.sum(), ledger.flows.sum()) == (4, 2)


def test_going_home_ends_what_depends_on_where_earners_live():
    """A man who worked in the other county town comes back to his village: one person moves."""
    table = worlds.copies(
        1,
        "m40 f38 m12",
        home=(0, 0),
        hukou=worlds.VILLAGE_0,
        base=worlds.VILLAGE_0,
        away=(0,),
        away_place=worlds.TOWN_1,
        social=PERMIT | INSURED | AWAY_COLLECTIVE,
    )
    ledger = empty_ledger(worlds.geography())
    apply_move(table, 0, HOME, -1, worlds.world(), ledger.counts, ledger.flows)
    assert (table.base[0], table.away[0], table.away_place[0]) == (worlds.VILLAGE_0, 0, EMPTY)
    assert table.social[0] == OWNER
    assert table.arrival[0] == worlds.world().month
    assert ledger.counts[worlds.TOWN_1, MOVED_OUT] == ledger.counts[worlds.VILLAGE_0, MOVED_IN] == 1
    assert ledger.counts.sum() == 2
