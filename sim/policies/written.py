"""A scenario written out in full: a file that needs no other one and reads back as the same scenario."""

from __future__ import annotations

from typing import Any

import yaml

from sim.policies.scenario import Scenario

__all__ = ["scenario_text"]


class _Plain(yaml.SafeDumper):
    """Writes every value where it stands."""

    def ignore_aliases(self, data: object) -> bool:
        """Repeat a value instead of pointing at its first place."""
        return True


def scenario_text(scenario: Scenario, name: str) -> str:
    """Return the text of the file ``<name>.yaml``: no base, one setting for every lever.

    Args:
        scenario: a scenario ready to use; overrides are part of it.
        name: its name, which may be another one than the scenario has itself.

    Raises:
        ValueError: intensities of the scenario are still to be found.
    """
    if scenario.equal_cost is not None:
        raise ValueError(f"{scenario.name}: its intensities at equal cost are not found yet")
    levers = {lever: _lean(setting.model_dump(exclude_defaults=True)) for lever, setting in scenario.settings.items()}
    content: dict[str, Any] = {
        "name": name,
        "name_en": scenario.name_en,
        "name_zh": scenario.name_zh,
        "description": scenario.description,
        "description_zh": scenario.description_zh,
        "baseline": scenario.baseline,
        "levers": levers,
        "exogenous": _exogenous(scenario),
    }
    if scenario.budget is not None:
        content["budget"] = scenario.budget.model_dump(exclude_none=True)
    return yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


def _exogenous(scenario: Scenario) -> dict[str, Any]:
    content = scenario.exogenous.model_dump(exclude_defaults=True)
    if "local_shocks" in content:
        content["local_shocks"] = [_lean(shock) for shock in content["local_shocks"]]
    return content


def _lean(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part with the word for every county where nothing is selected."""
    return {key: "all" if key == "where" and not value else value for key, value in part.items()}
