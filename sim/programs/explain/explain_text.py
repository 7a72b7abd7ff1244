"""The command line of the explanation: python -m experiments.explain household=any year=2027 scenarios=[a,b]."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.arguments import ArgumentError, integer, keyed, names, study_folder
from sim.base.names import BASELINE
from sim.base.paths import CONFIGS
from sim.config import DRAW_LIMIT, LAST_YEAR, REPLICATE_LIMIT, ProjectConfig, load_config, scenario_name

if TYPE_CHECKING:
    from sim.data import Region

__all__ = ["explain_job"]

HELP = """\
Explain where one household chose to live in a year, under one or two scenarios side by side.

  python -m experiments.explain household=any year=2027 'scenarios=[no_new_policy,plan]'

household=KEY     key of a household, or any: one whose choice differs between the scenarios
year=YEAR         a year after the last published one (needed)
scenarios=[A,B]   one or two scenarios (default: [no_new_policy,plan])
study=NAME        take seed, households, parameters and levers from this study; results=FOLDER (default: results)
draw=K replicate=R    which run (default: 0 and 0)
households=N seed=S   without a study (default: 50,000 and 1)
sites=N           how many of the best sites are shown besides staying, home and the choice (default: 3)
"""
KEYS = ("household", "year", "scenarios", "study", "results", "draw", "replicate", "households", "seed", "sites")
ARRANGEMENTS = ("one member to", "all workers to", "whole household to")


def explain_job(argv: Sequence[str]) -> int:
    """Print the explanation that the arguments ask for and return the exit status.

    Raises:
        ArgumentError: an argument that is not understood or out of range.
        ExplainError: a household that does not exist.
    """
    if not argv or {"--help", "-h"} & set(argv):
        sys.stdout.write(HELP)
        return 0 if argv else 2
    values = keyed(argv, KEYS, ["household", "year"])
    scenarios = names(values, "scenarios", (BASELINE, "plan"))
    if not 1 <= len(scenarios) <= 2:
        raise ArgumentError(f"scenarios = {values['scenarios']}: allowed are one or two names")
    config, configs = _config(values, scenarios)
    year = integer(values, "year", 0, high=LAST_YEAR)
    draw = integer(values, "draw", 0, high=DRAW_LIMIT - 1)
    replicate = integer(values, "replicate", 0, high=REPLICATE_LIMIT - 1)
    sites = integer(values, "sites", 3, low=1, high=100)
    wanted = None if values["household"] == "any" else integer(values, "household", 0)
    from sim.model.path.setup import prepare, read_inputs
    from sim.programs.explain.explain import decisions, find_household, history_of

    last = max(read_inputs(config, configs).published(config), default=config.start)
    if not last < year <= config.end_year:
        raise ArgumentError(f"year = {year}: allowed is a year from {last + 1} to {config.end_year}")
    sys.stderr.write("Preparing the population and the observed years.\n")
    setup = prepare(config.model_copy(update={"draws": draw + 1}), configs)
    history = history_of(setup, draw, replicate)
    called = [scenario_name(name) for name in scenarios]
    key = find_household(setup, history, called, year) if wanted is None else wanted
    found = [decisions(setup, history, name, year, key) for name in called]
    sys.stdout.write(explanation(found, called, key, year, setup.region, sites))
    return 0


def _config(values: dict[str, str], scenarios: Sequence[str]) -> tuple[ProjectConfig, Path]:
    """Return the configuration of the runs to look at and the folder of what they are made from.

    Both are a study's, or those of this checkout.
    """
    if "study" in values:
        return _of_study(study_folder(values), [scenario_name(name) for name in scenarios])
    year = integer(values, "year", 0, high=LAST_YEAR)
    keys: dict[str, Any] = {
        "households": integer(values, "households", 50_000),
        "seed": integer(values, "seed", 1),
        "scenarios": list(scenarios),
    }
    default = load_config()
    return load_config(**keys, end_year=max(year, default.end_year)), CONFIGS


def _of_study(folder: Path, scenarios: list[str]) -> tuple[ProjectConfig, Path]:
    """Return the configuration of a study for some of its scenarios, and the folder of its inputs.

    Raises:
        ArgumentError: the study has no such scenario.
    """
    from sim.studies.folder import stored_config
    from sim.studies.identity import code_hash
    from sim.studies.inputs import open_inputs

    stored, inputs = stored_config(folder), open_inputs(folder)
    for name in scenarios:
        if name not in inputs.basis.scenarios:
            known = ", ".join(inputs.basis.scenarios)
            raise ArgumentError(f"scenarios = {name}: the study {folder.name} has {known}")
    if inputs.basis.code != code_hash():
        sys.stderr.write("The code here differs from the study's: households may choose otherwise.\n")
    return stored.model_copy(update={"scenarios": scenarios, "levers": {}}), inputs.folder


def explanation(
    found: Sequence[Sequence[Any]], scenarios: Sequence[str], key: int, year: int, region: Region, sites: int
) -> str:
    """Return the decisions of a household as text, scenarios side by side, step by step.

    Args:
        found: decisions by scenario.
        scenarios: their names.
        key: identity of the household.
        year: the year.
        region: names of the places.
        sites: how many of the best sites are shown besides staying, home and the choice.
    """
    lines = [f"Household {key} in {year}, terms in utils; the highest total is chosen."]
    steps = sorted({decision.step for own in found for decision in own})
    if not steps:
        lines.append("It does not reconsider where to live in this year, under any of the scenarios.")
    for step in steps:
        own = [next((d for d in list_ if d.step == step), None) for list_ in found]
        lines += ["", f"Step {step}:"]
        for name, decision in zip(scenarios, own, strict=True):
            lines.append(f"  {name}: {_outcome(decision, region)}")
        lines += _blocks(own, scenarios, region, sites)
    return "\n".join(lines) + "\n"


def _outcome(decision: Any, region: Region) -> str:
    if decision is None:
        return "does not reconsider in this step"
    action, site = decision.chosen
    from sim.agents.world import ORIGIN_STATES

    return f"{ORIGIN_STATES[decision.state]}; chooses: {_name(action, site, region)}"


def _blocks(own: Sequence[Any], scenarios: Sequence[str], region: Region, sites: int) -> list[str]:
    """Return one block per alternative: its terms by scenario and their difference."""
    from sim.model.year.terms import TERMS

    lines = []
    for alternative in _shown(own, sites):
        sides = [_side(decision, alternative) for decision in own]
        marks = [
            name
            for name, decision in zip(scenarios, own, strict=True)
            if decision is not None and decision.chosen == alternative
        ]
        chosen = f"   <- chosen: {', '.join(marks)}" if marks else ""
        lines += ["", f"  {_name(*alternative, region)}{chosen}"]
        lines.append(_row("", [*scenarios, *(["difference"] if len(sides) == 2 else [])]))
        for term in TERMS:
            values = [None if side is None else side.terms[term.name] for side in sides]
            if any(values):
                lines.append(_numbers(term.label_en, values))
        for label in ("value", "nest", "error", "total"):
            shown = {"value": "V", "nest": "draw of the nest", "error": "error of the alternative", "total": "total"}
            lines.append(_numbers(shown[label], [None if side is None else getattr(side, label) for side in sides]))
    return lines


def _shown(own: Sequence[Any], sites: int) -> list[tuple[int, int]]:
    """Return the alternatives that matter: staying, home, what was chosen, and the best sites of each scenario."""
    present = [decision for decision in own if decision is not None]
    found: dict[tuple[int, int], None] = {}
    for decision in present:
        best = [(a.action, a.site) for a in decision.alternatives if a.site >= 0][:sites]
        plain = [(a.action, a.site) for a in decision.alternatives if a.site < 0]
        found |= dict.fromkeys([*sorted(plain), decision.chosen, *best])
    return list(found)


def _side(decision: Any, alternative: tuple[int, int]) -> Any:
    if decision is None:
        return None
    return next((a for a in decision.alternatives if (a.action, a.site) == alternative), None)


def _numbers(label: str, values: Sequence[float | None]) -> str:
    cells = ["-" if value is None else f"{value:+.3f}" for value in values]
    if len(values) == 2:
        first, second = values
        cells.append("-" if first is None or second is None else f"{second - first:+.3f}")
    return _row(label, cells)


def _row(label: str, cells: Sequence[str]) -> str:
    return f"    {label:<36}" + "".join(f"{cell:>22}" for cell in cells)


def _name(action: int, site: int, region: Region) -> str:
    """Return an alternative in words."""
    from sim.agents.world import HOME, STAY

    if action == STAY:
        return "stay"
    if action == HOME:
        return "return home"
    n = region.n_counties
    where = region.county_names_en[site] if site < n else region.outside_names_en[site - n]
    return f"{ARRANGEMENTS[action - HOME - 1]} {where}"
