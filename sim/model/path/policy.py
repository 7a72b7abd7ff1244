"""One scenario over the years: modifiers, travel, costs by lever, paper registrations and the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.observe import HOUSEHOLDS, PUPILS, REGISTERED, RESIDENTS, UNREGISTERED, WORKERS
from sim.agents.world import ENTERED, MOVED_IN, REGISTERED_HERE
from sim.base.arrays import Floats
from sim.data import Region
from sim.model.year.books import YearRecord
from sim.policies import Levers, Scenario
from sim.policies.apply import modifier_table
from sim.policies.cost import fiscal_cost, lever_costs
from sim.policies.effects import COMBINING, EffectKey
from sim.policies.quantities import QUANTITIES, QUANTITY_INDEX
from sim.policies.travel import saved_tenths

BILLION = 1e9
SLACK, TRIES = 1e-6, 50
"""Share of the money that a scaled package may leave; enough tries, as cost is nearly in proportion to intensity."""


def neutral_mods(n_counties: int) -> dict[str, Floats]:
    """Return the value of every quantity without policy, and what is derived from them."""
    neutral = {q.name: np.full(n_counties, q.neutral) for q in QUANTITIES}
    return neutral | {"insurance_rise": np.zeros(n_counties), "displacement": np.zeros(n_counties)}


@dataclass
class PolicyPath:
    """What the levers of one scenario do in one draw, year by year.

    Attributes:
        scenario, levers, effects, region: what was asked and drawn.
        years: projected years in order.
        table: modifiers, float64[years, quantities, n_counties].
        costs: yuan per driver unit by lever, float64[years, drivers, n_counties] each.
        tenths: cuts of 10% in travel time, float64[years, n_counties, n_counties], or None without projects.
        delivered: share of the intensity of costed levers that the budget allows, float64[years].
    """

    scenario: Scenario
    levers: Levers
    effects: Mapping[EffectKey, float]
    region: Region
    years: list[int]
    table: NDArray[np.float64]
    costs: dict[str, NDArray[np.float64]]
    tenths: NDArray[np.float64] | None
    delivered: NDArray[np.float64]

    @classmethod
    def of(
        cls, scenario: Scenario, levers: Levers, effects: Mapping[Any, float], region: Region, years: Sequence[int]
    ) -> PolicyPath:
        """Return the path of a scenario at the intensities it asks for."""
        listed = list(years)
        lines = any(levers[name].projects and not setting.zero for name, setting in scenario.settings.items())
        return cls(
            scenario,
            levers,
            effects,
            region,
            listed,
            modifier_table(scenario, levers, effects, region, listed),
            lever_costs(scenario, levers, effects, region, listed),
            saved_tenths(scenario, levers, region, listed) if lines else None,
            np.ones(len(listed)),
        )

    def mods(self, year: int) -> dict[str, Floats]:
        """Return the value of every quantity in a year by county."""
        k = self.years.index(year)
        now = {name: self.table[k, q] for name, q in QUANTITY_INDEX.items()}
        before = self.table[k - 1, QUANTITY_INDEX["insurance_enrolment"]] if k else 0.0
        return now | {
            "insurance_rise": np.maximum(now["insurance_enrolment"] - before, 0.0),
            "displacement": np.full(self.region.n_counties, self.effects[COMBINING, "displacement"]),
        }

    def travel(self, year: int) -> Floats | float:
        """Return utils added between counties, from row to column, by the lines and roads that are open."""
        if self.tenths is None:
            return 0.0
        k = self.years.index(year)
        worth = self.table[k, QUANTITY_INDEX["travel_time"]]
        return np.asarray(self.tenths[k] * np.maximum(worth[:, None], worth[None, :]))

    def village_loss(self, year: int) -> Floats | float:
        """Return utils lost in villages by the local shocks of the scenario, decaying by half-life."""
        loss: Floats | float = 0.0
        for shock in self.scenario.exogenous.local_shocks:
            if year >= shock.start:
                size = shock.utils * 0.5 ** ((year - shock.start) / shock.half_life)
                loss = loss + size * shock.where.mask(self.region)
        return loss

    def paper_share(self, year: int) -> Floats:
        """Return the share of village-registered persons who are registered as urban on paper by a year-end."""
        k = QUANTITY_INDEX["paper_registrations"]
        until = [i for i, y in enumerate(self.years) if y <= year]
        return np.asarray(1.0 - np.prod(1.0 - self.table[until, k], axis=0))

    def drivers(self, year: int, record: YearRecord, weight: float) -> dict[str, Floats]:
        """Return the people whom costs are paid for, by county, counted in a record."""
        n = self.region.n_counties
        towns, villages = record.stocks[1 : 2 * n : 2] * weight, record.stocks[0 : 2 * n : 2] * weight
        moves = record.ledger.counts[1 : 2 * n : 2] * weight
        paper = self.paper_share(year) - self.paper_share(year - 1)
        return {
            "unregistered_residents": towns[:, UNREGISTERED],
            "migrant_children": towns[:, PUPILS],
            "registrations": moves[:, REGISTERED_HERE],
            "urban_newcomers": moves[:, MOVED_IN] + moves[:, ENTERED],
            "urban_residents": towns[:, RESIDENTS],
            "urban_workers": towns[:, WORKERS],
            "residents": towns[:, RESIDENTS] + villages[:, RESIDENTS],
            "village_households": villages[:, HOUSEHOLDS],
            "paper_registrations": paper * villages[:, REGISTERED],
        }

    def cost(self, year: int, record: YearRecord, weight: float) -> dict[str, Floats]:
        """Return the public cost of every costed lever in a year by county, in yuan."""
        people = self.drivers(year, record, weight)
        k = self.years.index(year)
        return {lever: fiscal_cost(table[k], people) for lever, table in self.costs.items()}

    def fit_budget(self, year: int, before: YearRecord, weight: float) -> None:
        """Scale the intensities of costed levers of a year to the budget, pro rata.

        The cap binds on the planned cost: that of the year's unit costs and the people counted in the year
        before, which after scaling is at most the money and within ``SLACK`` of it. The cost that is booked
        later is of the people of the year itself and differs as they do. Nothing changes in scenarios
        without a budget rule, or while the money suffices.
        """
        limit = self.budget(year)
        if limit is None:
            return
        wanted = self.planned_cost(year, before, weight)
        if wanted <= limit:
            return
        share = float(self.delivered[self.years.index(year)])
        for _ in range(TRIES):
            share *= (1.0 - SLACK / 2.0) * limit / wanted
            self._scale(year, share)
            wanted = self.planned_cost(year, before, weight)
            if (1.0 - SLACK) * limit <= wanted <= limit:
                return
        raise ArithmeticError(f"{self.scenario.name}, {year}: no intensity meets the budget of {limit:g} billion yuan")

    def planned_cost(self, year: int, before: YearRecord, weight: float) -> float:
        """Return what a year costs at the people counted in the year before, in billion yuan."""
        return sum(float(cost.sum()) for cost in self.cost(year, before, weight).values()) / BILLION

    def _scale(self, year: int, share: float) -> None:
        """Set the intensities of all costed levers of a year to a share of those the scenario asks for."""
        k = self.years.index(year)
        settings = {
            name: setting.model_copy(update={"intensity": {year: share * float(setting.values([year])[0])}})
            if name in self.costs
            else setting
            for name, setting in self.scenario.settings.items()
        }
        scaled = replace(self.scenario, settings=settings)
        self.table[k] = modifier_table(scaled, self.levers, self.effects, self.region, [year])[0]
        for lever, table in lever_costs(scaled, self.levers, self.effects, self.region, [year]).items():
            self.costs[lever][k] = table[0]
        self.delivered[k] = share

    def budget(self, year: int) -> float | None:
        """Return the money of a year in billion yuan; None without a budget rule."""
        rule = self.scenario.budget
        if rule is None:
            return None
        if rule.limit is not None:
            return rule.limit
        raised = float(self.table[self.years.index(year), QUANTITY_INDEX["budget"]].max())
        return self.effects[COMBINING, "base_budget"] + raised
