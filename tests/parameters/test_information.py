"""What a run may know at its information date."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import sim
from sim.config import CONFIGS, ConfigError, load_config, read_yaml
from sim.data import load_region
from sim.model.path.begin import start_simulation
from sim.model.path.setup import draw_of, prepare
from sim.model.year.processes import run_year
from sim.model.year.schedules import load_schedules
from sim.parameters.declared import ParameterError, declared, draw_parameters
from sim.parameters.information import accounting, information, last_data, parameters_at, replaced_names, source_at

REGION = load_region("hunan")


def test_accounting_is_the_median_of_the_last_four_years():
    """By hand from the published series: the middle two of 2017-2020."""
    series = REGION.table("province_series").set_index("year").astype(float)
    loss, transfer, growth = [], [], []
    for year in (2017, 2018, 2019, 2020):
        now, before = series.loc[year], series.loc[year - 1]
        natural = now["births"] - now["deaths"]
        loss.append(natural - now["residents"] + before["residents"])
        share = (now["urban_residents"] + before["urban_residents"]) / (now["residents"] + before["residents"])
        transfer.append(now["urban_residents"] - before["urban_residents"] - share * natural)
        growth.append(math.log(now["urban_residents"] / before["urban_residents"]))
    known = accounting(REGION, 2020)
    assert known["outside_loss"] == pytest.approx(sum(sorted(loss)[1:3]) / 2)
    assert known["transfer"] == pytest.approx(sum(sorted(transfer)[1:3]) / 2)
    assert known["labour_demand"] == pytest.approx(0.4 * sum(sorted(growth)[1:3]) / 2)


def test_no_drift_that_was_judged_from_later_years_is_left():
    """Drifts but the spread of shocks have a prior of the date, around no trend or what was published."""
    drifts = {name for name in read_yaml(CONFIGS / "sensitivity.yaml")["groups"]["drift"] if "volatility" not in name}
    assert drifts <= set(replaced_names())
    known = parameters_at(REGION, 2020)
    assert {name: known[name].median for name in drifts - {"labour_demand_growth"}} == pytest.approx(
        dict.fromkeys(drifts - {"labour_demand_growth"}, 0.0), abs=1e-9
    )


def test_later_figures_do_not_reach_an_earlier_date(monkeypatch):
    series = REGION.table("province_series")
    changed = series.copy()
    later = changed["year"] > 2020
    for column in ("residents", "urban_residents", "births", "deaths"):
        changed.loc[later, column] = 1.0

    class Changed:
        @staticmethod
        def table(_):
            return changed

    assert accounting(Changed, 2020) == accounting(REGION, 2020)
    assert accounting(Changed, 2021) != accounting(REGION, 2021)


def test_only_the_listed_priors_are_replaced_and_none_at_the_last_date():
    replaced = {n for n, p in parameters_at(REGION, 2020).items() if p.prior != declared()[n].prior}
    assert replaced <= set(replaced_names())
    assert {"transfer_per_year", "outside_loss_per_year", "move_trend"} <= replaced
    assert parameters_at(REGION, last_data()) == dict(declared())
    assert source_at(REGION, None).residents is None


def test_reclassification_goes_on_at_the_drawn_share_of_the_transfer():
    source = source_at(REGION, 2020)
    values = draw_parameters(1, 3, {}, source)
    expected = 100 * values["transfer_per_year"] * values["reclassification_share"] / 66_450_000
    assert values["reclassification_after_2024"] == pytest.approx(expected)
    fixed = draw_parameters(1, 3, {"reclassification_after_2024": 0.1}, source)
    assert fixed["reclassification_after_2024"] == 0.1


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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("last_data: 2024", "last_data: 33:46", "last_data: '33:46' is not allowed: a whole number"),
        ("  move_trend:", "  move_trent:", "replaced.move_trent: no such parameter; did you mean 'move_trend'"),
        ("mean: 0, sd: 0.05", "mean: 5, sd: 0.05", r"replaced.move_trend.prior: the range from -0.2 to 0.2 would cut"),
        ("rule: transfer, ", "", "give a prior, or a rule with a spread"),
        ("relative_spread: 0.2", "relative_spread: true", "true is not allowed: a number is expected"),
        ("rule: transfer", "rule: transfers", "'transfers' is not allowed: allowed is 'transfer'"),
    ],
)
def test_a_wrong_information_file_is_refused_with_its_line(tmp_path, old, new, message):
    text = (CONFIGS / "information.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "information.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ParameterError, match=rf"information\.yaml, line \d+: .*{message}"):
        information(file)
