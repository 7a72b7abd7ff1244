"""A new figure: weights of what was forecast, what is left of them, and what a later figure would say.

A forecast is a table of values told by run and point of the discrepancy, float64[runs, points]. A yearly figure
is the value and an error of its own that does not last; other provinces tell how large it is. Given the figure,
every value counts by how likely it makes it (importance weights).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.statistics.waves import normalised, weighted_quantiles

__all__ = ["BAND", "Surprise", "band", "log_kernel", "one_off", "split", "surprise", "warning_level", "weigh"]

BAND = (0.05, 0.5, 0.95)
"""Ends and middle of the bands."""
GRID = 400
"""Values of the next figure that a chance is worked out for."""


class Surprise(NamedTuple):
    """A figure beside its forecast: median and 90% band, share of the forecast below it, and its score."""

    median: float
    low: float
    high: float
    rank: float
    crps: float


def one_off(errors: pd.DataFrame) -> float:
    """Return the spread of the part of forecast errors that does not last.

    An error ``h`` years ahead is h times a pace that stays wrong, and an error of the year alone. The first makes
    errors one year and h years ahead go together: their mean product over h is its variance a year. What the
    variance one year ahead has above that is the second.

    Args:
        errors: origin, province, ahead, error of past forecasts.
    """
    wide = errors.pivot_table(index=["origin", "province"], columns="ahead", values="error")
    first = wide[1]
    lasting = np.mean([(first * wide[h]).mean() / h for h in map(int, wide.columns) if h > 1])
    return float(np.sqrt(max(float((first**2).mean() - lasting), 0.0)))


def log_kernel(told: Floats, figure: float, sd: float) -> Floats:
    """Return the log likelihood of a figure at every told value, up to a constant, in the shape of ``told``."""
    return np.asarray(-0.5 * ((figure - told) / sd) ** 2)


def weigh(log_weight: Floats) -> Floats:
    """Return weights that sum to 1, in the shape of their logarithms."""
    return normalised(log_weight.ravel()).reshape(log_weight.shape)


def band(values: Floats, weight: Floats) -> Floats:
    """Return the quantiles of ``BAND`` of weighted values."""
    return weighted_quantiles(values.ravel(), weight.ravel(), BAND)


def surprise(told: Floats, weight: Floats, figure: float) -> Surprise:
    """Return how a figure lies to its forecast; the score is the continuous ranked probability score.

    Args:
        told: forecast, float64[runs, points].
        weight: of every value, sums to 1.
        figure: what was published.
    """
    order = np.argsort(told.ravel())
    values, shares = told.ravel()[order], weight.ravel()[order]
    low, median, high = weighted_quantiles(values, shares, BAND)
    below = np.cumsum(shares)
    rank = float(shares[values < figure].sum() + 0.5 * shares[values == figure].sum())
    spread = 2.0 * float((shares * values * (2.0 * below - shares - 1.0)).sum())
    score = float((shares * np.abs(values - figure)).sum()) - spread / 2.0
    return Surprise(float(median), float(low), float(high), rank, score)


def split(runs: Floats, offsets: Floats, before: Floats, after: Floats) -> tuple[float, float]:
    """Return what other weights of runs and what other weights of offsets add to a mean.

    Args:
        runs: values of the runs, float64[runs].
        offsets: what is added, float64[points].
        before: weights that sum to 1, float64[runs, points].
        after: other weights that sum to 1.
    """
    by_run, by_point = after.sum(axis=1) - before.sum(axis=1), after.sum(axis=0) - before.sum(axis=0)
    return float(by_run @ runs), float(by_point @ offsets)


def warning_level(following: Floats, met: Floats, weight: Floats, sd: float, level: float) -> float:
    """Return the next figure at which the chance of a goal, given that figure, passes a level from below.

    Args:
        following: what is told of the next year-end, float64[runs, points].
        met: whether the goal is met there later, 0 or 1.
        weight: of every value, sums to 1.
        sd: spread of the error of a yearly figure.
        level: chance, 0..1.

    Returns:
        The figure; nan if no likely figure (all but one in a thousand on either side) passes the level.
    """
    ends = weighted_quantiles(following.ravel(), weight.ravel(), (0.001, 0.999))
    grid = np.linspace(ends[0], ends[1], GRID)
    chances = np.empty(GRID)
    for k, figure in enumerate(grid):
        given = weigh(np.log(np.maximum(weight, 1e-300)) + log_kernel(following, figure, sd))
        chances[k] = float((given * met).sum())
    below = np.flatnonzero(chances < level)
    if len(below) == 0 or below[-1] == GRID - 1:
        return float("nan")
    at = int(below[-1])
    share = (level - chances[at]) / (chances[at + 1] - chances[at])
    return float(grid[at] + share * (grid[at + 1] - grid[at]))
