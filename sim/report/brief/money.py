"""What a scenario costs, and what one more urban resident costs, paired by run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.policies.plan import plan_years
from sim.report.brief.facts import Facts

__all__ = ["Band", "Price", "price"]


class Band(NamedTuple):
    """Median and middle 90% of runs, NaN where there is none."""

    median: float
    low: float
    high: float


class Price(NamedTuple):
    """What a scenario costs more than the baseline.

    Attributes:
        first, last: years over which cost is added up.
        cost: yuan.
        resident, registered: yuan per additional urban resident, and per additional person registered in town
            (not on paper alone), at the end of ``last``; of ``low`` alone where nobody may be gained, NaN where
            fewer people are there.
    """

    first: int
    last: int
    cost: Band
    resident: Band
    registered: Band


def price(facts: Facts, scenario: str) -> Price | None:
    """Return cost and cost per person of a scenario; None without a baseline, run tables or any cost."""
    study = facts.study
    if not study.has_baseline or scenario not in study.policies:
        return None
    cost = _added(facts, scenario, "fiscal_cost")
    residents, registered, paper = (
        _added(facts, scenario, name) for name in ("urban_residents", "registered_urban", "paper_registered")
    )
    if cost is None or residents is None or registered is None or paper is None:
        return None
    first, last = plan_years().open_years(study.last_observed).start, study.focus
    total: Floats = cost[[*range(first, last + 1)]].sum(axis=1).to_numpy(np.float64)
    if not total.any():
        return None
    gains: list[Floats] = [table[last].to_numpy(np.float64) for table in (residents, registered - paper)]
    return Price(first, last, _band(total), *(each(total, gain) for gain in gains))


def per_person(cost: Floats, people: Floats) -> Floats:
    """Return the cost per person run by run; without bound where nobody is gained.

    Example:
        >>> per_person(np.array([6.0, 6.0]), np.array([3.0, -1.0])).tolist()
        [2.0, inf]
    """
    gained = people > 0
    return np.where(gained, cost / np.where(gained, people, 1.0), np.inf)


def each(cost: Floats, people: Floats) -> Band:
    """Return the cost per additional person over runs.

    Where the middle 90% of the people gained holds zero, no cost buys what may be nothing: the lower end alone is
    given, as the least that a person costs. Where it lies below zero, nothing is given.

    Args:
        cost: what is paid beyond the baseline, float64[runs].
        people: who is there beyond the baseline in the same runs, float64[runs].
    """
    _, fewest, most = _band(people)
    middle, low, high = _band(per_person(cost, people))
    if fewest > 0.0:
        return Band(middle, low, high)
    return Band(np.nan, low if most > 0.0 and np.isfinite(low) else np.nan, np.nan)


def _band(values: Floats) -> Band:
    """Return quantiles that runs without bound do not turn into no number."""
    return Band(*(float(np.quantile(values, share, method="inverted_cdf")) for share in (0.5, 0.05, 0.95)))


def _added(facts: Facts, scenario: str, indicator: str) -> pd.DataFrame | None:
    """Return the difference to the baseline by run and year."""
    mine, base = (facts.paths(name, indicator) for name in (scenario, facts.study.scenarios[0]))
    return None if mine is None or base is None else (mine - base).dropna(how="all")
