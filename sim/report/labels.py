"""Labels that depend on a study: scenarios, parameters, number of runs, sources, recalled inputs."""

from __future__ import annotations

import pandas as pd

from sim.data import Region
from sim.data.schemas import TABLES
from sim.report.finished_study import Study
from sim.report.place_names import Names, plain
from sim.report.text import Text
from sim.studies.manifest import DONE, FAILED, PENDING
from sim.studies.target import FEW_RUNS

RECALLED = "recalled"
MOST_DRAWS = 20
"""Draws that a warning lists by number."""


def scenario_names(study: Study) -> dict[str, Names]:
    """Return the names of all scenarios of a study in both languages."""
    found = {name: study.inputs.scenarios.get(name) for name in study.scenarios}
    return {name: {"en": s.name_en, "zh": s.name_zh} if s else plain(name) for name, s in found.items()}


def parameter_names(study: Study, text: Text) -> dict[str, str]:
    """Return what every parameter of a study means, by name."""
    return {name: text.pick(parameter.meaning) for name, parameter in study.inputs.parameters.items()}


def missing_phrase(runs: pd.DataFrame, text: Text) -> str:
    """Return how many runs of a manifest are done, failed and pending, and the draws that lack one; empty if whole."""
    count = runs["status"].value_counts()
    draws = sorted({int(draw) for draw in runs.loc[runs["status"] != DONE, "draw"]})
    if not draws:
        return ""
    shown = ", ".join(map(str, draws[:MOST_DRAWS]))
    if len(draws) > MOST_DRAWS:
        shown = text("warning.missing.more", draws=shown, n=len(draws) - MOST_DRAWS)
    numbers = {name: f"{int(count.get(name, 0)):,}" for name in (DONE, FAILED, PENDING)}
    return text("warning.missing", asked=f"{len(runs):,}", draws=shown, **numbers)


def runs_phrase(study: Study, text: Text) -> str:
    """Return how many runs stand behind a figure, with a warning when they are few."""
    counts = sorted({study.runs.get(name, 0) for name in study.scenarios})
    key = "note.runs" if len(counts) == 1 else "note.runs_range"
    few = text("note.few") if study.fewest_runs < FEW_RUNS else ""
    return text.sentences([text(key, n=counts[0], low=counts[0], high=counts[-1]), few])


def source_short(study: Study, text: Text) -> str:
    """Return who published the observed urban shares."""
    key = TABLES["province_series"].column("urban_rate").source
    if text.has(f"source.{key}"):
        return text(f"source.{key}")
    sources = study.region.table("sources").set_index("key")
    return str(sources.loc[key, "publisher"])


def recalled_short(study: Study, text: Text) -> str:
    """Return the recalled inputs in a few words."""
    return text.join([recalled_label(name, text) for name in recalled_tables(study.region)]) or text("recalled.none")


def recalled_label(table: str, text: Text) -> str:
    """Return in words what is recalled in a table."""
    return text(f"recalled.{table}") if text.has(f"recalled.{table}") else table


def recalled_tables(region: Region) -> list[str]:
    """Return the tables with recalled values: by column, by row, or in single cells."""
    notes = region.table("cell_notes")
    in_cells = set(notes.loc[notes["grade"] == RECALLED, "table"])
    found = []
    for name, spec in TABLES.items():
        by_column = any(column.grade == RECALLED for column in spec.columns)
        by_row = name == "anchors" and (region.table(name)["grade"] == RECALLED).any()
        if by_column or by_row or name in in_cells:
            found.append(name)
    return found
