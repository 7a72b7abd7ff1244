"""Plans: what is decided about every year before it runs, observed or projected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sim.agents.observe import REGISTERED
from sim.agents.rng import Purpose, normal_like, philox
from sim.base.arrays import Floats
from sim.data import Region
from sim.model.path.policy import PolicyPath, neutral_mods
from sim.model.solve.observed_years import Published, SolvedYear
from sim.model.year.books import Draw, YearPlan, YearRecord
from sim.model.year.processes import CARRIED_YEARS
from sim.policies import Levers, Scenario


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


@dataclass(frozen=True)
class Planner:
    """Makes the plan of a year for one draw and, once a policy is set, one scenario.

    Attributes:
        draw: what the draw fixes.
        published: totals of the observed years.
        carried: pulls that give the flow of the last observed years together.
        reclassified: mean reclassification of the last observed years, points of the provincial rate a year.
        policy: what the levers of a scenario do, or None before one is set.
    """

    draw: Draw
    published: Mapping[int, Published]
    carried: tuple[float, float] = (0.0, 0.0)
    reclassified: float = 0.0
    policy: PolicyPath | None = None

    @cached_property
    def _increments(self) -> dict[int, float]:
        """Published increase of urban residents by year, in persons."""
        residents, rates = _series(self.draw.region, "residents"), _series(self.draw.region, "urban_rate")
        levels = {y: p.residents * p.urban_rate for y, p in self.published.items()}
        first = min(self.published) - 1
        levels[first] = residents[first] * rates[first]
        return {year: levels[year] - levels[year - 1] for year in self.published}

    @staticmethod
    def neutral_plan(draw: Draw) -> YearPlan:
        """Return a plan without policy, pulls or reclassification."""
        n = draw.region.n_counties
        return YearPlan(neutral_mods(n), (0.0, 0.0), np.zeros(n))

    def observed_plan(self, year: int, pulls: tuple[float, float]) -> YearPlan:
        """Return the plan of an observed year: no policy; reclassification in step with the published increase.

        The drawn share of the drawn transfer is the mean of the last observed years; a year
        has it in proportion to its published increase of urban residents. Where even a pull
        of -3 (a twentieth of the moves) leaves too many urban residents, a stronger pull
        lowers the reclassification of the year in step.
        """
        n = self.draw.region.n_counties
        points = np.full(n, self._observed_reclassification(year, pulls[0]))
        return YearPlan(neutral_mods(n), pulls, points, self.draw.params["urban_status_loss"])

    def _observed_reclassification(self, year: int, pull_in: float) -> float:
        """Return the reclassification of an observed year, points of the provincial rate."""
        params, increments = self.draw.params, self._increments
        mean = params["transfer_per_year"] * params["reclassification_share"]
        typical = float(np.mean(list(increments.values())[-CARRIED_YEARS:]))
        persons = mean * max(increments[year], 0.0) / typical * min(1.0, float(np.exp(pull_in + 3.0)))
        return 100.0 * persons / self.published[year].residents

    def with_history(self, solved: Sequence[SolvedYear]) -> Planner:
        """Return a planner that carries what the last observed years had together: pulls, reclassification.

        Without observed years reclassification is the drawn share of the drawn transfer.
        """
        last, params = solved[-CARRIED_YEARS:], self.draw.params
        if not last:
            residents = _series(self.draw.region, "residents")[self.draw.last_observed]
            persons = params["transfer_per_year"] * params["reclassification_share"]
            return replace(self, reclassified=100.0 * persons / residents)
        points = [self._observed_reclassification(year.year, year.pull_in) for year in last]
        found = replace(self, reclassified=float(np.mean(points)))
        carried = last[-1].carried_in, last[-1].carried_out
        return found if carried[0] is None or carried[1] is None else replace(found, carried=(carried[0], carried[1]))

    def with_policy(
        self, scenario: Scenario, levers: Levers, effects: Mapping[Any, float], first: int, last: int
    ) -> Planner:
        """Return a planner for one scenario and the years first to last."""
        return replace(self, policy=PolicyPath.of(scenario, levers, effects, self.draw.region, range(first, last + 1)))

    def mods(self, year: int) -> dict[str, Floats]:
        """Return the value of every quantity in a year by county."""
        if self.policy is None or year not in self.policy.years:
            return neutral_mods(self.draw.region.n_counties)
        return self.policy.mods(year)

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

    def fit_budget(self, year: int, before: YearRecord) -> None:
        """Scale a projected year to the budget of the scenario, from the record of the year before."""
        if self.policy is not None and year in self.policy.years:
            self.policy.fit_budget(year, before, self.draw.weight)

    def projected_plan(self, year: int, before: YearRecord | None = None) -> YearPlan:
        """Return the plan of a projected year under the scenario.

        Args:
            year: the year to plan.
            before: record of the year before, from which a budget expects the cost.
        """
        if before is not None:
            self.fit_budget(year, before)
        policy, params = self.policy, self.draw.params
        base, loss = self.reclassified * params["reclassification_change"], params["urban_status_loss"]
        if policy is None:
            mods = neutral_mods(self.draw.region.n_counties)
            return YearPlan(mods, self.pulls(year), base + mods["reclassification"], loss)
        mods, exogenous = policy.mods(year), policy.scenario.exogenous
        if exogenous.reclassification != "drawn":
            base, loss = 0.0, 0.0
        return YearPlan(
            mods=mods,
            pulls=self.pulls(year),
            reclassified=base + exogenous.reclassification_wave.get(year, 0.0) + mods["reclassification"],
            status_loss=loss,
            outside_income=exogenous.outside_pull_shift,
            travel=policy.travel(year),
            village_loss=policy.village_loss(year),
            births=exogenous.births,
            deaths=exogenous.deaths,
        )

    def coverage(self, year: int) -> Floats:
        """Return the share of services open to permit holders by county."""
        covered = self.draw.params["service_coverage"]
        return np.asarray(covered + (1.0 - covered) * self.mods(year)["service_coverage"])

    def costs(self, year: int, record: YearRecord) -> dict[str, Floats]:
        """Return the public cost of every costed lever in a year by county, in yuan."""
        if self.policy is None or year not in self.policy.years:
            return {}
        return self.policy.cost(year, record, self.draw.weight)

    def paper(self, year: int, record: YearRecord) -> Floats:
        """Return persons registered as urban on paper by a year-end, by county."""
        n = self.draw.region.n_counties
        if self.policy is None or year not in self.policy.years:
            return np.zeros(n)
        return self.policy.paper_share(year) * record.stocks[0 : 2 * n : 2, REGISTERED] * self.draw.weight
