"""Is the plan on course: chances before and after, needed against likely pace, and levels that warn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.policies.plan import plan_years
from sim.programs.monitor.runs import RATE, Forecast
from sim.statistics.discrepancy import POINTS
from sim.statistics.updating import band, split, warning_level

__all__ = ["STAGES", "Stage", "chances", "equal", "pace", "verdict", "warnings_of", "why"]

STAGES = ("before", "weighed", "after")
"""Without the figures, with their weights on the same runs, and run again through them."""
COURSE = ((0.8, "on"), (0.5, "likely"), (0.2, "unlikely"), (0.0, "off"))
"""Least chance of the goal for every word (judged)."""


class Stage(NamedTuple):
    """A forecast with weights of its runs and points by scenario."""

    forecast: Forecast
    weight: Mapping[str, Floats]


def equal(runs: Floats) -> Floats:
    """Return weights of runs spread evenly over the points, float64[runs, points]."""
    return np.repeat(np.asarray(runs, np.float64)[:, None] / POINTS / runs.sum(), POINTS, axis=1)


def chances(stages: Mapping[str, Stage], goal: float) -> pd.DataFrame:
    """Return chance of a goal (share), mean, median and 90% band of the rate by stage, scenario and target year."""
    rows = []
    for name, (forecast, weights) in stages.items():
        for scenario, weight in weights.items():
            for year in plan_years().target_years:
                told = forecast.told(scenario, year)
                chance = float((weight * (told >= goal)).sum())
                low, median, high = band(told, weight)
                mean = float((weight * told).sum())
                rows.append([name, scenario, year, goal, chance, mean, median, low, high])
    columns = ["stage", "scenario", "year", "goal", "probability", "mean", "median", "p05", "p95"]
    return pd.DataFrame(rows, columns=columns)


def why(stages: Mapping[str, Stage], year: int, figure: int) -> pd.DataFrame:
    """Return by scenario what moved the mean of the rate of a year, points: parts that add up to the whole.

    ``runs``: other weights of parameters and chance; ``pace``: another pace offset; ``again``: the runs begin at the
    new figure and carry the flows that led to it, and a new discrepancy begins there.

    Args:
        stages: before, weighed and after.
        year: year-end told.
        figure: year-end of the new figures.
    """
    rows = []
    before, weighed, after = (stages[name] for name in STAGES)
    for scenario in before.weight:
        runs = before.forecast.values(scenario, RATE, year)
        offsets = before.forecast.discrepancy.rate(before.forecast.region.province_code, [year])[:, 0]
        by_runs, by_pace = split(runs, offsets, before.weight[scenario], weighed.weight[scenario])
        means = [float((s.weight[scenario] * s.forecast.told(scenario, year)).sum()) for s in (before, after)]
        whole = means[1] - means[0]
        parts = {"runs": by_runs, "pace": by_pace, "again": whole - by_runs - by_pace, "whole": whole}
        rows += [[scenario, year, figure, part, 100.0 * value] for part, value in parts.items()]
    return pd.DataFrame(rows, columns=["scenario", "year", "figure", "part", "points"])


def pace(stage: Stage, figure: float, goal: float, year: int) -> pd.DataFrame:
    """Return by scenario the pace that a goal needs and the likely pace to its year, points a year.

    Args:
        stage: the forecast after the figure.
        figure: urban rate of the last observed year-end, share.
        goal: level, share.
        year: year-end of the goal.
    """
    left, rows = year - stage.forecast.known, []
    for scenario, weight in stage.weight.items():
        told = stage.forecast.told(scenario, year)
        low, median, high = 100.0 * (band(told, weight) - figure) / left
        chance = float((weight * (told >= goal)).sum())
        rows.append([scenario, goal, year, left, 100.0 * (goal - figure) / left, median, low, high, chance])
    columns = ["scenario", "goal", "year", "years_left", "needed", "likely", "p05", "p95", "probability"]
    return pd.DataFrame(rows, columns=columns)


def verdict(chance: float) -> str:
    """Return the key of the word for the course of the plan.

    Example:
        >>> verdict(0.85), verdict(0.5), verdict(0.3), verdict(0.1)
        ('on', 'likely', 'unlikely', 'off')
    """
    return next(word for bound, word in COURSE if chance >= bound)


def warnings_of(stage: Stage, goal: float, year: int, sd: float, levels: Sequence[float]) -> pd.DataFrame:
    """Return by scenario and level the figure of the next year below which the chance of a goal falls under the level.

    Args:
        stage: the forecast after the figure.
        goal: level of the rate, share.
        year: year-end of the goal.
        sd: error of a yearly figure, share.
        levels: chances, 0..1.
    """
    rows, following = [], stage.forecast.known + 1
    for scenario, weight in stage.weight.items():
        told = stage.forecast.told(scenario, following)
        met = (stage.forecast.told(scenario, year) >= goal).astype(np.float64)
        low, median, high = band(told, weight)
        for level in levels:
            found = warning_level(told, met, weight, sd, level)
            below = float((weight * (told < found)).sum()) if np.isfinite(found) else np.nan
            rows.append([scenario, goal, year, following, level, found, below, median, low, high])
    columns = ["scenario", "goal", "goal_year", "year", "level", "figure", "probability_below", "median", "p05", "p95"]
    return pd.DataFrame(rows, columns=columns)
