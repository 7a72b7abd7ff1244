"""How likely each target is, how sure that probability is, when it is met and by how much it is missed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base.arrays import Floats, Ints
from sim.base.numbers import half_up
from sim.policies.plan import plan_years

__all__ = ["COLUMNS", "FEW_RUNS", "TARGET_YEARS", "Wording", "cluster_size", "target_table", "wilson", "wording"]

COLUMNS = [
    "scenario",
    "target",
    "target_year",
    "probability",
    "ci_low",
    "ci_high",
    "crossing_year_median",
    "shortfall_median_pp",
]
TARGET_YEARS = plan_years().target_years
GAP_BASE_YEAR = plan_years().before
"""The gap must be smaller than at the end of this year, the last before the plan."""
Z95 = 1.959963984540054
FEW_RUNS = 30
"""Below this number of runs per scenario, a probability is given as a count and bands are called rough."""


class Target(NamedTuple):
    """A goal in words of one indicator: at least ``level``, or below its value of ``GAP_BASE_YEAR``.

    The second is judged only where runs narrow over the observed years, as the country did.
    """

    name: str
    indicator: str
    level: float | None


TARGETS = (
    Target("resident_rate_66", "resident_urban_rate", 0.66),
    Target("resident_rate_65_5", "resident_urban_rate", 0.655),
    Target("gap_narrows", "rate_gap", None),
)


def target_table(values: pd.DataFrame, scenarios: list[str]) -> pd.DataFrame:
    """Return the rows of ``target.csv``.

    Args:
        values: scenario, draw, replicate, year, indicator, value of the province at year-ends.
        scenarios: order of the rows.

    Returns:
        One row per scenario, target and target year inside the horizon. The shortfall is in
        percentage points, positive when the target is missed.
    """
    rows = []
    for scenario in scenarios:
        own = values[values["scenario"] == scenario]
        for target in TARGETS:
            wide = own[own["indicator"] == target.indicator].pivot_table(
                index=["draw", "replicate"], columns="year", values="value"
            )
            rows += [[scenario, target.name, *row] for row in _judge(target, wide)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _judge(target: Target, wide: pd.DataFrame) -> Iterator[list[float]]:
    """Give one row of numbers per target year; ``wide`` has runs as rows and years as columns."""
    years = np.array([int(y) for y in wide.columns])
    if not len(years) or (target.level is None and not _narrowed(wide)):
        return
    paths: Floats = wide.to_numpy(float)
    if target.level is None:
        missing = paths - wide[GAP_BASE_YEAR].to_numpy(float)[:, None]
        met = (missing < 0.0) & (years > GAP_BASE_YEAR)
    else:
        missing = target.level - paths
        met = missing <= 0.0
    crossing = _median_year(years, met)
    draws = wide.index.get_level_values("draw").to_numpy()
    for year in TARGET_YEARS:
        if year in years:
            column = int(np.flatnonzero(years == year)[0])
            hits = met[:, column]
            low, high = wilson(float(hits.mean()), len(hits) / cluster_size(hits, draws))
            yield [year, float(hits.mean()), low, high, crossing, float(np.median(missing[:, column])) * 100.0]


def _narrowed(wide: pd.DataFrame) -> bool:
    """Return whether the median run narrows over the observed years, as the national gap did: else nothing is said."""
    observed = [year for year in wide.columns if year <= GAP_BASE_YEAR]
    if GAP_BASE_YEAR not in observed or len(observed) < 2:
        return False
    return float((wide[GAP_BASE_YEAR] - wide[min(observed)]).median()) < 0.0


def _median_year(years: Ints, met: NDArray[np.bool_]) -> float:
    """Return the median over runs of the first year that meets the target; nan if half of them never do."""
    first = np.where(met.any(axis=1), years[met.argmax(axis=1)], np.inf)
    middle = float(np.median(first)) if len(first) else math.nan
    return middle if math.isfinite(middle) else math.nan


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return the Wilson 95% interval of a share seen in ``n`` independent runs.

    Example:
        >>> [round(x, 3) for x in wilson(0.5, 10)]
        [0.237, 0.763]
    """
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


class Wording(NamedTuple):
    """How a probability is told: as a ``count`` of runs, ``below`` or ``above`` a bound, or as a ``share``.

    Attributes:
        kind: count, below, above or share.
        hits, runs: runs that meet the target, and all; a count is made of them.
        percent: the bound or the share in whole percent.
    """

    kind: str
    hits: int
    runs: int
    percent: int


def wording(probability: float, runs: int) -> Wording:
    """Return how the probability of a target is told, on pages and in the terminal alike.

    Example:
        >>> wording(0.75, 4).kind, wording(0.999, 200), wording(0.756, 200).percent
        ('count', Wording(kind='above', hits=200, runs=200, percent=99), 76)
    """
    hits = round(probability * runs)
    if runs < FEW_RUNS:
        return Wording("count", hits, runs, int(half_up(100 * probability)))
    if probability < 0.005:
        return Wording("below", hits, runs, 1)
    if probability > 0.995:
        return Wording("above", hits, runs, 99)
    return Wording("share", hits, runs, int(half_up(100 * probability)))


def cluster_size(hits: NDArray[np.bool_], draws: Ints) -> float:
    """Return how many runs are worth one independent run, because replicates share a draw.

    1 if every run has its own draw; otherwise 1 + (m - 1) x the intra-draw correlation,
    with m the mean number of replicates (design effect), and m itself if all runs agree.
    """
    groups = pd.Series(hits.astype(float)).groupby(draws)
    m = len(hits) / groups.ngroups
    if m == 1.0 or groups.ngroups == 1:
        return m
    share = float(hits.mean())
    total = share * (1.0 - share)
    if total == 0.0:
        return m
    within = float(groups.var(ddof=1).fillna(0.0).mean())
    correlation = min(1.0, max(0.0, 1.0 - within / total))
    return 1.0 + (m - 1.0) * correlation
