"""Blocks of the documentation about households: columns of their files, kinds, and what can become otherwise."""

from __future__ import annotations

from collections.abc import Callable

from sim.base.markdown import table
from sim.programs.compare_households.groups import DIMENSIONS
from sim.programs.compare_households.outcomes import OUTCOMES
from sim.studies.household_columns import HOUSEHOLDS, PERSONS

__all__ = ["BLOCKS"]


def household_files() -> str:
    """Return the columns of the files of households and persons, with their description in both languages."""
    parts = []
    for name, rows in {"households": HOUSEHOLDS, "persons": PERSONS}.items():
        cells = [(f"`{row.name}`", row.kind, row.en, row.zh) for row in rows]
        parts.append(f"`{name}.parquet`\n\n{table(('column', 'type', 'meaning', '含义'), cells)}")
    return "\n".join(parts)


def gain_outcomes() -> str:
    """Return what can become otherwise for a household, as ``compare_households`` counts it."""
    signs = {1: "better", -1: "worse", 0: "neither"}
    rows = [
        (f"`{o.name}`", o.unit, o.meaning[0], o.meaning[1], signs[o.sign], "yes" if o.booked else "no")
        for o in OUTCOMES
    ]
    return table(("outcome", "unit", "what is counted", "含义", "more of it is", "in the accounts"), rows)


def gain_kinds() -> str:
    """Return the kinds of households that ``compare_households`` tells apart."""
    rows = []
    for dimension in DIMENSIONS:
        names = ", ".join(en for _, en, _ in dimension.kinds) or "as in the tables of the region"
        rows.append(
            (f"`{dimension.name}`", *dimension.label, names, "adds up to all" if dimension.partition else "overlaps")
        )
    return table(("dimension", "label", "名称", "kinds", "sum"), rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "household_files": household_files,
    "gain_outcomes": gain_outcomes,
    "gain_kinds": gain_kinds,
}
"""Every block by its name."""
