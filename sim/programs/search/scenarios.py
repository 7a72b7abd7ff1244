"""Scenario files of the bundles that a search found: ready for the main job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sim.base.names import BASELINE
from sim.model.path.setup import Setup
from sim.policies.written import scenario_text
from sim.programs.search.bundles import Bundle
from sim.programs.search.problem import Wanted, point_of
from sim.programs.whatif.design import Space, scenario_at
from sim.report.text import LANGUAGES, Text
from sim.studies.files import replacing

__all__ = ["FOLDER", "question_name", "write_scenarios"]

FOLDER = "scenarios"
KEPT = ("best", "cautious", "alternative")
"""Kinds of bundles that become scenario files."""


def question_name(wanted: Wanted) -> str:
    """Return the folder of a question.

    Example:
        >>> question_name(Wanted(0.655, 2029, 0.8, 20.0, 2027, ""))
        'rate65-5_2029_p80_budget20_from2027'
    """
    parts = [f"rate{100.0 * wanted.target:g}", str(wanted.year), f"p{100.0 * wanted.probability:g}"]
    parts += [] if wanted.budget is None else [f"budget{wanted.budget:g}"]
    parts += [f"from{wanted.start}", *([wanted.place] if wanted.place else [])]
    return "_".join(parts).replace(".", "-")


def write_scenarios(folder: Path, setup: Setup, space: Space, wanted: Wanted, bundles: Sequence[Bundle]) -> None:
    """Write the best, the cautious and the alternative bundles as files; those of an earlier search go."""
    target, neutral = folder / FOLDER, setup.scenarios[BASELINE]
    target.mkdir(exist_ok=True)
    for path in target.glob("*.yaml"):
        path.unlink()
    for bundle in (one for one in bundles if one.kind in KEPT):
        name = f"{bundle.name}_{question_name(wanted)}"
        told = {language: _words(Text(language), wanted, bundle) for language in LANGUAGES}
        scenario = replace(
            scenario_at(point_of(wanted, bundle.levels), space, neutral, name),
            name_en=told["en"][0],
            description=told["en"][1],
            name_zh=told["zh"][0],
            description_zh=told["zh"][1],
        )
        with replacing(target / f"{name}.yaml") as temporary:
            temporary.write_text(scenario_text(scenario, name), encoding="utf-8")


def _words(text: Text, wanted: Wanted, bundle: Bundle) -> tuple[str, str]:
    """Return name and description of a bundle."""
    kind = text(f"search.kind.{bundle.kind}")
    values = {"bundle": kind, "target": f"{100.0 * wanted.target:g}", "year": wanted.year}
    return text("search.scenario.name", **values), text("search.scenario.description", **values)
