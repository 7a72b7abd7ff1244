"""How exact the probabilities of a study are, and what more draws or households would make of them."""

from __future__ import annotations

import math

import pandas as pd

from sim.statistics.precision import NOISE, precision_of
from sim.studies.target import TARGET_YEARS, TARGETS

__all__ = ["COLUMNS", "precision_table"]

COLUMNS = ["scenario", "target", "target_year", "households", "draws", "chance_pp", "shift_pp", "error_pp"]
HOUSEHOLDS = (5_000, 20_000, 50_000, 200_000)
DRAWS = (40, 200, 1_000)
WIDTH90 = 2 * 1.6448536269514722
"""Width of the middle 90% of a normal distribution in standard deviations."""
LEAST = 1e-3
"""Least spread between draws in points, so that a band of noise alone has one."""


def precision_table(summary: pd.DataFrame, households: int, province: str) -> pd.DataFrame:
    """Return the error of the probability of every level of the rate, by households and draws, in points.

    Args:
        summary: bands by scenario, year, place and indicator, as ``summary.csv`` has them.
        households: households of the runs behind it, whose noise is taken out of the spread between draws; they and
            the number of runs are among the rows.
        province: code of the province.

    Returns:
        ``COLUMNS``: standard error by few draws, shift by few households, and both together.
    """
    rows = []
    own = summary[(summary["place"] == province) & summary["year"].isin(TARGET_YEARS)]
    for target in (target for target in TARGETS if target.level is not None):
        for band in own[own["indicator"] == target.indicator].to_dict("records"):
            width = 100.0 * (band["p95"] - band["p05"]) / WIDTH90
            spread = math.sqrt(max(width**2 - NOISE / households, LEAST**2))
            margin = 100.0 * (band["median"] - target.level)
            for size in sorted({*HOUSEHOLDS, households}):
                for draws in sorted({*DRAWS, int(band["runs"])}):
                    found = precision_of(margin, spread, draws, size)
                    numbers = (found.chance, found.shift, found.error)
                    key = (band["scenario"], target.name, band["year"], size, draws)
                    rows.append([*key, *(100.0 * number for number in numbers)])
    return pd.DataFrame(rows, columns=COLUMNS)
