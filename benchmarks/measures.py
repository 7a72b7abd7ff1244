"""What was asked of the speed, what was measured, and whether it is met: every value comes from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

LOOPS, STEP = "sum of simple loops", "a step"
"""Rows of the roofline that are compared."""

__all__ = ["LOOPS", "STEP", "WHOLE", "exponent", "floor_ratios", "measures"]

LEAST_FITTED = 100_000
"""Smallest size from which the growth of time is fitted."""
MAIN_DRAWS, MAIN_SECONDS = 200, 60.0
WHOLE = ((12, 5, 12.0), (4, 10, 15.0))
"""Steps a year, years and most seconds of the two runs of the whole province."""
MOST_GIB = 3.0
STARTUP = {
    "compile everything, empty cache": 20.0,
    "python -m experiments.project --help": 1.0,
    "sim.run, 10,000 households, ten years": 3.0,
}
"""Most seconds by what is started."""
PEERS = {
    ("mesa, 1 thread(s)", 1_000_000): 1000.0,
    ("numpy, 1 thread(s)", 1_000_000): 12.0,
    ("c, 1 thread(s)", 1_000_000): 1.0,
}
"""Least ratio to the compiled loops by system and size."""


class Measure(NamedTuple):
    """One measure: at most (or at least) a limit, the value, and what it comes from."""

    measure: str
    asked: str
    value: float
    limit: float
    met: bool
    measured_on: str


def _most(measure: str, value: float, limit: float, source: str) -> Measure:
    return Measure(measure, f"at most {limit:g}", value, limit, bool(value <= limit), source)


def _least(measure: str, value: float, limit: float, source: str) -> Measure:
    return Measure(measure, f"at least {limit:g}", value, limit, bool(value >= limit), source)


def exponent(sizes: pd.DataFrame, threads: int, steps_per_year: int = 4) -> float:
    """Return the slope of log time on log households from ``LEAST_FITTED`` on, nan with fewer than two sizes."""
    rows = sizes[(sizes["threads"] == threads) & (sizes["steps_per_year"] == steps_per_year)]
    rows = rows[rows["households"] >= LEAST_FITTED]
    if rows["households"].nunique() < 2:
        return float("nan")
    slope, _ = np.polyfit(np.log(rows["households"]), np.log(rows["year_s"]), 1)
    return float(slope)


def floor_ratios(sizes: pd.DataFrame, floors: pd.DataFrame) -> pd.DataFrame:
    """Return how many times as long as touching the state a step takes, at the largest size of both tables."""
    both = sizes.merge(floors[floors["floor"] == "touch"], on=["households", "threads"])
    both = both[both["households"] == both["households"].max()]
    return both.assign(ratio=both["year_s"] / both["steps_per_year"] / both["seconds"])


def measures(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return every measure that the tables of the benchmark allow; none is scaled from a smaller one."""
    rows: list[Measure] = []
    if "sizes" in tables:
        rows += _growth(tables["sizes"])
        if "floors" in tables:
            for row in floor_ratios(tables["sizes"], tables["floors"]).to_dict("records"):
                source = f"{row['households']:,} households, {row['threads']} thread(s), {row['steps_per_year']} steps"
                rows.append(_most("a step over touching the state once, times", row["ratio"], 20.0, source))
    rows += [*_whole_province(tables.get("province", pd.DataFrame())), *_batches(tables), *_others(tables)]
    return pd.DataFrame(rows, columns=Measure._fields).drop(columns="limit")


def _whole_province(years: pd.DataFrame) -> Iterator[Measure]:
    limits = {(steps, number): limit for steps, number, limit in WHOLE}
    for row in years.to_dict("records"):
        steps, number = int(row["steps_per_year"]), int(row["years"])
        what = f"{row['households']:,} households, {number * steps} steps of 1/{steps} year"
        source = f"{row['threads']} thread(s), every step run"
        yield _most(f"{what}, seconds", row["seconds"], limits[steps, number], source)
        yield _most(f"{what}, GiB", row["peak_mb"] / 1024, MOST_GIB, "peak of the process since the preparation began")


def _batches(tables: Mapping[str, pd.DataFrame]) -> Iterator[Measure]:
    """Give what the scenarios of a draw cost together, and how a batch of them shares workers."""
    if "scenarios" in tables:
        for households, some in tables["scenarios"].groupby("households"):
            source = (
                f"{households:,} households, to 2030, none with other births or deaths, median of {len(some)} draws"
            )
            number = int(some["scenarios"].iloc[0])
            yield _most(f"{number} scenarios of a draw over one, times", float(some["ratio"].median()), 3.0, source)
    if "workers" in tables:
        for executor, some in tables["workers"].groupby("executor"):
            source = f"median of {len(some)} pairs, start of the processes included"
            yield _least(f"two workers over one, {executor}, times", float(some["ratio"].median()), 1.8, source)


def _growth(sizes: pd.DataFrame) -> Iterator[Measure]:
    for steps in sorted(sizes["steps_per_year"].unique()):
        for threads in sorted(sizes["threads"].unique()):
            if np.isfinite(slope := exponent(sizes, threads, steps)):
                source = f"{threads} thread(s), {steps} steps a year, up to {sizes['households'].max():,} households"
                yield _most("time grows with households to the power", slope, 1.05, source)


def _others(tables: Mapping[str, pd.DataFrame]) -> Iterator[Measure]:
    if "places" in tables:
        table = tables["places"]
        source = f"{table['households'].max():,} households, median of {len(table)} pairs"
        yield _most("122 counties over 14 prefectures, times", float(table["ratio"].median()), 1.5, source)
    for row in tables.get("peer_ratios", pd.DataFrame()).to_dict("records"):
        if limit := PEERS.get((row["system"], row["households"])):
            source = f"{row['households']:,} households, median of {row['rounds']} rounds"
            yield _least(f"common workload, {row['system']}, over ours, times", row["ratio"], limit, source)
    for row in tables.get("startup", pd.DataFrame()).to_dict("records"):
        if limit := STARTUP.get(row["what"]):
            yield _most(f"{row['what']}, seconds", row["seconds"], limit, "from the shell")
    main = tables.get("main_job", pd.DataFrame(columns=["draws"]))
    for row in main[main["draws"] == MAIN_DRAWS].to_dict("records"):
        source = f"{row['draws']} draws, {row['workers']} workers, report included"
        yield _most("main job, seconds", row["seconds"], MAIN_SECONDS, source)
    if "roofline" in tables:
        for households, some in tables["roofline"].groupby("households"):
            each = some.set_index("stage")["ns_per_household_step"]
            source = f"{households:,} households, one thread"
            yield _most(
                "common workload, a step over the sum of simple loops, times", each[STEP] / each[LOOPS], 1.3, source
            )
