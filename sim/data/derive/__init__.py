"""Derived tables, computed from observed ones; `derive_all` in dependency order.

A table that mixes both kinds keeps its observed columns and gets its derived columns recomputed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from sim.data.derive.boundaries import boundary_changes
from sim.data.derive.departures import net_departures
from sim.data.derive.economy import prefecture_economy, province_series
from sim.data.derive.groups import region_groups
from sim.data.derive.households import household_sizes
from sim.data.derive.outside import county_outside, migrant_age, outside_places
from sim.data.derive.registered import county_census
from sim.data.derive.social import county_social
from sim.data.derive.tableset import TableSet

DERIVATIONS: tuple[tuple[str, Callable[[TableSet], pd.DataFrame]], ...] = (
    ("boundary_changes", boundary_changes),
    ("province_series", province_series),
    ("county_census", county_census),
    ("county_outside", county_outside),
    ("outside_places", outside_places),
    ("household_sizes", household_sizes),
    ("county_social", county_social),
    ("prefecture_economy", prefecture_economy),
    ("migrant_age", migrant_age),
    ("net_departures", net_departures),
    ("region_groups", region_groups),
)
"""Name of each derived table and the function that computes it."""


__all__ = ["DERIVATIONS", "TableSet", "derive_all"]


def derive_all(folder: Path) -> dict[str, pd.DataFrame]:
    """Return all derived tables of a folder without writing them."""
    tables = TableSet(folder)
    for name, compute in DERIVATIONS:
        tables[name] = compute(tables)
    return {name: tables[name] for name, _ in DERIVATIONS}
