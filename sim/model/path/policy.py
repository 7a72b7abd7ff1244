"""One scenario over the years: modifiers, travel, costs by lever, paper registrations and the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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
BUDGET = QUANTITY_INDEX["budget"]
SLACK, TRIES = 1e-6, 50
"""Share of the money that a scaled package may leave; enough tries, as cost is nearly in proportion to intensity."""


def neutral_mods(n_counties: int) -> dict[str, Floats]:
    """Return the value of every quantity without policy, and what is derived from them."""
    neutral = {q.name: np.full(n_counties, q.neutral) for q in QUANTITIES}
    return neutral | {"insurance_rise": np.zeros(n_counties), "displacement": np.zeros(n_counties)}


class Money(NamedTuple):
    """Money of a year in billion yuan.

    Attributes:
        base: what may be spent anywhere.
        aimed: what is raised for some counties and spent there alone.
        where: these counties, bool[n_counties]; None: no money is aimed.
    """

    base: float
    aimed: float = 0.0
    where: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, base: float, raised: Floats) -> Money:
        """Return the base and what P7 raises, told by county as the quantity ``budget`` has it."""
        where = raised > 0.0
        if where.any() and not where.all():
            return cls(base, float(raised.max()), where)
        return cls(base + float(raised.max()))

    def missing(self, cost: Floats) -> float:
        """Return by how much a cost by county, in billion yuan, is above the money; below zero if money is left."""
        if self.where is None:
            return float(cost.sum()) - self.base
        return max(float(cost[self.where].sum()) - self.aimed, 0.0) + float(cost[~self.where].sum()) - self.base


@dataclass
class PolicyPath:
    """What the levers of one scenario do in one draw, year by year.

    Attributes:
        scenario, levers, effects, region: what was asked and drawn.
        years: projected years in order.
        table: modifiers, float64[years, quantities, n_counties].
        costs: yuan per driver unit by lever, float64[years, drivers, n_counties] each.
        tenths: cuts of 10% in travel time, float64[years, n_counties, n_counties], or None without projects.
        delivered: share of the intensity of costed levers that the budget allows, float64[years, n_counties].
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
            np.ones((len(listed), region.n_counties)),
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
        later is of the people of the year itself and differs as they do. Money that P7 raises for some counties
        is spent there alone and first; what they need beyond it shares the base with the others, pro rata.
        Nothing changes in scenarios without a budget rule, or while the money suffices.
        """
        money = self.money(year)
        if money is None:
            return
        if money.where is None:
            self._fit(year, before, weight, np.ones(self.region.n_counties, dtype=bool), money.base)
            return
        here, there = (self.planned_cost(year, before, weight, where) for where in (money.where, ~money.where))
        open_yet = max(here - money.aimed, 0.0)
        share = min(money.base / max(open_yet + there, money.base), 1.0)
        self._fit(year, before, weight, money.where, min(here, money.aimed) + share * open_yet)
        self._fit(year, before, weight, ~money.where, share * there)

    def _fit(self, year: int, before: YearRecord, weight: float, where: NDArray[np.bool_], limit: float) -> None:
        """Scale the intensities in some counties until their planned cost meets a limit."""
        wanted = self.planned_cost(year, before, weight, where)
        if wanted <= limit:
            return
        share = float(self.delivered[self.years.index(year), where][0])
        for _ in range(TRIES):
            share *= (1.0 - SLACK / 2.0) * limit / wanted
            self._scale(year, share, where)
            wanted = self.planned_cost(year, before, weight, where)
            if (1.0 - SLACK) * limit <= wanted <= limit:
                return
        raise ArithmeticError(f"{self.scenario.name}, {year}: no intensity meets the budget of {limit:g} billion yuan")

    def planned_cost(self, year: int, before: YearRecord, weight: float, where: NDArray[np.bool_]) -> float:
        """Return what a year costs in some counties at the people counted in the year before, in billion yuan."""
        return sum(float(cost[where].sum()) for cost in self.cost(year, before, weight).values()) / BILLION

    def _scale(self, year: int, share: float, where: NDArray[np.bool_]) -> None:
        """Set the intensities of all costed levers of a year to a share of those asked for, in some counties."""
        k = self.years.index(year)
        settings = {
            name: setting.model_copy(update={"intensity": {year: share * float(setting.values([year])[0])}})
            if name in self.costs
            else setting
            for name, setting in self.scenario.settings.items()
        }
        scaled = replace(self.scenario, settings=settings)
        table = modifier_table(scaled, self.levers, self.effects, self.region, [year])[0]
        self.table[k] = np.where(where, table, self.table[k])
        for lever, costs in lever_costs(scaled, self.levers, self.effects, self.region, [year]).items():
            self.costs[lever][k] = np.where(where, costs[0], self.costs[lever][k])
        self.delivered[k, where] = share

    def money(self, year: int) -> Money | None:
        """Return the money of a year; None without a budget rule."""
        rule = self.scenario.budget
        if rule is None:
            return None
        if rule.limit is not None:
            return Money(rule.limit)
        return Money.of(self.effects[COMBINING, "base_budget"], self.table[self.years.index(year), BUDGET])
