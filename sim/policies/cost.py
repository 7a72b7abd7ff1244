"""Public costs of the levers: people counted by the engine times drawn unit costs.

Costs are additional to 2024, nominal sums without interest, and only what a driver
below can carry: capital for parks, lines or pipes is not in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.policies.apply import cost_effort
from sim.policies.lever import Levers
from sim.policies.quantities import DRIVER_INDEX, DRIVERS
from sim.policies.scenario import Scenario
from sim.policies.schema import RegionLike


def cost_table(
    scenario: Scenario,
    levers: Levers,
    effects: Mapping[tuple[str, str], float],
    region: RegionLike,
    years: Sequence[int],
) -> NDArray[np.float64]:
    """Return yuan per driver unit, float64[len(years), len(DRIVERS), n_counties].

    Args:
        scenario: lever settings.
        levers: the levers that the scenario was loaded with.
        effects: drawn numbers from ``draw_effects``.
        region: counties and groups.
        years: calendar years.
    """
    table = np.zeros((len(years), len(DRIVERS), len(region.county_codes)))
    for lever in levers.values():
        for cost in lever.costs:
            effort = cost_effort(scenario, lever, cost, effects, region, years)
            unit_cost = effects[lever.id, f"cost.{cost.driver}"] * cost.scale
            table[:, DRIVER_INDEX[cost.driver], :] += unit_cost * effort
    return table


def fiscal_cost(unit_costs: NDArray[np.float64], drivers: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the public cost in yuan, by county (and year, if the inputs have one).

    Args:
        unit_costs: one year of a cost table, float64[len(DRIVERS), n_counties], or all years.
        drivers: people by name of ``DRIVERS``, float64[n_counties] or float64[n_years, n_counties].

    Raises:
        ValueError: a driver is missing, unknown or has another shape than the table.

    Example:
        >>> people = {driver.name: np.array([10.0]) for driver in DRIVERS}
        >>> fiscal_cost(np.array([[2.0], [0.0], [0.5], [0.0]]), people)
        array([25.])
    """
    if set(drivers) != set(DRIVER_INDEX):
        raise ValueError(f"cost drivers {sorted(drivers)}: needed are exactly {sorted(DRIVER_INDEX)}")
    people = np.stack([np.asarray(drivers[driver.name], dtype=float) for driver in DRIVERS], axis=-2)
    if people.shape != unit_costs.shape:
        raise ValueError(f"cost drivers have shape {people.shape}, the cost table has {unit_costs.shape}")
    cost: NDArray[np.float64] = (unit_costs * people).sum(axis=-2)
    return cost
