"""Cases worked out by hand, one small YAML file each, in ``tests/policies/cases``.

A case says which levers are pulled (``levers``, as in a scenario), which drawn numbers are
fixed (``fixed``; all others are at their medians), and what a quantity, a cost or the yearly
chance of registering (``chance``, at the parameters of the case) must be in a year and county.
``neutral: true`` says that no other quantity may change anywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sim.data import load_region
from sim.model.path.policy import neutral_mods
from sim.model.year.places import load_places
from sim.model.year.world_tables import registration_hazards
from sim.parameters.declared import declared
from sim.policies import (
    DRIVERS,
    QUANTITIES,
    QUANTITY_INDEX,
    fiscal_cost,
    lever_costs,
    load_levers,
    median_effects,
    modifier_table,
    scenario_from_mapping,
)

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
HEAD = {"name": "case", "name_en": "Case", "name_zh": "案例", "description": "a case"}
UNFELT = ("delivery", "unit_cost", "budget")
"""Quantities that act on other levers, not on households."""


@pytest.fixture(scope="module")
def world() -> Any:
    region = load_region("hunan")
    return region, load_levers(region=region)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(world: Any, path: Path) -> None:
    region, levers = world
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(case) <= {"what", "levers", "fixed", "params", "neutral", "expect"}
    scenario = scenario_from_mapping({**HEAD, "levers": case["levers"]}, levers, region)
    effects = median_effects(levers)
    for name, value in case.get("fixed", {}).items():
        lever, _, quantity = name.partition(".")
        assert (lever, quantity) in effects, name
        effects[lever, quantity] = float(value)
    for expected in case["expect"]:
        year, county = expected["year"], region.county_codes.index(str(expected["county"]))
        if "quantity" in expected:
            table = modifier_table(scenario, levers, effects, region, [year])
            value = table[0, QUANTITY_INDEX[expected["quantity"]], county]
        elif "chance" in expected:
            table = modifier_table(scenario, levers, effects, region, [year])
            value = chance_of_registering(region, table[0], case["params"])[2 * county + 1]
        else:
            people = {driver.name: np.zeros(region.n_counties) for driver in DRIVERS}
            for driver, number in expected["people"].items():
                people[driver][county] = number
            value = fiscal_cost(
                lever_costs(scenario, levers, effects, region, [year])[expected["cost"]][0], people
            ).sum()
        wanted = expected["chance"] if "chance" in expected else expected["value"]
        assert value == pytest.approx(wanted, rel=1e-9, abs=1e-12), expected
    if case.get("neutral"):
        table = modifier_table(scenario, levers, effects, region, [2026, 2028, 2032])
        for index, quantity in enumerate(QUANTITIES):
            if quantity.name not in UNFELT:
                assert (table[:, index] == quantity.neutral).all(), quantity.name


def chance_of_registering(region: Any, modifiers: Any, given: dict[str, float]) -> Any:
    """Return the yearly chance by place, parameters that the case does not give at their medians."""
    params = {name: float(parameter.median) for name, parameter in declared().items()} | given
    mods = neutral_mods(region.n_counties) | {name: modifiers[k] for name, k in QUANTITY_INDEX.items()}
    return registration_hazards(region, load_places(region), params, mods)


def test_every_effect_and_cost_has_a_case(world: Any) -> None:
    """Some case expects a number of every quantity and every cost of every lever; enablers show in their targets."""
    levers = world[1]
    cases = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in CASES]
    assert {lever for case in cases for lever in case["levers"]} == set(levers)
    quantities = {
        (lever, expected["quantity"])
        for case in cases
        for expected in case["expect"]
        if "quantity" in expected
        for lever in case["levers"]
    }
    costs = {expected["cost"] for case in cases for expected in case["expect"] if "cost" in expected}
    for lever in levers.values():
        for effect in lever.effects:
            if effect.targets:
                reached = {name.partition(".")[0] for name in effect.targets}
                together = [case for case in cases if lever.id in case["levers"] and reached & set(case["levers"])]
                assert together, (lever.id, effect.quantity)
            elif effect.quantity != "siphon":
                assert (lever.id, effect.quantity) in quantities, (lever.id, effect.quantity)
        assert lever.id in costs or not lever.costs, lever.id
