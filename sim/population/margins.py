"""The margins of one year as arrays: what the synthetic population is fitted to.

County rows follow the order of ``region.county_codes``; zone 0 is rural, 1 urban; sex 0 is
male, 1 female; ages are single years 0 to ``TOP_AGE``. Counts are persons or households at
full scale. Census counts (1 November) are scaled to the published year-end: residents of
each zone to the published urban and rural residents, everything else by the ratio of totals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.base.errors import InputError
from sim.population.judged_values import value
from sim.population.rounding import fit_proportions

if TYPE_CHECKING:
    from sim.data import Region

TOP_AGE = 100
BAND_EDGES = np.array([0, 1, *range(5, 90, 5), TOP_AGE + 1])
"""Edges of the census age bands: 0, 1-4, 5-9, ... 80-84, 85 and over."""


class Margins(NamedTuple):
    """Targets of one year for ``n`` counties and ``k`` outside places.

    Attributes:
        year: the year-end.
        residents: float64[n, 2], persons by zone.
        collective: float64[n], residents of collective households.
        units: float64[n], family living units.
        sizes: float64[n, 7], shares of family living units with 1 to 7 and more members.
        generations: float64[n, 4], shares with one to four and more generations.
        migrants: float64[n, 3], residents from another township, county, province.
        out_in_province: float64[n], registered here, living in another county of the province.
        outside: float64[n, k], registered here, living in outside place k.
        registered: float64[n].
        ages: float64[n, 2, 2, TOP_AGE + 1], residents by zone, sex and age.
        migrant_ages: float64[TOP_AGE + 1], shares of outside migrants by age.
        distance: float64[n, n], kilometres.
        owner, skill: float64[n] and float64[n, 3], shares.
        birth_ages: float64[TOP_AGE + 1], shares of births by age of the mother.
    """

    year: int
    residents: Floats
    collective: Floats
    units: Floats
    sizes: Floats
    generations: Floats
    migrants: Floats
    out_in_province: Floats
    outside: Floats
    registered: Floats
    ages: Floats
    migrant_ages: Floats
    distance: Floats
    owner: Floats
    skill: Floats
    birth_ages: Floats


def _by_county(region: Region, name: str, year: int) -> pd.DataFrame:
    """Return the rows of ``year`` of a county table in county order."""
    table = region.table(name)
    rows = table[table["year"] == year].set_index("county_code").reindex(list(region.county_codes))
    if rows["year"].isna().any():
        missing = rows.index[rows["year"].isna()][0]
        raise InputError(f"table {name}: no row for county {missing} in {year}; add it or choose another year")
    return rows


def _columns(rows: pd.DataFrame, names: list[str]) -> Floats:
    return rows[names].to_numpy(np.float64)


def single_ages(bands: Floats) -> Floats:
    """Return counts by single year of age, float64[..., TOP_AGE + 1], that add to ``bands``.

    The cumulative count is interpolated by a monotone cubic through the band edges, so band
    sums are kept; ages 85 and over fall geometrically with the ratio that the two last bands imply.
    """
    from scipy.interpolate import PchipInterpolator

    cumulative = np.concatenate([np.zeros((*bands.shape[:-1], 1)), np.cumsum(bands[..., :-1], axis=-1)], axis=-1)
    single = np.diff(PchipInterpolator(BAND_EDGES[:-1], cumulative, axis=-1)(np.arange(86)), axis=-1)
    last, before = bands[..., -1], bands[..., -2]
    ratio = np.clip((last / np.maximum(last + before, 1e-12)) ** 0.2, 0.5, 0.85)[..., None]
    tail = ratio ** np.arange(TOP_AGE - 84)
    tail *= (last / tail.sum(-1))[..., None]
    return np.concatenate([np.maximum(single, 0.0), tail], axis=-1)


def _age_bands(region: Region, year: int, n: int) -> Floats:
    """Return census residents float64[n, 2 sexes, 19 bands]."""
    table = region.table("county_age_sex")
    rows = table[table["year"] == year]
    county = rows["county_code"].map({code: i for i, code in enumerate(region.county_codes)}).to_numpy()
    sex = (rows["sex"] == "f").to_numpy(np.int64)
    band = np.searchsorted(BAND_EDGES, rows["age_lo"].to_numpy(), side="right") - 1
    out = np.zeros((n, 2, BAND_EDGES.size - 1))
    np.add.at(out, (county, sex, band), rows["persons"].to_numpy(np.float64))
    return out


def split_ages(bands: Floats, residents: Floats, age_tilt: float) -> Floats:
    """Return residents by zone, sex and band, float64[n, 2, 2, bands], from county tables without zones.

    The log odds of living in the rural zone differ by age: children and elders by the judged
    constants ``rural_log_odds_*``, plus ``age_tilt`` per 10 years of age from 40 on both sides.
    Two-way proportional fitting then keeps county age x sex and zone totals exact.
    """
    middle = (BAND_EDGES[:-1] + BAND_EDGES[1:] - 1) / 2
    ramp = np.clip((middle - 50.0) / 15.0, 0.0, 1.0)
    odds = value("rural_log_odds_children") * (middle < 15) + value("rural_log_odds_elders") * ramp
    odds = odds + age_tilt * (middle - 40.0) / 10.0
    cells = bands.reshape(bands.shape[0], -1)
    cells = cells * (residents.sum(1) / np.maximum(cells.sum(1), 1.0))[:, None]
    tilt = np.tile(np.exp(odds), 2)
    seed = np.stack([cells * tilt, cells], axis=-1) * (residents[:, None, :] > 0)
    fitted = fit_proportions(seed, cells, residents)
    return np.moveaxis(fitted.reshape(*bands.shape, 2), -1, 1)


def _outside(region: Region, year: int) -> Floats:
    """Return persons registered in each county who live in each outside place, float64[n, k]."""
    rows = _by_county(region, "county_outside", year)
    return _columns(rows, list(region.outside_codes))


def _migrant_ages(region: Region) -> Floats:
    """Return shares of migrants outside the province by single age, float64[TOP_AGE + 1]."""
    table = region.table("migrant_age").sort_values("age_lo")
    return single_ages(table["stock_share"].to_numpy(np.float64))


def _birth_ages(region: Region, year: int) -> Floats:
    """Return shares of births by age of the mother, float64[TOP_AGE + 1], smooth within bands."""
    table = region.table("fertility_age")
    periods = table[table["year_from"] <= year]["year_from"].max()
    rows = table[table["year_from"] == periods].sort_values("age_lo")
    grid = np.arange(TOP_AGE + 1)
    out = np.interp(grid, rows["age_lo"] + 2.0, rows["asfr_share"], left=0.0, right=0.0)
    out[(grid < 16) | (grid > 49)] = 0.0
    return out / out.sum()


def load_margins(region: Region, year: int, age_tilt: float) -> Margins:
    """Return the targets of ``year``, scaled to the published year-end.

    Args:
        region: tables and geography.
        year: 2010 or 2020.
        age_tilt: change of the log odds of rural residence per 10 years of age (0: the default pattern).
    """
    census = _by_county(region, "county_census", year)
    series = region.table("province_series").set_index("year")
    residents = _columns(census, ["residents_rural", "residents_urban"])
    published = float(series["residents"].to_numpy()[series.index == year][0])
    urban = published * float(series["urban_rate"].to_numpy()[series.index == year][0])
    ratio = published / residents.sum()
    scaled = residents * (np.array([published - urban, urban]) / residents.sum(0))
    migrants = _columns(census, ["in_same_county", "in_other_county", "in_other_province"]) * ratio
    away = census["out_in_province"].to_numpy(np.float64)
    away = away * (migrants[:, 1].sum() / away.sum())
    outside = _outside(region, year)
    social = _by_county(region, "county_social", year)
    generations = _columns(census, [f"households_{g}" for g in ("1gen", "2gen", "3gen", "4gen_plus")])
    n = len(region.county_codes)
    return Margins(
        year=year,
        residents=scaled,
        collective=census["collective_residents"].to_numpy(np.float64) * ratio,
        units=census["family_households"].to_numpy(np.float64) * ratio,
        sizes=_columns(_by_county(region, "household_sizes", year), [f"p{k}" for k in range(1, 8)]),
        generations=generations / generations.sum(1, keepdims=True),
        migrants=migrants,
        out_in_province=away,
        outside=outside,
        registered=scaled.sum(1) - migrants[:, 1] - migrants[:, 2] + away + outside.sum(1),
        ages=single_ages(split_ages(_age_bands(region, year, n), scaled, age_tilt)),
        migrant_ages=_migrant_ages(region),
        distance=region.distance_km[:, :n],
        owner=social["owner_share"].to_numpy(np.float64),
        skill=_columns(social, [f"{level}_skill_share" for level in ("low", "middle", "high")]),
        birth_ages=_birth_ages(region, year),
    )
