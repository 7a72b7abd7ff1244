"""The tables that scenario discovery leaves beside its page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.statistics.discovery import tree_table
from sim.studies.files import replacing, write_table

if TYPE_CHECKING:
    from sim.programs.discover.discover import Discovery

__all__ = ["write_files"]


def write_files(folder: Path, found: Discovery) -> None:
    """Write the tables of a discovery; each has its columns even where nothing was found.

    They are ``boxes.csv``, ``conditions.csv``, ``trajectory.csv``, ``repetitions.csv``, ``chance.csv``, ``tree.csv``
    and ``draws.parquet``.
    """
    columns = found.draws.table.columns
    boxes, steps, paths, repeats, null = [], [], [], [], []
    for number, one in enumerate(found.searches, start=1):
        box = one.box
        for name, (low, high) in box.ends.items() if one.shown else ():
            measures = (box.quasi_p[name], one.again(name), box.coverage, box.density, box.mass, one.p_chance)
            boxes.append((number, name, low, high, *measures))
        kept = [(step, True) for step in one.found.steps] + [(one.found.refused, False)]
        steps += [(number, columns[s.column], s.strength, s.needed, in_) for s, in_ in kept if s is not None]
        if len(box.trajectory):
            paths.append(box.trajectory.rename(columns={"res dim": "conditions"}).assign(search=number))
        repeats.append(one.repeats.assign(search=number))
        null += [(number, density) for density in one.null]
    ends = ["quasi_p", "found_again", "coverage", "density", "mass", "p_chance"]
    path = pd.concat(paths) if paths else pd.DataFrame(columns=["coverage", "density", "conditions", "mass", "search"])
    tables = {
        "boxes": pd.DataFrame(boxes, columns=["search", "condition", "low", "high", *ends]),
        "conditions": pd.DataFrame(steps, columns=["search", "condition", "strength", "needed", "let_in"]),
        "trajectory": path[["search", "coverage", "density", "conditions", "mass"]],
        "repetitions": pd.concat(repeats)[["search", "restricted", "coverage", "density", "mass", "base"]],
        "chance": pd.DataFrame(null, columns=["search", "density"]),
        "tree": tree_table(found.tree) if found.tree is not None else pd.DataFrame(columns=["node"]),
    }
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    _write_draws(folder, found)


def _write_draws(folder: Path, found: Discovery) -> None:
    """Write what every draw is: its chances of missing, its box (0: none), its conditions."""
    draws = found.draws
    box = sum((number * one.members.astype("int8") for number, one in enumerate(found.searches, 1) if one.shown), 0)
    table = draws.table.reset_index()
    for position, (name, values) in enumerate((("miss", draws.chances), ("miss_alone", draws.alone), ("box", box)), 1):
        table.insert(position, name, values.to_numpy() if isinstance(values, pd.Series) else values)
    with replacing(folder / "draws.parquet") as temporary:
        table.to_parquet(temporary, index=False)
