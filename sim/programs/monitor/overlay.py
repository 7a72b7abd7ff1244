"""The tables of the region with the new rows, in a folder of the study laid out like ``configs/``."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.base.names import BASELINE
from sim.config import CONFIGS
from sim.data import Region
from sim.data.check import check_observed, refuse, require_valid
from sim.data.derive.economy import province_series
from sim.data.derive.tableset import TableSet
from sim.data.tables import DataError, read_table, region_folder, write_table
from sim.programs.monitor.figures import NewFigures, NewFiguresError
from sim.programs.monitor.runs import RESIDENTS, Forecast
from sim.statistics.updating import band

__all__ = ["Fallback", "Row", "check_figures", "forecast_values", "new_row", "write_overlay"]

TEN_THOUSAND, DIGITS = 10_000, 4


class Row(NamedTuple):
    """The row of the province in the new year, and what of it was derived and how (by column)."""

    residents: float
    urban_rate: float
    birth_rate: float
    death_rate: float
    derived: Mapping[str, str]


class Fallback(NamedTuple):
    """What stands for figures that are not given: persons, share, and per thousand."""

    residents: float
    urban_rate: float
    birth_rate: float
    death_rate: float


def forecast_values(year: int, forecast: Forecast, weight: Floats) -> Fallback:
    """Return the middle of the weighed forecast of a year, births and deaths as the runs carry them on.

    Args:
        year: year-end of the figures.
        forecast: what was forecast before them.
        weight: of the runs and points of the baseline given the figures, float64[runs, points].
    """
    runs, residents = weight.sum(axis=1), forecast.values(BASELINE, RESIDENTS, year)
    mean = (residents + forecast.values(BASELINE, RESIDENTS, year - 1)) / 2.0
    born, died = (_middle(1e3 * forecast.flow(BASELINE, account, year) / mean, runs) for account in ("born", "died"))
    return Fallback(_middle(residents, runs), _middle(forecast.told(BASELINE, year), weight), born, died)


def check_figures(region: Region, figures: NewFigures) -> None:
    """Refuse figures that contradict themselves, before anything is simulated or written.

    Raises:
        NewFiguresError: the tables with these figures do not hold.
    """
    last = region.table("province_series").sort_values("year").iloc[-1]
    before = Fallback(*(float(last[name]) for name in Fallback._fields))
    with TemporaryDirectory() as folder:
        write_overlay(Path(folder) / "overlay", region, figures, new_row(figures, region, before))


def new_row(figures: NewFigures, region: Region, fallback: Fallback) -> Row:
    """Return the row of the province: as given, else from all prefectures, else what stands for it."""
    derived: dict[str, str] = {}
    given = figures.province
    people, towns = _sums(figures, region)

    def pick(name: str, known: float | None, summed: float | None = None) -> float:
        if known is not None:
            return known
        derived[name] = "forecast" if summed is None else "prefectures"
        return float(getattr(fallback, name)) if summed is None else summed

    total = pick("residents", _persons(given.residents), people)
    share = None if towns is None or people is None else towns / people
    rate = pick("urban_rate", _share(given.urban_rate), share)
    births, deaths = pick("birth_rate", given.birth_rate), pick("death_rate", given.death_rate)
    return Row(round(total), round(rate, DIGITS), round(births, 2), round(deaths, 2), derived)


def _middle(values: Floats, weight: Floats) -> float:
    return float(band(values, weight)[1])


def _persons(given: float | None) -> float | None:
    return None if given is None else given * TEN_THOUSAND


def _share(given: float | None) -> float | None:
    return None if given is None else given / 100.0


def _sums(figures: NewFigures, region: Region) -> tuple[float | None, float | None]:
    """Return residents and urban residents of all prefectures together, None where one is not given."""
    given = [figures.prefectures.get(code) for code in region.prefecture_codes]
    people = [_persons(place.residents) for place in given if place is not None]
    if len(people) < len(given) or None in people:
        return None, None
    rates = [_share(place.urban_rate) for place in given if place is not None]
    total = sum(p for p in people if p is not None)
    if None in rates:
        return total, None
    return total, sum(p * r for p, r in zip(people, rates, strict=True) if p is not None and r is not None)


def write_overlay(folder: Path, region: Region, figures: NewFigures, row: Row) -> Path:
    """Write the configuration and the tables with the new rows; return the folder.

    Raises:
        NewFiguresError: the tables with these figures contradict themselves.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("policy", "scenario", "posteriors"):
        shutil.copytree(CONFIGS / name, folder / name)
    shutil.copy(CONFIGS / "parameters.yaml", folder / "parameters.yaml")
    tables = folder / "data" / region.name
    shutil.copytree(region_folder(region.name), tables)
    _append(tables, "province_series", [_province(figures, row)])
    _append(tables, "prefecture_annual", _prefectures(figures))
    try:
        refuse(check_observed(tables))
        write_table(province_series(TableSet(tables)), tables, "province_series")
        require_valid(tables)
    except DataError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NewFiguresError(
            f"figures of {figures.year}: the tables with them do not hold ({error}). Correct the file of figures."
        ) from None
    return folder


def _append(tables: Path, name: str, rows: list[dict[str, object]]) -> None:
    if rows:
        write_table(pd.concat([read_table(tables, name), pd.DataFrame(rows)], ignore_index=True), tables, name)


def _province(figures: NewFigures, row: Row) -> dict[str, object]:
    residents = int(row.residents)
    urban = int(np.round(residents * row.urban_rate / TEN_THOUSAND)) * TEN_THOUSAND
    vital: dict[str, object] = {"birth_rate": row.birth_rate, "death_rate": row.death_rate, "births": 0, "deaths": 0}
    return {
        "year": figures.year,
        "residents": residents,
        "urban_residents": urban,
        "urban_rate": row.urban_rate,
    } | vital


def _prefectures(figures: NewFigures) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for code, place in sorted(figures.prefectures.items()):
        people, rate = _persons(place.residents), _share(place.urban_rate)
        towns = None if people is None or rate is None else round(people * rate)
        numbers = {"residents": None if people is None else round(people), "urban_residents": towns}
        rows.append({"prefecture_code": code, "year": figures.year, **numbers, "urban_rate": rate})
    return rows
