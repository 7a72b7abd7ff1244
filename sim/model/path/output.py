"""From integer records to tables: indicators, accounts, flows and pyramids of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.agents import observe as stock
from sim.agents import world as w
from sim.base.arrays import Floats, Ints
from sim.data import Region
from sim.model.path import indicators as declared
from sim.model.path.indicators import Sums
from sim.model.year.books import YearRecord

BANDS = ("0-15", "16-29", "30-49", "50+")
PYRAMID_OPEN = 85


@dataclass
class RunOutput:
    """Tables of one run (scenario, draw, replicate); persons are weighted.

    Attributes:
        indicators: year, step, place, indicator, value, unit.
        accounts: year, county_code, zone, born, died, moved_in, moved_out, counted, entered, left.
        flows: year, origin, destination, age_band, persons (gross).
        pyramid: year, zone, sex, age_lo, persons.
        costs: year, lever, place, value (yuan) of the levers that cost something.
        start: drawn parameters, lever effects and the solved years.
    """

    scenario: str
    draw: int
    replicate: int
    indicators: pd.DataFrame
    accounts: pd.DataFrame
    flows: pd.DataFrame
    pyramid: pd.DataFrame
    costs: pd.DataFrame
    start: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Areas:
    """Places of the output: province, prefectures, groups, counties.

    Attributes:
        codes: place codes of the output.
        member: float64[n_areas, n_counties], 1 where a county belongs to an area.
        wide: number of areas before the counties.
    """

    codes: tuple[str, ...]
    member: Floats
    wide: int

    @classmethod
    def of(cls, region: Region) -> Areas:
        """Return the areas of a region."""
        n = region.n_counties
        rows = [np.ones(n)]
        rows += [(region.county_prefecture == p).astype(np.float64) for p in range(region.n_prefectures)]
        for members in region.groups.values():
            row = np.zeros(n)
            row[members] = 1.0
            rows.append(row)
        codes = (region.province_code, *region.prefecture_codes, *(f"group:{g}" for g in region.groups))
        return cls(codes + region.county_codes, np.vstack([np.array(rows), np.eye(n)]), len(codes))


def year_indicators(
    areas: Areas, stocks: Ints, weight: float, coverage: Floats, cost: Floats, paper: Floats
) -> dict[str, Floats]:
    """Return every indicator of one year-end by area, float64[n_areas].

    Args:
        areas: places of the output.
        stocks: int64[P, N_STOCKS].
        weight: persons per person of the model.
        coverage: share of services open to permit holders by county.
        cost: public cost of the levers in the year by county, yuan.
        paper: persons registered as urban on paper only, by county; they count as registered urban.
    """
    n = areas.member.shape[1]
    zones = stocks[: 2 * n].reshape(n, 2, -1).astype(np.float64) * weight
    sums = Sums(
        both=areas.member @ zones.sum(axis=1),
        urban=areas.member @ zones[:, 1],
        served=areas.member @ (zones[:, 1, stock.SERVED] * coverage),
        cost=areas.member @ cost,
        paper=areas.member @ paper,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return {indicator.name: indicator.value(sums) for indicator in declared.INDICATORS}


def categories(codes: NDArray[np.integer[Any]], names: Sequence[str]) -> pd.Categorical[Any]:
    """Return a categorical column from codes into names."""
    return pd.Categorical.from_codes(codes, dtype=_category_type(tuple(names)), validate=False)


@lru_cache(maxsize=64)
def _category_type(names: tuple[str, ...]) -> Any:
    return pd.CategoricalDtype(list(names))


def indicator_table(
    areas: Areas, years: Sequence[tuple[int, int, dict[str, Floats]]], steps: Sequence[tuple[int, int, Floats]]
) -> pd.DataFrame:
    """Return the long table of indicators.

    Args:
        areas: places of the output.
        years: (year, step, indicators by area) of every year-end and of the start.
        steps: (year, step, values of the indicators by step of the province) within years.
    """
    rows = declared.INDICATORS
    names = [row.name for row in rows]
    units = sorted({row.unit for row in rows})
    unit_codes = np.array([units.index(row.unit) for row in rows], np.int8)
    by_step = [k for k, row in enumerate(rows) if row.by_step]
    written = np.array([row.by_county for row in rows])[:, None] | (np.arange(len(areas.codes)) < areas.wide)
    cells = np.stack([np.stack([values[name] for name in names]) for _, _, values in years])
    at, indicator, place = np.nonzero(written & np.isfinite(cells))
    when = np.array([(year, step) for year, step, _ in years])[at]
    within = np.array([(year, step) for year, step, _ in steps]).reshape(-1, 2).repeat(len(by_step), axis=0)
    code = np.append(indicator, np.tile(np.array(by_step, np.int64), len(steps)))
    when = np.concatenate([when, within])
    return pd.DataFrame(
        {
            "year": when[:, 0].astype(np.int16),
            "step": when[:, 1].astype(np.int8),
            "place": categories(np.append(place, np.zeros(len(within), np.int64)), areas.codes),
            "indicator": categories(code, names),
            "value": np.concatenate([cells[at, indicator, place], *(triple for _, _, triple in steps)]),
            "unit": categories(unit_codes[code], units),
        }
    )


def step_rows(records: Sequence[YearRecord], edge: int, weight: float) -> list[tuple[int, int, Floats]]:
    """Return the indicators by step of the province after every step but the year's last."""
    rows = []
    for record in records:
        for k, residents in enumerate(record.step_residents[:-1]):
            total, urban = residents[:edge].sum() * weight, residents[1:edge:2].sum() * weight
            sums = Sums.within_year(total, urban)
            values = [indicator.value(sums)[0] for indicator in declared.INDICATORS if indicator.by_step]
            rows.append((record.year, k + 1, np.array(values)))
    return rows


