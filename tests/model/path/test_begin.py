from __future__ import annotations

import numpy as np
import pytest

from sim.agents.world import BORN, DIED
from sim.config import load_config
from sim.model.path.begin import simulate_draw, start_simulation
from sim.model.path.plans import Planner, observed_totals
from sim.model.path.setup import draw_of, prepare
from sim.model.solve.observed_years import pass_observed_years
from sim.model.year.processes import run_year
from sim.model.year.tables import build_world, vital_scales


@pytest.fixture(scope="module")
def prior_setup():
    return prepare(load_config(households=10_000, draws=6, scenarios=["no_new_policy"], end_year=2026))


@pytest.mark.parametrize("draw", range(6))
def test_every_draw_passes_the_published_totals(prior_setup, draw):
    fixed, population = draw_of(prior_setup, draw, 0)
    published = observed_totals(fixed.region, 2020, 2035)
    last = fixed.region.last_observed
    assert sorted(published) == list(range(2021, last + 1))
    sim = start_simulation(fixed, population)
    planner = Planner(sim.draw, published)
    end, records, solved = pass_observed_years(sim, published, planner.observed_plan)
    assert (sim.year, end.year) == (2020, last)
    edge = 2 * fixed.region.n_counties
    for record, year in zip(records, solved, strict=True):
        residents = record.stocks[:edge, 0].sum() * fixed.weight
        rate = record.stocks[1:edge:2, 0].sum() / record.stocks[:edge, 0].sum()
        target = published[record.year]
        assert abs(residents / target.residents - 1) < 0.003
        assert abs(rate - target.urban_rate) < 0.002
        assert (year.residents, year.urban_rate) == (pytest.approx(residents), pytest.approx(rate))


def test_start_of_the_population_is_the_census(prior_setup):
    fixed, population = draw_of(prior_setup, 0, 0)
    sim = start_simulation(fixed, population)
    census = fixed.region.table("county_census").query("year == 2020")
    assert sim.hunan() * fixed.weight == pytest.approx(census["residents"].sum(), rel=0.003)
    assert sim.urban() * fixed.weight == pytest.approx(census["residents_urban"].sum(), rel=0.003)


def test_expected_births_and_deaths_of_2021_are_the_published_ones(prior_setup):
    fixed, population = draw_of(prior_setup, 0, 0)
    sim = start_simulation(fixed, population)
    sim.scales, _ = vital_scales(sim)
    world = build_world(sim, Planner.neutral_plan(sim.draw), range(1, 4))
    persons = sim.ages[:2] * fixed.weight
    births = 4 * (persons[:, 1] * world.vital.birth[:2]).sum()
    deaths = (persons * -np.expm1(4 * np.log1p(-world.vital.death[:2]))).sum()
    assert births == pytest.approx(fixed.schedules.published_births[2021], rel=1e-6)
    assert deaths == pytest.approx(fixed.schedules.published_deaths[2021], rel=1e-6)


def test_simulated_births_and_deaths_of_2021_are_published_within_sampling_error(prior_setup):
    """Eight replicates of one draw: events of Hunan residents against published births and deaths."""
    born, died, runs = 0.0, 0.0, 8
    for replicate in range(runs):
        fixed, population = draw_of(prior_setup, 0, replicate)
        sim = start_simulation(fixed, population)
        record = run_year(
            sim, Planner(sim.draw, observed_totals(fixed.region, 2020, 2035)).observed_plan(2021, (-1.0, -0.2))
        )
        counts = record.ledger.counts[: sim.edge]
        born += counts[:, BORN].sum()
        died += counts[:, DIED].sum()
    for seen, published in (
        (born, fixed.schedules.published_births[2021]),
        (died, fixed.schedules.published_deaths[2021]),
    ):
        expected = runs * published / fixed.weight
        assert abs(seen - expected) < 4 * np.sqrt(expected) + 0.02 * expected


def test_tables_of_a_run_agree_with_each_other(prior_setup):
    (output,) = simulate_draw(prior_setup, 1, 0)
    (again,) = simulate_draw(prior_setup, 1, 0)
    for name in ("indicators", "accounts", "flows", "pyramid"):
        assert getattr(output, name).equals(getattr(again, name)), name
    accounts = output.accounts.groupby(["year", "zone"], observed=True).sum(numeric_only=True)
    change = accounts[["born", "moved_in", "counted", "entered"]].sum(axis=1)
    change = change - accounts[["died", "moved_out", "left"]].sum(axis=1)
    province = output.indicators.query("place == '430000' and (step == 4 or year == 2020)")
    table = province.pivot_table(index="year", columns="indicator", values="value", observed=True)
    urban = table["urban_residents"].diff().dropna()
    rural = (table["residents"] - table["urban_residents"]).diff().dropna()
    for year in range(2021, 2027):
        assert change[year, "urban"] == pytest.approx(urban[year], abs=1e-3)
        assert change[year, "rural"] == pytest.approx(rural[year], abs=1e-3)
    assert accounts["counted"].groupby("year").sum().abs().max() < 1e-6
    yearly = accounts.groupby("year").sum()
    assert np.allclose(yearly["moved_in"], yearly["moved_out"], rtol=1e-12)
    assert np.allclose(table["resident_urban_rate"], table["urban_residents"] / table["residents"])
    assert np.allclose(table["rate_gap"], table["resident_urban_rate"] - table["registered_urban_rate"])
    pyramid = output.pyramid.groupby("year")["persons"].sum()
    for year in pyramid.index:
        assert pyramid[year] == pytest.approx(table["residents"][year])


def test_replicates_differ_and_share_parameters(prior_setup):
    a, b = draw_of(prior_setup, 2, 0)[0], draw_of(prior_setup, 2, 1)[0]
    assert a.seed != b.seed
    assert a.params == b.params
    assert draw_of(prior_setup, 3, 0)[0].params != a.params
