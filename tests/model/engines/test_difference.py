"""A run told as its difference from another one is the run itself, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.agents.registration import REGISTRATION
from sim.agents.settling import SETTLING
from sim.agents.world import Hazards
from sim.config import load_config
from sim.model.engines.difference import (
    CARRIED,
    EQUAL_HAZARDS,
    SINGLE,
    TRIED_HAZARDS,
    DifferenceEngine,
    UnlikeError,
    partners,
)
from sim.model.engines.fast import FastEngine
from sim.model.engines.recording import RecordingEngine
from sim.model.path import history as paths
from sim.model.path.begin import begin
from sim.model.path.plans import Planner
from sim.model.path.setup import prepare
from sim.model.year.tables import build_world
from sim.policies import median_effects, scenario_names
from sim.policies.scenario import LeverSetting

END = 2030


@pytest.fixture(scope="module")
def shipped():
    """Every scenario in the repository, thirty thousand households, one draw at its last observed year."""
    setup = prepare(load_config(scenarios=scenario_names(), households=30_000, draws=1, end_year=END, posterior=None))
    return setup, begin(setup, 0, 0)


def equal(one, other, households=True):
    """Return whether two runs agree in every record, every household (unless told not to look) and every market."""
    for a, b in zip(one.records, other.records, strict=True):
        found = [(*r.ledger, r.stocks, r.ages, *r.step_residents) for r in (a, b)]
        assert all(np.array_equal(x, y) for x, y in zip(*found, strict=True)), a.year
    if households:
        rows = [run.sim.engine.sorted_rows() for run in (one, other)]
        assert all(np.array_equal(x, y) for x, y in zip(*rows, strict=True))
    for part in (lambda sim: sim.markets, lambda sim: sim):
        found = [{k: v for k, v in vars(part(run.sim)).items() if isinstance(v, np.ndarray)} for run in (one, other)]
        assert all(found[0][name].tobytes() == found[1][name].tobytes() for name in found[0])
    assert np.array_equal(one.sim.engine.geo.block_zone, other.sim.engine.geo.block_zone)
    return True


def test_every_scenario_beside_another_is_as_by_itself(shipped):
    setup, history = shipped
    first, *rest = ["no_new_policy", *(name for name in setup.scenarios if name != "no_new_policy")]
    recorded = paths.run_beside(setup, history, first)[0]
    assert isinstance(recorded.sim.engine, RecordingEngine)
    assert equal(recorded, paths.advance(setup, history, first, END))
    alone = []
    for name in rest:
        beside = paths.run_beside(setup, history, name)[0]
        if not isinstance(beside.sim.engine, DifferenceEngine):
            alone.append(name)
        assert equal(beside, paths.advance(setup, history, name, END)), name
    assert alone == [name for name in rest if name.endswith("_ageing")]


SHOCKS = ("stress_boom", "stress_reclassification_wave", "plan_no_reclassification", "plan_within_budget")


@pytest.mark.parametrize("first", SHOCKS)
def test_a_shock_may_be_recorded_first(shipped, first):
    setup, history = shipped
    setup, here = replace(setup, end_year=2028), replace(history, beside=paths.Beside())
    for name in (first, "stress_slump", "plan", first):
        assert equal(paths.run_beside(setup, here, name)[0], paths.advance(setup, here, name, 2028)), name


def test_a_record_serves_other_lengths_and_other_effects_or_is_left(shipped):
    setup, history = shipped
    here = replace(history, beside=paths.Beside())
    median = replace(here, effects=median_effects(setup.levers))
    for year, state in ((2027, here), (2029, here), (2026, here), (2027, median), (2028, median)):
        to = replace(setup, end_year=year)
        for name in ("no_new_policy", "plan"):
            beside, alone = paths.run_beside(to, state, name)[0], paths.advance(to, state, name, year)
            assert equal(beside, alone, households=type(beside.sim.engine) is FastEngine), (year, name)


@pytest.mark.parametrize("keys", [{"steps_per_year": 12}, {"order": {"registration": "moves", "couples": "arrivals"}}])
def test_monthly_steps_and_other_orders(keys):
    names = ["no_new_policy", "registration_first", "plan_boom"]
    setup = prepare(load_config(scenarios=names, households=30_000, draws=1, end_year=2027, **keys))
    history = begin(setup, 0, 0)
    for name in names:
        beside = paths.run_beside(setup, history, name)[0]
        assert isinstance(beside.sim.engine, RecordingEngine if name == names[0] else DifferenceEngine)
        assert equal(beside, paths.advance(setup, history, name, 2027)), name


def test_every_hazard_is_equal_or_tried():
    assert sorted(EQUAL_HAZARDS + TRIED_HAZARDS) == sorted(Hazards._fields)


@pytest.mark.parametrize("seed", range(6))
def test_random_bundles_beside_each_other(shipped, seed):
    """Levers, intensities and years at random, and any of them recorded first."""
    setup, history = shipped
    rng = np.random.default_rng(seed)
    plan = setup.scenarios["plan"]
    bundles = {"no_new_policy": setup.scenarios["no_new_policy"]}
    for k in range(3):
        acts = dict.fromkeys(rng.choice(sorted(plan.settings), rng.integers(1, 12), replace=False).tolist(), 1.0)
        settings = {
            name: LeverSetting(intensity=acts.get(name, 0.0) * rng.uniform(), start=int(rng.integers(2025, 2028)))
            for name in plan.settings
        }
        bundles[f"bundle_{k}"] = replace(plan, name=f"bundle_{k}", settings=settings)
    names = rng.permutation(list(bundles)).tolist()
    random = replace(setup, scenarios={name: bundles[name] for name in names}, end_year=2028)
    here = replace(history, beside=paths.Beside())
    for name in names:
        assert equal(paths.run_beside(random, here, name)[0], paths.advance(random, here, name, 2028)), name


def test_another_rule_of_the_year_is_not_told_as_a_difference(shipped):
    sim = shipped[1].sim.copy()
    recorded = RecordingEngine(sim.engine, sim.engine.geo)
    recorded.observe()
    other = DifferenceEngine(recorded, sim.engine.geo)
    with pytest.raises(UnlikeError, match="network was called where the recorded run called observe"):
        other.network()
    with pytest.raises(UnlikeError, match="called nothing"):
        other.observe()
    with pytest.raises(UnlikeError):
        other.copy()


def test_a_process_that_lists_nobody_is_not_told_as_a_difference(shipped):
    sim = shipped[1].sim.copy()
    world = build_world(sim, Planner.neutral_plan(sim.draw), range(1, 4))
    recorded = RecordingEngine(sim.engine, sim.engine.geo)
    unknown = SETTLING._replace(bounds=None)
    recorded.each(unknown, world)
    with pytest.raises(UnlikeError, match="settling: it is not known"):
        DifferenceEngine(recorded, sim.engine.geo).each(unknown, world)


def test_chances_beyond_those_that_rows_were_listed_for_are_refused(shipped):
    sim = shipped[1].sim.copy()
    world = build_world(sim, Planner.neutral_plan(sim.draw), range(1, 4))
    for process, change in (
        (REGISTRATION, {"register_screen": 4.1 * world.hazards.register_screen}),
        (SETTLING, {"purchase": 2.1 * world.hazards.purchase}),
    ):
        recorded = RecordingEngine(sim.engine, sim.engine.geo)
        recorded.each(process, world)
        more = world._replace(hazards=world.hazards._replace(**change))
        with pytest.raises(UnlikeError, match=f"{process.name}: chances are more"):
            DifferenceEngine(recorded, sim.engine.geo).each(process, more)


def test_counts_of_an_undisturbed_run_are_those_recorded(shipped):
    sim = shipped[1].sim.copy()
    recorded = RecordingEngine(sim.engine, sim.engine.geo)
    stocks, ages = recorded.observe()
    other = DifferenceEngine(recorded, sim.engine.geo)
    found = other.observe()
    assert np.array_equal(found[0], stocks)
    assert np.array_equal(found[1], ages)
    assert other.own.rows == other.there.rows == 0


def test_few_households_run_by_themselves(central_setup):
    history = begin(central_setup, 0, 0)
    for name in central_setup.scenarios:
        assert type(paths.run_beside(central_setup, history, name)[0].sim.engine) is FastEngine


def test_partners_by_position():
    pairs = np.array([[0, 3], [4, CARRIED], [CARRIED, CARRIED]])
    assert partners(6, pairs).tolist() == [3, SINGLE, SINGLE, 0, CARRIED, SINGLE]
