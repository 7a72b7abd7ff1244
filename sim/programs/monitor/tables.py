"""Tables of a year taken in: figures beside their forecasts, and the parameters that moved."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.data import Region
from sim.programs.monitor.course import equal
from sim.programs.monitor.figures import NewFigures
from sim.programs.monitor.overlay import TEN_THOUSAND, Row
from sim.programs.monitor.runs import RATE, REGISTERED, RESIDENTS, Forecast
from sim.programs.monitor.update import Update
from sim.statistics.discrepancy import POINTS
from sim.statistics.updating import surprise

__all__ = ["given_table", "moved_parameters", "published_rows"]

COLUMNS = ["place", "indicator", "origin", "figure", "median", "p05", "p95", "rank", "crps"]
LEAST_MOVED = 0.05
"""Standard deviations by which the mean of a parameter must move to be listed."""


def given_table(figures: NewFigures, row: Row, forecast: Forecast, scenario: str) -> pd.DataFrame:
    """Return every figure beside its forecast: where it is from, median, band, rank in the forecast and score."""
    year, region, rows = figures.year, forecast.region, list[list[object]]()
    found = forecast.discrepancy

    def add(place: str, indicator: str, origin: str, figure: float, told: Floats | None) -> None:
        numbers: list[float] = [np.nan] * 5 if told is None else list(surprise(told, equal(np.ones(len(told))), figure))
        rows.append([place, indicator, origin, figure, *numbers])

    def told_of(code: str, indicator: str) -> Floats:
        runs = forecast.values(scenario, indicator, year, code)[:, None]
        if indicator == RATE:
            return np.asarray(np.clip(runs + found.rate(code, [year])[:, 0], 0.0, 1.0))
        return np.asarray(runs * np.exp(found.residents(code, [year])[:, 0]))

    whole = region.province_code
    for indicator, name, value in ((RATE, "urban_rate", row.urban_rate), (RESIDENTS, "residents", row.residents)):
        add(whole, indicator, row.derived.get(name, "given"), value, told_of(whole, indicator))
    for name, value in (("birth_rate", row.birth_rate), ("death_rate", row.death_rate)):
        add(whole, name, row.derived.get(name, "given"), value, None)
    if figures.province.registered_urban_rate is not None:
        runs = np.repeat(forecast.values(scenario, REGISTERED, year)[:, None], POINTS, axis=1)
        add(whole, REGISTERED, "given", figures.province.registered_urban_rate / 100.0, runs)
    for code, place in figures.prefectures.items():
        if place.urban_rate is not None:
            add(code, RATE, "given", place.urban_rate / 100.0, told_of(code, RATE))
        if place.residents is not None:
            add(code, RESIDENTS, "given", place.residents * TEN_THOUSAND, told_of(code, RESIDENTS))
    return pd.DataFrame(rows, columns=COLUMNS)


def published_rows(figures: NewFigures, region: Region) -> pd.DataFrame:
    """Return the figures that were given as the registry of forecasts takes them: year, place, indicator, value."""
    places = {region.province_code: figures.province, **figures.prefectures}
    rows = [
        (figures.year, code, indicator, value)
        for code, place in places.items()
        for indicator, value in (
            (RATE, None if place.urban_rate is None else place.urban_rate / 100.0),
            (RESIDENTS, None if place.residents is None else place.residents * TEN_THOUSAND),
        )
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["year", "place", "indicator", "value"])


def moved_parameters(forecast: Forecast, updates: Mapping[str, Update]) -> pd.DataFrame:
    """Return by scenario how far the weights move the mean of each parameter, in standard deviations, largest first."""
    table = forecast.parameters()
    rows = []
    for scenario, found in updates.items():
        moved = (found.runs @ table.to_numpy(np.float64) - table.mean()) / table.std(ddof=0)
        rows += [[scenario, name, value] for name, value in moved.items() if abs(value) >= LEAST_MOVED]
    made = pd.DataFrame(rows, columns=["scenario", "parameter", "moved"])
    return made.sort_values(
        ["scenario", "moved"], key=lambda c: -c.abs() if c.name == "moved" else c, ignore_index=True
    )
