from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sim.agents import utility
from sim.agents.state import LAND
from sim.agents.utility import origin_state, place_taste, place_value, transition
from sim.agents.world import (
    SPLIT_IN,
    SPLIT_OUT,
    TO_OTHER,
    TO_OUTSIDE,
    TO_OWN,
    TOWN_MIGRANT,
    TOWN_NATIVE,
    VILLAGE,
    WHOLE_OUT,
    Choice,
)
from tests import worlds
from tests.agents.loops import attachment_numbers, utilities

FAMILY = {"members": "m38 f36 m16 f17", "home": (0, 0), "hukou": 0, "base": 0}


def test_attachment_lasts_for_a_spell_and_is_drawn_again_at_a_time_of_its_own():
    """Spells of ten years: half of the households have a new number after five years, all after ten, none twice."""
    table, n = worlds.copies(20_000, **FAMILY), 20_000
    years = [
        attachment_numbers(table, n, worlds.world(month=12 * year, choice=worlds.choice(attachment_years=10.0)))
        for year in range(20, 41)
    ]
    assert years[0].mean() == pytest.approx(0.0, abs=0.03)
    assert years[0].var() == pytest.approx(1.0, abs=0.04)
    assert (years[0] != years[5]).mean() == pytest.approx(0.5, abs=0.02)
    assert (years[0] != years[10]).mean() > 0.995, "two of 1,021 values are the same now and then"
    changes = sum((a != b).astype(int) for a, b in pairwise(years[:11]))
    assert changes.max() == 1
    assert abs(np.corrcoef(years[0], years[10])[0, 1]) < 0.03


def test_attachment_adds_to_staying_alone():
    table = worlds.copies(1, **FAMILY)
    _, without = utilities(table, 0, worlds.world())
    attached = worlds.world(choice=worlds.choice(attachment=2.0))
    _, v = utilities(table, 0, attached)
    assert v[0, 0] - without[0, 0] == pytest.approx(2.0 * attachment_numbers(table, 1, attached)[0])
    v[0, 0] = without[0, 0]
    assert np.array_equal(v, without)


def test_utilities_of_a_village_family_worked_out_by_hand():
    """V of each alternative of a couple with two children of 16 and 17, outside school age."""
    tables = worlds.choice(
        value=np.array([[1.0, 2.0, 3.0, 5.0, 7.0]] * 3),
        reach=np.array([[0.1, 0.2, 0.3], [9.0, 9.0, 9.0]]),
        penalty=np.array([0.0, -0.5, 0.0, -0.25, -1.0]),
        housing=np.array([0.0, 0.01, 0.0, 0.02, 0.0]),
        home_value=np.array([0.7, 0.0]),
        out_move=np.array([0.05, 0.0]),
        move_cost=0.6,
        share_one=0.5,
        share_all=0.8,
        pull_in=10.0,
        pull_out=20.0,
    )
    table = worlds.copies(1, **FAMILY)
    _, v = utilities(table, 0, worlds.world(choice=tables))
    assert v[0, 0] == pytest.approx(1.0 + 0.7)
    assert v[0, 1] == -np.inf
    own, other, outside = 0.1 + 0.05 + 10, 0.2 + 0.05 + 10, 0.3 + 0.05 + 20
    assert v[1, 2] == pytest.approx(2.0 - 0.5 + own + 0.01 - 0.6 * 4 / 3)
    assert v[1, 0] == pytest.approx(0.5 * 1.0 + 0.5 * 1.5 + own)
    assert v[2, 1] == pytest.approx(0.2 * 1.0 + 0.8 * 4.75 + other)
    assert v[2, 2] == pytest.approx(4.75 + other + 0.02 - 0.8)
    assert v[3, 0] == pytest.approx(0.5 * 1.0 + 0.5 * 6.0 + outside)


@pytest.mark.parametrize(
    ("members", "one", "all_away"),
    [("m38", 0, 0), ("m38 f36", 1, 0), ("m65 f63", 0, 0), ("m38 f64", 1, 0), ("m38 f36 m9", 1, 1)],
)
def test_arrangements_need_somebody_to_leave_and_somebody_to_stay(members, one, all_away):
    table = worlds.copies(1, members, home=(0, 0), hukou=0, base=0)
    _, v = utilities(table, 0, worlds.world())
    assert np.isfinite(v[1:, 0]).all() == bool(one)
    assert np.isfinite(v[1:, 1]).all() == bool(all_away)
    assert np.isfinite(v[1:, 2]).all()


def test_public_place_and_county_schools_enter_for_families_with_pupils():
    tables = worlds.choice(
        school_place=0.6,
        school=np.array([0.0, 1.0]),
        county_school=np.array([0.3, 0.4]),
        bring_children=np.array([0.0, 0.05]),
    )
    family = worlds.copies(1, "m38 f36 m9", home=(0, 0), hukou=0, base=0)
    _, v = utilities(family, 0, worlds.world(choice=tables))
    assert v[1, 2] == pytest.approx(-0.6 + 0.3)
    assert v[2, 2] == pytest.approx(0.05)
    young = worlds.copies(1, "m38 f36 m4", home=(0, 0), hukou=0, base=0)
    assert utilities(young, 0, worlds.world(choice=tables))[1][1, 2] == pytest.approx(-0.6)


