"""Targets: published values that runs are compared with, and the same values of a run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from sim.base.arrays import Floats
from sim.base.documents import StrictModel, parse, read_document, suggest
from sim.base.errors import InputError
from sim.config import CONFIGS
from sim.data import Region
from sim.parameters.declared import Grade, Text, declared
from sim.parameters.posterior import FitTarget
from sim.programs.hindcast.cases import census_shares, in_prefectures, province_rates

TARGET_FILE = CONFIGS / "targets.yaml"


REGISTERED = (2020, 2023)
"""Years between which the national registered urban rate is known since the census."""


class TargetError(InputError):
    """A target file that cannot be used; the message names file, line, key and next step."""


class Entry(StrictModel):
    """How well a run can be asked to hit a published value."""

    discrepancy: float = Field(gt=0.0)
    unit: Text
    grade: Grade
    basis: Text


class Prefectures(StrictModel):
    """Targets of prefectures."""

    prefecture_rate: Entry
    prefecture_residents: Entry


class After2020(Prefectures):
    """Targets of the runs from 2020 on."""

    registered_2020: Entry
    registered_gain: Entry


class To2020(Prefectures):
    """Targets of the runs from 2010."""

    rate_2015: Entry
    rate_2020: Entry
    residents_2020: Entry
    outside_2020: Entry
    county_slope: Entry
    county_growth_slope: Entry


class TargetFile(StrictModel):
    """``configs/targets.yaml`` as written."""

    parameters: dict[str, Literal["level", "drift", "shared", "later"]]
    to_2020: To2020
    after_2020: After2020

    @field_validator("parameters")
    @classmethod
    def _declared(cls, kinds: dict[str, str]) -> dict[str, str]:
        for name in kinds:
            if name not in declared():
                problem = f"no such parameter; {suggest(name, declared())}"
                raise PydanticCustomError("parameter", "{problem}", {"problem": problem, "key": name})
        return kinds


@cache
def declared_targets(file: Path = TARGET_FILE) -> dict[str, Any]:
    """Return ``configs/targets.yaml``.

    Raises:
        TargetError: with file, line and what is allowed.
    """
    return parse(TargetFile, *read_document(file, TargetError)).model_dump()


def calibrated() -> dict[str, str]:
    """Return the calibrated parameters and what each is: level, drift, shared or later."""
    return dict(declared_targets()["parameters"])


def slope(x: Floats, y: Floats) -> Floats:
    """Return the least-squares slope of every row of ``y`` on ``x``, float64[rows]."""
    centred = x - x.mean()
    return np.asarray((y - y.mean(axis=-1, keepdims=True)) @ centred / (centred @ centred))


def outputs_to_2020(rows: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Return the targets of the runs 2010 to 2020, one row per run, in the units of the target file."""
    codes = region.county_codes
    residents = rows[[f"residents:{c}:2020" for c in codes]].to_numpy(np.float64)
    share = np.nan_to_num(rows[[f"rate:{c}:2020" for c in codes]].to_numpy(np.float64))
    total = rows["residents:2020"].to_numpy(np.float64)
    simple = {
        "rate_2015": 100 * rows["rate:2015"].to_numpy(np.float64),
        "rate_2020": 100 * rows["rate:2020"].to_numpy(np.float64),
        "residents_2020": 100 * np.log(total),
        "outside_2020": rows["outside:2020"].to_numpy(np.float64) / 1e6,
    }
    return _decade(region, share, residents, simple)


def observed_to_2020(region: Region) -> pd.DataFrame:
    """Return the published values of :func:`outputs_to_2020`, one row."""
    share, residents = census_shares(region, 2020)
    rates = province_rates(region)
    stock = region.table("outside_places")["migrants_2020"].to_numpy(np.float64).sum()
    simple = {
        "rate_2015": np.array([100 * rates[2015]]),
        "rate_2020": np.array([100 * rates[2020]]),
        "residents_2020": np.array([100 * np.log(residents.sum())]),
        "outside_2020": np.array([stock / 1e6]),
    }
    return _decade(region, share[None], residents[None], simple)


def _decade(region: Region, share: Floats, residents: Floats, simple: Mapping[str, Floats]) -> pd.DataFrame:
    """Add what depends on counties: slopes and prefectures; arrays are float64[rows, n_counties]."""
    share_before, residents_before = census_shares(region, 2010)
    growth = np.log(np.maximum(residents, 1.0) / residents_before)
    out = dict(simple)
    out["county_slope"] = slope(share_before, share - share_before)
    out["county_growth_slope"] = slope(share_before, growth)
    rate, people = _prefectures(region, share, residents, share_before, residents_before)
    for k, code in enumerate(region.prefecture_codes):
        out[f"prefecture_rate:{code}"] = rate[:, k]
        out[f"prefecture_residents:{code}"] = people[:, k]
    return pd.DataFrame(out)


