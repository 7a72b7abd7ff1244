"""How likely each target is, how sure that probability is, when it is met and by how much it is missed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base.arrays import Floats, Ints
from sim.base.numbers import half_up
from sim.policies.plan import plan_years
from sim.statistics.discrepancy import Reading

__all__ = [
    "COLUMNS",
    "FEW_RUNS",
    "TARGETS",
    "TARGET_YEARS",
    "RateOffsets",
    "Target",
    "Wording",
    "chance_by_run",
    "cluster_size",
    "independent_runs",
    "no_offsets",
    "target_table",
    "wilson",
    "wording",
]

COLUMNS = [
    "scenario",
    "target",
    "target_year",
    "probability",
    "ci_low",
    "ci_high",
    "crossing_year_median",
    "shortfall_median_pp",
    "probability_runs",
    "probability_census",
]
TARGET_YEARS = plan_years().target_years
GAP_BASE_YEAR = plan_years().before
"""The gap must be smaller than at the end of this year, the last before the plan."""
Z95 = 1.959963984540054
NOISE = 1e-15
"""Variance of chances below which they are all the same."""
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
GOALS = {target.name: target.level for target in TARGETS if target.level is not None}
"""Levels of the rate by target: the two readings of "about 66%"."""


RateOffsets = Callable[[list[int], Reading], Floats]
"""What is added to the urban rate of the province, by year-ends and what is asked, float64[points, years]."""


def no_offsets(years: list[int], reading: Reading) -> Floats:
    """Return that nothing is added, at one point."""
    return np.zeros((1, len(years)))


def target_table(values: pd.DataFrame, scenarios: list[str], offsets: RateOffsets = no_offsets) -> pd.DataFrame:
    """Return the rows of ``target.csv``.

    Args:
        values: scenario, draw, replicate, year, indicator, value of the province at year-ends.
        scenarios: order of the rows.
        offsets: the discrepancy; every run counts by the share of its points that meet a target.

    Returns:
        One row per scenario, target and target year inside the horizon. The shortfall is in
        percentage points, positive when the target is missed. ``probability`` is that of the
        figure published, ``probability_census`` that of what the next census makes of the year,
        ``probability_runs`` the share of runs without discrepancy. The interval says how far the
        number of runs leaves ``probability`` open, and nothing else.
    """
    rows, runs = [], ["scenario", "draw", "replicate"]
    paths = {
        indicator: some.pivot_table(index=runs, columns="year", values="value")
        for indicator, some in values.groupby("indicator")
    }
    for scenario in scenarios:
        for target in TARGETS:
            whole = paths.get(target.indicator, pd.DataFrame())
            if scenario not in whole.index.get_level_values(0):
                continue
            wide = whole.loc[[scenario]].droplevel("scenario").dropna(axis=1, how="all")
            rows += [[scenario, target.name, *row] for row in _judge(target, wide, offsets)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _judge(target: Target, wide: pd.DataFrame, offsets: RateOffsets) -> Iterator[list[float]]:
    """Give one row of numbers per target year; ``wide`` has runs as rows and years as columns."""
    years = [int(y) for y in wide.columns]
    if not years or (target.level is None and not narrowed(wide)):
        return
    paths: Floats = wide.to_numpy(float)
    draws = wide.index.get_level_values("draw").to_numpy()
    published, census = offsets(years, "published"), offsets(years, "census")
    crossing = _median_year(target, years, paths, published)
    for year in TARGET_YEARS:
        if year in years:
            missing = _missing(target, years, paths, published, year)
            chances = _met(target, missing, year).mean(axis=1)
            share = float(chances.mean())
            low, high = wilson(share, independent_runs(chances, draws))
            alone, later = (
                float(_met(target, _missing(target, years, paths, shift, year), year).mean())
                for shift in (np.zeros((1, len(years))), census)
            )
            yield [year, share, low, high, crossing, float(np.median(missing)) * 100.0, alone, later]


def chance_by_run(
    values: pd.DataFrame, target: Target, year: int, offsets: RateOffsets = no_offsets
) -> pd.Series[float]:
    """Return the chance of every run to meet a target in a year: the share of points of the discrepancy that do.

    Args:
        values: draw, replicate, year, value of the target's indicator at year-ends, of one scenario.
        target: what is to be met.
        year: a year-end of ``values``.
        offsets: the discrepancy.
    """
    wide = values.pivot_table(index=["draw", "replicate"], columns="year", values="value")
    years = [int(y) for y in wide.columns]
    missing = _missing(target, years, wide.to_numpy(float), offsets(years, "published"), year)
    return pd.Series(_met(target, missing, year).mean(axis=1), index=wide.index)


def narrowed(wide: pd.DataFrame) -> bool:
    """Return whether the median run narrows over the observed years, as the national gap did: else nothing is said."""
    observed = [year for year in map(int, wide.columns) if year <= GAP_BASE_YEAR]
    if GAP_BASE_YEAR not in observed or len(observed) < 2:
        return False
    return float((wide[GAP_BASE_YEAR] - wide[min(observed)]).median()) < 0.0


def _missing(target: Target, years: list[int], paths: Floats, offsets: Floats, year: int) -> Floats:
    """Return by how much a target is missed in a year, by run and point, float64[runs, points]."""
    at = years.index(year)
    told: Floats = paths[:, at, None] + offsets[:, at]
    if target.level is not None:
        return target.level - told
    base = years.index(GAP_BASE_YEAR)
    return told - (paths[:, base, None] + offsets[:, base])


def _met(target: Target, missing: Floats, year: int) -> NDArray[np.bool_]:
    if target.level is None:
        return np.asarray((missing < 0.0) & (year > GAP_BASE_YEAR))
    return np.asarray(missing <= 0.0)


def _median_year(target: Target, years: list[int], paths: Floats, offsets: Floats) -> float:
    """Return the median over runs and points of the first year that meets the target; nan if half never do."""
    first = np.full((len(paths), len(offsets)), np.inf)
    for year in sorted(years, reverse=True):
        first[_met(target, _missing(target, years, paths, offsets, year), year)] = year
    middle = float(np.median(first))
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


def wording(probability: float, runs: int, alone: float | None = None) -> Wording:
    """Return how the probability of a target is told, on pages and in the terminal alike.

    Args:
        probability: as it is told where runs are many.
        runs: their number.
        alone: share of runs that meet the target without discrepancy, counted where runs are few.

    Example:
        >>> wording(0.75, 4).kind, wording(0.999, 200), wording(0.756, 200).percent
        ('count', Wording(kind='above', hits=200, runs=200, percent=99), 76)
    """
    hits = round((probability if alone is None else alone) * runs)
    if runs < FEW_RUNS:
        return Wording("count", hits, runs, int(half_up(100 * probability)))
    if probability < 0.005:
        return Wording("below", hits, runs, 1)
    if probability > 0.995:
        return Wording("above", hits, runs, 99)
    return Wording("share", hits, runs, int(half_up(100 * probability)))


def independent_runs(chances: Floats, draws: Ints) -> float:
    """Return how many independent runs that meet a target or not would tell its probability as well.

    A run that is told at many points has a chance between 0 and 1, which varies less than hits
    do: the variance of hits at this probability over that of the chances is what a run is worth.
    """
    share, varies = float(chances.mean()), float(chances.var())
    worth = share * (1.0 - share) / varies if varies > NOISE else 1.0
    return worth * len(chances) / cluster_size(chances, draws)


def cluster_size(chances: Floats, draws: Ints) -> float:
    """Return how many runs are worth one independent run, because replicates share a draw.

    1 if every run has its own draw; otherwise 1 + (m - 1) x the intra-draw correlation,
    with m the mean number of replicates (design effect), and m itself if all runs agree.
    """
    groups = pd.Series(chances.astype(float)).groupby(draws)
    m = len(chances) / groups.ngroups
    if m == 1.0 or groups.ngroups == 1:
        return m
    total = float(chances.astype(float).var())
    if total <= NOISE:
        return m
    within = float(groups.var(ddof=1).fillna(0.0).mean())
    correlation = min(1.0, max(0.0, 1.0 - within / total))
    return 1.0 + (m - 1.0) * correlation
