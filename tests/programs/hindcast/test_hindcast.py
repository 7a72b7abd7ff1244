"""Hindcasts: benchmarks against hand-computed cases, and a tiny run of everything."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.base.errors import InputError
from sim.data import load_region
from sim.data.revisions import rate_drifts, revisions
from sim.programs.hindcast import cases, hindcast
from sim.statistics.scores import score

REGION = load_region("hunan")


def test_province_benchmarks_of_2024_are_the_known_errors():
    """Linear +2.9 points and logistic +1.1 to +2.6 over its ceilings, derived for Hunan independently."""
    case = cases.province_case(REGION)
    at = case.years.index(2024)
    linear = 100 * (case.forecasts["linear"][0, at] - case.observed[at])
    logistic = 100 * (case.forecasts["logistic"][0, at] - case.observed[at])
    assert linear == pytest.approx(2.87, abs=0.05)
    assert 1.1 < logistic < 2.6
    assert case.years == list(range(2021, REGION.last_observed + 1))


def test_county_benchmarks_are_the_known_scores():
    """Median error 4.8 points of the constant logit shift, rank 0.70 by initial share."""
    case = cases.county_case(REGION, given_province=True)
    shift = score(case.forecasts["constant_logit_shift"], case.observed, case.before)
    assert 100 * shift.median_error == pytest.approx(4.8, abs=0.05)
    assert score(case.forecasts["initial_share"], case.observed, case.before).rank == pytest.approx(0.70, abs=0.005)


def test_share_elsewhere_knows_the_province_only_where_it_is_given():
    """Given the province, counties add to its change less what composition adds elsewhere; else its level is theirs."""
    free, given = (cases.county_case(REGION, flag) for flag in (False, True))
    rule, (before, residents) = cases.rule_of(REGION), cases.census_shares(REGION, 2010)
    change = np.average(given.forecasts["share_elsewhere"].mean(axis=0) - before, weights=residents)
    rates = cases.province_rates(REGION)
    assert change == pytest.approx(rates[2020] - rates[2010] - rule.composition[0], abs=0.004)
    elsewhere = rule.weights @ [1.0, np.average(before, weights=residents), np.average(before**2, weights=residents)]
    middle = free.forecasts["share_elsewhere"].mean(axis=0)
    assert np.average(middle - before, weights=residents) == pytest.approx(elsewhere, abs=0.006)


def test_shocks_of_counties_widen_every_run_and_move_none():
    case, rule = cases.county_case(REGION, given_province=True), cases.rule_of(REGION)
    run = np.full((1, REGION.n_counties), 0.5)
    wide = cases.with_shocks(case, run, rule)
    assert wide.shape == (cases.SHOCKS, REGION.n_counties)
    assert wide.mean() == pytest.approx(0.5, abs=0.002)
    assert 0.055 < wide.std(axis=0).mean() < 0.065
    double = cases.with_shocks(case, np.vstack([run, run + 0.1]), rule)
    apart = np.median(double[cases.SHOCKS :] - double[: cases.SHOCKS], axis=0)
    assert apart == pytest.approx(0.1), "but for tails that end at 0 and 1"


def test_nothing_after_2010_reaches_the_free_county_benchmarks(monkeypatch):
    before = cases.county_case(REGION, given_province=False).forecasts
    rates = cases.province_rates(REGION)
    monkeypatch.setattr(cases, "province_rates", lambda _: {y: r if y <= 2010 else 0.99 for y, r in rates.items()})
    after = cases.county_case(REGION, given_province=False).forecasts
    assert all((before[name] == after[name]).all() for name in before)


def test_prefecture_sums_are_those_of_their_counties():
    share, residents = cases.census_shares(REGION, 2020)
    first = REGION.county_prefecture == 0
    expected = (share * residents)[first].sum() / residents[first].sum()
    assert cases.prefecture_shares(REGION, 2020)[0] == pytest.approx(expected)


def test_prefectures_are_their_census_plus_the_simulated_change():
    """Two counties of one prefecture rise from 40% to 45% and 60% to 65%: five points on top of the census."""
    case = cases.prefecture_case(REGION)
    codes, year = REGION.county_codes, case.years[0]
    row = {f"residents:{c}:{y}": 1e5 for c in codes for y in {2020, *case.years}}
    row |= {f"rate:{c}:2020": 0.4 + 0.2 * (k % 2) for k, c in enumerate(codes)}
    row |= {f"rate:{c}:{y}": row[f"rate:{c}:2020"] + 0.05 for c in codes for y in set(case.years)}
    members = cases.prefecture_members(pd.DataFrame([row]), REGION, case)
    assert year > 2020
    assert members[0] == pytest.approx(case.before + 0.05)


def test_drift_of_yearly_figures_by_hand():
    """2009: 43.19 against 43.30 - 1.545 = 41.755, four years; 2019: 57.22 against 57.45, nine years."""
    found = revisions(REGION)
    assert [(r.year, r.years) for r in found] == [(2009, 4), (2019, 9)]
    assert [r.error for r in found] == pytest.approx([0.4319 - 0.41755, 0.5722 - 0.5745])
    own = rate_drifts().loc["430000"]
    assert own.tolist() == pytest.approx([100 * r.error / r.years for r in found], abs=0.005), "the panel has the same"


def test_subset_keeps_columns_together():
    case = cases.county_case(REGION, given_province=True)
    keep = ~cases.changed_boundaries(REGION)
    part = case.subset(keep, "same")
    assert len(part.places) == keep.sum() == 115
    assert "430121" not in part.places
    at = case.places.index(part.places[5])
    assert part.observed[5] == case.observed[at]
    assert part.forecasts["initial_share"][0, 5] == case.forecasts["initial_share"][0, at]


def test_tiny_hindcast_from_the_job_to_the_scorecard(tmp_path, monkeypatch):
    calls = []
    simulate = hindcast.drawn_path

    def counted(setup, draw):
        calls.append(
            ({2020: "counties", REGION.last_observed: "given_province", 2029: "projection"}[setup.end_year], draw)
        )
        return simulate(setup, draw)

    monkeypatch.setattr(hindcast, "drawn_path", counted)
    keys = {
        "study": "h",
        "region": "hunan",
        "draws": 10,
        "households": 5_000,
        "seed": 1,
        "workers": 1,
        "posterior": None,
        "results": str(tmp_path),
    }
    assert hindcast.hindcast_job(keys) == 0
    table = pd.read_csv(tmp_path / "h" / hindcast.SCORECARD)
    forecasts = pd.read_csv(tmp_path / "h" / "forecasts.csv")
    assert set(table["case"]) >= {"province", "prefectures", "counties", "counties_given_province"}
    model = forecasts[(forecasts["forecaster"] == hindcast.PRIOR) & (forecasts["case"] == "province")]
    errors = 100 * (model["median"] - model["observed"])
    row = table[(table["case"] == "province") & (table["years"] == "all") & (table["forecaster"] == hindcast.PRIOR)]
    assert row["mae"].iloc[0] == pytest.approx(np.abs(errors).mean(), rel=1e-4)
    assert (model["median"].diff().dropna() > 0).all()
    added = pd.read_csv(tmp_path / "h" / hindcast.ENCOMPASSING)
    assert added["case"].unique().tolist() == [n for n in table["case"].unique() if n.startswith("counties")]
    assert (added["low"] < added["weight"]).all()
    agency = pd.read_csv(tmp_path / "h" / hindcast.AGENCY)
    assert agency["case"].tolist() == ["counties", *["given_province"] * (REGION.last_observed - 2020), "projection"]
    assert (agency["draws"] == 10).all()
    assert (agency["low"] < agency["high"]).all()
    assert {"null_model", "null_model_and_shocks"} <= set(table[table["case"] == "counties"]["forecaster"])
    assert len(calls) == len(set(calls)) == 30
    shown = forecasts[forecasts["forecaster"] == hindcast.PRIOR + "_and_discrepancy"]
    assert ((shown["p95"] - shown["p05"]).to_numpy() > (model["p95"] - model["p05"]).to_numpy()).all()
    record = pd.read_csv(tmp_path / "h" / "discrepancy.csv")
    weighed = record[record["forecaster"] == hindcast.PRIOR].set_index("mean_weight")["bias"]
    assert weighed[0.0] > weighed[0.5] > weighed[1.0]
    hindcast.hindcast_job(keys | {"draws": 11})
    assert sorted(calls[30:]) == [("counties", 10), ("given_province", 10), ("projection", 10)], (
        "only the new draws are simulated"
    )


def test_wrong_keys_are_refused():
    with pytest.raises(InputError, match=r"draws = 1: allowed is a whole number(.|\n)*configs/hindcast\.yaml"):
        hindcast.hindcast_job(
            {
                "study": "h",
                "region": "hunan",
                "draws": 1,
                "households": 5_000,
                "seed": 1,
                "workers": 1,
                "posterior": None,
                "results": ".",
            }
        )