def _prefectures(
    region: Region, share: Floats, residents: Floats, share_before: Floats, residents_before: Floats
) -> tuple[Floats, Floats]:
    """Return change of the urban share (points) and growth relative to the province (log points)."""
    after, before = in_prefectures(region, residents), in_prefectures(region, residents_before)
    rate = in_prefectures(region, share * residents) / after
    rate_before = in_prefectures(region, share_before * residents_before) / before
    growth = np.log(after / before) - np.log(residents.sum(axis=-1, keepdims=True) / residents_before.sum())
    return 100 * (rate - rate_before), 100 * growth


def outputs_after_2020(rows: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Return the targets of the runs from 2020 on by prefecture, one row per run."""
    share_before, residents_before = census_shares(region, 2020)
    start = float((share_before * residents_before).sum() / residents_before.sum())
    out: dict[str, Floats] = {}
    for code, kind, year in _published_after(region)[["prefecture_code", "kind", "year"]].itertuples(index=False):
        counties = region.county_codes
        residents = rows[[f"residents:{c}:{year}" for c in counties]].to_numpy(np.float64)
        share = np.nan_to_num(rows[[f"rate:{c}:{year}" for c in counties]].to_numpy(np.float64))
        rate, people = _prefectures(region, share, residents, share_before, residents_before)
        at = region.prefecture_codes.index(code)
        if kind == "rate":
            province = 100 * (rows[f"rate:{year}"].to_numpy(np.float64) - start)
            out[f"prefecture_rate:{code}"] = rate[:, at] - province
        else:
            out[f"prefecture_residents:{code}"] = people[:, at]
    registered = {year: 100 * rows[f"registered_rate:{year}"].to_numpy(np.float64) for year in REGISTERED}
    return pd.DataFrame(out | _registered(registered))


def _registered(level: Mapping[int, Floats]) -> dict[str, Floats]:
    """Return level and yearly gain of the registered urban rate from levels in points at both years."""
    first, last = REGISTERED
    return {"registered_2020": level[first], "registered_gain": (level[last] - level[first]) / (last - first)}


def observed_after_2020(region: Region) -> pd.DataFrame:
    """Return the published values of :func:`outputs_after_2020`, one row."""
    share, residents = census_shares(region, 2020)
    before = in_prefectures(region, residents)
    rate_before = in_prefectures(region, share * residents) / before
    rates = province_rates(region)
    series = region.table("province_series").set_index("year")["residents"].astype(np.float64)
    out = {}
    for row in _published_after(region).itertuples(index=False):
        at, year = region.prefecture_codes.index(str(row.prefecture_code)), int(str(row.year))
        if row.kind == "rate":
            change = float(str(row.value)) - rate_before[at] - (rates[year] - rates[2020])
            out[f"prefecture_rate:{row.prefecture_code}"] = [100 * change]
        else:
            growth = np.log(float(str(row.value)) / before[at]) - np.log(series[year] / residents.sum())
            out[f"prefecture_residents:{row.prefecture_code}"] = [100 * growth]
    anchors = region.table("anchors").set_index("name")["value"].astype(np.float64)
    national = {year: np.array([100 * anchors[f"national_registered_urban_rate_{year}"]]) for year in REGISTERED}
    level = np.array([100 * anchors["registered_urban_rate_2020"]])
    return pd.DataFrame(out | _registered(national) | {"registered_2020": level})


def _published_after(region: Region) -> pd.DataFrame:
    """Return the last published rate and residents of every prefecture: prefecture_code, kind, year, value."""
    table = region.table("prefecture_annual")
    table = table[table["year"] > 2020]
    parts = []
    for kind, column in (("rate", "urban_rate"), ("residents", "residents")):
        known = table.dropna(subset=[column]).sort_values("year").groupby("prefecture_code").tail(1)
        parts.append(
            pd.DataFrame(
                {
                    "prefecture_code": known["prefecture_code"].astype(str),
                    "kind": kind,
                    "year": known["year"].astype(int),
                    "value": known[column].astype(np.float64),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def make_targets(block: str, observed: pd.DataFrame, noise: pd.Series[float]) -> list[FitTarget]:
    """Return the targets of a block of the target file.

    Args:
        block: to_2020 or after_2020.
        observed: published values, one row.
        noise: standard deviation of one run around its expectation, by target.
    """
    spec = declared_targets()[block]
    made = []
    for name in observed.columns:
        entry = spec[str(name).split(":")[0]]
        made.append(
            FitTarget(
                name=f"{block}:{name}",
                observed=round(float(observed[name].iloc[0]), 6),
                discrepancy=float(entry["discrepancy"]),
                noise=round(float(noise[name]), 6),
                basis=f"{entry['unit']}; {entry['basis']}",
                grade=entry["grade"],
            )
        )
    return made
