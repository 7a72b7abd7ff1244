"""Budgets: money that binds, is refused, or suffices; paper registrations and local shocks."""

from __future__ import annotations

import numpy as np
import pytest

from sim.data import load_region
from sim.model.path.begin import begin
from sim.model.path.budget import check_budget, expected_cost, start_people
from sim.model.path.plans import Planner
from sim.model.path.policy import BILLION, SLACK, Money, PolicyPath
from sim.model.year.processes import run_year
from sim.policies import PolicyFileError, load_scenario, median_effects, scenario_from_mapping
from sim.policies.plan import plan_years
from sim.policies.quantities import QUANTITY_INDEX

YEARS = plan_years().open_years(load_region().last_observed)
HEAD = {"name": "mix", "name_en": "Mix", "name_zh": "组合", "description": "d"}


def scenario(setup, **more):
    return scenario_from_mapping({**HEAD, "every_lever": 0.5, **more}, setup.levers, setup.region)


@pytest.fixture(scope="module")
def people(central_setup):
    return start_people(central_setup.region, next(iter(central_setup.populations.values())))


def test_people_of_the_start_are_those_of_the_census(central_setup, people):
    census = central_setup.region.table("county_census").query("year == 2020")
    assert people["urban_residents"].sum() == pytest.approx(census["residents_urban"].sum(), rel=0.01)
    assert people["residents"].sum() == pytest.approx(census["residents"].sum(), rel=0.01)
    assert 0 < people["unregistered_residents"].sum() < people["urban_residents"].sum()


def test_a_scenario_above_its_limit_is_refused_with_what_is_dearest(central_setup, people):
    def check(years=YEARS, **more):
        return check_budget(scenario(central_setup, **more), central_setup.levers, central_setup.region, people, years)

    with pytest.raises(PolicyFileError, match=r"budget: the levers are expected to cost [\d.]+ billion yuan in 2029"):
        check(budget={"rule": "refuse", "limit": 1.0})
    assert "cut pro rata" in check(budget={"rule": "scale", "limit": 1.0})
    assert check(budget={"rule": "refuse", "limit": 10_000.0}) == ""
    assert check() == ""


def test_what_an_observed_year_cost_is_not_counted(central_setup, people):
    setup = central_setup
    mix = {**HEAD, "levers": {"T5": {2025: 1.0, 2026: 0.0}}, "budget": {"rule": "refuse", "limit": 0.01}}
    dear = scenario_from_mapping(mix, setup.levers, setup.region)
    with pytest.raises(PolicyFileError, match="billion yuan in 2025"):
        check_budget(dear, setup.levers, setup.region, people, range(2025, 2030))
    assert check_budget(dear, setup.levers, setup.region, people, range(2026, 2030)) == ""
    assert check_budget(dear, setup.levers, setup.region, people, range(2030, 2030)) == ""


def test_expected_cost_is_linear_in_intensity_without_enablers(central_setup, people):
    setup = central_setup
    levers = {"T5": 0.4, "T8": 0.4}
    low = expected_cost(
        scenario_from_mapping({**HEAD, "levers": levers}, setup.levers, setup.region),
        setup.levers,
        setup.region,
        people,
        YEARS,
    )
    levers = {"T5": 0.8, "T8": 0.8}
    high = expected_cost(
        scenario_from_mapping({**HEAD, "levers": levers}, setup.levers, setup.region),
        setup.levers,
        setup.region,
        people,
        YEARS,
    )
    for lever in ("T5", "T8"):
        assert np.allclose(high[lever], 2.0 * low[lever])


