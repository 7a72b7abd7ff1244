"""What the data say about places: incomes, prices, distances, and the geography of a region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.agents.state import Population
from sim.agents.world import CAPITAL, FIRST_OUTSIDE, OWN_PREFECTURE, OWN_TOWN, REST, Geography, near_sites
from sim.base.arrays import Floats, Ints
from sim.data import Region

__all__ = ["Modifiers", "Places", "geography", "load_places", "site_classes"]

Modifiers = Mapping[str, Floats]
"""Value of every named quantity by county."""


@dataclass(frozen=True)
class Places:
    """What the data say about places, in logs and relative to the province where no unit is given.

    Attributes:
        log_income: log disposable income by place, 0 = provincial urban mean, float64[P].
        log_price: log house price to income by county, 0 = mean, float64[n_counties].
        log_km: log distance in km from home county to site, float64[n_counties, sites].
        capital: counties of the provincial capital, bool[n_counties].
        across: share of the migrants in a county who come from other counties of the province, float64[n_counties].
    """

    log_income: Floats
    log_price: Floats
    log_km: Floats
    capital: NDArray[np.bool_]
    across: Floats


def geography(region: Region, population: Population) -> Geography:
    """Return the geography of a region; the capital is the prefecture whose code ends in 01."""
    zone = population.block_zone
    urban = zone == 1
    start = np.argmax(urban, axis=1).astype(np.int64)
    count = np.maximum(urban.sum(axis=1), 1).astype(np.int64)
    capital = next(i for i, code in enumerate(region.prefecture_codes) if code.endswith("01"))
    classes = site_classes(region, capital)
    near, n_near = near_sites(classes)
    return Geography(
        n_counties=region.n_counties,
        n_outside=region.n_outside,
        n_prefectures=region.n_prefectures,
        capital=capital,
        county_prefecture=region.county_prefecture.astype(np.int64),
        site_class=classes,
        near=near,
        n_near=n_near,
        block_zone=zone.copy(),
        urban_block_start=start,
        urban_block_count=count,
    )


def site_classes(region: Region, capital: int) -> Ints:
    """Return the class of every site seen from every county, int64[n_counties, n_sites]."""
    n, prefecture = region.n_counties, region.county_prefecture
    classes = np.full((n, n + region.n_outside), REST, np.int64)
    classes[:, :n][prefecture[:, None] == prefecture[None, :]] = OWN_PREFECTURE
    classes[:, :n][:, prefecture == capital] = CAPITAL
    np.fill_diagonal(classes, OWN_TOWN)
    classes[:, n:] = FIRST_OUTSIDE + np.arange(region.n_outside)
    return classes


def load_places(region: Region) -> Places:
    """Return incomes, prices and distances; counties carry the figures of their prefecture."""
    economy = region.table("prefecture_economy").set_index("prefecture_code").loc[list(region.prefecture_codes)]
    of_county = region.county_prefecture
    urban = economy["urban_income_2023"].to_numpy(np.float64)[of_county]
    rural = economy["rural_income_2023"].to_numpy(np.float64)[of_county]
    price = economy["house_price_2024"].to_numpy(np.float64)[of_county]
    outside = region.table("outside_places")["disposable_income"].to_numpy(np.float64)
    census = region.table("county_census").query("year == 2020").set_index("county_code")
    weights = census.loc[list(region.county_codes), "residents_urban"].to_numpy(np.float64)
    mean = np.average(np.log(urban), weights=weights)
    income = np.empty(region.place_count)
    income[0 : 2 * region.n_counties : 2] = np.log(rural) - mean
    income[1 : 2 * region.n_counties : 2] = np.log(urban) - mean
    income[2 * region.n_counties :] = np.log(outside) - mean
    ratio = np.log(price) - np.log(urban)
    capital = np.array([region.prefecture_codes[p].endswith("01") for p in of_county])
    same, other = (
        census.loc[list(region.county_codes), f"in_{kind}_county"].to_numpy(np.float64) for kind in ("same", "other")
    )
    price_ratio = ratio - np.average(ratio, weights=weights)
    return Places(income, price_ratio, np.log(region.distance_km), capital, other / (same + other))
