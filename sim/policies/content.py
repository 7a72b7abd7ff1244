"""What of the policy files determines results: the content that a run is identified by."""

from __future__ import annotations

from typing import Any

from sim.policies.lever import Levers
from sim.policies.scenario import Scenario

_FOR_READERS = {"name_en", "name_zh", "note", "scale_reason", "unit"}


def policy_content(scenario: Scenario, levers: Levers) -> dict[str, Any]:
    """Return the settings, priors and assumptions that determine results, ready for JSON.

    Names, descriptions, phrases, notes and sources are left out, and so are levers that
    the scenario never pulls: editing them does not make a new run.

    Raises:
        ValueError: intensities of the scenario are still to be found.
    """
    if scenario.equal_cost is not None:
        raise ValueError(f"{scenario.name}: its intensities at equal cost are not found yet")
    pulled = {lever: setting for lever, setting in scenario.settings.items() if not setting.zero}
    combining = {name: drawn["prior"] for name, drawn in levers.combining.model_dump(mode="json").items()}
    return {
        "settings": {lever: setting.model_dump(mode="json") for lever, setting in sorted(pulled.items())},
        "levers": {lever: _numbers(levers, lever) for lever in sorted(pulled)},
        "combining": combining if pulled else {},
        "exogenous": scenario.exogenous.model_dump(mode="json"),
        "budget": scenario.budget.model_dump(mode="json") if scenario.budget else None,
    }


def _numbers(levers: Levers, lever: str) -> Any:
    content = levers[lever].model_dump(mode="json", include={"effects", "costs", "projects", "where", "ramp"})
    return _without_notes(content)


def _without_notes(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _without_notes(value) for key, value in content.items() if key not in _FOR_READERS}
    if isinstance(content, list):
        return [_without_notes(value) for value in content]
    return content
