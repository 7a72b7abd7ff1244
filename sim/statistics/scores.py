"""Scores of forecasts against what was published later. Smaller is better except for coverage and rank."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import norm, spearmanr, t

from sim.base.arrays import Floats, Ints

LEVEL = 0.9
"""Probability of the intervals whose coverage is counted."""
ERROR_POINTS = 199
"""Quantiles of an error that stand for it when it is added to every member of an ensemble."""


class Scores(NamedTuple):
    """Scores over some places or years; errors in the unit of the values."""

    values: int
    mae: float
    median_error: float
    bias: float
    crps: float
    coverage: float
    rank: float


def crps(members: Floats, observed: Floats) -> Floats:
    """Return the continuous ranked probability score of ensembles: E|X - y| - E|X - X'| / 2.

    Args:
        members: float64[members, n]; one member is a point forecast, whose score is its absolute error.
        observed: float64[n].
    """
    size = len(members)
    ordered = np.sort(members, axis=0)
    rank = 2 * np.arange(1, size + 1) - size - 1
    spread = 2.0 * (rank[:, None] * ordered).sum(axis=0) / size**2
    return np.asarray(np.abs(members - observed).mean(axis=0) - spread / 2.0)


def interval(members: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the central 90% interval of every ensemble, its members taken as midpoints of equal shares."""
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(members, [tail, 1.0 - tail], axis=0, method="hazen")
    return low, high


def score(members: Floats, observed: Floats, before: Floats | None = None) -> Scores:
    """Return all scores of ensembles; coverage is not defined for point forecasts, rank needs ``before``.

    Args:
        members: float64[members, n].
        observed: float64[n].
        before: values at the start, float64[n]; the rank correlation is of the changes from them.
    """
    middle = np.median(members, axis=0)
    error = middle - observed
    low, high = interval(members)
    inside = (observed >= low) & (observed <= high)
    return Scores(
        values=len(observed),
        mae=float(np.abs(error).mean()),
        median_error=float(np.median(np.abs(error))),
        bias=float(error.mean()),
        crps=float(crps(members, observed).mean()),
        coverage=float(inside.mean()) if len(members) > 1 else float("nan"),
        rank=float("nan") if before is None else rank_correlation(middle - before, observed - before),
    )


def rank_correlation(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation; nan where one side does not vary."""
    if np.ptp(first) < 1e-12 or np.ptp(second) < 1e-12:
        return float("nan")
    return float(spearmanr(first, second).statistic)


def with_error(members: Floats, sd: Floats, events: int | None = None) -> Floats:
    """Return ensembles with an independent error added, float64[more, n].

    Args:
        members: float64[members, n].
        sd: standard deviation of the error, float64[n].
        events: number of errors of known mean zero that ``sd`` was estimated from; the error is
            then Student's t with as many degrees of freedom, the predictive distribution of a
            normal error of unknown variance (Gelman and others 2013, chapter 2). None: normal.
    """
    shares = (np.arange(ERROR_POINTS) + 0.5) / ERROR_POINTS
    points = norm.ppf(shares) if events is None else t.ppf(shares, events)
    if events is None:
        points = points / points.std()
    wide = members[:, None, :] + points[None, :, None] * sd
    return np.asarray(wide.reshape(-1, members.shape[1]))


def errors_elsewhere(members: Floats, observed: Floats, group: Ints) -> Floats:
    """Return, for every place, the error that the spread of its ensemble leaves out, learnt in other groups.

    For each group the mean squared error of the medians in all other groups, less the mean
    variance of their ensembles, at least 0; its square root, float64[n].
    """
    squared = (np.median(members, axis=0) - observed) ** 2 - members.var(axis=0)
    missing = np.zeros(len(observed))
    for one in np.unique(group):
        missing[group == one] = max(float(squared[group != one].mean()), 0.0)
    return np.asarray(np.sqrt(missing))


def drift(changes: Floats, ahead: Ints) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of a random walk with drift, ``ahead`` steps after its last value.

    The drift is the mean of the observed changes, its error included:
    variance s^2 (h + h^2 / n) with s the standard deviation of the n changes.
    """
    n = len(changes)
    sd = float(changes.std(ddof=1))
    return np.asarray(changes.mean() * ahead), np.asarray(sd * np.sqrt(ahead + ahead**2 / n))
