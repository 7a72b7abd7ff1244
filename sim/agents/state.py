"""The population: one row per household agent, a struct of arrays of 26 bytes a row.

The table below is the contract between the synthetic population, the two engines
and the accounts: ``COLUMNS`` names every column, its type and meaning; which processes may change a
column is declared by them (``sim.model.year.processes``). The documentation is generated from both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.arrays import Bytes

N_SLOTS = 8
HEAD, SPOUSE, FIRST_CHILD, FIRST_ELDER = 0, 1, 2, 6
EMPTY = 255
"""An empty member slot, an absent away place."""
MAX_AGE = 120

SKILL_MASK = 0b0000_0011
OWNER = 0b0000_0100
INSURED = 0b0000_1000
PERMIT = 0b0001_0000
LAND = 0b0010_0000
BASE_COLLECTIVE = 0b0100_0000
AWAY_COLLECTIVE = 0b1000_0000

EVENT = 0b0000_0001
MIGRANT_CLASS_SHIFT = 1
MIGRANT_CLASS_MASK = 0b0000_0110
PUBLIC_PLACE = 0b0000_1000

LOCAL, SAME_COUNTY, OTHER_COUNTY, OTHER_PROVINCE = 0, 1, 2, 3
"""Origin class at the start, in the sense of the census (hukou in another township)."""


class Column(NamedTuple):
    """One column of the household table."""

    name: str
    dtype: str
    width: int
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("key", "uint64", 1, "identity of the household in every random draw"),
    Column(
        "members",
        "uint8",
        N_SLOTS,
        "age * 2 + sex (1 = female) by slot: head, spouse, children oldest first, elders; 255 empty",
    ),
    Column("away", "uint8", 1, "bit s set: the member in slot s lives at away_place"),
    Column("home_county", "uint8", 1, "county of the home village or neighbourhood"),
    Column("home_block", "uint8", 1, "block within home_county (unit of reclassification)"),
    Column("hukou", "uint8", 1, "place of registration; an outside place = registered in another province"),
    Column("base", "uint8", 1, "place where the members who are not away live"),
    Column("away_place", "uint8", 1, "place where the away members live; 255 if nobody is away"),
    Column(
        "social",
        "uint8",
        1,
        "bits 0-1 skill of the main earner (0 low, 1 middle, 2 high); 2 owner and 3 insured where "
        "the earners live; 4 residence permit; 5 land rights; 6 base and 7 away unit is collective",
    ),
    Column(
        "flags",
        "uint8",
        1,
        "bit 0 life event since the last step; bits 1-2 origin class at the start (0 local, 1 same "
        "county, 2 other county, 3 other province); bit 3 public school place",
    ),
    Column("arrival", "uint16", 1, "month of the last change of residence, months since January 2000"),
)


class Households(NamedTuple):
    """Arrays of one row per household, in the order and types of ``COLUMNS``."""

    key: NDArray[np.uint64]
    members: Bytes
    away: Bytes
    home_county: Bytes
    home_block: Bytes
    hukou: Bytes
    base: Bytes
    away_place: Bytes
    social: Bytes
    flags: Bytes
    arrival: NDArray[np.uint16]


class Population(NamedTuple):
    """A synthetic population: households, blocks and what one agent stands for.

    Attributes:
        households: the household table; a row without members is free.
        block_zone: zone of every block, uint8[n_counties, 256] (0 rural, 1 urban, 255 unused).
        weight: households (and persons per member) that one agent represents.
        year: the year-end that the population describes.
    """

    households: Households
    block_zone: Bytes
    weight: float
    year: int


def empty_households(rows: int) -> Households:
    """Return ``rows`` free rows (no members, nobody away)."""
    arrays = []
    for column in COLUMNS:
        shape = (rows, column.width) if column.width > 1 else (rows,)
        arrays.append(np.zeros(shape, dtype=column.dtype))
    table = Households(*arrays)
    table.members[:] = EMPTY
    table.away_place[:] = EMPTY
    return table


def map_columns(households: Households, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Households:
    """Return a household table with ``change`` applied to every column.

    Example:
        >>> len(map_columns(empty_households(5), lambda column: column[:2]).key)
        2
    """
    return Households._make(change(column) for column in households)


def bytes_per_household() -> int:
    """Return the size of one row in bytes."""
    return sum(np.dtype(c.dtype).itemsize * c.width for c in COLUMNS)
