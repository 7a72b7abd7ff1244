"""Bands that hold the discrepancy: every run is told at every point of it (``sim/statistics/discrepancy.py``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb
import numpy as np
import pandas as pd

from sim.base.arrays import Floats, Ints
from sim.statistics.discrepancy import PARTS, POINTS, Reading, Spread, sds
from sim.statistics.precision import NOISE_A_YEAR
from sim.studies.discrepancy import Discrepancy

__all__ = ["census_bands", "uncertainty", "with_discrepancy"]

QUANTILES = {"median": 0.5, "p05": 0.05, "p25": 0.25, "p75": 0.75, "p95": 0.95}
KEYS = ["scenario", "year", "place", "indicator"]
CENSUS_COLUMNS = [*KEYS, "unit", *QUANTILES, "mean", "runs"]
UNCERTAINTY_COLUMNS = [*KEYS, "unit", "reading", "part", "sd", "share"]
UNITS = {"resident_urban_rate": "share", "rate_gap": "share", "residents": "persons", "urban_residents": "persons"}
ENOUGH = 4096
"""Values that the band of a prefecture or county is read from, or all there are if they are fewer (judged)."""
READINGS: tuple[Reading, ...] = ("published", "census")
_EXPOSED = """
    CREATE OR REPLACE TEMP TABLE exposed AS
    SELECT m.scenario, m.draw, m.replicate, r.year, r.place, {columns}
    FROM runs r JOIN manifest m USING (run_id)
    WHERE r.indicator IN ({names}) AND r.step IN (0, $steps) GROUP BY ALL ORDER BY m.scenario, r.year
"""
_LISTS = ", ".join(f"list({name} ORDER BY draw, replicate)" for name in UNITS)
_ONE = """
    SELECT place, {columns} FROM exposed WHERE scenario = $scenario AND year = $year AND place IN $places
    GROUP BY place ORDER BY place
