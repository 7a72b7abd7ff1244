"""Scenarios of equal cost: the one intensity of the levers that are not named, at which two packages cost the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scipy.optimize import brentq

from sim.base.arrays import Floats
from sim.data import Region
from sim.model.path.budget import expected_cost, start_people
from sim.policies import Levers, Scenario, load_scenario, with_overrides
from sim.policies.loader import SCENARIO_FOLDER
from sim.policies.plan import plan_years
from sim.policies.scenario import LeverSetting
from sim.population import cached_population

if TYPE_CHECKING:
    from sim.config import ProjectConfig

__all__ = ["at_equal_cost", "last_observed", "ready_scenario"]

SKETCH = (5_000, 1)
"""Households and seed of the population whose people costs are planned for: one and the same, so that intensities do
not depend on the households, draws and seed of a study."""
DIGITS = 4
"""Decimals of an intensity that is found: the cost is met to about a hundredth of a percent."""


def ready_scenario(
    entry: str | Path, config: ProjectConfig, levers: Levers, region: Region, folder: Path = SCENARIO_FOLDER
) -> Scenario:
    """Return a scenario that can be run: read, brought to equal cost if it asks for it, then overridden.

    Args:
        entry: name or file of the scenario.
        config: the checked configuration; overrides of levers come last and are not made up for.
        levers: all levers.
        region: counties and groups.
        folder: where named scenarios are.

    Raises:
        PolicyFileError: no such scenario, a wrong file, or no intensity at which it costs as much as asked.
    """
    scenario = load_scenario(entry, levers, region, folder)
    if scenario.equal_cost is not None:
        people = start_people(region, cached_population(region, config.start, *SKETCH, 0.0))
        years = plan_years().open_years(last_observed(config, region))
        scenario = at_equal_cost(scenario, levers, region, people, years)
    return with_overrides(scenario, config.levers, levers)


def last_observed(config: ProjectConfig, region: Region) -> int:
    """Return the last year-end whose totals are published and may be used; levers act in the years after it."""
    return min(region.last_observed, config.observed_until or region.last_observed)


@dataclass(frozen=True)
class _Plan:
    """What an expected cost depends on beside the scenario."""

    levers: Levers
    region: Region
    people: Mapping[str, Floats]
    years: Sequence[int]

    def cost(self, scenario: Scenario) -> float:
        """Return the expected cost over all years, in billion yuan."""
        costs = expected_cost(scenario, self.levers, self.region, self.people, self.years)
        return float(sum(cost.sum() for cost in costs.values()))


def at_equal_cost(
    scenario: Scenario, levers: Levers, region: Region, people: Mapping[str, Floats], years: Sequence[int]
) -> Scenario:
    """Return the scenario with the intensities at which it is expected to cost as much as the other one.

    The levers that are not named get the one intensity, with ``DIGITS`` decimals, at which the costs of all years
    add up to those of the other scenario: at the medians of the priors and for ``people``, as for budgets. Where the
    levers that are named already cost more by themselves, the others stay at 0 and the named ones
    are all cut to the same share of what is written.

    Args:
        scenario: a scenario, of equal cost or ready.
        levers: all levers.
        region: counties and groups.
        people: whom costs are paid for, by county.
        years: years of the plan in which levers act; without one nothing can be found, and the others stay at 0.

    Raises:
        PolicyFileError: the other scenario costs nothing, or more than the scenario with every other lever at 1.
    """
    rule = scenario.equal_cost
    if rule is None:
        return scenario
    if not years:
        return replace(_others(scenario, 0.0), equal_cost=None)
    plan = _Plan(levers, region, people, years)
    money = plan.cost(at_equal_cost(rule.of, levers, region, people, years))
    if not money > 0.0:
        raise _impossible(scenario, f"{rule.of.name} is expected to cost nothing", "Name a scenario that costs money.")
    least, most = (plan.cost(_others(scenario, level)) for level in (0.0, 1.0))
    if most < money:
        problem = f"{rule.of.name} is expected to cost {money:.1f} billion yuan, this one {most:.1f} at most"
        raise _impossible(scenario, problem, "Raise the intensities that are named, or name a cheaper scenario.")
    ready = _others if least <= money else _named
    found = brentq(lambda level: plan.cost(ready(scenario, level)) - money, 0.0, 1.0, xtol=10.0 ** -(DIGITS + 2))
    return replace(ready(scenario, round(found, DIGITS)), equal_cost=None)


def _others(scenario: Scenario, level: float) -> Scenario:
    """Return the scenario with one intensity for all levers that are not named."""
    rule = scenario.equal_cost
    free = {
        lever: LeverSetting(intensity=level)
        for lever in scenario.settings
        if rule is not None and lever not in rule.named
    }
    return replace(scenario, settings={**scenario.settings, **free})


def _named(scenario: Scenario, share: float) -> Scenario:
    """Return the scenario with a share of the intensities of the levers that are named, the others at 0."""
    settings = {lever: _cut(setting, share) for lever, setting in scenario.settings.items()}
    return replace(scenario, settings=settings)


def _cut(setting: LeverSetting, share: float) -> LeverSetting:
    level = setting.intensity
    cut = {y: share * v for y, v in level.items()} if isinstance(level, dict) else share * level
    return setting.model_copy(update={"intensity": cut})


def _impossible(scenario: Scenario, problem: str, step: str) -> ValueError:
    return scenario.source.error(("every_lever", "cost_of"), problem, step)
