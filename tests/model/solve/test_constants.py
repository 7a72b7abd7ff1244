from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.agents.state import map_columns
from sim.agents.world import HOME, ONE_AWAY, ORIGIN_STATES, TO_HOME, VILLAGE
from sim.base.ages import LEAVING_AGES
from sim.model.path.begin import start_simulation
from sim.model.path.plans import Planner
from sim.model.solve import constants
from sim.model.solve.base_flows import MOST_MOVING, base_targets, reconsidering_factor
from sim.model.solve.constants import LIMIT, solve_constants
from sim.model.solve.sample import Sample, _strata, attachments, eased, expected_flows, take_sample
from sim.model.year.tables import build_world
from sim.model.year.world_tables import Constants
from sim.parameters.declared import draw_parameters
from tests import worlds
from tests.agents.loops import choices


@pytest.fixture(scope="module")
def base_year(started_once):
    """Sample, targets and world before constants, as at the start of a run."""
    sim = started_once.copy()
    sim.constants = Constants.zeros(sim.draw.region)
    world = build_world(sim, Planner.neutral_plan(sim.draw), range(1, 2))
    sample, targets = asked_of(sim, world)
    return sim.draw.region, sample, targets, world


def asked_of(sim, world):
    """Return sample and targets, states reconsidering as often as the targets need."""
    sample = take_sample(sim.engine.hh, sim.engine.rows, world)
    outside = float(sim.residents[sim.edge :].sum())
    known = sim.draw.last_observed
    targets = base_targets(sim.draw.region, 2020, dict(sim.draw.params), sample, sim.draw.weight, outside, known)
    factor = reconsidering_factor(sample, targets)
    return sample._replace(hazard=sample.hazard * factor[sample.state]), targets


def flows_of(sample, constants, world):
    scale = world.choice.nest
    return expected_flows(
        sample, eased(sample, scale), constants, scale, world.geo, attachments(world.choice.attachment)
    )


def test_no_state_must_move_more_often_than_it_reconsiders(base_year):
    _, sample, targets, _ = base_year
    reconsiderations = np.bincount(sample.state, sample.hazard, len(ORIGIN_STATES))
    asked = np.nansum(targets.shift, axis=1)
    assert (asked[1:] <= MOST_MOVING * reconsiderations[1:] * (1 + 1e-12)).all()
    assert np.allclose(reconsidering_factor(sample, targets), 1.0)


@pytest.mark.parametrize(("steps", "exact"), [(constants.ITERATIONS, 0.05), (80, 0.02)])
def test_base_year_flows_equal_their_targets(base_year, monkeypatch, steps, exact):
    """Totals within 2%, counties within 8% unless at the bound; flows back and onward 5%, or 2% with more steps."""
    region, sample, targets, world = base_year
    monkeypatch.setattr(constants, "ITERATIONS", steps)
    solved, worst = solve_constants(region, sample, targets, world)
    own, site, arrangement, shift, left, back = flows_of(sample, solved, world)
    assert np.isfinite(worst)
    for constant, flow, target in ((solved.own, own, targets.own), (solved.site, site, targets.site)):
        middle = np.median(constant[:122])
        free = (np.abs(constant - middle) < LIMIT - 1e-6) & (flow > 0)
        assert free.mean() > 0.9
        assert np.allclose(flow[free], target[free], rtol=0.08)
        assert flow.sum() == pytest.approx(target.sum(), rel=0.02)
    assert np.allclose(arrangement / arrangement.sum(axis=1, keepdims=True), targets.arrangement, atol=0.01)
    by_age = np.maximum(targets.by_age + targets.returns * back, 0.2 * back)
    assert np.allclose(left / left.sum(), by_age / by_age.sum(), atol=0.05)
    asked = np.isfinite(targets.shift) & (shift > 0)
    assert asked.sum() >= 15
    assert np.allclose(shift[asked], targets.shift[asked], rtol=exact, atol=0.01)