"""
_RUNS = "SELECT * FROM exposed WHERE place = $place ORDER BY scenario, year, draw, replicate"


def with_discrepancy(
    db: duckdb.DuckDBPyConnection, summary: pd.DataFrame, discrepancy: Discrepancy, steps: int
) -> pd.DataFrame:
    """Return the summary with the bands of urban rate, residents, urban residents and gap widened."""
    _expose(db, steps)
    wider = pd.DataFrame(_bands(db, discrepancy, "published"), columns=CENSUS_COLUMNS).set_index(KEYS)
    table = summary.set_index(KEYS)
    table.update(wider[[*QUANTILES, "mean"]])
    return table.reset_index()[summary.columns]


def census_bands(db: duckdb.DuckDBPyConnection, discrepancy: Discrepancy | None, province: str) -> pd.DataFrame:
    """Return the bands of what the next census will say of the province, by year-end since the last one."""
    if discrepancy is None:
        return pd.DataFrame(columns=CENSUS_COLUMNS)
    return pd.DataFrame(_bands(db, discrepancy, "census", province), columns=CENSUS_COLUMNS)


def _expose(db: duckdb.DuckDBPyConnection, steps: int) -> None:
    """Make the table of all values that have a discrepancy, a row per run, year-end and place."""
    columns = ", ".join(f"any_value(r.value) FILTER (r.indicator = '{name}') AS {name}" for name in UNITS)
    names = ", ".join(f"'{name}'" for name in UNITS)
    db.execute(_EXPOSED.format(columns=columns, names=names), {"steps": steps})


def _bands(
    db: duckdb.DuckDBPyConnection, discrepancy: Discrepancy, reading: Reading, only: str | None = None
) -> Iterator[list[object]]:
    """Give a row per scenario, year-end, place and indicator whose figure has a discrepancy."""
    moments = db.execute("SELECT DISTINCT scenario, year FROM exposed ORDER BY ALL").fetchall()
    for scenario, year in moments:
        if not np.any(discrepancy.grown([year], reading)):
            continue
        asked = {"scenario": scenario, "year": year, "places": list(discrepancy.places) if only is None else [only]}
        for place, *lists in db.execute(_ONE.format(columns=_LISTS), asked).fetchall():
            values = {name: np.array(some, np.float64)[:, None] for name, some in zip(UNITS, lists, strict=True)}
            runs = len(values["residents"])
            of_rate = discrepancy.rate(place, [year], reading)[:, 0]
            of_residents = discrepancy.residents(place, [year], reading)[:, 0]
            if np.any(of_rate):
                at = _points_of(runs, len(of_rate) * runs if place == discrepancy.province else ENOUGH)
                for name, told in _told(values, of_rate[at], of_residents[at]).items():
                    if len(told):
                        yield [scenario, year, place, name, UNITS[name], *_band(told)]


def _points_of(runs: int, enough: int) -> Ints:
    """Return the points at which every run is told, int64[runs, points]: every ``step``-th, beginning in turn.

    The step is the largest power of two that leaves ``enough`` values, at most ``POINTS``, at which a run has one.
    """
    step = 1
    while step < POINTS and runs * POINTS >= 2 * step * enough:
        step *= 2
    return np.arange(runs)[:, None] % step + np.arange(0, POINTS, step)


def _told(values: Mapping[str, Floats], of_rate: Floats, of_residents: Floats) -> dict[str, Floats]:
    """Return every run at its points by indicator, float64[runs, points]; a rate stays within 0 and 1."""
    rate, residents = values["resident_urban_rate"], values["residents"]
    shares, people = np.clip(rate + of_rate, 0.0, 1.0), residents * np.exp(of_residents)
    gaps = values["rate_gap"] + (shares - rate)
    told = {"resident_urban_rate": shares, "residents": people, "urban_residents": people * shares, "rate_gap": gaps}
    return {name: some[np.isfinite(some[:, 0])] for name, some in told.items()}


def _band(values: Floats) -> list[float]:
    """Return the quantiles, mean and number of runs of values, float64[runs, points]."""
    return [*np.quantile(values, list(QUANTILES.values())), float(values.mean()), len(values)]


def uncertainty(
    db: duckdb.DuckDBPyConnection, discrepancy: Discrepancy | None, province: str, households: int, last: int
) -> pd.DataFrame:
    """Return what the variance of the province is made of, a row per part.

    The terms are independent of the runs, so that variances add up: ``draws`` (parameters and
    levers) and ``replicates`` (random numbers alone) by the law of total variance, the two parts of the
    pace offset, and the error of yearly figures. Residents are told in logarithms. With one replicate
    the noise of the rate is what the number of households is known to make, and that of residents,
    which is not known, stays in ``draws``.

    Args:
        db: connection with the runs.
        discrepancy: what forecasts of other provinces got wrong; None: no rows.
        province: code of the province.
        households: households of a run.
        last: last observed year, after which noise grows.
    """
    if discrepancy is None:
        return pd.DataFrame(columns=UNCERTAINTY_COLUMNS)
    runs = db.execute(_RUNS, {"place": province}).df()
    rows: list[list[object]] = []
    spreads = discrepancy.places[province]
    for _, some in runs.groupby(["scenario", "year"], sort=False):
        scenario, year = str(some["scenario"].iloc[0]), int(some["year"].iloc[0])
        told = (
            ("resident_urban_rate", "share", some["resident_urban_rate"], spreads.rate),
            ("residents", "logarithm", np.log(some["residents"]), spreads.residents),
        )
        for reading in READINGS:
            (years,) = discrepancy.grown([year], reading)
            for name, unit, values, spread in told:
                head = [scenario, year, province, name, unit, reading]
                known = max(year - last, 0) * NOISE_A_YEAR / households / 1e4 if unit == "share" else np.nan
                rows += _parts(head, some["draw"], values, spread, years, known)
    return pd.DataFrame(rows, columns=UNCERTAINTY_COLUMNS)


def _parts(
    head: list[object], draws: pd.Series[int], values: pd.Series[float], spread: Spread, years: Floats, known: float
) -> Iterator[list[object]]:
    """Give standard deviation and share of the variance by part; ``known`` is the noise of one replicate."""
    groups = values.groupby(draws.to_numpy())
    total = float(values.var(ddof=1)) if len(values) > 1 else 0.0
    within = float(groups.var(ddof=1).mean()) if len(values) > groups.ngroups else float(np.minimum(known, total))
    between = max(total - np.nan_to_num(within), 0.0)
    part = dict(zip(PARTS, sds(spread, years) ** 2, strict=True))
    variances = {
        "draws": between,
        "replicates": within,
        "pace_common": part["common"],
        "pace_own": part["own"],
        "figures": part["drift"] + part["next_drift"],
    }
    whole = float(np.nansum(list(variances.values())))
    for name, variance in variances.items():
        yield [*head, name, float(np.sqrt(variance)), variance / whole if whole > 0.0 else float("nan")]
