"""Vital rates: age schedules of the region, scaled so that published events are inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sim.agents.screens import FIRST_OLD
from sim.agents.state import MAX_AGE
from sim.agents.world import OUTSIDE, RURAL, URBAN, Vital
from sim.base.arrays import Floats, Ints
from sim.data import Region

AGES = np.arange(MAX_AGE + 1)
"""Ages reached in a year; over the year they are the mean exact ages of those who reach them."""
LEAVE_FIRST, LEAVE_PEAK, LEAVE_LAST = 18, 23, 35
FERTILE_FIRST, FERTILE_LAST = 15, 49
OPEN_AGE = 100
"""Mortality above this age is held constant (WPP open interval)."""


@dataclass(frozen=True)
class Schedules:
    """Yearly rates by calendar year before scaling.

    Attributes:
        years: calendar years, first to last without gaps.
        death: deaths per person-year, float64[year, sex, age]; WPP 2024 abridged rates,
            log-linear between the middles of the age groups.
        birth: births per woman-year by age, float64[year, age]; WPP 2024 age pattern,
            level of the medium variant.
        half_width: half the distance of the WPP low and high variants at the horizon, as a
            share of the medium level.
        boy_share: share of boys among newborns by year.
        published_births, published_deaths: events of the province by year where published.
    """

    years: Ints
    death: Floats
    birth: Floats
    half_width: float
    boy_share: Floats
    published_births: Mapping[int, float]
    published_deaths: Mapping[int, float]

    def known_until(self, date: int) -> Schedules:
        """Return what was known at a year-end: later events are unknown and later rates stay as they were."""
        known = self.position(date) + 1
        births, deaths = (
            {year: events for year, events in published.items() if year <= date}
            for published in (self.published_births, self.published_deaths)
        )
        return replace(
            self,
            years=self.years[:known],
            death=self.death[:known],
            birth=self.birth[:known],
            boy_share=self.boy_share[:known],
            published_births=births,
            published_deaths=deaths,
        )

    def position(self, year: int) -> int:
        """Return the index of a year, the nearest one outside the span."""
        return int(np.clip(year - self.years[0], 0, len(self.years) - 1))


def load_schedules(region: Region) -> Schedules:
    """Return the schedules of a region from its mortality, fertility and series tables."""
    totals = region.table("fertility_total").sort_values("year", ignore_index=True)
    years = totals["year"].to_numpy(np.int64)
    series = region.table("province_series")
    horizon = totals[totals["year"] <= years[0] + 30].iloc[-1]
    ratio = totals["sex_ratio_at_birth"].to_numpy(np.float64)
    return Schedules(
        years=years,
        death=np.stack([_deaths(region, int(y)) for y in years]),
        birth=np.stack([_births(region, int(y)) * tfr for y, tfr in zip(years, totals["tfr"], strict=True)]),
        half_width=float((horizon["tfr_high"] - horizon["tfr_low"]) / 2 / horizon["tfr"]),
        boy_share=ratio / (1.0 + ratio),
        published_births=_published(series, "births"),
        published_deaths=_published(series, "deaths"),
    )


def _published(series: pd.DataFrame, column: str) -> dict[int, float]:
    known = series[["year", column]].dropna()
    years, events = known["year"].to_numpy(np.int64), known[column].to_numpy(np.float64)
    return dict(zip(years.tolist(), events.tolist(), strict=True))


def _period(table: pd.DataFrame, year: int) -> pd.DataFrame:
    first, last = table["year_from"].to_numpy(np.int64), table["year_to"].to_numpy(np.int64)
    year = min(max(year, int(first.min())), int(last.max()))
    return table[(first <= year) & (last >= year)]


def _deaths(region: Region, year: int) -> Floats:
    """Return death rates float64[sex, age] of a year, men first."""
    rows = _period(region.table("mortality"), year)
    out = np.empty((2, MAX_AGE + 1))
    for sex, code in enumerate(("m", "f")):
        part = rows[rows["sex"] == code].sort_values("age_lo")
        lower = part["age_lo"].to_numpy(np.float64)
        width = np.diff(np.append(lower, OPEN_AGE))
        middle = lower + np.where(lower == 0, 0.5, width / 2)
        out[sex] = np.exp(np.interp(np.minimum(AGES, OPEN_AGE), middle, np.log(part["mx"])))
    return out


def _births(region: Region, year: int) -> Floats:
    """Return the age pattern of fertility (sums to one over single ages)."""
    rows = _period(region.table("fertility_age"), year).sort_values("age_lo")
    lower = rows["age_lo"].to_numpy(np.float64)
    share = rows["asfr_share"].to_numpy(np.float64) / share_width(lower)
    pattern = np.interp(AGES, lower + 2.5, share, left=0.0, right=0.0)
    pattern[(AGES < FERTILE_FIRST) | (AGES > FERTILE_LAST)] = 0.0
    return np.asarray(pattern / pattern.sum())


def share_width(lower: Floats) -> Floats:
    """Return the width in years of five-year groups (all groups of the table)."""
    return np.full(len(lower), 5.0)


def leaving_home(peak: float) -> Floats:
    """Return the yearly hazard of leaving the parental household: a triangle peaking at 23 (judged)."""
    rise = (AGES - LEAVE_FIRST + 1) / (LEAVE_PEAK - LEAVE_FIRST + 1)
    fall = (LEAVE_LAST + 1 - AGES) / (LEAVE_LAST + 1 - LEAVE_PEAK)
    return np.asarray(peak * np.clip(np.minimum(rise, fall), 0.0, 1.0))


def zone_ratios(params: Mapping[str, float], name: str) -> Floats:
    """Return the ratio of rates by zone class: villages against towns and outside places."""
    ratio = np.ones(3)
    ratio[RURAL] = params[name]
    ratio[[URBAN, OUTSIDE]] = 1.0
    return ratio


def expected_events(hazard: Floats, persons: Floats, scale: float, dt: float, terminal: bool) -> float:
    """Return events expected in a year of steps of length dt with chances 1 - exp(-scale h dt)."""
    if terminal:
        return float((persons * -np.expm1(-scale * hazard)).sum())
    return float((persons * -np.expm1(-scale * hazard * dt)).sum() / dt)


def solve_scale(hazard: Floats, persons: Floats, target: float, dt: float, terminal: bool) -> float:
    """Return the factor on the hazards at which the expected events equal the published ones."""
    scale = 1.0
    for _ in range(30):
        change = target / max(expected_events(hazard, persons, scale, dt, terminal), 1e-9)
        scale *= change
        if abs(change - 1.0) < 1e-9:
            break
    return scale


def vital_tables(death: Floats, birth: Floats, leave: Floats, boy_share: float, dt: float) -> Vital:
    """Return the chances of one step.

    Args:
        death: yearly hazards, float64[zone class, sex, age].
        birth: yearly hazards, float64[zone class, age].
        leave: yearly hazards, float64[age].
        boy_share: share of boys.
        dt: length of the step in years.
    """
    p_death = -np.expm1(-death * dt)
    p_birth = -np.expm1(-birth * dt)
    p_leave = -np.expm1(-leave * dt)
    any_event = p_death + p_leave[None, None, :]
    any_event[:, 1, :] += p_birth
    threshold = np.ceil(np.minimum(any_event, 1.0) * 65536.0).astype(np.uint32)
    by_member = np.zeros(256, np.uint32)
    by_member[: 2 * (MAX_AGE + 1)] = threshold.max(axis=0).T.reshape(-1)
    most = min(int(by_member[:FIRST_OLD].max()), 65535)
    return Vital(threshold, by_member, most, p_death, p_birth, p_leave, boy_share)