def account_table(region: Region, records: Sequence[YearRecord], weight: float) -> pd.DataFrame:
    """Return the resident accounts by year, county and zone, in persons."""
    n = region.n_counties
    c = np.concatenate([record.ledger.counts[: 2 * n] for record in records]) * weight
    return pd.DataFrame(
        {
            "year": np.repeat(np.array([record.year for record in records], np.int16), 2 * n),
            "county_code": categories(np.tile(np.repeat(np.arange(n), 2), len(records)), region.county_codes),
            "zone": categories(np.tile(np.arange(2), n * len(records)), ["rural", "urban"]),
            "born": c[:, w.BORN],
            "died": c[:, w.DIED],
            "moved_in": c[:, w.MOVED_IN],
            "moved_out": c[:, w.MOVED_OUT],
            "counted": c[:, w.COUNTED_IN] - c[:, w.COUNTED_OUT],
            "entered": c[:, w.ENTERED],
            "left": c[:, w.LEFT],
        }
    )


def flow_table(region: Region, records: Sequence[YearRecord], weight: float) -> pd.DataFrame:
    """Return gross flows between prefectures and outside places by year and age band, in persons."""
    codes = [*region.prefecture_codes, *region.outside_codes]
    flows = np.stack([record.ledger.flows for record in records])
    at, origin, destination, band = np.nonzero(flows)
    return pd.DataFrame(
        {
            "year": np.array([record.year for record in records], np.int16)[at],
            "origin": categories(origin, codes),
            "destination": categories(destination, codes),
            "age_band": categories(band, BANDS),
            "persons": flows[at, origin, destination, band] * weight,
        }
    )


def cost_table(areas: Areas, costs: Mapping[int, Mapping[str, Floats]]) -> pd.DataFrame:
    """Return the public cost by year, lever and place (province, prefectures, groups), in yuan.

    Args:
        areas: places of the output.
        costs: yuan by county of every costed lever, by year.
    """
    levers = sorted({lever for paid in costs.values() for lever in paid}, key=lever_order)
    rows = [(year, lever, cost) for year, paid in costs.items() for lever, cost in paid.items()]
    return pd.DataFrame(
        {
            "year": np.repeat(np.array([year for year, _, _ in rows], np.int16), areas.wide),
            "lever": categories(
                np.repeat(np.array([levers.index(lever) for _, lever, _ in rows], np.int16), areas.wide),
                levers or ["T1"],
            ),
            "place": categories(np.tile(np.arange(areas.wide, dtype=np.int16), len(rows)), areas.codes),
            "value": np.concatenate([areas.member[: areas.wide] @ cost for _, _, cost in rows] or [np.zeros(0)]),
        }
    )


def lever_order(lever: str) -> tuple[bool, int]:
    """Return the sorting key of a lever id: tasks before measures, each by number."""
    return lever[0] == "P", int(lever[1:])


def pyramid_table(ages_by_year: Mapping[int, Ints], weight: float) -> pd.DataFrame:
    """Return residents of the province by zone, sex and five-year band, in persons."""
    lower = np.arange(0, PYRAMID_OPEN + 1, 5)
    rows = []
    for year, ages in ages_by_year.items():
        bands = np.add.reduceat(ages[:2], lower, axis=2) * weight
        for zone, zone_name in enumerate(("rural", "urban")):
            for sex, sex_name in enumerate(("m", "f")):
                for age, persons in zip(lower, bands[zone, sex], strict=True):
                    rows.append((year, zone_name, sex_name, int(age), float(persons)))
    return pd.DataFrame(rows, columns=["year", "zone", "sex", "age_lo", "persons"])
