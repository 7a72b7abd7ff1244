"""By how much choices lead, and whose choice other tables may change."""

from __future__ import annotations

import numpy as np
import pytest

from sim.agents.choice import new_scratch
from sim.agents.state import SKILL_MASK
from sim.agents.utility import school_age_children
from sim.agents.world import STAY, Choice, by_site
from sim.model.engines import loops, margins
from sim.model.engines.key_set import KeySet
from sim.model.engines.recording import SLACK, taken
from sim.model.path.plans import Planner
from sim.model.year.tables import build_world
from tests.agents.loops import utilities


def test_every_table_of_the_utility_is_looked_at():
    listed = [
        *margins.BY_SKILL,
        *margins.BY_HOME,
        *margins.BY_PLACE,
        *margins.BY_SITE,
        *margins.LOTTERY,
        *margins.NUMBERS,
    ]
    assert sorted(listed) == sorted(Choice._fields)
    assert set(margins.STEPWISE) <= {*margins.BY_SKILL, *margins.BY_PLACE}


@pytest.fixture(scope="module")
def two_worlds(started_once):
    """The tables of a step, and others that differ in every table that may."""
    sim = started_once.copy()
    here = build_world(sim, Planner.neutral_plan(sim.draw), range(1, 4))
    rng = np.random.default_rng(1)
    changed = {
        name: getattr(here.choice, name) + rng.uniform(-0.02, 0.02, getattr(here.choice, name).shape)
        for name in (*margins.BY_SKILL, *margins.BY_HOME, *margins.BY_PLACE)
    }
    there = here._replace(choice=by_site(here.choice._replace(**changed), sim.draw.region.n_counties))
    return sim, here, there


def choices(sim, world, slack):
    rows = np.arange(0, sim.engine.rows, 3)
    n = len(rows)
    actions, sites, leads = np.empty(n, np.uint8), np.empty(n, np.int64), np.empty(n)
    loops.choose_all(sim.engine.hh, rows, world, new_scratch(world, slack), actions, sites, leads)
    return rows, actions, sites, leads


def test_the_lead_does_not_change_the_choice(two_worlds):
    sim, world, _ = two_worlds
    plain, told = choices(sim, world, 0.0), choices(sim, world, SLACK)
    assert np.array_equal(plain[1], told[1])
    assert np.array_equal(plain[2], told[2])
    assert (plain[3] == 0.0).all()
    assert (told[3] > 0.0).all()
    assert told[3].max() == SLACK
    assert 0.02 < (told[3] < SLACK).mean() < 0.98


def test_no_utility_changes_by_more_than_the_spread(two_worlds):
    """Changes of V over all alternatives, one by one, against the bound from the tables alone."""
    sim, here, there = two_worlds
    hh = sim.engine.hh
    limits = margins.spread(margins.spread_of_year(here.choice, there.choice), here.choice, there.choice)
    for i in range(0, sim.engine.rows, 37):
        one, other = utilities(hh, i, here)[1], utilities(hh, i, there)[1]
        possible = np.isfinite(one)
        assert np.ptp(other[possible] - one[possible]) <= limits[hh.home_county[i], hh.social[i] & SKILL_MASK]


def test_whose_choice_changes_had_been_named(two_worlds):
    sim, here, there = two_worlds
    rows, actions, sites, leads = choices(sim, here, SLACK)
    _, others, elsewhere, _ = choices(sim, there, 0.0)
    changed = (actions != others) | (sites != elsewhere)
    before = taken(sim.engine.hh, rows)
    limits = margins.spread(margins.spread_of_year(here.choice, there.choice), here.choice, there.choice)
    keys, school = KeySet(), here.choice.site_school
    fate = np.empty(len(rows), np.uint8)
    words = np.empty(len(school), np.uint32)
    more = np.minimum(school + 0.001, 1.0)
    margins.may_differ(before, actions, leads, limits, school, more, here, keys.table, keys.used, words, fate)
    assert changed.sum() > 5
    assert (fate[changed] == margins.OPEN).all()
    assert (fate[actions != STAY] != margins.SAME).all()
    open_ = fate == margins.OPEN
    assert open_.mean() < 0.9
    pupils = np.array([school_age_children(before, j, 3, 15) > 0 for j in range(len(rows))])
    led = leads > limits[before.home_county, before.social & SKILL_MASK]
    assert not (open_ & led & ~pupils).any()
    keys.add(before.key)
    margins.may_differ(before, actions, leads, limits, school, more, here, keys.table, keys.used, words, fate)
    assert (fate == margins.SAME).all()
