"""How exact the probabilities of a study are, and what more draws or households would make of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from sim.statistics.precision import NOISE, draws_needed, precision_of
from sim.studies.target import GOALS, TARGET_YEARS, RateOffsets, no_offsets

__all__ = ["COLUMNS", "precision_table"]

COLUMNS = [
    *("scenario", "target", "target_year", "households", "draws"),
    *("chance_pp", "shift_pp", "error_pp", "draws_needed"),
]
HOUSEHOLDS = (5_000, 20_000, 50_000, 200_000)
DRAWS = (40, 200, 1_000)
LEAST = 1e-3
"""Least spread between draws in points, so that runs that differ by noise alone have one."""
ASKED = 0.02
"""Error of a probability that ``draws_needed`` is for (judged: tables show whole percents)."""


def precision_table(
    values: pd.DataFrame, scenarios: Sequence[str], households: int, offsets: RateOffsets = no_offsets
) -> pd.DataFrame:
    """Return the error of the probability of every level of the rate, by households and draws, in points.

    Args:
        values: scenario, draw, replicate, year, indicator, value of the province at year-ends.
        scenarios: scenarios in the order of the table.
        households: households of these runs, whose noise is taken out of the spread between draws; they and the
            number of runs are among the rows.
        offsets: what is added to the rate.

    Returns:
        ``COLUMNS``: standard error by few draws, shift by few households, both together, and the draws at which
        both together are ``ASKED`` (infinity where so few households never are).
    """
    rows = []
    rates = values[(values["indicator"] == "resident_urban_rate") & values["year"].isin(TARGET_YEARS)]
    runs = {
        (name, year): own["value"].to_numpy(np.float64) for (name, year), own in rates.groupby(["scenario", "year"])
    }
    for name, (target, level), year in product(scenarios, GOALS.items(), TARGET_YEARS):
        if (name, year) not in runs:
            continue
        found, told = 100.0 * runs[name, year], 100.0 * offsets([year], "published")[:, 0]
        margin = float(found.mean() + told.mean() - 100.0 * level)
        spread = math.sqrt(max(float(found.var()) - NOISE / households, LEAST**2))
        for size in sorted({*HOUSEHOLDS, households}):
            needed = draws_needed(margin, spread, size, ASKED, float(told.std()))
            for draws in sorted({*DRAWS, len(found)}):
                one = precision_of(margin, spread, draws, size, float(told.std()))
                numbers = (100.0 * one.chance, 100.0 * one.shift, 100.0 * one.error, needed)
                rows.append([name, target, year, size, draws, *numbers])
    return pd.DataFrame(rows, columns=COLUMNS)
