"""From the rows of all runs to the tables of a study, out of memory, by DuckDB.

Only year-ends are summarised: the last step of a year, and step 0 of the start.
Quantiles are over the runs (draws x replicates) of a scenario, and over the discrepancy of each
unless it is switched off. Sums run over sorted values, so that the order in which runs ended
does not show in the last digit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.base.names import BASELINE
from sim.config import ProjectConfig, scenario_name
from sim.data import Region, load_region
from sim.studies.bands import census_bands, uncertainty, with_discrepancy
from sim.studies.digits import significant
from sim.studies.discrepancy import Discrepancy, discrepancy_of, rate_offsets
from sim.studies.files import NOT_WRITABLE, TEMPORARY, cannot_write, literal, replacing
from sim.studies.inputs import FIT, FOLDER
from sim.studies.manifest import DONE, FAILED, PENDING, Row
from sim.studies.precision import precision_table
from sim.studies.store import ACCOUNTS, TABLES, read_draws
from sim.studies.tables import seal, unseal
from sim.studies.target import TARGET_YEARS, TARGETS, target_table
from sim.studies.value import FILE as VALUE
from sim.studies.value import INDICATORS as PAID_FOR
from sim.studies.value import value_table

__all__ = ["BASELINE", "COVERAGE", "coverage", "province_values", "summarize"]

RATE = "resident_urban_rate"
COVERAGE = "coverage.csv"
"""How many of the planned runs of each scenario are in the other tables."""
SETTINGS = (
    "SET memory_limit = '1200MB'; SET preserve_insertion_order = false; SET enable_progress_bar = false; "
    "SET parquet_metadata_cache = true"
)
NO_ROOM = (*map(os.strerror, NOT_WRITABLE), "max_temp_directory_size")
"""What an error of the database or the system says when a disk takes no more."""
PASS_ROWS = 5_000_000
"""Values that one pass over the parts takes up: one indicator of all counties, or several without counties."""

NOISE = 1e-9
"""Spread between runs, as a share of the values, below which nothing varies but the last digits (no reduction)."""

_MACROS = """
    CREATE MACRO total(x) AS list_sum(list_sort(list(x)));
    CREATE MACRO average(x) AS list_avg(list_sort(list(x)));
    CREATE MACRO variance_of(x) AS list_var_samp(list_sort(list(x)));
"""
"""Sums in one order, the smallest value first: floating-point sums depend on it."""
_COUNT = "SELECT indicator, count(*) AS n FROM runs GROUP BY indicator ORDER BY indicator"
_ENDS = """
    CREATE OR REPLACE TEMP TABLE ends AS
    SELECT m.scenario, m.draw, m.replicate, r.year, r.place, r.indicator, r.value, r.unit
    FROM runs r JOIN manifest m USING (run_id)
    WHERE r.indicator IN (SELECT unnest($indicators)) AND r.step IN (0, $steps)
"""
_SUMMARY = """
    SELECT scenario, year, place, indicator, unit, q[1] AS median, q[2] AS p05, q[3] AS p25,
           q[4] AS p75, q[5] AS p95, mean, runs
    FROM (
        SELECT scenario, year, place, indicator, any_value(unit) AS unit, average(value) AS mean, count(*) AS runs,
               quantile_cont(value, [0.5, 0.05, 0.25, 0.75, 0.95]) AS q
        FROM ends GROUP BY ALL
    )
"""
_EFFECTS = """
    SELECT scenario, year, place, indicator, q[1] AS median, q[2] AS p05, q[3] AS p95,
           CASE WHEN sqrt(unpaired) > $noise * size THEN 1 - paired / unpaired END AS variance_reduction
    FROM (
        SELECT a.scenario, year, place, indicator, quantile_cont(a.value - b.value, [0.5, 0.05, 0.95]) AS q,
               variance_of(a.value - b.value) AS paired, variance_of(a.value) + variance_of(b.value) AS unpaired,
               greatest(max(abs(a.value)), max(abs(b.value))) AS size
        FROM ends a JOIN (FROM ends WHERE scenario = $baseline) b USING (draw, replicate, year, place, indicator)
        WHERE a.scenario <> $baseline GROUP BY ALL
    )
