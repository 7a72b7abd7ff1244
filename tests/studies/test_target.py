"""Probabilities, intervals, crossing years and shortfalls against cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from sim.studies.target import cluster_size, target_table, wilson


def province(paths: dict[tuple[int, int], dict[int, float]], indicator: str = "resident_urban_rate") -> pd.DataFrame:
    rows = [
        ("plan", draw, replicate, year, indicator, value)
        for (draw, replicate), path in paths.items()
        for year, value in path.items()
    ]
    return pd.DataFrame(rows, columns=["scenario", "draw", "replicate", "year", "indicator", "value"])


def row(table: pd.DataFrame, target: str, year: int) -> pd.Series:
    return table.set_index(["target", "target_year"]).loc[(target, year)]


def test_a_case_of_four_runs():
    paths = {
        (0, 0): {2024: 0.61, 2028: 0.655, 2029: 0.661},
        (1, 0): {2024: 0.61, 2028: 0.660, 2029: 0.670},
        (2, 0): {2024: 0.61, 2028: 0.640, 2029: 0.650},
        (3, 0): {2024: 0.61, 2028: 0.630, 2029: 0.640},
    }
    table = target_table(province(paths), ["plan"])
    assert row(table, "resident_rate_66", 2028)["probability"] == 0.25
    assert row(table, "resident_rate_66", 2029)["probability"] == 0.5
    assert row(table, "resident_rate_65_5", 2028)["probability"] == 0.5
    assert row(table, "resident_rate_66", 2029)["shortfall_median_pp"] == pytest.approx(0.45)
    assert row(table, "resident_rate_66", 2028)["shortfall_median_pp"] == pytest.approx(1.25)
    assert math.isnan(row(table, "resident_rate_66", 2029)["crossing_year_median"])
    assert math.isnan(row(table, "resident_rate_65_5", 2028)["crossing_year_median"])


def test_the_crossing_year_is_the_median_over_runs_with_never_as_latest():
    paths = {
        (0, 0): {2027: 0.64, 2028: 0.65, 2029: 0.66},
        (1, 0): {2027: 0.66, 2028: 0.67, 2029: 0.68},
        (2, 0): {2027: 0.60, 2028: 0.60, 2029: 0.60},
    }
    table = target_table(province(paths), ["plan"])
    assert row(table, "resident_rate_66", 2029)["crossing_year_median"] == 2029


def test_the_gap_narrows_only_below_its_level_of_2024():
    paths = {
        (0, 0): {2020: 0.30, 2024: 0.20, 2028: 0.21, 2029: 0.19},
        (1, 0): {2020: 0.19, 2024: 0.20, 2028: 0.20, 2029: 0.17},
    }
    table = target_table(province(paths, "rate_gap"), ["plan"])
    assert row(table, "gap_narrows", 2028)["probability"] == 0.0
    assert row(table, "gap_narrows", 2029)["probability"] == 1.0
    assert row(table, "gap_narrows", 2029)["crossing_year_median"] == 2029
    assert row(table, "gap_narrows", 2029)["shortfall_median_pp"] == pytest.approx(-2.0)


def test_the_gap_is_not_judged_where_it_widened_over_the_observed_years():
    paths = {(0, 0): {2020: 0.19, 2024: 0.20, 2029: 0.18}, (1, 0): {2020: 0.18, 2024: 0.19, 2029: 0.17}}
    assert target_table(province(paths, "rate_gap"), ["plan"]).empty
    only_after = {key: {2024: path[2024], 2029: path[2029]} for key, path in paths.items()}
    assert target_table(province(only_after, "rate_gap"), ["plan"]).empty


def test_years_beyond_the_horizon_are_left_out():
    table = target_table(province({(0, 0): {2024: 0.6, 2028: 0.7}}), ["plan"])
    assert table["target_year"].unique().tolist() == [2028]
    assert target_table(province({(0, 0): {2021: 0.6}}), ["plan"]).empty


def test_wilson_against_published_values():
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    low, high = wilson(1.0, 200)
    assert low == pytest.approx(0.9812, abs=1e-4)
    assert high == 1.0


def test_replicates_that_agree_count_once_and_independent_ones_fully():
    draws = np.repeat(np.arange(4), 5)
    agree = np.repeat([True, False, True, False], 5)
    assert cluster_size(agree, draws) == pytest.approx(5.0)
    rng = np.random.default_rng(1)
    many = np.repeat(np.arange(400), 5)
    assert cluster_size(rng.random(2000) < 0.5, many) == pytest.approx(1.0, abs=0.2)
    assert cluster_size(agree, np.arange(20)) == 1.0
    assert cluster_size(np.ones(20, bool), draws) == 5.0
