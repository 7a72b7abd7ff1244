"""Runs of the design: every draw once through the observed years, then its points beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sim.base.arrays import Floats
from sim.base.names import BASELINE
from sim.model.path import output as out
from sim.model.path.begin import begin
from sim.model.path.history import History, run_beside
from sim.model.path.plans import Planner
from sim.model.path.setup import Setup
from sim.policies import Scenario
from sim.programs.whatif.design import Point, Space, scenario_at

__all__ = ["PROVINCE", "Design", "columns", "names", "simulate_draw"]

PROVINCE = ("resident_urban_rate", "urban_residents", "registered_urban_rate", "fiscal_cost")
"""What is kept of the province at every year-end; of prefectures the first alone."""


@dataclass(frozen=True)
class Design:
    """What all draws share; picklable.

    Attributes:
        setup: set-up of the simulation.
        space: what can be chosen.
        points: points by draw.
    """

    setup: Setup
    space: Space
    points: list[list[Point]]

    @property
    def years(self) -> range:
        """Year-ends that are kept: those in which levers may act."""
        return range(self.space.starts[0], self.setup.end_year + 1)


def columns(design: Design) -> list[str]:
    """Return what is kept of a year-end: quantities of the province, rate of every prefecture."""
    return [*PROVINCE, *(f"{PROVINCE[0]}:{code}" for code in design.setup.region.prefecture_codes)]


def names(design: Design, per_draw: int) -> list[str]:
    """Return the names of the numbers of a draw: run, year, quantity; run 0 has no policy."""
    kept = columns(design)
    return [f"{run}:{year}:{name}" for run in range(per_draw + 1) for year in design.years for name in kept]


def simulate_draw(design: Design, draw: int) -> dict[str, float]:
    """Return the numbers of all runs of a draw, by ``names``."""
    points = design.points[draw]
    neutral = design.setup.scenarios[BASELINE]
    scenarios: Mapping[str, Scenario] = {BASELINE: neutral} | {
        f"p{k}": scenario_at(point, design.space, neutral, f"p{k}") for k, point in enumerate(points)
    }
    setup = replace(design.setup, scenarios=scenarios)
    history = begin(setup, draw, 0)
    areas = out.Areas.of(setup.region)
    wide = out.Areas(areas.codes[: areas.wide], areas.member[: areas.wide], areas.wide)
    values = [_numbers(wide, design, *run_beside(setup, history, name)) for name in scenarios]
    return dict(zip(names(design, len(points)), np.concatenate(values).tolist(), strict=True))


def _numbers(areas: out.Areas, design: Design, history: History, planner: Planner) -> Floats:
    """Return the numbers of one run, float64[years x quantities]."""
    weight, zero = planner.draw.weight, np.zeros(planner.draw.region.n_counties)
    n_prefectures, rows = planner.draw.region.n_prefectures, []
    for record in history.records[-len(design.years) :]:
        paid = sum(planner.costs(record.year, record).values(), zero)
        paper, coverage = planner.paper(record.year, record), planner.coverage(record.year)
        said = out.year_indicators(areas, record.stocks, weight, coverage, paid, paper)
        rows.append([said[name][0] for name in PROVINCE] + said[PROVINCE[0]][1 : n_prefectures + 1].tolist())
    return np.array(rows).ravel()