"""
_ACCOUNTS = """
    SELECT m.scenario, m.draw, m.replicate, year, p.place, zone, total(born) AS born, total(died) AS died,
           total(moved_in) AS moved_in, total(moved_out) AS moved_out, total(counted) AS counted,
           total(entered) AS entered, total("left") AS "left"
    FROM accounts a JOIN manifest m USING (run_id) JOIN members p USING (county_code)
    WHERE m.draw = $draw AND m.replicate = $replicate GROUP BY ALL ORDER BY ALL
"""
_FLOWS = """
    WITH n AS (SELECT scenario, count(*) AS runs FROM manifest GROUP BY scenario)
    SELECT m.scenario, year, origin, destination, age_band, total(persons) / any_value(n.runs) AS persons
    FROM flows f JOIN manifest m USING (run_id) JOIN n USING (scenario) GROUP BY ALL ORDER BY ALL
"""
_PYRAMID = """
    SELECT m.scenario, year, zone, sex, age_lo, median(persons) AS persons
    FROM pyramid f JOIN manifest m USING (run_id) GROUP BY ALL ORDER BY ALL
"""
_COSTS = """
    WITH n AS (SELECT scenario, count(*) AS runs FROM manifest GROUP BY scenario)
    SELECT m.scenario, year, lever, place, total(value) / any_value(n.runs) AS mean,
           quantile_cont(value, 0.5) AS median, quantile_cont(value, 0.05) AS p05, quantile_cont(value, 0.95) AS p95
    FROM costs c JOIN manifest m USING (run_id) JOIN n USING (scenario) GROUP BY ALL ORDER BY ALL
"""
_PROVINCE = """
    SELECT m.scenario, m.draw, m.replicate, r.run_id, r.year, r.indicator, r.value
    FROM runs r JOIN manifest m USING (run_id)
    WHERE r.place = $province AND r.step IN (0, $steps) AND list_contains($indicators, r.indicator) ORDER BY ALL
"""


def summarize(
    study_dir: Path, config: ProjectConfig, manifest: Mapping[str, Row], region: Region | None = None
) -> None:
    """Write every reduced table of a study from its part files and its runs that are done.

    Args:
        study_dir: folder of the study.
        config: the checked configuration.
        manifest: rows by run_id; at least one run is done.
        region: the region; default is the one of the configuration.
    """
    home = region or load_region(config.region)
    names = [scenario_name(s) for s in config.scenarios]
    unseal(study_dir)
    with _connection(study_dir, manifest) as db:
        discrepancy = discrepancy_of(config, home)
        _write_bands(db, study_dir, names, config.steps_per_year, discrepancy)
        _write_csv(study_dir / "census.csv", census_bands(db, discrepancy, home.province_code))
        last = min(home.last_observed, config.observed_until or home.last_observed)
        parts = uncertainty(db, discrepancy, home.province_code, config.households, last)
        _write_csv(study_dir / "uncertainty.csv", parts)
        _write_csv(study_dir / VALUE, value_table(_province(db, home, config.steps_per_year, PAID_FOR), names))
        values, offsets = _target_values(db, home, config.steps_per_year), rate_offsets(config, home)
        _write_csv(study_dir / "target.csv", target_table(values, names, offsets))
        _write_csv(study_dir / "precision.csv", precision_table(values, names, config.households, offsets))
        _write_csv(study_dir / "accounts.csv", _accounts(db, _median_pair(values, names), names, home))
        _write_csv(study_dir / "flows.csv", db.execute(_FLOWS).df())
        _write_csv(study_dir / "pyramid.csv", db.execute(_PYRAMID).df())
        _write_csv(study_dir / "costs.csv", db.execute(_COSTS).df())
    _write_draws(study_dir)
    _write_fit(study_dir)
    _write_csv(study_dir / COVERAGE, coverage(manifest))
    seal(study_dir)


def province_values(config: ProjectConfig, manifest: Mapping[str, Row]) -> pd.DataFrame:
    """Return what targets are judged by, at year-ends of the province, run by run.

    Columns: scenario, draw, replicate, run_id, year, indicator, value.
    """
    with _connection(config.study_dir, manifest) as db:
        return _target_values(db, load_region(config.region), config.steps_per_year)


def _target_values(db: duckdb.DuckDBPyConnection, region: Region, steps: int) -> pd.DataFrame:
    return _province(db, region, steps, sorted({target.indicator for target in TARGETS}))


def _province(db: duckdb.DuckDBPyConnection, region: Region, steps: int, indicators: list[str]) -> pd.DataFrame:
    return db.execute(_PROVINCE, {"province": region.province_code, "steps": steps, "indicators": indicators}).df()


def coverage(manifest: Mapping[str, Row]) -> pd.DataFrame:
    """Return by scenario the runs planned, and how many of them are done, failed and pending."""
    table = pd.DataFrame([(row.scenario, row.status) for row in manifest.values()], columns=["scenario", "status"])
    counts = table["scenario"].value_counts(sort=False).rename("planned").to_frame()
    for status in (DONE, FAILED, PENDING):
        own = table.loc[table["status"] == status, "scenario"].value_counts()
        counts[status] = own.reindex(counts.index, fill_value=0)
    return counts.reset_index()


@contextmanager
def _room(study_dir: Path) -> Iterator[None]:
    """Tell in one message that there is no room for a table, or for what the database spills."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not any(text in str(error) for text in NO_ROOM):
            raise
        raise cannot_write(study_dir, error) from error


