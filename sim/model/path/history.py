"""One draw up to a date, and branches from there: what scenarios share is simulated once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from sim.base.arrays import Ints
from sim.data import Region
from sim.model.path import output as out
from sim.model.path.plans import Planner
from sim.model.path.setup import Setup
from sim.model.solve.observed_years import SolvedYear
from sim.model.year.books import Draw, Simulation, YearPlan, YearRecord
from sim.model.year.processes import run_year
from sim.policies.effects import EffectKey

__all__ = ["Change", "History", "advance", "branch", "follow", "planner_of"]

Change = Callable[[Simulation, YearPlan], YearPlan]
"""Called before every projected year: may change the state, and returns the plan to run."""


@dataclass(frozen=True)
class History:
    """One draw at a year-end: all that went before, from which scenarios branch.

    Attributes:
        draw, replicate: which draw it is.
        sim: the state; a branch runs on a copy.
        first: stocks and ages at the start.
        records: the years so far.
        solved: what was solved for each observed year.
        effects: numbers of the levers.
        scenario: scenario of the years after the last observed one, if there are any.
    """

    draw: int
    replicate: int
    sim: Simulation
    first: tuple[Ints, Ints]
    records: Sequence[YearRecord]
    solved: Sequence[SolvedYear]
    effects: Mapping[EffectKey, float]
    scenario: str = ""

    def start(self) -> dict[str, Any]:
        """Return what was drawn and solved, as stored with a run."""
        years = [vars(year) for year in self.solved]
        return {"parameters": dict(self.sim.draw.params), "levers": dict(self.effects), "years": years}


def planner_of(setup: Setup, history: History, scenario: str) -> Planner:
    """Return the plans of the years after the last observed one under a scenario, budgets fitted so far."""
    published = setup.published
    planner = Planner(history.sim.draw, published).with_history(history.solved)
    first = max(published, default=setup.start) + 1
    planner = planner.with_policy(setup.scenarios[scenario], setup.levers, history.effects, first, setup.end_year)
    for before, record in pairwise(history.records):
        planner.fit_budget(record.year, before)
    return planner


def advance(setup: Setup, history: History, scenario: str, year: int, change: Change | None = None) -> History:
    """Return the history at a later year-end under a scenario; the one given stays as it is.

    Raises:
        AccountError: the accounts do not balance.
    """
    return follow(setup, history, scenario, year, change)[0]


def follow(
    setup: Setup, history: History, scenario: str, year: int, change: Change | None = None
) -> tuple[History, Planner]:
    """Return the history at a later year-end and the plans it followed.

    Raises:
        AccountError: the accounts do not balance.
    """
    planner = planner_of(setup, history, scenario)
    sim = history.sim.copy()
    records = list(history.records)
    for y in range(sim.year + 1, year + 1):
        plan = planner.projected_plan(y, records[-1] if records else None)
        records.append(run_year(sim, change(sim, plan) if change else plan))
    return replace(history, sim=sim, records=records, scenario=scenario), planner


def branch(setup: Setup, history: History, scenario: str) -> out.RunOutput:
    """Go on from a history to the end under one scenario; the history stays as it is.

    Raises:
        AccountError: the accounts do not balance.
    """
    whole, planner = follow(setup, history, scenario, setup.end_year)
    before = planner_of(setup, history, history.scenario) if history.scenario else planner
    tables = run_tables(
        setup.region,
        whole.sim.draw,
        history.first,
        whole.records,
        lambda year: before if year <= history.sim.year else planner,
        setup.start,
    )
    return out.RunOutput(scenario, history.draw, history.replicate, *tables, start=whole.start())


def run_tables(
    region: Region,
    draw: Draw,
    first: tuple[Any, Any],
    records: Sequence[YearRecord],
    planner: Callable[[int], Planner],
    start: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return indicators, accounts, flows, pyramid and costs of one run; ``planner`` gives the plans of a year."""
    areas = out.Areas.of(region)
    weight, n = draw.weight, region.n_counties
    zero = np.zeros(n)
    years = [(start, 0, out.year_indicators(areas, first[0], weight, planner(start).coverage(start), zero, zero))]
    costs = {}
    for record in records:
        plans = planner(record.year)
        paper = plans.paper(record.year, record)
        costs[record.year] = plans.costs(record.year, record)
        cost = sum(costs[record.year].values(), zero)
        values = out.year_indicators(areas, record.stocks, weight, plans.coverage(record.year), cost, paper)
        years.append((record.year, draw.steps_per_year, values))
    pyramids = {start: first[1]} | {record.year: record.ages for record in records}
    return (
        out.indicator_table(areas, years, out.step_rows(records, 2 * n, weight)),
        out.account_table(region, records, weight),
        out.flow_table(region, records, weight),
        out.pyramid_table(pyramids, weight),
        out.cost_table(areas, costs),
    )
