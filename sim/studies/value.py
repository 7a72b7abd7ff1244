"""What the money of a scenario buys: people and cost beyond the baseline, run by run, and cost per person."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.base.names import BASELINE
from sim.base.numbers import half_up
from sim.policies.plan import plan_years
from sim.statistics.value_for_money import band, price

__all__ = ["COLUMNS", "FILE", "GAINS", "INDICATORS", "value_lines", "value_table"]

FILE = "value_for_money.csv"
COST = "fiscal_cost"
BILLION = 1e9


class Gain(NamedTuple):
    """People that money may buy: residents counted at a year-end, less some of them."""

    name: str
    counted: str
    less: str = ""


GAINS = (
    Gain("urban_residents", "urban_residents"),
    Gain("registered_urban", "registered_urban", "paper_registered"),
)
"""Who is registered as urban on paper alone is no gain."""
INDICATORS = sorted({COST, *(g.counted for g in GAINS), *(g.less for g in GAINS if g.less)})
"""Indicators of the province that the table is made of."""
COLUMNS = [
    "scenario",
    "year",
    "first_year",
    "gain",
    *(f"persons_{end}" for end in ("median", "p05", "p95")),
    *(f"cost_billion_{end}" for end in ("median", "p05", "p95")),
    *(f"per_person_{end}" for end in ("median", "p05", "p95")),
    "told",
    "runs",
]


def value_table(values: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    """Return the rows of ``value_for_money.csv``.

    Args:
        values: scenario, draw, replicate, year, indicator, value of the province at year-ends.
        scenarios: order of the rows.

    Returns:
        One row per scenario other than the baseline, per target year and last year, and per gain. People are those of
        the year-end beyond the baseline in the same run; cost is the sum from the first year in which anything is paid
        to that year, in billion yuan; the cost per person is in yuan (``sim.statistics.value_for_money``). Empty
        without baseline or in a study that ends before the plan.
    """
    wide = values.pivot_table(index=["scenario", "draw", "replicate", "year"], columns="indicator", values="value")
    present = set(values["scenario"])
    if BASELINE not in present or not set(INDICATORS) <= set(wide.columns):
        return pd.DataFrame(columns=COLUMNS)
    baseline = wide.loc[[BASELINE]].droplevel("scenario")
    rows = []
    for scenario in (name for name in scenarios if name != BASELINE and name in present):
        paired = (wide.loc[[scenario]].droplevel("scenario") - baseline).dropna(subset=[g.counted for g in GAINS])
        rows += [[scenario, *row] for row in _rows(paired, first_paid(wide[COST]))]
    return pd.DataFrame(rows, columns=COLUMNS)


def first_paid(cost: pd.Series[float]) -> int:
    """Return the first year of the plan in which any run costs something: no lever acts in an observed year.

    Args:
        cost: cost of every run, with the year as a level of its index.
    """
    years = cost.index.get_level_values("year")
    paid = years[(cost != 0.0) & (years >= plan_years().first)]
    return int(min(paid, default=plan_years().first))


def _rows(paired: pd.DataFrame, first: int) -> Iterator[list[object]]:
    """Give the rows of a scenario from its differences to the baseline by draw, replicate and year."""
    ends = sorted(set(paired.index.get_level_values("year")))
    for year in sorted({*plan_years().target_years, *ends[-1:]}):
        if year not in ends or year < first:
            continue
        now = paired.xs(year, level="year")
        inside = paired[paired.index.get_level_values("year").isin(range(first, year + 1))]
        paid = inside[COST].groupby(["draw", "replicate"]).sum().reindex(now.index)
        cost = paid.to_numpy(np.float64)
        for gain in GAINS:
            people = (now[gain.counted] - (now[gain.less] if gain.less else 0.0)).to_numpy(np.float64)
            each = price(cost, people)
            yield [year, first, gain.name, *band(people), *band(cost / BILLION), *each, len(cost)]


def value_lines(study_dir: Path) -> list[str]:
    """Return what each scenario costs and buys by the last target year, else the last year, as lines of text."""
    table = pd.read_csv(study_dir / FILE)
    if table.empty:
        return []
    judged = [year for year in plan_years().target_years if year in set(table["year"])]
    now = table[table["year"] == max(judged, default=table["year"].max())]
    lines = [f"  {'':<20} {'cost':<18} {'urban residents':<46} registered urban residents"]
    for scenario, rows in now.groupby("scenario", sort=False):
        own: list[Mapping[str, Any]] = [dict(rows.loc[index]) for index in rows.index]
        cost = _span(own[0], "cost_billion", 1.0)
        bought = [f"{_span(row, 'persons', 1e3)}; {_each(row)}" for row in own]
        lines.append(f"  {scenario:<20} {cost:<18} {bought[0]:<46} {bought[1]}")
    first, last = now["first_year"].iloc[0], now["year"].iloc[0]
    head = (
        f"What the money of {first} to {last} buys beyond {BASELINE} (billion yuan; thousand people, thousand yuan for "
        "one more; median and middle 90% of the runs):"
    )
    return [head, *lines]


def _each(row: Mapping[str, Any]) -> str:
    """Return the cost per person in words, in thousand yuan."""
    if row["told"] == "yes":
        return f"{_span(row, 'per_person', 1e3)} each"
    least = f", each at least {half_up(row['per_person_p05'] / 1e3):,.0f}" if row["per_person_p05"] > 0.0 else ""
    return {"open": f"not told apart from none{least}", "fewer": "fewer people", "free": "nothing paid"}[row["told"]]


def _span(row: Mapping[str, Any], name: str, unit: float) -> str:
    """Return median and middle 90% in a unit."""
    middle, low, high = (row[f"{name}_{end}"] / unit for end in ("median", "p05", "p95"))
    most = f"{half_up(high) + 0.0:,.0f}" if math.isfinite(high) else "no limit"
    return f"{half_up(middle) + 0.0:,.0f} ({half_up(low) + 0.0:,.0f} to {most})"
