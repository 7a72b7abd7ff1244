"""The margins of the synthetic population and what the fit report says about them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.agents.state import COLUMNS, EMPTY, Population, empty_households
from sim.data import Region
from sim.population import build_population
from sim.population.units import generations_at_base, living_units


def province(fit: pd.DataFrame, region: Region, margin: str) -> pd.DataFrame:
    return fit[(fit["place"] == region.province_code) & (fit["margin"] == margin)]


def counties(fit: pd.DataFrame, region: Region, margin: str) -> pd.DataFrame:
    return fit[(fit["place"] != region.province_code) & (fit["margin"] == margin)]


def test_every_margin_is_reported_for_every_county(fit: pd.DataFrame, region: Region) -> None:
    expected = {"residents": 2, "urban_share": 1, "registered": 1, "outside": 3, "in_migrants": 3, "out_in_province": 1}
    expected |= {"collective": 1, "age_sex": 38, "unit_size": 7, "generations": 4, "family_units": 1}
    expected |= {"mean_unit_size": 1, "owner": 1, "skill": 3}
    for margin, categories in expected.items():
        assert len(counties(fit, region, margin)) == categories * region.n_counties, margin
        assert len(province(fit, region, margin)) == categories, margin
    assert np.allclose(fit["achieved"] - fit["target"], fit["error"], equal_nan=True)


@pytest.mark.parametrize(
    ("margin", "tolerance"),
    [
        ("residents", 0.0005),
        ("registered", 0.001),
        ("in_migrants", 0.005),
        ("collective", 0.002),
        ("age_sex", 0.005),
        ("family_units", 0.001),
        ("generations", 0.08),
        ("unit_size", 0.06),
        ("outside", 0.02),
        ("skill", 0.01),
        ("owner", 0.02),
        ("left_behind_children", 0.15),
        ("outside_under_15", 0.15),
    ],
)
def test_province_margins(fit: pd.DataFrame, region: Region, margin: str, tolerance: float) -> None:
    assert province(fit, region, margin)["relative_error"].abs().max() < tolerance


def test_published_year_end_is_met(fit: pd.DataFrame, population: Population, region: Region) -> None:
    series = region.table("province_series").set_index("year").loc[population.year]
    got = province(fit, region, "residents").set_index("category")["achieved"]
    assert got.sum() == pytest.approx(series["residents"], rel=1e-4)
    assert got["urban"] / got.sum() == pytest.approx(series["urban_rate"], abs=1e-4)


def test_county_margins(fit: pd.DataFrame, population: Population, region: Region) -> None:
    assert counties(fit, region, "urban_share")["error"].abs().max() < 0.005
    assert counties(fit, region, "residents")["error"].abs().max() <= population.weight
    registered = counties(fit, region, "registered")["error"].abs() / population.weight
    assert registered.mean() < 0.5
    assert registered.max() < 6
    bands = counties(fit, region, "age_sex")["error"].abs()
    assert bands.mean() < 0.5 * population.weight
    assert bands.max() < 3 * population.weight


@pytest.mark.slow
def test_contract_tolerances_with_a_million_households(region: Region) -> None:
    from sim.population import fit_report

    fit = fit_report(build_population(region, 2020, 1_000_000), region)
    for margin in ("residents", "registered"):
        assert province(fit, region, margin)["relative_error"].abs().max() < 0.001
    assert counties(fit, region, "urban_share")["error"].abs().max() < 0.005


def _members(*ages_and_sexes: tuple[int, int, int]) -> np.ndarray:
    row = np.full(8, EMPTY, np.uint8)
    for slot, age, sex in ages_and_sexes:
        row[slot] = 2 * age + sex
    return row


def test_generations_of_a_base_unit() -> None:
    rows = np.stack(
        [
            _members((0, 30, 0)),
            _members((0, 30, 0), (1, 28, 1)),
            _members((0, 30, 0), (1, 28, 1), (2, 3, 0)),
            _members((0, 40, 0), (1, 38, 1), (2, 14, 0), (6, 66, 1)),
            _members((2, 9, 0), (6, 66, 1)),
            _members((0, 50, 0), (1, 50, 1), (2, 26, 0), (3, 25, 1), (4, 2, 1), (6, 75, 1)),
            _members((0, 30, 0), (1, 28, 1), (2, 22, 0)),
        ]
    )
    assert generations_at_base(rows, rows != EMPTY).tolist() == [1, 1, 2, 3, 2, 4, 1]


def test_living_units_counted_by_hand() -> None:
    hh = empty_households(3)
    rural, urban, outside = 0, 1, 2
    hh.members[0] = _members((0, 35, 0), (1, 33, 1), (2, 8, 1), (6, 62, 1))
    hh.away[0], hh.away_place[0], hh.base[0] = 3, outside, rural
    hh.members[1] = _members((0, 41, 0), (1, 40, 1))
    hh.away[1], hh.away_place[1], hh.base[1] = 1, urban, rural
    hh.members[2] = _members((0, 20, 1))
    hh.base[2], hh.hukou[2], hh.social[2], hh.flags[2] = urban, outside, 64, 6
    living = living_units(Population(hh, np.zeros((1, 256), np.uint8), 10.0, 2020), 1, 1)
    assert living.persons.sum((1, 2)).tolist() == [3, 2, 2]
    assert living.sizes.tolist() == [[2, 1, 0, 0, 0, 0, 0]]
    assert living.generations.tolist() == [[2, 1, 0, 0]]
    assert living.collective.tolist() == [1]
    assert living.registered.tolist() == [6]
    assert living.outside.tolist() == [[2]]
    assert living.migrants.tolist() == [[1, 0, 1]]
    assert living.left_behind == 1
    assert len(COLUMNS) == len(hh)
