"""Levers of the plan and scenarios: files in, modifiers of named quantities out."""

from sim.policies.apply import modifier_table
from sim.policies.content import policy_content
from sim.policies.cost import cost_table, fiscal_cost, lever_costs
from sim.policies.effects import draw_effects, median_effects
from sim.policies.idle import Idle, idle_settings
from sim.policies.lever import Lever, Levers
from sim.policies.loader import (
    check_lever_places,
    load_levers,
    load_scenario,
    scenario_from_mapping,
    scenario_names,
)
from sim.policies.quantities import DRIVER_INDEX, DRIVERS, QUANTITIES, QUANTITY_INDEX, Driver, Quantity
from sim.policies.scenario import Scenario, override_message, with_overrides
from sim.policies.schema import PolicyFileError
from sim.policies.table import lever_notes, lever_table, quantity_table, scenario_table

__all__ = [
    "DRIVERS",
    "DRIVER_INDEX",
    "QUANTITIES",
    "QUANTITY_INDEX",
    "Driver",
    "Idle",
    "Lever",
    "Levers",
    "PolicyFileError",
    "Quantity",
    "Scenario",
    "check_lever_places",
    "cost_table",
    "draw_effects",
    "fiscal_cost",
    "idle_settings",
    "lever_costs",
    "lever_notes",
    "lever_table",
    "load_levers",
    "load_scenario",
    "median_effects",
    "modifier_table",
    "override_message",
    "policy_content",
    "quantity_table",
    "scenario_from_mapping",
    "scenario_names",
    "scenario_table",
    "with_overrides",
]
