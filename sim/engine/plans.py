"""Plans: what is decided about every year before it runs, observed or projected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data import Region
from sim.engine.processes import CARRIED_YEARS
from sim.engine.simulation import Draw, YearPlan, YearRecord
from sim.engine.tables import Floats
from sim.kernels.observe import PUPILS, UNREGISTERED
from sim.kernels.world import ENTERED, MOVED_IN, REGISTERED_HERE
from sim.policies import Levers, Scenario
from sim.policies.apply import modifier_table
from sim.policies.cost import cost_table, fiscal_cost
from sim.policies.quantities import QUANTITIES, QUANTITY_INDEX
from sim.rng import Purpose, normal_like, philox
from sim.solve.start import Published, SolvedYear


def observed_totals(region: Region, start: int, end_year: int) -> dict[int, Published]:
    """Return published residents and urban rates of the years after the start, without gaps."""
    residents, rates = _series(region, "residents"), _series(region, "urban_rate")
    totals = {}
    for year in range(start + 1, end_year + 1):
        if year not in rates or np.isnan(rates[year]):
            break
        totals[year] = Published(residents[year], rates[year])
    return totals


def _series(region: Region, column: str) -> dict[int, float]:
    """Return a column of the province series by year."""
    table = region.table("province_series")
    return dict(
        zip(table["year"].to_numpy(np.int64).tolist(), table[column].to_numpy(np.float64).tolist(), strict=True)
    )


def _urban_increments(region: Region, published: Mapping[int, Published]) -> dict[int, float]:
    """Return the published increase of urban residents by year, in persons."""
    residents, rates = _series(region, "residents"), _series(region, "urban_rate")
    levels = {y: p.residents * p.urban_rate for y, p in published.items()}
    first = min(published) - 1
    levels[first] = residents[first] * rates[first]
    return {year: levels[year] - levels[year - 1] for year in published}


def _mean_pull(pulls: Sequence[float]) -> float:
    """Return the pull at which the flow is the mean of the flows: log of the mean exponential."""
    return float(np.log(np.mean(np.exp(pulls))))


def neutral_mods(n_counties: int) -> dict[str, Floats]:
    """Return the value of every quantity without policy, and the yearly rise of insurance enrolment."""
    return {q.name: np.full(n_counties, q.neutral) for q in QUANTITIES} | {"insurance_rise": np.zeros(n_counties)}


@dataclass(frozen=True)
class Planner:
    """Makes the plan of a year for one draw and, once a policy is set, one scenario.

    Attributes:
        draw: what the draw fixes.
        published: totals of the observed years.
        carried: pulls that give the mean flow of the last observed years.
        scenario: scenario, or None before one is set.
        first: first year of the policy tables.
        table: modifiers, float64[years, quantities, n_counties].
        unit_costs: cost table, float64[years, drivers, n_counties].
    """

    draw: Draw
    published: Mapping[int, Published]
    carried: tuple[float, float] = (0.0, 0.0)
    scenario: Scenario | None = None
    first: int = 0
    table: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 0)))
    unit_costs: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 0)))

    @staticmethod
    def neutral_plan(draw: Draw) -> YearPlan:
        """Return a plan without policy, pulls or reclassification."""
        n = draw.region.n_counties
        return YearPlan(neutral_mods(n), (0.0, 0.0), np.zeros(n))

    def observed_plan(self, year: int, pulls: tuple[float, float]) -> YearPlan:
        """Return the plan of an observed year: no policy; reclassification in step with the published increase.

        The drawn share of the drawn transfer (I12, I13) is the mean of 2021-2024; a year
        has it in proportion to its published increase of urban residents. Where even a pull
        of -3 (a twentieth of the moves) leaves too many urban residents, a stronger pull
        lowers the reclassification of the year in step.
        """
        params = self.draw.params
        increments = _urban_increments(self.draw.region, self.published)
        mean = params["transfer_per_year"] * params["reclassification_share"]
        typical = float(np.mean(list(increments.values())[-CARRIED_YEARS:]))
        persons = mean * max(increments[year], 0.0) / typical * min(1.0, float(np.exp(pulls[0] + 3.0)))
        n = self.draw.region.n_counties
        return YearPlan(neutral_mods(n), pulls, np.full(n, 100.0 * persons / self.published[year].residents))

    def with_history(self, solved: Sequence[SolvedYear]) -> Planner:
        """Return a planner that carries the pulls whose flow is the mean of the last observed years."""
        last = solved[-CARRIED_YEARS:]
        if not last:
            return self
        return replace(
            self,
            carried=(_mean_pull([year.pull_in for year in last]), _mean_pull([year.pull_out for year in last])),
        )

    def with_policy(
        self, scenario: Scenario, levers: Levers, effects: Mapping[Any, float], first: int, last: int
    ) -> Planner:
        """Return a planner for one scenario and the years first to last."""
        years = list(range(first, last + 1))
        return replace(
            self,
            scenario=scenario,
            first=first,
            table=modifier_table(scenario, levers, effects, self.draw.region, years),
            unit_costs=cost_table(scenario, levers, effects, self.draw.region, years),
        )

    def mods(self, year: int) -> dict[str, Floats]:
        """Return the value of every quantity in a year by county."""
        if self.scenario is None or year < self.first:
            return neutral_mods(self.draw.region.n_counties)
        now = {name: self.table[year - self.first, k] for name, k in QUANTITY_INDEX.items()}
        enrolled = QUANTITY_INDEX["insurance_enrolment"]
        before = self.table[year - self.first - 1, enrolled] if year > self.first else 0.0
        return now | {"insurance_rise": np.maximum(now["insurance_enrolment"] - before, 0.0)}

    def pulls(self, year: int) -> tuple[float, float]:
        """Return the carried pulls with drift and the year's shock (mean one on the flow)."""
        params = self.draw.params
        ahead = year - self.draw.last_observed
        words = philox(np.uint64(year), 0, int(Purpose.SHOCK), 0, self.draw.seed)
        shifts = []
        for k, kind in enumerate(("move", "outside")):
            spread = params[f"{kind}_volatility"]
            shock = spread * normal_like(words[k]) - spread * spread / 2.0
            shifts.append(self.carried[k] + params[f"{kind}_trend"] * ahead + shock)
        return shifts[0], shifts[1]

    def projected_plan(self, year: int) -> YearPlan:
        """Return the plan of a projected year under the scenario."""
        mods = self.mods(year)
        exogenous = self.scenario.exogenous if self.scenario else None
        drawn = exogenous is None or exogenous.reclassification == "drawn"
        base = self.draw.params["reclassification_after_2024"] if drawn else 0.0
        return YearPlan(
            mods=mods,
            pulls=self.pulls(year),
            reclassified=base + mods["reclassification"],
            outside_income=exogenous.outside_pull_shift if exogenous else 0.0,
        )

    def coverage(self, year: int) -> Floats:
        """Return the share of services open to permit holders by county."""
        covered = self.draw.params["service_coverage"]
        return np.asarray(covered + (1.0 - covered) * self.mods(year)["service_coverage"])

    def cost(self, year: int, record: YearRecord, weight: float) -> Floats:
        """Return the public cost of the levers in a year by county, in yuan."""
        n = self.draw.region.n_counties
        if self.scenario is None or year < self.first:
            return np.zeros(n)
        towns = record.stocks[1 : 2 * n : 2] * weight
        moves = record.ledger.counts[1 : 2 * n : 2] * weight
        drivers = {
            "unregistered_residents": towns[:, UNREGISTERED],
            "migrant_children": towns[:, PUPILS],
            "registrations": moves[:, REGISTERED_HERE],
            "urban_newcomers": moves[:, MOVED_IN] + moves[:, ENTERED],
        }
        return fiscal_cost(self.unit_costs[year - self.first], drivers)
