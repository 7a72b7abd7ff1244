"""Money before anything runs: what a scenario is expected to cost, and whether that is refused or scaled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.agents.state import EMPTY, HEAD, N_SLOTS, Population
from sim.base.arrays import Floats, Ints
from sim.data import Region
from sim.model.path.policy import BILLION, BUDGET, Money
from sim.parameters.declared import declared
from sim.parameters.distributions import quantile
from sim.policies import Levers, Scenario, median_effects
from sim.policies.apply import modifier_table
from sim.policies.cost import fiscal_cost, lever_costs
from sim.policies.effects import COMBINING
from sim.policies.quantities import QUANTITY_INDEX

ARRIVALS = 1.9
"""Persons who move into towns over those whom towns gain from villages: as counted in runs of the plan (200 draws)."""
MAY_REGISTER = 0.78
"""Registrations over unregistered residents times the hazard, counted in the same runs."""


def start_people(region: Region, population: Population) -> dict[str, Floats]:
    """Return the people whom costs are paid for as the starting population has them, by county.

    Flows are medians of the priors: registrations by the registration hazard of the part that may register,
    newcomers by the yearly transfer in proportion to urban residents, times ``ARRIVALS``.
    """
    n, weight = region.n_counties, population.weight
    table = population.households
    present = table.members != EMPTY
    slots = np.arange(N_SLOTS)
    away = (table.away[:, None] >> slots) & 1 == 1
    place = np.where(away, table.away_place[:, None], table.base[:, None]).astype(np.int64)
    hukou = np.broadcast_to(table.hukou[:, None], place.shape).astype(np.int64)
    age = table.members.astype(np.int64) // 2
    inside = present & (place < 2 * n)
    urban = inside & (place % 2 == 1)

    def counted(chosen: NDArray[np.bool_], at: Ints) -> Floats:
        return np.asarray(np.bincount(at[chosen] // 2, minlength=n)[:n] * weight, dtype=np.float64)

    unregistered = counted(urban & (place != hukou), place)
    residents = counted(urban, place)
    village = (table.base < 2 * n) & (table.base % 2 == 0)
    first = (slots == HEAD)[None, :] & village[:, None] & present
    base = np.broadcast_to(table.base[:, None], place.shape).astype(np.int64)
    return {
        "unregistered_residents": unregistered,
        "migrant_children": counted(urban & (place != hukou) & (age >= 7) & (age <= 15), place),
        "registrations": MAY_REGISTER * unregistered * _median("registration_hazard"),
        "urban_newcomers": ARRIVALS * _median("transfer_per_year") * residents / max(residents.sum(), 1.0),
        "urban_residents": residents,
        "urban_workers": counted(urban & (age >= 18) & (age <= 59), place),
        "residents": counted(inside, place),
        "village_households": counted(first, base),
        "paper_registrations": counted(present & (hukou < 2 * n) & (hukou % 2 == 0), hukou),
    }


def _median(name: str) -> float:
    return quantile(declared()[name].prior, 0.5)


def expected_cost(
    scenario: Scenario, levers: Levers, region: Region, people: Mapping[str, Floats], years: Sequence[int]
) -> dict[str, Floats]:
    """Return the expected cost by lever in billion yuan, at the medians of the priors.

    Each table is float64[len(years), n_counties].
    """
    effects = median_effects(levers)
    table = modifier_table(scenario, levers, effects, region, years)
    paper = table[:, QUANTITY_INDEX["paper_registrations"]]
    costs = {}
    for lever, unit in lever_costs(scenario, levers, effects, region, years).items():
        yearly = [
            fiscal_cost(unit[k], {**people, "paper_registrations": paper[k] * people["paper_registrations"]})
            for k in range(len(years))
        ]
        costs[lever] = np.array(yearly) / BILLION
    return costs


def check_budget(
    scenario: Scenario, levers: Levers, region: Region, people: Mapping[str, Floats], years: Sequence[int]
) -> str:
    """Return a message if the scenario will be scaled to its budget; empty if it fits or has none.

    ``years`` are those of the plan in which levers act: what an observed year cost is not counted.

    Raises:
        PolicyFileError: the rule is ``refuse`` and the expected cost of a year is above the money.
    """
    rule = scenario.budget
    if rule is None or not years:
        return ""
    costs = expected_cost(scenario, levers, region, people, years)
    total = np.sum(list(costs.values()), axis=0) if costs else np.zeros((len(years), region.n_counties))
    effects = median_effects(levers)
    raised = modifier_table(scenario, levers, effects, region, years)[:, BUDGET]
    base = effects[COMBINING, "base_budget"]
    money = [Money(rule.limit) if rule.limit is not None else Money.of(base, year) for year in raised]
    missing = [year.missing(cost) for year, cost in zip(money, total, strict=True)]
    worst = int(np.argmax(missing))
    if missing[worst] <= 0.0:
        return ""
    yearly = {lever: float(cost[worst].sum()) for lever, cost in costs.items()}
    parts = ", ".join(f"{lever} {yearly[lever]:.1f}" for lever in sorted(yearly, key=lambda lever: -yearly[lever])[:4])
    there = money[worst].base + money[worst].aimed
    aimed = f", {money[worst].aimed:.1f} of them for the places of P7" if money[worst].where is not None else ""
    problem = (
        f"the levers are expected to cost {total[worst].sum():.1f} billion yuan in {years[worst]} and there are "
        f"{there:.1f}{aimed} (dearest: {parts})"
    )
    if rule.rule == "refuse":
        raise scenario.source.error(
            ("budget",), problem, "Lower intensities, raise the limit, or write rule: scale and run again."
        )
    return (
        f"Scenario {scenario.name}: {problem}; intensities of levers that cost money are cut pro rata, year by year, "
        "until the cost planned for the people of the year before meets the money; what is booked differs as people do."
    )
