"""What a scenario costs, and what one more urban resident costs, as ``value_for_money.csv`` has it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.report.brief.facts import Facts
from sim.report.frames import row
from sim.report.money import GAINS

__all__ = ["Band", "Price", "price"]

BILLION = 1e9


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
    """Return cost and cost per person of a scenario in the year of the brief; None where it costs nothing."""
    table = facts.study.value_for_money
    if table is None:
        return None
    own = table[(table["scenario"] == scenario) & (table["year"] == facts.study.focus)].set_index("gain")
    if own.empty or not own["cost_billion_p95"].any():
        return None
    rows = [row(own, gain) for gain in GAINS]
    cost = Band(*(BILLION * float(rows[0][f"cost_billion_{end}"]) for end in ("median", "p05", "p95")))
    each = [_each(one, str(told)) for one, told in zip(rows, own.loc[list(GAINS), "told"], strict=True)]
    return Price(int(rows[0]["first_year"]), facts.study.focus, cost, *each)


def _each(own: pd.Series[float], told: str) -> Band:
    """Return the cost per person; the least alone where the people gained cannot be told from none."""
    middle, low, high = (float(own[f"per_person_{end}"]) for end in ("median", "p05", "p95"))
    if told == "yes":
        return Band(middle, low, high)
    return Band(np.nan, low if told == "open" and low > 0.0 else np.nan, np.nan)