def test_targets_follow_the_drawn_parameters(base_year, started_once):
    """Flows into towns less flows back are the drawn transfer; a third of the transfer is reclassification."""
    region, sample, targets, _ = base_year
    params, weight = started_once.draw.params, started_once.draw.weight
    outside = float(started_once.residents[started_once.edge :].sum())
    assert np.allclose(targets.arrangement.sum(axis=1), 1.0)
    assert targets.arrangement[0, 2] == pytest.approx(params["whole_share_in_province"])
    assert targets.arrangement[1, 2] == pytest.approx(params["whole_share_outside"])
    more = base_targets(
        region,
        2020,
        dict(params) | {"transfer_per_year": params["transfer_per_year"] + 100_000},
        sample,
        weight,
        outside,
        2024,
    )
    rise = (more.own.sum() + more.site[:122].sum()) - (targets.own.sum() + targets.site[:122].sum())
    assert rise == pytest.approx(100_000 * (1 - params["reclassification_share"]) / weight, rel=1e-3)
    assert np.allclose(more.site[122:], targets.site[122:])
    worse = base_targets(
        region,
        2020,
        dict(params) | {"outside_loss_per_year": params["outside_loss_per_year"] + 50_000},
        sample,
        weight,
        outside,
        2024,
    )
    lost = worse.site[122:].sum() - targets.site[122:].sum()
    assert lost == pytest.approx(50_000 / weight * (1 - params["town_out_share"]), rel=1e-3)


def test_moves_to_the_own_town_fall_on_villagers_alike_or_follow_the_stock(base_year, started_once):
    """In proportion to villagers at evenness 1, to the stock within the county x its rural share at 0."""
    region, sample, targets, _ = base_year
    params, weight = started_once.draw.params, started_once.draw.weight
    outside = float(started_once.residents[started_once.edge :].sum())
    census = region.table("county_census").query("year == 2020").set_index("county_code").loc[list(region.county_codes)]
    villagers = census["residents_rural"].to_numpy(np.float64)
    stock = census["in_same_county"].to_numpy(np.float64) * villagers / census["residents"].to_numpy(np.float64)

    def own(evenness):
        asked = base_targets(
            region, 2020, dict(params) | {"own_move_evenness": evenness}, sample, weight, outside, 2024
        )
        return asked.own

    total = targets.own.sum()
    assert np.allclose(own(1.0), total * villagers / villagers.sum(), atol=2e-3)
    assert np.allclose(own(0.0), total * stock / stock.sum(), atol=2e-3)
    assert np.allclose(own(0.5), (own(0.0) + own(1.0)) / 2, atol=2e-3)


def test_expected_flows_are_what_households_choose(base_year, started_once):
    """Sixty spells of the same households: chosen kinds of move against closed-form probabilities."""
    _, sample, _, world = base_year
    steps = 60
    even = sample._replace(hazard=np.ones(len(sample.hazard)))
    own, site, _, shift, *_ = flows_of(even, started_once.constants, world)
    sim = started_once.copy()
    tables = build_world(sim, Planner.neutral_plan(sim.draw), range(1, 2))
    hh = sim.engine.hh
    rows, _ = _strata(hh, sim.engine.rows, 122)
    table = map_columns(hh, lambda column: column[rows].copy())
    returns, villagers_out, villagers_own = np.zeros(len(ORIGIN_STATES)), 0.0, 0.0
    village = sample.state == VILLAGE
    away = np.stack([np.ones(len(rows)), sample.workers, sample.persons], axis=1)
    for step in range(steps):
        chosen = choices(table, len(rows), tables._replace(step=1000 + step, month=1000 * step))
        for state in range(len(ORIGIN_STATES)):
            returns[state] += (chosen[sample.state == state, 0] == HOME).sum()
        moving = village & (chosen[:, 0] >= ONE_AWAY)
        persons = away[np.arange(len(rows)), np.maximum(chosen[:, 0] - ONE_AWAY, 0)]
        to_own = moving & (chosen[:, 1] == sample.county)
        villagers_own += persons[to_own].sum()
        villagers_out += persons[moving & (chosen[:, 1] >= 122)].sum()
    for state in range(len(ORIGIN_STATES)):
        expected = steps * shift[state, TO_HOME]
        assert abs(returns[state] - expected) <= 4.5 * np.sqrt(expected) + 1e-9, ORIGIN_STATES[state]
    for seen, mean in ((villagers_own, steps * own.sum()), (villagers_out, steps * site[122:].sum())):
        assert abs(seen - mean) <= 4.5 * 2 * np.sqrt(mean)


