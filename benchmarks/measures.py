"""What was asked of the speed, what was measured, and whether it is met: every value comes from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["exponent", "floor_ratios", "measures"]

LEAST_FITTED = 100_000
"""Smallest size from which the growth of time is fitted."""
MAIN_DRAWS = 200
WHOLE = ((12, 5, 60.0), (4, 10, 45.0))
"""Steps a year, years and most seconds of the two runs of the whole province."""
STARTUP = {
    "compile everything, empty cache": 60.0,
    "python -m experiments.project --help": 1.0,
    "sim.run, 10,000 households, ten years": 3.0,
}
"""Most seconds by what is started."""
PEERS = {("mesa, 1 thread(s)", 100_000): 400.0, ("numpy, 1 thread(s)", 1_000_000): 8.0}
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


def measures(tables: Mapping[str, pd.DataFrame], full: int) -> pd.DataFrame:
    """Return every measure that the tables allow.

    Args:
        tables: tables of the benchmark by name.
        full: households of the full province.
    """
    rows: list[Measure] = []
    if "sizes" in tables:
        rows += _whole_province(tables["sizes"], full)
        rows += _growth(tables["sizes"])
        if "floors" in tables:
            for row in floor_ratios(tables["sizes"], tables["floors"]).to_dict("records"):
                source = f"{row['households']:,} households, {row['threads']} thread(s), {row['steps_per_year']} steps"
                rows.append(_most("a step over touching the state once, times", row["ratio"], 60.0, source))
    rows += _others(tables)
    return pd.DataFrame(rows, columns=Measure._fields).drop(columns="limit")


def _whole_province(sizes: pd.DataFrame, full: int) -> Iterator[Measure]:
    largest = sizes[sizes["households"] == sizes["households"].max()]
    for steps, years, limit in WHOLE:
        rows = largest[largest["steps_per_year"] == steps]
        if rows.empty:
            continue
        row = rows.loc[rows["year_s"].idxmin()]
        households = int(row["households"])
        source = f"a year of {households:,} households, {row['threads']:.0f} thread(s), times {years}"
        source += f" and {full / households:.1f} for the full province" if households < full else ""
        seconds = float(row["year_s"]) * years * full / households
        yield _most(f"full province, {years * steps} steps of 1/{steps} year, seconds", seconds, limit, source)
        if households >= full:
            peak = float(rows["peak_mb"].max()) / 1024
            yield _most(
                f"full province, {steps} steps a year, GiB", peak, 4.0, "peak of the process, population loaded"
            )


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
    if "workers" in tables:
        ratio = tables["workers"]["ratio"]
        yield _least("two workers over one, times", float(ratio.median()), 1.6, f"median of {len(ratio)} pairs")
    for row in tables.get("startup", pd.DataFrame()).to_dict("records"):
        if limit := STARTUP.get(row["what"]):
            yield _most(f"{row['what']}, seconds", row["seconds"], limit, "from the shell")
    for row in tables.get("main_job", pd.DataFrame()).to_dict("records"):
        source = f"{row['draws']} draws, {row['workers']} workers, report included"
        source += f", times {MAIN_DRAWS / row['draws']:.3g}" if row["draws"] != MAIN_DRAWS else ""
        yield _most("main job, seconds", row["seconds"] * MAIN_DRAWS / row["draws"], 120.0, source)