def test_the_cap_binds_pro_rata_and_leaves_what_costs_nothing(central_setup, started):
    """Half of the money needed: about half of every intensity that costs money, exactly the money; P7 stays."""
    setup, sim = central_setup, started
    effects = median_effects(setup.levers)
    years = [2028, 2029]
    record = type("Record", (), {"stocks": sim.stocks, "ledger": _moves(sim)})()
    free = PolicyPath.of(scenario(setup), setup.levers, effects, setup.region, years)
    need = sum(c.sum() for c in free.cost(years[-1], record, sim.draw.weight).values()) / BILLION
    assert need > 0.0
    tight = scenario(setup, budget={"rule": "scale", "limit": need / 2.0})
    path = PolicyPath.of(tight, setup.levers, effects, setup.region, years)
    path.fit_budget(years[-1], record, sim.draw.weight)
    share = path.delivered[-1, 0]
    assert share == pytest.approx(0.5, abs=0.03), "discounts and awards are not quite in proportion to intensity"
    paid = sum(c.sum() for c in path.cost(years[-1], record, sim.draw.weight).values()) / BILLION
    assert (1.0 - SLACK) * need / 2.0 <= paid <= need / 2.0
    scaled = path.table.copy()
    path.fit_budget(years[-1], record, sim.draw.weight)
    assert (path.table == scaled).all(), "a year that fits is left alone"
    column = QUANTITY_INDEX["budget"]
    assert (path.table[-1, column] == free.table[-1, column]).all()
    column = QUANTITY_INDEX["insurance_enrolment"]
    assert np.allclose(path.table[-1, column], share * free.table[-1, column])
    assert (path.table[0] == free.table[0]).all(), "other years are left alone"
    free.fit_budget(years[-1], record, sim.draw.weight)
    assert (free.delivered == 1.0).all()


def test_aimed_money_is_spent_where_it_is_aimed_and_the_base_is_shared(central_setup):
    """By hand: base B and aimed A against needs X there and Y elsewhere pay the share B / (X - A + Y) of the rest."""
    setup = central_setup
    effects = median_effects(setup.levers)
    sim = begin(setup, 0, 0).sim
    record = type("Record", (), {"stocks": sim.stocks, "ledger": _moves(sim)})()
    where = np.zeros(setup.region.n_counties, dtype=bool)
    where[setup.region.groups["potential_areas"]] = True
    levers = {"P7": {"intensity": 0.05, "where": {"groups": ["potential_areas"]}}}
    aimed = scenario(setup, budget={"rule": "scale"}, levers=levers)
    path = PolicyPath.of(aimed, setup.levers, effects, setup.region, [2029])

    def cost():
        return sum(path.cost(2029, record, sim.draw.weight).values()) / BILLION

    raised, base = 0.05 * effects["P7", "budget"], effects["combining", "base_budget"]
    there, elsewhere = cost()[where].sum(), cost()[~where].sum()
    assert there > raised
    assert there - raised + elsewhere > base
    share = base / (there - raised + elsewhere)
    path.fit_budget(2029, record, sim.draw.weight)
    assert cost()[where].sum() == pytest.approx(raised + share * (there - raised), rel=2 * SLACK)
    assert cost()[~where].sum() == pytest.approx(share * elsewhere, rel=2 * SLACK)
    assert cost().sum() == pytest.approx(base + raised, rel=2 * SLACK)
    assert path.delivered[0, where].min() > path.delivered[0, ~where].max()


def test_money_that_is_aimed_where_little_is_needed_stays_there():
    money = Money.of(10.0, np.array([0.0, 30.0]))
    assert money.missing(np.array([10.0, 5.0])) == pytest.approx(0.0)
    assert money.missing(np.array([12.0, 5.0])) == pytest.approx(2.0)
    assert money.missing(np.array([12.0, 33.0])) == pytest.approx(5.0)
    assert Money.of(10.0, np.array([30.0, 30.0])).missing(np.array([12.0, 33.0])) == pytest.approx(5.0)
    assert Money.of(10.0, np.zeros(2)) == Money(10.0)