@contextmanager
def _connection(study_dir: Path, manifest: Mapping[str, Row]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection with one view per table of part files and the runs that are done; it spills to disk."""
    done = pd.DataFrame([row for row in manifest.values() if row.status == DONE], columns=Row._fields)
    with _room(study_dir), TemporaryDirectory(dir=study_dir, prefix=TEMPORARY) as spill, duckdb.connect() as db:
        db.execute(SETTINGS)
        db.execute(_MACROS)
        db.execute("SET temp_directory = $spill", {"spill": spill})
        db.register("done", done)
        db.execute("CREATE TEMP TABLE manifest AS SELECT run_id, scenario, draw, replicate FROM done")
        for table in TABLES:
            db.read_parquet(literal((study_dir / table).glob("part-*.parquet"))).create_view(table)
        yield db


def _write_bands(
    db: duckdb.DuckDBPyConnection, study_dir: Path, names: list[str], steps: int, discrepancy: Discrepancy | None
) -> None:
    """Write ``summary.csv`` and ``effects.csv``, a few indicators in memory at a time."""
    bands: list[pd.DataFrame] = []
    effects: list[pd.DataFrame] = []
    for indicators in _passes(db.execute(_COUNT).fetchall()):
        db.execute(_ENDS, {"indicators": indicators, "steps": steps})
        bands.append(db.execute(_SUMMARY).df())
        effects.append(db.execute(_EFFECTS, {"baseline": BASELINE, "noise": NOISE}).df())
    whole = {name: pd.concat(tables, ignore_index=True) for name, tables in (("summary", bands), ("effects", effects))}
    if discrepancy is not None:
        whole["summary"] = with_discrepancy(db, whole["summary"], discrepancy, steps)
    for name, table in whole.items():
        rank = table["scenario"].map({scenario: k for k, scenario in enumerate(names)})
        order = table.assign(rank=rank).sort_values(["rank", "year", "place", "indicator"]).index
        _write_csv(study_dir / f"{name}.csv", table.loc[order])


def _passes(counts: Sequence[tuple[str, int]]) -> Iterator[list[str]]:
    """Give the indicators that one pass takes up together; large ones go alone."""
    together: list[str] = []
    room = PASS_ROWS
    for name, count in sorted(counts, key=lambda pair: pair[1]):
        if together and count > room:
            yield together
            together, room = [], PASS_ROWS
        together.append(name)
        room -= count
    if together:
        yield together


def _median_pair(values: pd.DataFrame, names: Sequence[str]) -> tuple[int, int] | None:
    """Return draw and replicate of the (lower) median rate of the baseline at the last target year or the end before.

    Only pairs that every scenario has done count, so that scenarios are compared run by run; None without such a
    pair. Without the baseline the first scenario takes its place.
    """
    rates = values[values["indicator"] == RATE]
    last = rates[rates["year"] == min(TARGET_YEARS[-1], rates["year"].max())]
    present = [name for name in names if name in set(last["scenario"])]
    scenario = BASELINE if BASELINE in present else present[0]
    own = last[last["scenario"] == scenario].sort_values(["value", "draw", "replicate"])
    done = last.groupby(["draw", "replicate"])["scenario"].nunique()
    pairs = [pair for pair in zip(own["draw"], own["replicate"], strict=True) if done[pair] == len(present)]
    return pairs[(len(pairs) - 1) // 2] if pairs else None


def _accounts(
    db: duckdb.DuckDBPyConnection, pair: tuple[int, int] | None, names: Sequence[str], region: Region
) -> pd.DataFrame:
    """Return the accounts of one draw and replicate under every scenario, by zone of every place."""
    if pair is None:
        return pd.DataFrame(columns=["scenario", "draw", "replicate", "year", "place", "zone", *ACCOUNTS])
    db.register("members", members(region))
    table = db.execute(_ACCOUNTS, {"draw": int(pair[0]), "replicate": int(pair[1])}).df()
    rank = {name: k for k, name in enumerate(names)}
    return table.sort_values("scenario", key=lambda column: column.map(rank), kind="stable")


def members(region: Region) -> pd.DataFrame:
    """Return which counties belong to which place: itself, its prefecture, the province, region groups."""
    codes = region.county_codes
    rows = [(code, code) for code in codes]
    rows += [(code, region.province_code) for code in codes]
    rows += [(code, region.prefecture_codes[p]) for code, p in zip(codes, region.county_prefecture, strict=True)]
    rows += [(codes[c], f"group:{name}") for name, inside in region.groups.items() for c in inside]
    return pd.DataFrame(rows, columns=["county_code", "place"])


def _write_draws(study_dir: Path) -> None:
    """Write what every draw drew and solved: parameters, levers, start."""
    draws = read_draws(study_dir)
    parameters = [(d["draw"], name, value) for d in draws for name, value in d["parameters"].items()]
    levers = [(d["draw"], *row) for d in draws for row in d["levers"]]
    start = [{"draw": d["draw"], **row} for d in draws for row in d["years"]]
    _write_parquet(study_dir / "parameters.parquet", parameters, ["draw", "name", "value"])
    _write_parquet(study_dir / "levers.parquet", levers, ["draw", "lever", "quantity", "value"])
    _write_csv(study_dir / "start.csv", pd.DataFrame(start) if start else pd.DataFrame(columns=["draw", "year"]))


def _write_fit(study_dir: Path) -> None:
    """Write the fit of the population as the study keeps it; without it, a table that is there is not believed."""
    kept = study_dir / FOLDER / FIT
    if not kept.is_file():
        (study_dir / FIT).unlink(missing_ok=True)
        return
    with replacing(study_dir / FIT) as temporary:
        temporary.write_bytes(kept.read_bytes())


def _write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table with its numbers to ten significant digits."""
    rounded = {name: significant(frame[name].to_numpy()) for name in frame.select_dtypes("float").columns}
    with _room(path.parent), replacing(path) as temporary, duckdb.connect() as db:
        db.register("written", frame.assign(**rounded))
        db.sql("FROM written").write_csv(str(temporary))


def _write_parquet(path: Path, rows: Sequence[tuple[object, ...]], columns: list[str]) -> None:
    types = {"draw": pa.int32(), "value": pa.float64()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    table = pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows], schema=schema)
    with replacing(path) as temporary:
        pq.write_table(table, temporary)