def _single(hazard: float = 1.0, rows: int = 1) -> Sample:
    """Village households for which nothing exists but to stay and to move whole to the town of their county 0."""
    utility = np.full((rows, 1 + worlds.N_SITES, 3), -np.inf)
    utility[:, 0, 0] = 0.3
    utility[:, 1, 2] = 0.1
    ints = np.zeros(rows, np.int64)
    nobody = np.zeros((rows, 3, len(LEAVING_AGES)))
    ones = np.ones(rows)
    return Sample(utility, ints, ints, ints - 1, hazard * ones, ones, ints + 1, ints + 3, nobody, nobody[:, 0])


def test_one_constant_of_a_logit_has_its_closed_form():
    """P = 1 / (1 + exp(V_stay - V - c)); Berry's c is log(s / (1 - s)) + V_stay - V."""
    geo = worlds.geography()
    share = 0.07
    c = Constants(
        np.zeros(2),
        np.zeros(3),
        np.zeros((6, 5)),
        np.zeros((2, 3)),
        np.zeros(len(LEAVING_AGES)),
        np.ones(6),
    )
    ease = eased(_single(), 0.5)
    for _ in range(60):
        flows = expected_flows(_single(), ease, c, 0.5, geo)
        c.own[0] += np.log(3 * share / flows.own[0])
    assert c.own[0] == pytest.approx(np.log(share / (1 - share)) + 0.2, abs=1e-9)
    assert not flows.site.any()


@pytest.mark.parametrize("spread", [0.5, 2.0, 4.0])
def test_flows_are_averaged_over_attachment(spread):
    """Against the integral of the logit over a normal distribution."""
    c = Constants(
        np.array([-2.0, 0.0]), np.zeros(3), np.zeros((6, 5)), np.zeros((2, 3)), np.zeros(len(LEAVING_AGES)), np.ones(6)
    )
    sample, geo = _single(), worlds.geography()
    flows = expected_flows(sample, eased(sample, 0.5), c, 0.5, geo, attachments(spread))
    z = np.linspace(-6, 6, 4001)
    normal = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    share = (normal / (1.0 + np.exp(spread * z + 0.3 - 0.1 + 2.0))).sum()
    assert flows.own[0] == pytest.approx(3 * share, rel=0.02)
    assert attachments(0.0) == pytest.approx(1.0)


@pytest.mark.parametrize("draw", [1, 2, 3])
def test_constants_of_prior_draws_meet_their_targets(central_setup, central, draw):
    fixed, population = central
    params = draw_parameters(1, draw, {"age_tilt": 0.0})
    sim = start_simulation(replace(fixed, params=params, seed=draw), population)
    sim.constants, kept = Constants.zeros(sim.draw.region), sim.constants
    world = build_world(sim, Planner.neutral_plan(sim.draw), range(1, 2))
    sample, targets = asked_of(sim, world)
    own, site, _, shift, *_ = flows_of(sample, kept, world)
    assert own.sum() == pytest.approx(targets.own.sum(), rel=0.02)
    assert site.sum() == pytest.approx(targets.site.sum(), rel=0.02)
    asked = np.isfinite(targets.shift) & (shift > 0)
    assert np.nansum(shift[asked]) == pytest.approx(targets.shift[asked].sum(), rel=0.02)
