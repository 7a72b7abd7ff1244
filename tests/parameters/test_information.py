"""What a run may know at its information date."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd
import pytest

import sim
from sim.config import CONFIGS, ConfigError, load_config, read_yaml
from sim.data import load_region
from sim.model.path.begin import start_simulation
from sim.model.path.setup import draw_of, prepare
from sim.model.year.processes import run_year
from sim.model.year.schedules import load_schedules
from sim.parameters.accounting import accounting
from sim.parameters.declared import Parameter, declared
from sim.parameters.information import source_at

REGION = load_region("hunan")


def test_priors_of_an_earlier_date_are_those_of_the_present_field_by_field():
    """Only the middle of what follows the published series differs, by one rule at both dates."""
    last = REGION.last_observed
    past, present = source_at(REGION, 2020).declared, source_at(REGION, None).declared
    assert list(past) == list(present) == list(declared())
    followed = {name for name, parameter in present.items() if parameter.around}
    assert followed == {"transfer_per_year", "outside_loss_per_year", "labour_demand_growth"}
    for name, parameter in present.items():
        for field in fields(Parameter):
            if field.name != "prior" or name not in followed:
                assert getattr(past[name], field.name) == getattr(parameter, field.name), (name, field.name)
    for date, known in ((2020, past), (last, present)):
        levels = accounting(REGION, date)
        for name in followed:
            around = known[name].around
            assert known[name].prior["mean"] == levels[around.rule]
            assert known[name].prior["sd"] == (around.sd or around.relative_sd * levels[around.rule])
    assert source_at(REGION, last + 5).declared == present


def test_no_drift_is_known_at_any_date():
    groups = read_yaml(CONFIGS / "sensitivity.yaml")["groups"]["drift"]
    drifts = {name for name in groups if "volatility" not in name} - {"labour_demand_growth"}
    medians = {name: declared()[name].median for name in drifts}
    assert medians == pytest.approx(dict.fromkeys(drifts, 0.0), abs=1e-9)


def test_schedules_stay_as_they_were_known():
    full = load_schedules(REGION)
    known = full.known_until(2020)
    assert max(known.published_births) == 2020
    assert max(full.published_births) == REGION.last_observed
    assert known.position(2023) == known.position(2020) == full.position(2020)
    assert (known.death == full.death[: full.position(2020) + 1]).all()


def test_a_run_is_not_forced_past_its_information_date():
    keys = {"posterior": None, "households": 5_000, "draws": 1, "scenarios": ["no_new_policy"], "end_year": 2023}
    setup = prepare(load_config(observed_until=2021, **keys))
    assert sorted(setup.published) == [2021]
    assert max(setup.schedules.published_births) == 2021
    free = prepare(load_config(observed_until=2020, **keys))
    assert free.published == {}
    fixed, population = draw_of(free, 0, 0)
    simulation = start_simulation(fixed, population)
    assert (fixed.last_observed, simulation.year) == (2020, 2020)


def test_markets_rest_in_the_first_free_year_and_react_afterwards():
    from sim.model.path.plans import Planner

    keys = {"posterior": None, "households": 5_000, "draws": 1, "scenarios": ["no_new_policy"], "end_year": 2023}
    setup = prepare(load_config(observed_until=2020, **keys))
    simulation = start_simulation(*draw_of(setup, 0, 0))
    run_year(simulation, Planner.neutral_plan(simulation.draw))
    assert not simulation.markets.active
    arrived = simulation.markets.recent[0].sum()
    run_year(simulation, Planner.neutral_plan(simulation.draw))
    assert simulation.markets.active
    assert simulation.markets.vacancies.sum() == pytest.approx(arrived)


def test_an_information_date_changes_the_path_only_after_it():
    keys = {"posterior": None, "households": 5_000, "draws": 1, "scenarios": ["no_new_policy"], "end_year": 2022}

    def rate(until: int | None, year: int) -> float:
        table = pd.DataFrame(sim.run(observed_until=until, **keys))
        at_end = (table["place"] == "430000") & (table["indicator"] == "resident_urban_rate") & (table["step"] == 4)
        return float(table[at_end & (table["year"] == year)]["value"].iloc[0])

    published = REGION.table("province_series").set_index("year")["urban_rate"].astype(float)
    assert rate(2021, 2021) == pytest.approx(published[2021], abs=0.002)
    assert rate(2021, 2022) != pytest.approx(rate(None, 2022), abs=1e-6)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"observed_until": 2019}, "allowed is start = 2020 or a later year"),
        ({"observed_until": "soon"}, "observed_until"),
        ({"posterior": "nobody"}, r"posterior = nobody: unknown posterior"),
    ],
)
def test_wrong_dates_and_posteriors_are_refused(keys, message):
    with pytest.raises(ConfigError, match=message):
        load_config(**keys)