def test_every_planned_year_is_within_the_cap_and_the_booked_cost_is_near_it(central_setup):
    """A whole run at 5 billion yuan a year: planned never above, booked within a tenth."""
    setup, limit = central_setup, 5.0
    history = begin(setup, 0, 0)
    tight = scenario(setup, budget={"rule": "scale", "limit": limit})
    planner = Planner(history.sim.draw, setup.published).with_history(history.solved)
    sim, record = history.sim.copy(), history.records[-1]
    years = range(sim.year + 1, setup.end_year + 1)
    everywhere = np.ones(setup.region.n_counties, dtype=bool)
    planner = planner.with_policy(tight, setup.levers, median_effects(setup.levers), years[0], years[-1])
    for year in years:
        plan = planner.projected_plan(year, record)
        planned = planner.policy.planned_cost(year, record, sim.draw.weight, everywhere)
        record = run_year(sim, plan)
        booked = sum(cost.sum() for cost in planner.costs(year, record).values()) / BILLION
        assert planned <= limit
        if planner.policy.delivered[year - years[0], 0] < 1.0:
            assert planned >= (1.0 - SLACK) * limit
            assert booked == pytest.approx(limit, rel=0.1)
    assert (planner.policy.delivered[-1] < 1.0).all(), "the cap binds"


def _moves(sim):
    from sim.model.engines.fast import empty_ledger

    return empty_ledger(sim.engine.geo)


def test_paper_registrations_add_up_to_the_share_that_is_left(central_setup):
    setup = central_setup
    effects = median_effects(setup.levers) | {("P1", "paper_registrations"): 0.01, ("T14", "paper_registrations"): 0.0}
    alone = scenario_from_mapping({**HEAD, "levers": {"P1": 1.0}}, setup.levers, setup.region)
    path = PolicyPath.of(alone, setup.levers, effects, setup.region, [2025, 2026, 2027])
    assert np.allclose(path.paper_share(2024), 0.0)
    assert np.allclose(path.paper_share(2025), 0.005)
    assert np.allclose(path.paper_share(2027), 1.0 - 0.995 * 0.99 * 0.99)


def test_a_local_shock_decays_where_it_hits(central_setup):
    setup = central_setup
    shock = {"where": {"groups": ["zixing_huarong"]}, "start": 2026, "utils": 0.8, "half_life": 1.0}
    hit = scenario_from_mapping({**HEAD, "exogenous": {"local_shocks": [shock]}}, setup.levers, setup.region)
    path = PolicyPath.of(hit, setup.levers, median_effects(setup.levers), setup.region, [2025, 2026, 2027])
    assert path.village_loss(2025) == 0.0
    loss = path.village_loss(2027)
    members = np.zeros(setup.region.n_counties, bool)
    members[setup.region.groups["zixing_huarong"]] = True
    assert np.allclose(loss[members], 0.4)
    assert not loss[~members].any()


def test_scenario_bundles_say_what_their_names_say(central_setup):
    setup = central_setup

    def load(name):
        return load_scenario(name, setup.levers, setup.region)

    late = load("late_delivery")
    assert {s.delay for s in late.settings.values()} == {2}
    assert {s.intensity for s in late.settings.values()} == {0.5}
    assert {s.intensity for s in load("full_intensity").settings.values()} == {1.0}
    assert {s.intensity for s in load("weak_delivery").settings.values()} == {0.25}
    assert load("plan_within_budget").budget.rule == "scale"
    assert load("plan_boom").exogenous.outside_pull_shift == 0.1
    assert not load("stress_boom").intensities([2029])["T1"].any()
    areas = {
        "settling": range(1, 6),
        "potential_areas": range(6, 10),
        "metropolitan": range(10, 14),
        "renewal": range(14, 18),
    }
    for area, numbers in areas.items():
        inside = {f"T{k}" for k in numbers}
        assert {x for x, s in load(f"only_{area}").settings.items() if not s.zero} == inside
        assert {x for x, s in load(f"without_{area}").settings.items() if s.zero} == inside
