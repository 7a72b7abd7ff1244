"""The registry of forecasts: fixed before their figures were used, never edited, scored as figures come out.

``docs/forecasts/`` holds a file per forecast (scenario, year, place, indicator, median, p05, p95) and the registry
with the digest of each; the published figures are those of the tables of the region, with their sources there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.base.errors import InputError
from sim.base.markdown import table
from sim.base.names import BASELINE, PLAN
from sim.base.paths import DOCS
from sim.base.textfiles import dump_yaml, read_content
from sim.data import Region, load_region
from sim.programs.hindcast.cases import prefecture_shares, province_rates
from sim.statistics.benchmarks import province_benchmarks

FOLDER = DOCS / "forecasts"
REGION = "hunan"
RATE, RESIDENTS = "resident_urban_rate", "residents"
COLUMNS = {"urban_rate": RATE, "residents": RESIDENTS}
"""Indicator of every column of the tables that figures are taken from."""
COLUMNS_FIXED = ["scenario", "year", "place", "indicator", "median", "p05", "p95"]
AHEAD = 5
"""Years that a registered forecast goes beyond the last observed one."""
CENSUS = 2020
"""Census from which the pace of the benchmarks is taken."""


class RegistryError(InputError):
    """A forecast that is not the one that was registered."""


class Forecast(NamedTuple):
    """A registered forecast.

    Attributes:
        fixed: date on which it was fixed.
        commit: version that made it.
        data_until: last year-end whose figures it used.
        note: how it was made and what was known.
        table: its rows.
    """

    fixed: str
    commit: str
    data_until: int
    note: str
    table: pd.DataFrame


def registered(folder: Path = FOLDER) -> list[Forecast]:
    """Return all registered forecasts.

    Raises:
        RegistryError: a file is missing or was edited.
    """
    found = []
    for entry in read_content(folder / "registry.yaml"):
        path = folder / entry["file"]
        content = path.read_bytes().replace(b"\r\n", b"\n") if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise RegistryError(f"{path}: missing or edited; a registered forecast stays as it is. Restore the file.")
        rows = pd.read_csv(path, dtype={"place": str})
        found.append(Forecast(entry["fixed"], entry["commit"], entry["data_until"], entry["note"], rows))
    return found


def register(study: Path, folder: Path = FOLDER) -> Path:
    """Fix the forecast of a finished study in the registry and return its file.

    Args:
        study: folder of a study with both scenarios that draws from the posterior.
        folder: the registry.

    Raises:
        RegistryError: the study was made by sources that no commit has, or is registered already.
    """
    made, region = json.loads((study / "env.json").read_text(encoding="utf-8")), load_region(REGION)
    if made["dirty"] or not made["commit"]:
        raise RegistryError(f"{study}: made by sources that no commit has. Commit them and run the study again.")
    known = max(province_rates(region))
    rows = pd.read_csv(study / "summary.csv", dtype={"place": str})
    places, years = (region.province_code, *region.prefecture_codes), range(known + 1, known + AHEAD + 1)
    chosen = rows["place"].isin(places) & rows["year"].isin(years) & rows["indicator"].isin((RATE, RESIDENTS))
    rows = rows[chosen & rows["scenario"].isin((BASELINE, PLAN))]
    fixed, commit = str(made["updated"])[:10], made["commit"][:7]
    path = folder / f"{fixed}_{commit}.csv"
    if path.exists():
        raise RegistryError(f"{path}: registered already; a registered forecast stays as it is.")
    content = rows[COLUMNS_FIXED].to_csv(index=False, float_format="%.6g", lineterminator="\n")
    path.write_text(content, encoding="utf-8", newline="")
    entry = {
        "file": path.name,
        "fixed": fixed,
        "commit": commit,
        "data_until": known,
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "note": f"figures as they will be published, discrepancy included; {int(rows['runs'].max())} draws",
    }
    with (folder / "registry.yaml").open("a", encoding="utf-8", newline="") as file:
        file.write(dump_yaml([entry]))
    return path


def published(region: Region | None = None) -> pd.DataFrame:
    """Return the published figures of the province and its prefectures: year, place, indicator, value."""
    region = region or load_region(REGION)
    province = region.table("province_series").assign(place=region.province_code)
    prefectures = region.table("prefecture_annual").rename(columns={"prefecture_code": "place"})
    tables = pd.concat([table[["year", "place", *COLUMNS]] for table in (province, prefectures)])
    long = tables.rename(columns=COLUMNS).melt(["year", "place"], var_name="indicator")
    return long.dropna().astype({"year": int, "value": float}).reset_index(drop=True)


def scored(forecast: Forecast, figures: pd.DataFrame) -> pd.DataFrame:
    """Return the values of a forecast whose figures are known, with error (median less figure) and whether inside.

    Args:
        forecast: the forecast.
        figures: published figures; those of years that the forecast used are left out.
    """
    later = figures[figures["year"] > forecast.data_until]
    rows = forecast.table.merge(later, on=["year", "place", "indicator"])
    inside = rows["value"].between(rows["p05"], rows["p95"])
    return rows.assign(error=rows["median"] - rows["value"], inside=inside)


def own_pace(figures: pd.DataFrame, year: int, since: int) -> pd.DataFrame:
    """Return prefecture rates of ``year`` at their own pace from the census to ``since``: place, median (share)."""
    region = load_region(REGION)
    census = dict(zip(region.prefecture_codes, prefecture_shares(region, CENSUS), strict=True))
    known = figures[(figures["year"] == since) & (figures["indicator"] == RATE)]
    known = known[known["place"].isin(census)]
    first = known["place"].map(census)
    ahead = known["value"] + (known["value"] - first) * (year - since) / (since - CENSUS)
    return pd.DataFrame({"place": known["place"], "median": ahead})


def forecasts() -> str:
    """Return what registered forecasts said and what came, the province value by value, then the prefectures."""
    figures = published()
    parts = list[str]()
    for forecast in registered():
        rows = scored(forecast, figures)
        waits = "" if len(rows) else f" No figure of {forecast.data_until + 1} is in the tables yet."
        parts.append(
            ("\n" if parts else "")
            + f"**Fixed {forecast.fixed}** at commit `{forecast.commit}`, with figures up to {forecast.data_until}: "
            f"{forecast.note}.{waits}\n\n"
        )
        if rows.empty:
            continue
        parts.append(table(("province", "scenario", "forecast (90%)", "published", ""), _province(forecast, rows)))
        head = ("prefectures", "forecaster", "places", "mean absolute error", "bias", "inside 90%")
        parts.append("\n" + table(head, _prefectures(forecast, rows, figures)))
    return "".join(parts) or "No figure has come out yet.\n"


def _province(forecast: Forecast, rows: pd.DataFrame) -> list[Sequence[object]]:
    region = load_region(REGION)
    here = rows[rows["place"] == region.province_code]
    made: list[Sequence[object]] = []
    for row in here[here["scenario"].isin((BASELINE, PLAN))].to_dict("records"):
        show = _percent if row["indicator"] == RATE else _millions
        band = f"{show(row['median'])} ({show(row['p05'])} to {show(row['p95'])})"
        verdict = "inside" if row["inside"] else "**outside**"
        made.append((f"{_words(row['indicator'])} {row['year']}", row["scenario"], band, show(row["value"]), verdict))
    rates = {year: rate for year, rate in province_rates(region).items() if year <= forecast.data_until}
    years = sorted(set(here["year"]))
    ahead = province_benchmarks(rates, years, (CENSUS, forecast.data_until))
    for row in ahead.to_dict("records"):
        figure = here[(here["year"] == row["year"]) & (here["indicator"] == RATE)]["value"].iloc[0]
        name = f"benchmark: {str(row['benchmark']).replace('_', ' ')}"
        made.append((f"{_words(RATE)} {row['year']}", name, _percent(row["share"]), _percent(figure), ""))
    return made


def _prefectures(forecast: Forecast, rows: pd.DataFrame, figures: pd.DataFrame) -> list[Sequence[object]]:
    codes = load_region(REGION).prefecture_codes
    there = rows[rows["place"].isin(codes) & (rows["scenario"] == BASELINE)]
    made: list[Sequence[object]] = []
    for (year, indicator), part in there.groupby(["year", "indicator"]):
        name = f"{_words(str(indicator))} {year}"
        made.append((name, BASELINE, *_scores(part, relative=indicator == RESIDENTS)))
        if indicator == RATE:
            pace = own_pace(figures, int(str(year)), forecast.data_until).merge(part[["place", "value"]], on="place")
            same = part[part["place"].isin(pace["place"])]
            pace = pace.assign(error=pace["median"] - pace["value"])
            made.append((name, f"{BASELINE}, where the benchmark is known", *_scores(same)))
            made.append((name, f"benchmark: own pace since {CENSUS}", *_scores(pace)))
    return made


def _scores(part: pd.DataFrame, relative: bool = False) -> tuple[object, ...]:
    """Return places, mean absolute error, bias and how many are inside their bands."""
    error = 100.0 * (part["error"] / part["value"] if relative else part["error"]).to_numpy(np.float64)
    unit = "%" if relative else " points"
    inside = f"{int(part['inside'].sum())} of {len(part)}" if "inside" in part else ""
    return len(part), f"{np.abs(error).mean():.2f}{unit}", f"{error.mean():+.2f}{unit}", inside


def _words(indicator: str) -> str:
    return {RATE: "urban rate", RESIDENTS: "residents"}[indicator]


def _percent(share: float) -> str:
    return f"{100.0 * share:.2f}%"


def _millions(persons: float) -> str:
    return f"{persons / 1e6:.2f} million"
