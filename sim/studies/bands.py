"""Bands that hold the discrepancy: every run is told at every point of it (``sim/statistics/discrepancy.py``)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import duckdb
import numpy as np
import pandas as pd

from sim.base.arrays import Floats, Ints
from sim.statistics.discrepancy import PARTS, POINTS, Reading, Spread, sds
from sim.statistics.precision import NOISE_A_YEAR
from sim.studies.discrepancy import Discrepancy
from sim.studies.environment import cores

__all__ = ["census_bands", "uncertainty", "with_discrepancy"]

QUANTILES = {"median": 0.5, "p05": 0.05, "p25": 0.25, "p75": 0.75, "p95": 0.95}
KEYS = ["scenario", "year", "place", "indicator"]
CENSUS_COLUMNS = [*KEYS, "unit", *QUANTILES, "mean", "runs"]
UNCERTAINTY_COLUMNS = [*KEYS, "unit", "reading", "part", "sd", "share"]
UNITS = {"resident_urban_rate": "share", "rate_gap": "share", "residents": "persons", "urban_residents": "persons"}
ENOUGH = 4096
"""Values that the band of a prefecture or county is read from, or all there are if they are fewer (judged)."""
AHEAD = 32
"""Year-ends whose runs may wait for their bands."""
TOGETHER = 16
"""Places whose bands are made together: ten arrays of at most 16 x 8,191 values, some 10 MB a thread."""
READINGS: tuple[Reading, ...] = ("published", "census")
_EXPOSED = """
    CREATE OR REPLACE TEMP TABLE exposed AS
    SELECT m.scenario, m.draw, m.replicate, r.year, r.place, {columns}
    FROM runs r JOIN manifest m USING (run_id)
    WHERE r.indicator IN ({names}) AND r.step IN (0, $steps) GROUP BY ALL ORDER BY m.scenario, r.year
"""
_ONE = """
    SELECT year, place, {columns} FROM exposed WHERE scenario = $scenario AND place IN $places
    ORDER BY year, place, draw, replicate
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
    query, asked = _ONE.format(columns=", ".join(UNITS)), list(discrepancy.places) if only is None else [only]
    offsets = cache(lambda year: _offsets(discrepancy, year, reading, asked))
    waiting: deque[tuple[str, int, Future[list[list[object]]]]] = deque()
    pool = ThreadPoolExecutor(cores())
    try:
        for (scenario,) in db.execute("SELECT DISTINCT scenario FROM exposed ORDER BY ALL").fetchall():
            runs = db.execute(query, {"scenario": scenario, "places": asked}).df()
            for year in map(int, runs["year"].unique()):
                if offsets(year):
                    some = runs[runs["year"] == year]
                    told = pool.submit(_bands_of_year, some, offsets(year), discrepancy.province)
                    waiting.append((scenario, year, told))
            while len(waiting) > AHEAD:
                yield from _rows(*waiting.popleft())
        for moment in waiting:
            yield from _rows(*moment)
    finally:
        pool.shutdown(cancel_futures=True)


def _rows(scenario: str, year: int, told: Future[list[list[object]]]) -> Iterator[list[object]]:
    for place, name, *numbers in told.result():
        yield [scenario, year, place, name, UNITS[str(name)], *numbers]


def _offsets(
    discrepancy: Discrepancy, year: int, reading: Reading, places: Sequence[str]
) -> dict[str, tuple[Floats, Floats]]:
    """Return by place what is added to rate and log residents at a year-end, where the rate has a discrepancy."""
    both = {
        p: (discrepancy.rate(p, [year], reading)[:, 0], discrepancy.residents(p, [year], reading)[:, 0]) for p in places
    }
    return {place: (of_rate, of_residents) for place, (of_rate, of_residents) in both.items() if np.any(of_rate)}


def _bands_of_year(
    runs: pd.DataFrame, offsets: Mapping[str, tuple[Floats, Floats]], province: str
) -> list[list[object]]:
    """Return place, indicator, quantiles, mean and number of runs, places with as many runs taken together."""
    place = runs["place"].to_numpy()
    starts = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
    sizes = np.diff(np.append(starts, len(runs)))
    known, of_province = np.isin(place[starts], list(offsets)), place[starts] == province
    columns = {name: runs[name].to_numpy(np.float64) for name in UNITS}
    found: list[list[object]] = []
    for whole, size in sorted(set(zip(of_province[known].tolist(), sizes[known].tolist(), strict=True))):
        alike = starts[known & (of_province == whole) & (sizes == size)]
        for own in np.split(alike, range(TOGETHER, len(alike), TOGETHER)):
            values = {name: column[own[:, None] + np.arange(size)][..., None] for name, column in columns.items()}
            at = _points_of(size, POINTS * size if whole else ENOUGH)
            of_rate, of_residents = (np.array([offsets[place[j]][k][at] for j in own]) for k in (0, 1))
            for name, told in _told(values, of_rate, of_residents).items():
                found += ([place[own[k]], name, *band] for k, band in _band(told))
    return found


def _points_of(runs: int, enough: int) -> Ints:
    """Return the points at which every run is told, int64[runs, points]: every ``step``-th, beginning in turn.

    The step is the largest power of two that leaves ``enough`` values, at most ``POINTS``, at which a run has one.
    """
    step = 1
    while step < POINTS and runs * POINTS >= 2 * step * enough:
        step *= 2
    return np.arange(runs)[:, None] % step + np.arange(0, POINTS, step)


def _told(values: Mapping[str, Floats], of_rate: Floats, of_residents: Floats) -> dict[str, Floats]:
    """Return every run at its points by indicator, float64[places, runs, points]; a rate stays within 0 and 1."""
    rate, residents = values["resident_urban_rate"], values["residents"]
    shares, people = np.clip(rate + of_rate, 0.0, 1.0), residents * np.exp(of_residents)
    gaps = values["rate_gap"] + (shares - rate)
    return {"resident_urban_rate": shares, "residents": people, "urban_residents": people * shares, "rate_gap": gaps}


def _band(values: Floats) -> Iterator[tuple[int, list[float]]]:
    """Give place by place the quantiles, mean and number of runs of the runs with a value, if there are any.

    Args:
        values: float64[places, runs, points].
    """
    known = np.isfinite(values[:, :, 0])
    counts = known.sum(axis=1)
    for count in np.unique(counts[counts > 0]):
        places = np.flatnonzero(counts == count)
        flat = values[places][known[places]].reshape(len(places), -1)
        columns = [*np.quantile(flat, list(QUANTILES.values()), axis=1), flat.mean(axis=1)]
        for k, numbers in zip(places, np.array(columns).T, strict=True):
            yield int(k), [*map(float, numbers), int(count)]


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
