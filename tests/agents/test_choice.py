from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim.agents.state import EMPTY, HEAD, SKILL_MASK, map_columns
from sim.agents.world import (
    ALL_AWAY,
    HOME,
    N_NESTS,
    ONE_AWAY,
    OTHER_OUTSIDE,
    SPLIT_IN,
    STAY,
    TO_HOME,
    TOWN_MIGRANT,
    VILLAGE,
    WHOLE,
    by_site,
)
from sim.model.path.plans import Planner
from sim.model.year.tables import build_world
from tests import worlds
from tests.agents.loops import choices, utilities

FAMILY = {"members": "m38 f36 m16 f17", "home": (0, 0), "hukou": 0, "base": 0}
MIGRANTS = {"members": "m38 f36 m17", "home": (1, 0), "hukou": 2, "base": worlds.TOWN_0}
SPLIT = {
    "members": "m38 f36 m17",
    "home": (0, 0),
    "hukou": 0,
    "base": 0,
    "away": (0,),
    "away_place": worlds.TOWN_1,
}


def nested_logit(utility, nest_of_site, scale):
    """Return the probability of stay, home and every (site, arrangement) in the same layout, by the textbook."""
    probability = np.zeros_like(utility)
    alone = np.array([utility[0, 0], utility[0, 1]])
    inclusive = np.full(N_NESTS, -np.inf)
    for nest in range(N_NESTS):
        values = utility[1:][nest_of_site == nest]
        if np.isfinite(values).any():
            inclusive[nest] = scale * np.log(np.exp(values / scale).sum())
    total = np.exp(alone).sum() + np.exp(inclusive).sum()
    probability[0, :2] = np.exp(alone) / total
    for site, nest in enumerate(nest_of_site):
        if np.isfinite(utility[1 + site]).any():
            within = np.exp(utility[1 + site] / scale) / np.exp(inclusive[nest] / scale)
            probability[1 + site] = np.exp(inclusive[nest]) / total * within
    return probability


def observed_shares(chosen, shape):
    counts = np.zeros(shape)
    for action, site in chosen:
        if action == STAY:
            counts[0, 0] += 1
        elif action == HOME:
            counts[0, 1] += 1
        else:
            counts[1 + site, action - ONE_AWAY] += 1
    return counts


def chi_square(counts, probability):
    expected = probability.ravel() * counts.sum()
    seen = counts.ravel()
    assert seen[expected == 0].sum() == 0
    big = expected >= 10
    observed = np.append(seen[big], seen[~big].sum())
    mean = np.append(expected[big], expected[~big].sum())
    keep = mean > 0
    return stats.chisquare(observed[keep], mean[keep] * observed[keep].sum() / mean[keep].sum()).pvalue


@pytest.mark.parametrize("scale", [0.25, 0.58, 1.0])
@pytest.mark.parametrize(
    ("household", "state"),
    [(FAMILY, VILLAGE), (MIGRANTS, TOWN_MIGRANT), (SPLIT, SPLIT_IN)],
    ids=["family", "town", "split"],
)
def test_shares_are_those_of_the_nested_logit(household, state, scale):
    rng = np.random.default_rng(2)
    tables = worlds.choice(
        value=rng.normal(0, 0.4, (3, 5)),
        reach=rng.normal(0.2, 0.4, (2, 3)),
        shift=rng.normal(0, 0.3, (6, 5)),
        arrangement=rng.normal(0, 0.3, (2, 3)),
        network=rng.normal(0, 0.3, (2, 256, 5)),
        school=np.ones(2),
        nest=scale,
    )
    world = worlds.world(choice=tables)
    table = worlds.copies(40_000, **household)
    seen, utility = utilities(table, 0, world)
    assert seen == state
    nests = np.minimum(world.geo.site_class[household["home"][0]], OTHER_OUTSIDE)
    expected = nested_logit(utility, nests, scale)
    assert abs(expected.sum() - 1) < 1e-12
    counts = observed_shares(choices(table, 40_000, world), utility.shape)
    assert np.abs(counts / 40_000 - expected).max() < 0.01
    assert chi_square(counts, expected) > 1e-3


