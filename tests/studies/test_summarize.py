"""Reductions against tables worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.data import load_region
from sim.studies import manifest
from sim.studies import summarize as summarize_module
from sim.studies.identity import basis_of
from sim.studies.manifest import DONE, Job
from sim.studies.store import encode, save, tables_of
from sim.studies.summarize import members, summarize
from tests.studies import fake_simulator

RATES = {"no_new_policy": [0.60, 0.62, 0.64, 0.66], "plan": [0.61, 0.63, 0.66, 0.67]}


@pytest.fixture
def reduced(make):
    """Return a function that stores four draws with rates of our choice in 2029 and reduces them."""

    def build(scenarios=("no_new_policy", "plan"), rates=RATES, discrepancy=False):
        config = make(draws=4, end_year=2029, scenarios=list(scenarios), discrepancy=discrepancy)
        setup = fake_simulator.prepare(config)
        rows = manifest.plan(config, basis_of(config, setup.scenario_content, setup.data_hash))
        for draw in range(4):
            outputs = fake_simulator.simulate_draw(setup, draw, 0)
            for output in outputs:
                set_rate(output, rates[output.scenario][draw], draw)
            own = [row for row in rows.values() if row.draw == draw]
            tables = [tables_of(output, row.run_id) for output, row in zip(outputs, own, strict=True)]
            save(config.study_dir, encode(Job(draw, 0, tuple(scenarios)), own, tables, outputs[0].start))
        rows = {key: row._replace(status=DONE) for key, row in rows.items()}
        summarize(config.study_dir, config, rows)
        return config.study_dir

    return build


def set_rate(output: fake_simulator.Output, rate: float, draw: int) -> None:
    table = output.indicators
    chosen = (table["indicator"] == "resident_urban_rate") & (table["year"] == 2029) & (table["place"] == "430000")
    table.loc[chosen & (table["step"] == 4), "value"] = rate
    table.loc[chosen & (table["step"] != 4), "value"] = 99.0
    output.accounts["born"] = 10.0 + draw
    output.flows["persons"] = 100.0 * (draw + 1) if draw else 0.0
    output.pyramid["persons"] = 10.0 * draw


def cell(frame: pd.DataFrame, **where: object) -> pd.Series:
    for key, value in where.items():
        frame = frame[frame[key] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_a_number_that_never_varies_has_no_variance_to_reduce(make):
    """The last digit of a number that is the same in every run depends on the order of its sum: that is 0/0."""
    config = make(draws=24, end_year=2029)
    setup = fake_simulator.prepare(config)
    rows = manifest.plan(config, basis_of(config, setup.scenario_content, setup.data_hash))
    for draw in range(24):
        outputs = fake_simulator.simulate_draw(setup, draw, 0)
        for output in outputs:
            output.indicators.loc[output.indicators["indicator"] == "rate_gap", "value"] = (0.1, 0.1 + 2e-17)[draw % 2]
        own = [row for row in rows.values() if row.draw == draw]
        tables = [tables_of(output, row.run_id) for output, row in zip(outputs, own, strict=True)]
        save(config.study_dir, encode(Job(draw, 0, ("no_new_policy", "plan")), own, tables, outputs[0].start))
    summarize(config.study_dir, config, {key: row._replace(status=DONE) for key, row in rows.items()})
    effects = pd.read_csv(config.study_dir / "effects.csv").set_index("indicator")["variance_reduction"]
    assert effects["rate_gap"].isna().all()
    assert effects["resident_urban_rate"].notna().any()


def test_bands_are_quantiles_of_year_ends_over_runs(reduced):
    frame = pd.read_csv(reduced() / "summary.csv", dtype={"place": str})
    found = cell(frame, scenario="no_new_policy", year=2029, place="430000", indicator="resident_urban_rate")
    assert found["median"] == pytest.approx(0.63)
    assert [found["p05"], found["p25"], found["p75"], found["p95"]] == pytest.approx([0.603, 0.615, 0.645, 0.657])
    assert found["mean"] == pytest.approx(0.63)
    assert (found["runs"], found["unit"]) == (4, "share")
    start = cell(frame, scenario="plan", year=2020, place="430102", indicator="resident_urban_rate")
    assert start["median"] == pytest.approx(0.5876)


def test_runs_are_those_in_which_a_share_is_defined(reduced, monkeypatch):
    lost = {"place": "430102", "indicator": "residents", "year": 2029}

    def without_one(output, rate, draw, plain=set_rate):
        plain(output, rate, draw)
        table = output.indicators
        if draw == 2:
            output.indicators = table[~(table[list(lost)] == pd.Series(lost)).all(axis=1)]

    monkeypatch.setattr(f"{__name__}.set_rate", without_one)
    frame = pd.read_csv(reduced() / "summary.csv", dtype={"place": str})
    assert cell(frame, scenario="plan", **lost)["runs"] == 3
    assert cell(frame, scenario="plan", **lost | {"place": "430000"})["runs"] == 4


def test_effects_are_paired_differences(reduced):
    frame = pd.read_csv(reduced() / "effects.csv", dtype={"place": str})
    assert set(frame["scenario"]) == {"plan"}
    found = cell(frame, year=2029, place="430000", indicator="resident_urban_rate")
    difference = np.array(RATES["plan"]) - np.array(RATES["no_new_policy"])
    assert found["median"] == pytest.approx(0.01)
    assert [found["p05"], found["p95"]] == pytest.approx([0.01, 0.0185])
    unpaired = np.var(RATES["plan"], ddof=1) + np.var(RATES["no_new_policy"], ddof=1)
    assert found["variance_reduction"] == pytest.approx(1 - np.var(difference, ddof=1) / unpaired)


@pytest.mark.parametrize("scenarios", [("plan",), ("no_new_policy",), ("plan", "jobs_first")])
def test_without_a_pair_there_are_no_effects(reduced, scenarios):
    folder = reduced(scenarios, dict.fromkeys(scenarios, RATES["plan"]))
    assert pd.read_csv(folder / "effects.csv").empty
    assert set(pd.read_csv(folder / "summary.csv")["scenario"]) == set(scenarios)


def test_accounts_are_those_of_one_draw_by_zone_and_summed_upwards(reduced):
    frame = pd.read_csv(reduced() / "accounts.csv", dtype={"place": str})
    county = cell(frame, scenario="plan", year=2029, place="430102", zone="urban")
    assert county["born"] == 11.0
    assert county["counted"] == 1.0
    assert cell(frame, scenario="plan", year=2029, place="430000", zone="rural")["born"] == 33.0
    assert cell(frame, scenario="plan", year=2029, place="4301", zone="rural")["counted"] == -2.0
    assert cell(frame, scenario="plan", year=2029, place="group:chang_zhu_tan", zone="urban")["born"] >= 22.0


def test_accounts_of_all_scenarios_are_of_the_median_draw_of_the_baseline(reduced):
    """The plan has its own median in draw 0: its accounts are those of draw 1 all the same."""
    rates = RATES | {"plan": [0.63, 0.61, 0.70, 0.67]}
    frame = pd.read_csv(reduced(rates=rates) / "accounts.csv", dtype={"place": str})
    assert set(zip(frame["scenario"], frame["draw"], frame["replicate"], strict=True)) == {
        ("no_new_policy", 1, 0),
        ("plan", 1, 0),
    }
    assert frame["scenario"].unique().tolist() == ["no_new_policy", "plan"]
    assert set(frame["place"]) <= set(members(load_region("hunan"))["place"])
    alone = pd.read_csv(reduced(("plan",), {"plan": rates["plan"]}) / "accounts.csv")
    assert set(alone["draw"]) == {0}


def test_a_draw_that_one_scenario_lacks_has_no_accounts():
    values = pd.DataFrame(
        [
            (name, draw, 0, "resident_urban_rate", 2029, 0.6 + 0.01 * draw)
            for name in ("no_new_policy", "plan")
            for draw in range(3)
        ],
        columns=["scenario", "draw", "replicate", "indicator", "year", "value"],
    )
    names = ["no_new_policy", "plan"]
    assert summarize_module._median_pair(values, names) == (1, 0)
    lost = values[~((values["scenario"] == "plan") & (values["draw"] == 1))]
    assert summarize_module._median_pair(lost, names) == (0, 0)
    assert summarize_module._median_pair(values.drop(index=[1, 3, 5]), names) is None


def test_flows_are_means_over_all_runs_and_pyramids_medians(reduced):
    folder = reduced()
    assert cell(pd.read_csv(folder / "flows.csv"), scenario="plan")["persons"] == pytest.approx((200 + 300 + 400) / 4)
    pyramid = pd.read_csv(folder / "pyramid.csv")
    assert cell(pyramid, scenario="plan", zone="urban", sex="f", age_lo=5)["persons"] == 15.0


def test_draws_are_listed_once(reduced):
    folder = reduced()
    parameters = pd.read_parquet(folder / "parameters.parquet")
    assert parameters.groupby("name")["draw"].agg(list).to_dict() == {
        "income_coefficient": [0, 1, 2, 3],
        "taste_sd": [0, 1, 2, 3],
    }
    levers = pd.read_parquet(folder / "levers.parquet")
    assert levers.columns.tolist() == ["draw", "lever", "quantity", "value"]
    start = pd.read_csv(folder / "start.csv")
    assert start["published"].tolist() == [0.5971] * 4


def test_every_county_belongs_to_itself_its_prefecture_the_province_and_its_groups():
    region = load_region("hunan")
    table = members(region)
    assert set(table.loc[table["county_code"] == "430102", "place"]) >= {"430102", "4301", "430000"}
    assert (table["place"] == "430000").sum() == region.n_counties
    assert not table.duplicated().any()


def test_costs_are_by_lever_and_none_without_policy(reduced):
    costs = pd.read_csv(reduced() / "costs.csv", dtype={"place": str})
    assert "no_new_policy" not in set(costs["scenario"])
    row = cell(costs, scenario="plan", lever="T3", place="430000")
    assert row["median"] == row["mean"]
    assert row["p05"] < row["median"] < row["p95"]


def test_runs_counts_only_runs_in_which_a_share_is_defined(reduced, monkeypatch):
    """A share over nobody has no row: band, runs and paired difference leave that run out."""
    shares = {0: 0.5, 2: 0.7, 3: 0.9}
    plain = set_rate

    def with_share(output, rate, draw):
        plain(output, rate, draw)
        if draw in shares:
            value = shares[draw] + (0.01 if output.scenario == "plan" else 0.0)
            row = {"year": 2029, "step": 4, "place": "group:river", "indicator": "public_school_share", "value": value}
            output.indicators = pd.concat([output.indicators, pd.DataFrame([row | {"unit": "share"}])])

    monkeypatch.setattr("tests.studies.test_summarize.set_rate", with_share)
    folder = reduced()
    frame, effects = (pd.read_csv(folder / f"{name}.csv", dtype={"place": str}) for name in ("summary", "effects"))
    share = cell(frame, scenario="no_new_policy", year=2029, place="group:river", indicator="public_school_share")
    assert share["runs"] == 3
    assert share["median"] == pytest.approx(0.7)
    assert share["mean"] == pytest.approx(0.7)
    rate = cell(frame, scenario="no_new_policy", year=2029, place="430000", indicator="resident_urban_rate")
    assert rate["runs"] == 4
    paired = cell(effects, scenario="plan", year=2029, place="group:river", indicator="public_school_share")
    assert paired["median"] == pytest.approx(0.01)
