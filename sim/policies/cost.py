"""Public costs of the levers: people counted by the engine times drawn unit costs.

Costs are additional to the year before the plan, in yuan of the price year of ``configs/plan.yaml`` and
without interest. An observed year costs nothing: no lever acts in it. Capital for parks, lines and pipes
is spread over the years as a yearly sum per urban resident or job; what central money, bonds and loans pay of it is
named by the levers (``unbooked``) and not booked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.policies.apply import cost_effort, enabled
from sim.policies.effects import EffectKey
from sim.policies.lever import Levers
from sim.policies.quantities import DRIVER_INDEX, DRIVERS
from sim.policies.scenario import Scenario
from sim.policies.schema import RegionLike


def lever_costs(
    scenario: Scenario,
    levers: Levers,
    effects: Mapping[EffectKey, float],
    region: RegionLike,
    years: Sequence[int],
) -> dict[str, NDArray[np.float64]]:
    """Return yuan per driver unit of every lever that is pulled and costs something.

    Each table is float64[len(years), len(DRIVERS), n_counties], in yuan of the price year.

    Args:
        scenario: lever settings.
        levers: the levers that the scenario was loaded with.
        effects: drawn numbers from ``draw_effects``.
        region: counties and groups.
        years: calendar years.
    """
    cheaper = enabled("unit_cost", scenario, levers, effects, region, years)
    tables = {}
    for lever in levers.values():
        if not lever.costs or scenario.settings[lever.id].zero:
            continue
        table = np.zeros((len(years), len(DRIVERS), len(region.county_codes)))
        for cost in lever.costs:
            effort = cost_effort(scenario, lever, cost, effects, region, years)
            unit_cost = effects[lever.id, f"cost.{cost.driver}"] * cost.scale
            table[:, DRIVER_INDEX[cost.driver], :] = unit_cost * effort * cheaper.get(lever.id, 1.0)
        tables[lever.id] = table
    return tables


def cost_table(
    scenario: Scenario,
    levers: Levers,
    effects: Mapping[EffectKey, float],
    region: RegionLike,
    years: Sequence[int],
) -> NDArray[np.float64]:
    """Return yuan per driver unit of all levers, float64[len(years), len(DRIVERS), n_counties]."""
    total = np.zeros((len(years), len(DRIVERS), len(region.county_codes)))
    for table in lever_costs(scenario, levers, effects, region, years).values():
        total += table
    return total


def fiscal_cost(unit_costs: NDArray[np.float64], drivers: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the public cost in yuan, by county (and year, if the inputs have one).

    Args:
        unit_costs: one year of a cost table, float64[len(DRIVERS), n_counties], or all years.
        drivers: people by name of ``DRIVERS``, float64[n_counties] or float64[n_years, n_counties].

    Raises:
        ValueError: a driver is missing, unknown or has another shape than the table.

    Example:
        >>> people = {driver.name: np.array([10.0]) for driver in DRIVERS}
        >>> fiscal_cost(np.array([[2.0], [0.0], [0.5], *([0.0],) * 6]), people)
        array([25.])
    """
    if set(drivers) != set(DRIVER_INDEX):
        raise ValueError(f"cost drivers {sorted(drivers)}: needed are exactly {sorted(DRIVER_INDEX)}")
    people = np.stack([np.asarray(drivers[driver.name], dtype=float) for driver in DRIVERS], axis=-2)
    if people.shape != unit_costs.shape:
        raise ValueError(f"cost drivers have shape {people.shape}, the cost table has {unit_costs.shape}")
    cost: NDArray[np.float64] = (unit_costs * people).sum(axis=-2)
    return cost
