"""What is forecast in a hindcast: published values, and benchmarks fitted on the same window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from sim.base.arrays import Floats, Ints
from sim.data import Region
from sim.data.county_changes import county_changes
from sim.data.panel import province_panel
from sim.statistics.benchmarks import ASYMPTOTES, Point, growth_difference, linear, logistic
from sim.statistics.counties_elsewhere import CountyRule, county_rule, rule_members, shocks
from sim.statistics.elsewhere import logistic_members, pooled_members
from sim.statistics.scores import drift, with_error

EDGE = 0.005
"""Shares nearer to 0 or 1 are moved here before a logit is taken (districts without villages)."""
MIDDLE = sum(ASYMPTOTES) / 2.0
SHOCKS = 128
"""Draws of the shocks of counties that are added to every run."""


@dataclass
class Case:
    """Values that were published after an information date.

    Attributes:
        name: province, prefectures, counties or counties_given_province.
        information: last year-end that forecasts may use.
        places, years: what each value belongs to.
        observed: urban share, 0..1.
        before: urban share at the information date.
        group: prefecture of each value; errors of one are learnt in the others.
        forecasts: members of every forecaster, float64[members, n].
    """

    name: str
    information: int
    places: list[str]
    years: list[int]
    observed: Floats
    before: Floats
    group: Ints
    forecasts: dict[str, Floats] = field(default_factory=dict)

    def subset(self, keep: NDArray[np.bool_], name: str) -> Case:
        """Return the case with some of its values."""
        at = np.flatnonzero(keep)
        return Case(
            name,
            self.information,
            [self.places[i] for i in at],
            [self.years[i] for i in at],
            self.observed[keep],
            self.before[keep],
            self.group[keep],
            {who: members[:, keep] for who, members in self.forecasts.items()},
        )


def province_rates(region: Region) -> dict[int, float]:
    """Return the published urban rate of the province by year-end, 0..1."""
    table = region.table("province_series")
    rates = zip(table["year"].to_numpy(np.int64).tolist(), table["urban_rate"].astype(np.float64), strict=True)
    return {year: float(rate) for year, rate in rates if rate == rate}


def province_case(region: Region) -> Case:
    """Return the province in every observed year after 2020, with benchmarks fitted on 2010-2020.

    ``linear``, ``logistic`` (ceiling between 75 and 100%) and ``growth_difference`` are point
    forecasts; ``linear_spread`` and ``logistic_spread`` are random walks with drift, in points
    and in logits, whose spread comes from the ten yearly changes of the window.
    """
    rates = province_rates(region)
    first, last = Point(2010, rates[2010]), Point(2020, rates[2020])
    years = [year for year in sorted(rates) if year > 2020]
    observed = np.array([rates[y] for y in years])
    case = Case(
        "province",
        2020,
        [region.province_code] * len(years),
        years,
        observed,
        np.full(len(years), rates[2020]),
        np.zeros(len(years), np.int64),
    )
    window = np.array([rates[y] for y in range(2010, 2021)])
    case.forecasts = {
        "linear": linear(years, first, last)[None],
        "logistic": logistic(years, first, last, MIDDLE)[None],
        "growth_difference": growth_difference(years, first, last)[None],
        "linear_spread": _walk(window, np.array(years) - 2020),
        "logistic_spread": expit(_walk(logit(window), np.array(years) - 2020)),
    }
    panel, ahead = province_panel(), max(years) - 2020
    if region.province_code in panel:
        at = np.array(years) - 2021
        case.forecasts |= {
            "logistic_elsewhere": logistic_members(panel, region.province_code, 2020, ahead)[:, at] / 100.0,
            "pooled_elsewhere": pooled_members(panel, region.province_code, 2020, ahead)[:, at] / 100.0,
        }
    return case


def _walk(window: Floats, ahead: Ints) -> Floats:
    """Return the members of a random walk with drift, float64[members, n]."""
    mean, sd = drift(np.diff(window), ahead)
    return with_error((window[-1] + mean)[None], sd)


def census_shares(region: Region, year: int) -> tuple[Floats, Floats]:
    """Return urban share and residents of every county in a census, float64[n_counties]."""
    table = region.table("county_census")
    census = table[table["year"] == year].set_index("county_code").loc[list(region.county_codes)]
    residents = census["residents"].to_numpy(np.float64)
    return census["residents_urban"].to_numpy(np.float64) / residents, residents


def prefecture_shares(region: Region, year: int) -> Floats:
    """Return the urban share of every prefecture in a census, float64[n_prefectures]."""
    share, residents = census_shares(region, year)
    return in_prefectures(region, share * residents) / in_prefectures(region, residents)


def in_prefectures(region: Region, values: Floats) -> Floats:
    """Return sums over the counties of each prefecture along the last axis."""
    member = np.eye(region.n_prefectures)[region.county_prefecture]
    return np.asarray(values @ member)


def prefecture_case(region: Region) -> Case:
    """Return the prefectures with published rates after 2020, with benchmarks fitted on the censuses 2010-2020."""
    table = region.table("prefecture_annual").dropna(subset=["urban_rate"])
    table = table[table["year"] > 2020]
    first, last = prefecture_shares(region, 2010), prefecture_shares(region, 2020)
    codes = list(region.prefecture_codes)
    at = np.array([codes.index(code) for code in table["prefecture_code"]])
    years = table["year"].to_numpy(np.int64).tolist()
    case = Case(
        "prefectures",
        2020,
        [codes[i] for i in at],
        years,
        table["urban_rate"].to_numpy(np.float64),
        last[at],
        at.astype(np.int64),
    )
    points = [(Point(2010, float(first[i])), Point(2020, float(last[i])), y) for i, y in zip(at, years, strict=True)]
    case.forecasts = {
        "linear": np.array([[linear([y], a, b)[0] for a, b, y in points]]),
        "logistic": np.array([[logistic([y], a, b, max(MIDDLE, b.share + 0.02))[0] for a, b, y in points]]),
        "growth_difference": np.array([[growth_difference([y], a, b)[0] for a, b, y in points]]),
    }
    return case


def county_case(region: Region, given_province: bool) -> Case:
    """Return the counties 2010 to 2020.

    Args:
        region: the region.
        given_province: forecasts know the published path of the province to 2020, so that only
            where people became urban is forecast; otherwise nothing after 2010 is known.

    Benchmarks apply the change of the province (known, or the pace of 2005-2010) to every county:
    the same points, the same shift in logits, or the same chance for every rural resident, which
    ranks counties by their initial share. ``share_elsewhere`` is what went with a share like that in
    all other provinces, with the errors of the rule there; unlike the others it knows how counties
    elsewhere fared up to 2020.
    """
    rates = province_rates(region)
    (before, residents), (observed, _) = census_shares(region, 2010), census_shares(region, 2020)
    scale = 1.0 if given_province else 2.0
    first, last = (rates[2010], rates[2020]) if given_province else (rates[2005], rates[2010])
    points = scale * (last - first)
    shift = scale * float(logit(last) - logit(first))
    case = Case(
        "counties_given_province" if given_province else "counties",
        2020 if given_province else 2010,
        list(region.county_codes),
        [2020] * region.n_counties,
        observed,
        before,
        region.county_prefecture.astype(np.int64),
    )
    known = (residents, points) if given_province else None
    case.forecasts = {
        "constant_points": np.clip(before + points, 0.0, 1.0)[None],
        "constant_logit_shift": expit(logit(np.clip(before, EDGE, 1.0 - EDGE)) + shift)[None],
        "initial_share": (before + points / (1.0 - first) * (1.0 - before))[None],
        "share_elsewhere": rule_members(rule_of(region), before, case.group, known),
    }
    return case


def rule_of(region: Region) -> CountyRule:
    """Return what share went with which change in the counties of all other provinces."""
    return county_rule(county_changes(), region.province_code[:2])


def with_shocks(case: Case, members: Floats, rule: CountyRule) -> Floats:
    """Return forecasts of counties that also go their own way as counties elsewhere did, float64[more, n]."""
    own = shocks(rule, case.before, case.group, SHOCKS)
    return np.asarray(np.clip((members[:, None] + own).reshape(-1, len(case.before)), 0.0, 1.0))


def changed_boundaries(region: Region) -> NDArray[np.bool_]:
    """Return which counties gained or lost territory between the censuses, bool[n_counties]."""
    table = region.table("boundary_changes")
    touched = set(table["from_county"]) | set(table["to_county"])
    return np.array([code in touched for code in region.county_codes])


def county_members(rows: pd.DataFrame, region: Region, year: int) -> Floats:
    """Return the urban share of every county in the runs, float64[runs, n_counties]."""
    return rows[[f"rate:{code}:{year}" for code in region.county_codes]].to_numpy(np.float64)


def prefecture_members(rows: pd.DataFrame, region: Region, case: Case) -> Floats:
    """Return the urban share of the prefectures and years of a case in the runs, float64[runs, n].

    The census at the information date plus the simulated change since: runs from the census
    before do not start at the published shares of prefectures.
    """
    codes = list(region.prefecture_codes)
    years = {case.information, *case.years}
    cached: Mapping[int, Floats] = {year: _prefectures(rows, region, year) for year in years}
    columns = []
    for place, year, before in zip(case.places, case.years, case.before, strict=True):
        at = codes.index(place)
        columns.append(before + cached[year][:, at] - cached[case.information][:, at])
    return np.asarray(np.clip(np.column_stack(columns), 0.0, 1.0))


def _prefectures(rows: pd.DataFrame, region: Region, year: int) -> Floats:
    residents = rows[[f"residents:{code}:{year}" for code in region.county_codes]].to_numpy(np.float64)
    urban = residents * np.nan_to_num(county_members(rows, region, year))
    return in_prefectures(region, urban) / in_prefectures(region, residents)
