"""One draw up to a date, and branches from there: what scenarios share is simulated once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from sim.base.arrays import Ints
from sim.data import Region
from sim.model.engines.difference import DifferenceEngine, UnlikeError
from sim.model.engines.fast import FastEngine
from sim.model.engines.recording import RecordingEngine
from sim.model.path import output as out
from sim.model.path.plans import Planner
from sim.model.path.setup import Setup
from sim.model.solve.observed_years import SolvedYear
from sim.model.year.books import Draw, Simulation, YearPlan, YearRecord
from sim.model.year.processes import run_year
from sim.policies.effects import EffectKey

__all__ = ["Beside", "Change", "History", "advance", "branch", "follow", "planner_of", "run_beside"]

BESIDE = range(30_000, 500_001)
"""Rows of households with which scenarios run beside a recorded one: with fewer a run of its own costs no more, and a
record takes some 70 bytes a row and year."""

Change = Callable[[Simulation, YearPlan], YearPlan]
"""Called before every projected year: may change the state, and returns the plan to run."""


@dataclass
class Beside:
    """The first scenario that went on from a state, recorded, so that others are told as their difference from it."""

    sim: Simulation | None = None
    engine: RecordingEngine | None = None


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
        beside: what ``branch`` keeps from one scenario to the next.
    """

    draw: int
    replicate: int
    sim: Simulation
    first: tuple[Ints, Ints]
    records: Sequence[YearRecord]
    solved: Sequence[SolvedYear]
    effects: Mapping[EffectKey, float]
    scenario: str = ""
    beside: Beside = field(default_factory=Beside, repr=False, compare=False)

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
    return _follow(setup, history, history.sim.copy(), scenario, year, change)


def _follow(
    setup: Setup, history: History, sim: Simulation, scenario: str, year: int, change: Change | None = None
) -> tuple[History, Planner]:
    """Run on with a copy of the state of a history."""
    planner = planner_of(setup, history, scenario)
    records = list(history.records)
    for y in range(sim.year + 1, year + 1):
        plan = planner.projected_plan(y, records[-1] if records else None)
        records.append(run_year(sim, change(sim, plan) if change else plan))
    return replace(history, sim=sim, records=records, scenario=scenario, beside=Beside()), planner


def run_beside(setup: Setup, history: History, scenario: str) -> tuple[History, Planner]:
    """Do as ``follow`` to the end, in a fraction of the time where another scenario has gone on from the same state.

    Where tables differ in more than levers move (births, deaths …), the scenario runs by itself.
    """
    engine, beside = history.sim.engine, history.beside
    alone = len(setup.scenarios) == 1 or setup.threads > 1
    if alone or not isinstance(engine, FastEngine) or engine.rows not in BESIDE:
        return follow(setup, history, scenario, setup.end_year)
    sim = history.sim.copy()
    if beside.sim is history.sim and beside.engine is not None:
        sim.engine = DifferenceEngine(beside.engine, sim.engine.geo)
        with contextlib.suppress(UnlikeError):
            return _follow(setup, history, sim, scenario, setup.end_year)
        return follow(setup, history, scenario, setup.end_year)
    sim.engine = recorded = RecordingEngine(engine, sim.engine.geo)
    whole = _follow(setup, history, sim, scenario, setup.end_year)
    beside.sim, beside.engine = history.sim, recorded
    return whole


def branch(setup: Setup, history: History, scenario: str) -> out.RunOutput:
    """Go on from a history to the end under one scenario; the history stays as it is.

    Raises:
        AccountError: the accounts do not balance.
    """
    whole, planner = run_beside(setup, history, scenario)
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