def test_value_of_a_place_by_registration_and_land():
    tables = worlds.choice(
        value=np.array([[1.0, 2.0, 3.0, 5.0, 7.0]] * 3),
        penalty=np.array([0.0, -0.5, 0.0, -0.25, -1.0]),
        portability=np.array([0.0, 0.1, 0.0, 0.2, 0.4]),
    )
    world = worlds.world(choice=tables)
    without = worlds.copies(1, "m38", home=(0, 0), hukou=worlds.TOWN_0, base=0)
    assert [place_value(without, 0, p, world) for p in range(5)] == [1.0, 2.0, 3.0, 4.75, 6.0]
    landed = worlds.copies(1, "m38", home=(0, 0), hukou=worlds.VILLAGE_0, base=0, social=LAND)
    assert [place_value(landed, 0, p, world) for p in range(5)] == [1.0, 1.6, 3.0, 4.95, 6.4]


def test_tastes_are_kept_and_differ_by_place():
    table = worlds.copies(1, "m38", home=(0, 0), hukou=0, base=0)
    tastes = [place_taste(table, 0, place, worlds.world()) for place in range(worlds.N_PLACES)]
    assert len(set(tastes)) == worlds.N_PLACES
    assert tastes == [place_taste(table, 0, place, worlds.world(step=9)) for place in range(worlds.N_PLACES)]


@pytest.mark.parametrize(
    ("place", "state"),
    [
        ({"home": (0, 0), "base": worlds.VILLAGE_0}, VILLAGE),
        ({"home": (0, 10), "base": worlds.TOWN_0}, TOWN_NATIVE),
        ({"home": (0, 0), "base": worlds.TOWN_0}, TOWN_MIGRANT),
        ({"home": (0, 0), "base": worlds.AWAY}, WHOLE_OUT),
        ({"home": (0, 0), "base": worlds.VILLAGE_0, "away": (0,), "away_place": worlds.TOWN_1}, SPLIT_IN),
        ({"home": (0, 0), "base": worlds.VILLAGE_0, "away": (0,), "away_place": worlds.AWAY}, SPLIT_OUT),
    ],
)
def test_states(place, state):
    assert origin_state(worlds.copies(1, "m38 f36", hukou=0, **place), 0, worlds.geography()) == state


def test_kinds_of_destination():
    assert [transition(VILLAGE, site, 1, 2) for site in range(3)] == [TO_OTHER, TO_OWN, TO_OUTSIDE]


def test_the_formula_names_every_table():
    """Tables by site repeat what others say."""
    formula = utility.__doc__ or ""
    assert not [name for name in Choice._fields if not name.startswith("site_") and name not in formula]


def test_leaving_adds_the_mean_constant_of_the_adults_who_leave():
    """Couple of 38 and 36 with children of 16 and 9 in a village: the woman of 36, both, or all but the child of 9."""
    by_age = np.zeros(121)
    by_age[[9, 16, 36, 38]] = 100.0, 3.0, 5.0, 7.0
    tables = worlds.choice(leave_age=by_age)
    table = worlds.copies(1, members="m38 f36 m16 f9", home=(0, 0), hukou=0, base=0)
    world = worlds.world(choice=tables)
    _, v = utilities(table, 0, world)
    _, plain = utilities(table, 0, worlds.world())
    assert (v[3] - plain[3]).tolist() == pytest.approx([5.0, 6.0, 5.0])
    assert np.array_equal(v[:3], plain[:3])


def test_nobody_leaves_who_lives_outside_already():
    """The man of 38 is away outside: with all workers only his wife leaves, and alone the younger one, who is she."""
    by_age = np.zeros(121)
    by_age[[36, 38]] = 5.0, 7.0
    tables = worlds.choice(leave_age=by_age)
    away = {"members": "m38 f36 m9", "home": (0, 0), "hukou": 0, "base": 0, "away": (0,), "away_place": 4}
    _, v = utilities(worlds.copies(1, **away), 0, worlds.world(choice=tables))
    _, plain = utilities(worlds.copies(1, **away), 0, worlds.world())
    known = np.isfinite(plain)
    assert (v - np.where(known, plain, 0.0))[3, 1:].tolist() == pytest.approx([5.0, 5.0])
    whole = {"members": "m38 f36 m9", "home": (0, 0), "hukou": 0, "base": 4}
    _, v = utilities(worlds.copies(1, **whole), 0, worlds.world(choice=tables))
    _, plain = utilities(worlds.copies(1, **whole), 0, worlds.world())
    assert np.array_equal(v, plain)
