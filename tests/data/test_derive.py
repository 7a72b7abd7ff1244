"""Rules of the derivations, worked out by hand, and drift of the derived tables."""

import numpy as np
import pandas as pd
import pytest

from sim.data import DataError, Region
from sim.data.check import drift
from sim.data.derive import DERIVATIONS, derive_all
from sim.data.derive.boundaries import restated_2010
from sim.data.derive.departures import _exposure, _smooth
from sim.data.derive.economy import filled_incomes
from sim.data.derive.groups import region_groups
from sim.data.derive.households import MEAN_OF_LARGEST, tilted
from sim.data.derive.registered import out_in_province
from sim.data.derive.rounding import round_shares, round_to_total
from sim.data.derive.tableset import TableSet
from sim.data.schemas import TABLES


def test_regenerating_gives_the_same_files(region: Region) -> None:
    for name, table in derive_all(region.folder).items():
        assert drift(region.folder, name, table) == []


def test_every_derived_table_has_a_derivation() -> None:
    computed = {name for name, _ in DERIVATIONS}
    assert {name for name, spec in TABLES.items() if spec.derived != "no"} == computed


def test_rounding_keeps_the_total() -> None:
    assert round_to_total([1.0, 1.0, 1.0], 10).tolist() == [4, 3, 3]
    assert round_to_total([0.0, 2.0], 7).tolist() == [0, 7]
    assert round_shares([1.0, 1.0, 1.0], 2).tolist() == [0.34, 0.33, 0.33]


@pytest.mark.parametrize("values", [[0.0, 0.0], [1.0, -1.0]])
def test_rounding_refuses_what_cannot_be_divided(values: list[float]) -> None:
    with pytest.raises(ValueError, match="non-negative"):
        round_to_total(values, 3)


def test_origins_by_gravity() -> None:
    registered = np.array([100.0, 200.0, 300.0])
    arrived = np.array([0.0, 0.0, 60.0])
    km = np.array([[1.0, 9.0, 10.0], [9.0, 1.0, 20.0], [10.0, 20.0, 1.0]])
    apart = np.eye(3, dtype=bool)
    assert out_in_province(registered, arrived, km, apart) == pytest.approx([30.0, 30.0, 0.0])
    together = apart.copy()
    together[0, 2] = together[2, 0] = True
    assert out_in_province(registered, arrived, km, together) == pytest.approx([48.0, 12.0, 0.0])


def test_tilt_hits_the_mean_and_leaves_an_exact_shape_alone() -> None:
    sizes = np.array([2.0, 3.0, 4.0, 5.0, 6.0, MEAN_OF_LARGEST])
    shape = np.array([0.4, 0.3, 0.15, 0.08, 0.05, 0.02])
    assert tilted(shape, float(shape @ sizes)) == pytest.approx(shape, abs=1e-12)
    assert float(tilted(shape, 4.0) @ sizes) == pytest.approx(4.0)


def test_incomes_on_a_known_curve() -> None:
    product = np.array([100.0, 400.0, 900.0])
    published = np.array([20.0, 40.0, np.nan])
    found = filled_incomes(product, published, np.array([1.0, 1.0, 2.0]), 30.0)
    assert found.tolist() == [20, 40, 30]


def test_boundary_changes_move_persons_and_keep_the_sum(region: Region) -> None:
    tables = TableSet(region.folder)
    residents = tables.census(2010)["residents"]
    moved = restated_2010(tables, residents)
    assert moved.sum() == pytest.approx(residents.sum())
    assert moved["430103"] == pytest.approx(541_463)
    assert moved["430121"] == pytest.approx(979_472 - 66_242 - 61_421)


def test_groups_by_loss_and_inflow_follow_their_rules(region: Region) -> None:
    census = region.table("county_census").set_index(["year", "county_code"])
    latest = census.loc[2020]
    for index in region.groups["net_inflow_cities"]:
        row = latest.loc[region.county_codes[index]]
        assert row["residents"] > row["registered"]
    change = latest["residents"] / restated_2010(TableSet(region.folder), census.loc[2010]["residents"]) - 1.0
    shrinking = [region.county_codes[index] for index in region.groups["shrinking_counties"]]
    assert sorted(change[change < -0.10].index) == shrinking


def test_an_unknown_kind_of_rule_is_refused(region: Region) -> None:
    tables = TableSet(region.folder)
    rule = tables["group_rules"].iloc[:1].assign(kind="guess")
    tables["group_rules"] = pd.DataFrame(rule)
    with pytest.raises(DataError, match="kind 'guess' is not one of prefecture, county, type, loss, inflow"):
        region_groups(tables)


def test_a_cohort_passes_three_bands_in_a_decade() -> None:
    """Aged 15 to 19 at first: 2.5 years on average in its own band, 5 in the next, 2.5 in the one after."""
    years = _exposure(np.array([3]))[0]
    assert years[2:5].tolist() == pytest.approx([2.5, 5.0, 2.5])
    assert years.sum() == pytest.approx(10.0)


def test_a_constant_rate_is_found_again() -> None:
    years = _exposure(np.arange(1, 15))
    assert _smooth(years, years.sum(axis=1) * 0.02) == pytest.approx(0.02)


def test_rates_by_age_bring_cohorts_from_one_census_to_the_next(region: Region) -> None:
    """Residents by single age, evenly within bands, lose the deaths and net departures of ten years."""
    ages = region.table("county_age_sex")
    census = {year: rows.groupby(rows["age_lo"] // 5)["persons"].sum() for year, rows in ages.groupby("year")}
    table, mortality = region.table("net_departures"), region.table("mortality")
    for band in (2, 3, 4, 5, 6, 7, 8, 9):
        left = 0.0
        for age in range(5 * band, 5 * band + 5):
            kept = 1.0
            for passed in range(10):
                year = 2011 + passed
                known = mortality[(mortality["year_from"] <= year) & (mortality["year_to"] >= year)]
                dying = known[known["age_lo"] <= age + passed].sort_values("age_lo").groupby("sex")["mx"].last().mean()
                at = table[table["age_lo"] <= age + passed + 0.5]["rate"]
                kept *= np.exp(-dying - (at.iloc[-1] if len(at) else 0.0))
            left += kept / 5
        assert census[2010][band] * left == pytest.approx(census[2020][band + 2], rel=0.035), 5 * band