def test_infinite_cost_keeps_everybody():
    tables = worlds.choice(reach=np.full((2, 3), -1e9), shift=np.full((6, 5), -1e9))
    for household in (FAMILY, MIGRANTS, SPLIT):
        chosen = choices(worlds.copies(2_000, **household), 2_000, worlds.world(choice=tables))
        assert (chosen[:, 0] == STAY).all()


def test_skill_does_not_matter_without_an_income_coefficient(started):
    started.draw = replace(started.draw, params=dict(started.draw.params) | {"income_coefficient": 0.0})
    world = build_world(started, Planner.neutral_plan(started.draw), range(1, 4))
    assert not world.choice.value.any()
    assert not world.choice.penalty.any()
    rows = started.engine.rows
    same = choices(started.engine.hh, rows, world)
    started.engine.hh.social[:] &= 255 ^ SKILL_MASK
    assert np.array_equal(same, choices(started.engine.hh, rows, world))


@pytest.fixture(scope="module")
def frozen(started_once):
    """All households registered in the province with their choice in the first step of 2021."""
    world = build_world(started_once, Planner.neutral_plan(started_once.draw), range(1, 4))
    table, edge = started_once.engine.hh, started_once.edge
    live = (table.members[:, HEAD] != EMPTY) & (table.hukou < edge)
    table = map_columns(table, lambda column: column[live].copy())
    return table, world, choices(table, len(table.key), world)


def with_reach(world, reach):
    return world._replace(choice=by_site(world.choice._replace(reach=reach), world.geo.n_counties))


@pytest.mark.parametrize("site", [0, 5, 60, 121, 122, 124])
def test_frozen_errors_a_better_site_only_attracts(frozen, site):
    table, world, before = frozen
    reach = world.choice.reach.copy()
    reach[:, site] += 1.0
    after = choices(table, len(table.key), with_reach(world, reach))
    changed = (before != after).any(axis=1)
    assert changed.any()
    assert (after[changed, 1] == site).all()
    assert (before[changed, 1] != site).all()


def test_frozen_errors_own_towns(frozen):
    table, world, before = frozen
    reach = world.choice.reach.copy()
    own = np.arange(122)
    reach[own, own] += 0.3
    after = choices(table, len(table.key), with_reach(world, reach))
    changed = (before != after).any(axis=1)
    assert changed.sum() > 10
    assert (after[changed, 1] == table.home_county[changed]).all()
    assert (before[changed, 1] != table.home_county[changed]).all()


def test_frozen_errors_returning(frozen):
    table, world, before = frozen
    shift = world.choice.shift.copy()
    shift[:, TO_HOME] += 0.3
    after = choices(table, len(table.key), world._replace(choice=world.choice._replace(shift=shift)))
    changed = (before != after).any(axis=1)
    assert changed.any()
    assert (after[changed, 0] == HOME).all()


def test_frozen_errors_one_arrangement(frozen):
    table, world, before = frozen
    better = world.choice.arrangement.copy()
    better[:, WHOLE - ONE_AWAY] += 0.3
    after = choices(table, len(table.key), world._replace(choice=world.choice._replace(arrangement=better)))
    changed = (before != after).any(axis=1)
    assert changed.any()
    assert (after[changed, 0] == WHOLE).all()
    assert {ONE_AWAY, ALL_AWAY, WHOLE} <= set(after[:, 0].tolist())


def test_frozen_errors_in_a_step_of_the_engine(started):
    """One step, markets and network frozen: households whose rows differ live at the better site, their own town."""
    world = build_world(started, Planner.neutral_plan(started.draw), range(1, 4))
    reach = world.choice.reach.copy()
    own = np.arange(122)
    reach[own, own] += 1.0
    other = started.copy()
    started.engine.moves(world)
    other.engine.moves(with_reach(world, reach))
    a, b = started.engine.sorted_rows(), other.engine.sorted_rows()
    changed = (a.base != b.base) | (a.away_place != b.away_place) | (a.away != b.away)
    assert changed.any()
    place = 2 * b.home_county.astype(np.int64) + 1
    assert ((b.base == place) | (b.away_place == place))[changed].all()


def test_choices_do_not_depend_on_the_place_of_the_row(frozen):
    table, world, before = frozen
    backwards = map_columns(table, lambda column: column[::-1].copy())
    assert np.array_equal(choices(backwards, len(table.key), world)[::-1], before)
