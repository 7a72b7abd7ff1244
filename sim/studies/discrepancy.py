"""The discrepancy of a region: spreads learnt from all other provinces, and what they add to every place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.config import ProjectConfig
from sim.data import Region
from sim.data.county_changes import county_changes
from sim.data.panel import province_panel, resident_panel
from sim.data.revisions import LAST_CENSUS, rate_drifts, resident_drifts
from sim.statistics import discrepancy as terms
from sim.statistics.counties_elsewhere import Quantity, county_spread, share_class
from sim.statistics.discrepancy import MEAN_WEIGHT, Reading, Spread, drift, pace
from sim.statistics.elsewhere import errors_in_regime, linear_ahead, logistic_ahead
from sim.statistics.updating import one_off
from sim.studies.target import RateOffsets, no_offsets

__all__ = [
    "ROUNDING",
    "Discrepancy",
    "Errors",
    "PlaceSpread",
    "discrepancy_of",
    "figure_errors",
    "learn",
    "province_spread",
    "rate_offsets",
]

QUANTITIES: tuple[Quantity, ...] = ("share", "residents")
"""What shocks of counties are learnt of, in the order of ``PlaceSpread``."""
YEARS_OF_SHOCKS = 10.0
"""Years between the censuses that shocks of prefectures and counties were learnt from."""


ROUNDING = 1e-4
"""Smallest error of a rate or of a logarithm of residents: figures are rounded to 0.01 points and 10,000 persons."""


class Errors(NamedTuple):
    """Errors of yearly figures of a province that do not last: of the rate (share) and of log residents."""

    rate: float
    residents: float


class PlaceSpread(NamedTuple):
    """Spreads of the urban rate (share) and of the logarithm of residents."""

    rate: Spread
    residents: Spread


@dataclass(frozen=True)
class Discrepancy:
    """What is added to every run of a study.

    Attributes:
        origin: last observed year-end of the province.
        start: year-end at which the runs start, the last at which counties were observed.
        province: code of the province.
        places: spreads by place.
    """

    origin: int
    start: int
    province: str
    places: dict[str, PlaceSpread]

    def rate(self, place: str, years: Sequence[int], reading: Reading = "published") -> Floats:
        """Return what is added to the urban rate of a place, float64[points, years]."""
        return terms.offsets(self.places[place].rate, self.grown(years, reading), 0)

    def residents(self, place: str, years: Sequence[int], reading: Reading = "published") -> Floats:
        """Return what is added to the logarithm of the residents of a place, float64[points, years]."""
        return terms.offsets(self.places[place].residents, self.grown(years, reading), 1)

    def grown(self, years: Sequence[int], reading: Reading) -> list[Floats]:
        """Return for how many years every part has grown, by year-end."""
        return [terms.years_astray(year, self.origin, self.start, reading) for year in years]


def discrepancy_of(config: ProjectConfig, region: Region) -> Discrepancy | None:
    """Return the discrepancy of a study; None where it is switched off or nothing is known of it.

    At information dates before ``LAST_CENSUS`` nobody knew what its spreads are learnt from.
    """
    rates = region.table("province_series").dropna(subset=["urban_rate"])
    origin = min(int(rates["year"].max()), config.observed_until or config.end_year)
    if not config.discrepancy or origin < LAST_CENSUS:
        return None
    return learn(region, origin, config.start)


def rate_offsets(config: ProjectConfig, region: Region) -> RateOffsets:
    """Return what targets of the province add to its urban rate; zero at one point where there is no discrepancy."""
    found = discrepancy_of(config, region)
    if found is None:
        return no_offsets
    return lambda years, reading: found.rate(region.province_code, years, reading)


def learn(region: Region, origin: int, start: int) -> Discrepancy:
    """Return the discrepancy of a region as all other provinces teach it.

    Args:
        region: the region; its own past never enters.
        origin: last observed year-end of the province.
        start: year-end at which the runs start.
    """
    whole = province_spread(region.province_code)
    places = {region.province_code: whole}
    shocks = [_county_sds(region, quantity) for quantity in QUANTITIES]
    for place, weights in _weights(region).items():
        both = zip(whole, shocks, strict=True)
        places[place] = PlaceSpread(*(_with_shocks(region, spread, sds, weights) for spread, sds in both))
    return Discrepancy(origin, start, region.province_code, places)


@cache
def province_spread(province: str, weight: float = MEAN_WEIGHT) -> PlaceSpread:
    """Return the spreads of a province as all others teach them.

    Args:
        province: code of the province that is left out.
        weight: share of the mean drift of yearly figures that is believed.
    """

    def learnt(panel: pd.DataFrame, forecast: Callable[[pd.Series, int, int], float], drifts: pd.DataFrame) -> Spread:
        others = panel.drop(columns=province, errors="ignore")
        errors = errors_in_regime(others, forecast, LAST_CENSUS)
        return Spread(*pace(errors), *drift(drifts.drop(index=province, errors="ignore"), weight))

    points = learnt(province_panel(), logistic_ahead, rate_drifts())
    shares = Spread(*(value / 100.0 for value in points))
    return PlaceSpread(shares, learnt(resident_panel(), linear_ahead, resident_drifts()))


def _weights(region: Region) -> dict[str, Floats]:
    """Return the weight of every county in each place below the province, by residents of the last census."""
    census = region.table("county_census")
    table = census[census["year"] == census["year"].max()].set_index("county_code").loc[list(region.county_codes)]
    residents = table["residents"].to_numpy(np.float64)
    inside = {code: np.arange(region.n_counties) == c for c, code in enumerate(region.county_codes)}
    inside |= {code: region.county_prefecture == p for p, code in enumerate(region.prefecture_codes)}
    inside |= {f"group:{name}": np.isin(np.arange(region.n_counties), some) for name, some in region.groups.items()}
    return {place: residents * some / residents[some].sum() for place, some in inside.items()}


def _with_shocks(region: Region, spread: Spread, sds: tuple[float, Floats], weights: Floats) -> Spread:
    """Return the spread of a place: that of the province, and the shocks of its prefectures and counties."""
    prefecture, county = sds
    by_prefecture = np.bincount(region.county_prefecture, weights)
    return spread._replace(
        prefecture=prefecture * float(np.sqrt((by_prefecture**2).sum())) / YEARS_OF_SHOCKS,
        county=float(np.sqrt(((weights * county) ** 2).sum())) / YEARS_OF_SHOCKS,
    )


def _county_sds(region: Region, quantity: Quantity) -> tuple[float, Floats]:
    """Return the spread over a decade of a prefecture, and of every county by its urban share."""
    prefecture, by_class = county_spread(county_changes(), region.province_code[:2], quantity)
    census = region.table("county_census")
    latest = census[census["year"] == census["year"].max()].set_index("county_code").loc[list(region.county_codes)]
    share = (latest["residents_urban"] / latest["residents"]).to_numpy(np.float64)
    return prefecture, by_class[share_class(share)]


@cache
def figure_errors(province: str) -> Errors:
    """Return the errors of yearly figures as all other provinces teach them."""

    def learnt(panel: pd.DataFrame, rate: bool) -> float:
        others = panel.drop(columns=province, errors="ignore")
        return one_off(errors_in_regime(others, logistic_ahead if rate else linear_ahead, LAST_CENSUS))

    rate, residents = learnt(province_panel(), True) / 100.0, learnt(resident_panel(), False)
    return Errors(max(rate, ROUNDING), max(residents, ROUNDING))
