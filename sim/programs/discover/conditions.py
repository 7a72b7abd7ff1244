"""What a finished study says of every draw: its conditions, and its chance of missing a target. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.base.errors import StudyError
from sim.policies.effects import COMBINING
from sim.policies.quantities import QUANTITIES
from sim.report.finished_study import Study, load_study
from sim.report.inputs import unit_name
from sim.report.queries import year_ends
from sim.report.text import MINUS, Text
from sim.studies.discrepancy import rate_offsets
from sim.studies.folder import stored_config
from sim.studies.tables import TABLES, is_kept, sealed_table
from sim.studies.target import TARGETS, chance_by_run, no_offsets

__all__ = ["FEWEST", "Condition", "Draws", "condition_of", "read_draws"]

FEWEST = 40
"""Fewest draws in which conditions are sought."""
FEWEST_MISSES = 5.0
"""Fewest draws that are expected to miss, and to meet, the target."""
COST = "cost."
PERCENTAGES = ("share", "per year")
"""Units that are shown as percentages."""


class Draws(NamedTuple):
    """The draws of a study under one scenario.

    Attributes:
        table: a row per draw, a column per condition: parameters, and effects of levers that the scenario pulls.
        chances: of missing the target, by draw.
        alone: share of the runs of every draw that miss it, without discrepancy.
    """

    table: pd.DataFrame
    chances: Floats
    alone: Floats


def read_draws(folder: Path, scenario: str, target: str, year: int, outcome: str) -> tuple[Study, Draws]:
    """Return a finished study and what it says of its draws.

    Args:
        folder: of the study.
        scenario: one of the study.
        target: name of what is to be met.
        year: year-end by which.
        outcome: ``chance`` counts the discrepancy, ``runs`` does not.

    Raises:
        StudyError: no study, a damaged one, something it does not have, or too few draws or misses.
    """
    stored_config(folder)
    for name in TABLES:
        if is_kept(folder, name):
            sealed_table(folder, name)
    study = load_study(folder)
    _require("scenario", scenario, study.scenarios)
    _require("year", year, [known for known in study.years if known > study.last_observed])
    goal = next(goal for goal in TARGETS if goal.name == target)
    ends = year_ends(study, (goal.indicator,), (scenario,))
    if ends is None or ends.empty or study.parameters is None:
        raise StudyError(
            f"{folder}: the runs or parameters of {scenario} are missing.\n"
            f"  Next: python -m experiments.study resume study={study.name} makes them again."
        )
    offsets = rate_offsets(stored_config(folder), study.region)
    told, alone = (1.0 - chance_by_run(ends, goal, year, some).groupby("draw").mean() for some in (offsets, no_offsets))
    values = _values(study, study.parameters, scenario).reindex(told.index)
    chances = told if outcome == "chance" else alone
    _enough(study.name, len(values), float(chances.sum()), scenario, outcome)
    return study, Draws(
        values.loc[:, values.max() > values.min()], np.asarray(chances, np.float64), np.asarray(alone, np.float64)
    )


def _require(key: str, value: object, known: Sequence[object]) -> None:
    """Refuse what a study does not have."""
    if value not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise StudyError(f"{key} = {value}: the study has {listed}.\n  Next: name one of them.")


def _enough(name: str, draws: int, misses: float, scenario: str, outcome: str) -> None:
    """Refuse too few draws, and too few that miss or meet the target."""
    if draws < FEWEST:
        raise StudyError(
            f"study = {name}: {draws} draws; conditions are sought in {FEWEST} or more.\n"
            f"  Next: run the study with more draws (python -m experiments.project study={name} draws=200 resume=true)."
        )
    for number, verb in ((misses, "miss"), (draws - misses, "meet")):
        if number < FEWEST_MISSES:
            raise StudyError(
                f"scenario = {scenario}: {number:.1f} of {draws} draws {verb} the target with outcome={outcome}; "
                f"{FEWEST_MISSES:.0f} are needed to say under which conditions.\n"
                "  Next: another target, year or scenario, or outcome=chance where it is runs."
            )


def _values(study: Study, parameters: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Return parameters and effects of the levers that a scenario pulls, one column each; twins are kept once."""
    table = parameters.pivot_table(index="draw", columns="name", values="value")
    pulled = study.inputs.scenarios[scenario]
    acting = [lever for lever, setting in pulled.settings.items() if not setting.zero]
    if study.levers is None or not acting:
        return table
    rows = study.levers[study.levers["lever"].isin([*acting, COMBINING])]
    if pulled.budget is None:
        rows = rows[~rows["quantity"].str.startswith(COST)]
    named = rows.assign(name=rows["lever"] + "." + rows["quantity"])
    effects = named.pivot_table(index="draw", columns="name", values="value")
    twins = effects.rank().T.duplicated()
    return table.join(effects.loc[:, ~twins])


class Condition(NamedTuple):
    """A condition in words: what it is, and how a value of it is shown."""

    meaning: str
    factor: float
    form: str

    def number(self, value: float) -> str:
        """Return a value of it with its unit."""
        return self.form.format(f"{self.factor * value:.3g}".replace("-", MINUS))


def condition_of(study: Study, text: Text, name: str) -> Condition:
    """Return a condition in words: a parameter, or a drawn number of a lever (``lever.quantity``)."""
    if name in study.inputs.parameters:
        parameter = study.inputs.parameters[name]
        plain = f"discover.plain.{name}"
        meaning = text(plain) if text.has(plain) else _short(text.pick(parameter.meaning))
        return Condition(meaning, *_form(text, parameter.unit))
    lever_id, _, quantity = name.partition(".")
    known = {row.name: row for row in QUANTITIES}
    if lever_id not in study.inputs.levers or quantity not in known:
        return Condition(name, 1.0, "{}")
    lever, row = study.inputs.levers[lever_id], known[quantity]
    own = f"{lever.id} {lever.name_zh if text.language == 'zh' else lever.name_en}"
    meaning = _short(row.meaning_zh if text.language == "zh" else row.meaning_en)
    return Condition(text("discover.effect", lever=own, meaning=meaning), *_form(text, row.unit))


def _short(meaning: str) -> str:
    """Return a meaning without what it has in brackets."""
    return meaning.split(" (")[0].split("（")[0]


def _form(text: Text, unit: str) -> tuple[float, str]:
    """Return what a value is multiplied by, and the form that it is shown in: shares as percentages."""
    if unit in PERCENTAGES:
        return 100.0, text(f"discover.form.{unit.replace(' ', '_')}", value="{}")
    return 1.0, "{}" if unit == "ratio" else f"{{}} {unit_name(text, unit)}"
