"""One law on both sides of any information date."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.base.names import BASELINE
from sim.data import load_region
from sim.model.path.plans import Planner, observed_totals
from sim.model.solve.observed_years import SolvedYear
from sim.policies import load_levers, load_scenario, median_effects

REGION = load_region()
LEVERS = load_levers(region=REGION)


def solved(years, pull_in=-0.3):
    """Return observed years with a pull, met exactly."""
    return [SolvedYear(year, pull_in, 0.1, 1, 1.0, 0.6, 1.0, 0.6) for year in years]


def planner(draw, until, **params):
    """Return the plans of a draw at an information date, from 2020 on."""
    known = {**draw.params, "reclassification_change": 1.2, **params}
    published = observed_totals(REGION, 2020, until)
    draw = replace(draw, params=known, last_observed=until)
    return Planner(draw, published).with_history(solved(published))


def points(plan):
    assert np.ptp(plan.reclassified) == 0.0
    return float(plan.reclassified[0])


@pytest.mark.parametrize("until", [2021, 2022, 2023, 2024])
def test_reclassification_goes_on_as_before_at_every_date(central, until):
    made = planner(central[0], until)
    before = np.mean([points(made.observed_plan(year, (-0.3, 0.1))) for year in made.published])
    assert points(made.projected_plan(until + 1)) == pytest.approx(1.2 * before)


def test_without_observed_years_it_is_the_drawn_share_of_the_drawn_transfer(central):
    made = planner(central[0], 2020, transfer_per_year=800_000.0, reclassification_share=0.25)
    assert made.published == {}
    assert points(made.projected_plan(2021)) == pytest.approx(1.2 * 100 * 200_000 / 66_450_000)


@pytest.mark.parametrize("until", [2020, 2024])
def test_both_sides_vary_in_proportion(central, until):
    """Twice the share of the transfer, or twice the transfer, is twice the reclassification before and after."""
    base = {"transfer_per_year": 400_000.0, "reclassification_share": 0.2}
    once, year = planner(central[0], until, **base), until + 1
    for name in base:
        twice = planner(central[0], until, **{**base, name: 2 * base[name]})
        assert points(twice.projected_plan(year)) == pytest.approx(2 * points(once.projected_plan(year)))
        for observed in once.published:
            before = points(once.observed_plan(observed, (-0.3, 0.1)))
            assert points(twice.observed_plan(observed, (-0.3, 0.1))) == pytest.approx(2 * before)


def test_what_was_solved_for_the_observed_years_is_carried(central):
    """A pull of -4 lowers the reclassification of a year to exp(-1) of it, and so what is carried."""
    usual = planner(central[0], 2024)
    low = Planner(usual.draw, usual.published).with_history(solved(usual.published, -4.0))
    ratio = points(low.projected_plan(2025)) / points(usual.projected_plan(2025))
    assert ratio == pytest.approx(np.exp(-1.0))


def test_plans_before_and_after_a_date_have_the_same_fields_without_policy(central):
    made = planner(central[0], 2024)
    before, after = made.observed_plan(2024, (-0.3, 0.1)), made.projected_plan(2025)
    for name in set(vars(before)) - {"mods", "pulls", "reclassified"}:
        assert getattr(before, name) == getattr(after, name), name
    assert all(np.array_equal(before.mods[name], after.mods[name]) for name in before.mods)


def test_a_scenario_can_stop_it_or_add_a_wave(central):
    effects = median_effects(LEVERS)

    def of(name):
        made = planner(central[0], 2024)
        return made.with_policy(load_scenario(name, LEVERS, REGION), LEVERS, effects, 2025, 2030)

    drawn, none, wave = (of(name) for name in (BASELINE, "stress_no_reclassification", "stress_reclassification_wave"))
    assert points(none.projected_plan(2027)) == none.projected_plan(2027).status_loss == 0.0
    assert drawn.projected_plan(2027).status_loss == central[0].params["urban_status_loss"]
    assert points(wave.projected_plan(2027)) == pytest.approx(points(drawn.projected_plan(2027)) + 0.5)
    assert points(wave.projected_plan(2026)) == pytest.approx(points(drawn.projected_plan(2026)))
