"""Tables with and without discrepancy: what changes, what must not, and by how much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.data import load_region
from sim.studies import manifest
from sim.studies.bands import _band, _parts, _told
from sim.studies.discrepancy import learn
from sim.studies.identity import basis_of
from sim.studies.manifest import DONE, Job
from sim.studies.store import encode, save, tables_of
from sim.studies.summarize import summarize
from sim.studies.tables import sealed_table
from tests.studies import fake_simulator

RATE, HUNAN = "resident_urban_rate", "430000"
SCENARIOS = ("no_new_policy", "plan")


@pytest.fixture
def study(make):
    """Return a function that simulates and reduces a study of the stand-in, and its configuration."""

    def build(draws=3, **keys):
        config = make(draws=draws, end_year=2031, study=f"s{draws}", observed_until=2024, **keys)
        setup = fake_simulator.prepare(config)
        rows = manifest.plan(config, basis_of(config, setup.scenario_content, setup.data_hash))
        for draw in range(draws):
            outputs = fake_simulator.simulate_draw(setup, draw, 0)
            own = [row for row in rows.values() if row.draw == draw]
            tables = [tables_of(output, row.run_id) for output, row in zip(outputs, own, strict=True)]
            save(config.study_dir, encode(Job(draw, 0, SCENARIOS), own, tables, outputs[0].start))
        rows = {key: row._replace(status=DONE) for key, row in rows.items()}
        summarize(config.study_dir, config, rows)
        return config, rows

    return build


def test_a_stored_study_is_reduced_again_without_and_its_effects_stay(study):
    config, rows = study()
    folder = config.study_dir
    wide = sealed_table(folder, "summary.csv").set_index(["scenario", "year", "place", "indicator"])
    effects = (folder / "effects.csv").read_bytes()
    summarize(folder, config.model_copy(update={"discrepancy": False}), rows)
    plain = sealed_table(folder, "summary.csv").set_index(["scenario", "year", "place", "indicator"])
    assert (folder / "effects.csv").read_bytes() == effects
    assert sealed_table(folder, "census.csv").empty
    assert sealed_table(folder, "uncertainty.csv").empty
    assert wide.index.equals(plain.index)
    observed, later = ("no_new_policy", 2023, HUNAN, RATE), ("no_new_policy", 2029, HUNAN, RATE)
    assert wide.loc[observed].equals(plain.loc[observed])
    assert wide.loc[later, "p95"] - wide.loc[later, "p05"] > plain.loc[later, "p95"] - plain.loc[later, "p05"] + 0.03


def test_a_band_is_that_of_every_run_at_every_point(study):
    config, _ = study()
    region = load_region("hunan")
    added = learn(region, 2024, 2020).rate(HUNAN, [2029])[:, 0]
    setup = fake_simulator.prepare(config)
    values = []
    for draw in range(config.draws):
        table = fake_simulator.simulate_draw(setup, draw, 0)[0].indicators
        keep = (table["indicator"] == RATE) & (table["year"] == 2029) & (table["place"] == HUNAN) & (table["step"] == 4)
        values.append(float(table.loc[keep, "value"].iloc[0]))
    told = np.clip(np.add.outer(values, added), 0.0, 1.0)
    found = sealed_table(config.study_dir, "summary.csv")
    found = found[found["indicator"].eq(RATE) & found["year"].eq(2029) & found["place"].eq(HUNAN)].iloc[0]
    assert found[["p05", "median", "p95"]].tolist() == pytest.approx(np.quantile(told, [0.05, 0.5, 0.95]).tolist())


def test_census_and_figure_agree_at_the_census(study):
    config, _ = study()
    keys = ["scenario", "indicator"]
    summary, census = (sealed_table(config.study_dir, f"{name}.csv") for name in ("summary", "census"))
    for year, same in ((2030, True), (2029, False)):
        one = summary[summary["year"].eq(year) & summary["place"].eq(HUNAN)].set_index(keys)["p95"]
        other = census[census["year"] == year].set_index(keys)["p95"]
        assert np.allclose(one.loc[other.index], other) is same
    assert census["year"].min() == 2021


def test_variances_add_up(study):
    config, _ = study()
    table = sealed_table(config.study_dir, "uncertainty.csv")
    groups = table.groupby(["scenario", "year", "indicator", "reading"])["share"].sum(min_count=1).dropna()
    assert groups.to_numpy() == pytest.approx(1.0)
    own = table[table["part"].eq("pace_own") & table["year"].eq(2029) & table["indicator"].eq(RATE)]["sd"]
    assert own.to_numpy() == pytest.approx(5 * learn(load_region("hunan"), 2024, 2020).places[HUNAN].rate.own)


def test_noise_of_one_replicate_grows_from_the_last_observed_year(study):
    """180 points squared over households and a year, no more than the runs differ; that of residents is not known."""
    config, _ = study()
    table = sealed_table(config.study_dir, "uncertainty.csv")
    parts = table[table["scenario"].eq("plan") & table["reading"].eq("published")]
    sd = parts.pivot_table(index=["indicator", "year"], columns="part", values="sd", dropna=False)
    for year in (2023, 2024, 2025, 2029, 2031):
        known = max(year - 2024, 0) * 180.0 / config.households / 1e4
        runs = sd.loc[RATE, year]["draws"] ** 2 + sd.loc[RATE, year]["replicates"] ** 2
        assert sd.loc[RATE, year]["replicates"] ** 2 == pytest.approx(min(known, runs), rel=1e-6)
    assert sd.loc[RATE]["replicates"].iloc[-1] > 0.0
    assert sd.loc["residents"]["replicates"].isna().all()


def test_more_draws_leave_the_offsets_of_the_first_as_they_are(study):
    """Offsets know neither draws nor scenarios: the same function gives them whatever the study is."""
    first, second = study()[0], study(draws=6)[0]
    sds = [
        table[table["part"].isin(["pace_common", "pace_own", "figures"])].drop(columns="share").reset_index(drop=True)
        for table in (sealed_table(c.study_dir, "uncertainty.csv") for c in (first, second))
    ]
    assert sds[0].equals(sds[1])
    by_scenario = sds[0].drop(columns="scenario").groupby(sds[0]["scenario"])
    assert (
        by_scenario.get_group("plan")
        .reset_index(drop=True)
        .equals(by_scenario.get_group("no_new_policy").reset_index(drop=True))
    )


def test_shares_stay_inside_and_people_follow():
    """Two runs of one place, the second without anybody, at two points."""
    values = {RATE: [[0.99], [np.nan]], "residents": [[1e6], [0.0]]}
    values |= {"urban_residents": [[0.99e6], [0.0]], "rate_gap": [[0.2], [np.nan]]}
    both = {name: np.array([some]) for name, some in values.items()}
    told = _told(both, np.array([[[-0.04, 0.04]]]), np.array([[[np.log(2.0), 0.0]]]))
    assert told[RATE][0, 0].tolist() == pytest.approx([0.95, 1.0])
    assert told["urban_residents"][0, 0].tolist() == pytest.approx([1.9e6, 1e6])
    assert told["rate_gap"][0, 0].tolist() == pytest.approx([0.16, 0.21])
    assert told["residents"][0].tolist() == [pytest.approx([2e6, 1e6]), pytest.approx([0.0, 0.0])]
    bands = {name: dict(_band(some)) for name, some in told.items()}
    assert bands[RATE][0] == pytest.approx([0.975, 0.9525, 0.9625, 0.9875, 0.9975, 0.975, 1])
    assert bands["residents"][0][-2:] == pytest.approx([3e6 / 4, 2])


def test_places_with_as_many_runs_are_told_together_and_none_without():
    """Each place by itself with NumPy: one whole, one with a run missing, one that no run knows."""
    values = np.random.default_rng(1).normal(size=(4, 5, 8))
    values[1, 2], values[3] = np.nan, np.nan
    bands = dict(_band(values))
    assert sorted(bands) == [0, 1, 2]
    for place, runs in ((0, 5), (1, 4), (2, 5)):
        own = values[place][np.isfinite(values[place][:, 0])].ravel()
        assert bands[place] == [*np.quantile(own, [0.5, 0.05, 0.25, 0.75, 0.95]), own.mean(), runs]


def test_draws_and_replicates_by_the_law_of_total_variance():
    """Two draws of two replicates, 0 and 2, 4 and 6: within 2, of all 20/3."""
    region = load_region("hunan")
    found = learn(region, 2024, 2020)
    rows = _parts(
        [], pd.Series([0, 0, 1, 1]), pd.Series([0.0, 2.0, 4.0, 6.0]), found.places[HUNAN].rate, np.zeros(6), 1.0
    )
    parts = {name: sd**2 for name, sd, _ in rows}
    assert parts["replicates"] == pytest.approx(2.0)
    assert parts["draws"] == pytest.approx(20.0 / 3.0 - 2.0)


@pytest.mark.parametrize(("known", "draws", "replicates"), [(0.5, 3.5, 0.5), (9.0, 0.0, 4.0)])
def test_one_replicate_has_the_noise_of_its_households(known, draws, replicates):
    """Draws of 0, 2 and 4: a variance of 4, of which what is known to be noise, or all of it."""
    rate = learn(load_region("hunan"), 2024, 2020).places[HUNAN].rate
    rows = _parts([], pd.Series([0, 1, 2]), pd.Series([0.0, 2.0, 4.0]), rate, np.zeros(6), known)
    parts = {name: sd**2 for name, sd, _ in rows}
    assert (parts["draws"], parts["replicates"]) == pytest.approx((draws, replicates))
