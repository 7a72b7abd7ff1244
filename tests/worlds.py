"""Hand-made worlds: two counties, one place outside, households spelled out member by member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.agents.state import EMPTY, MAX_AGE, Households, empty_households
from sim.agents.world import (
    CAPITAL,
    FIRST_OUTSIDE,
    OWN_TOWN,
    REST,
    Choice,
    Geography,
    Hazards,
    Vital,
    World,
    by_site,
    near_sites,
)
from sim.model.year.schedules import vital_tables
from sim.model.year.world_tables import EVENT_YEARS

VILLAGE_0, TOWN_0, VILLAGE_1, TOWN_1, AWAY = range(5)
N_PLACES, N_SITES = 5, 3


def geography() -> Geography:
    """Two counties in two prefectures; blocks 0-2 are rural, 10 and 11 urban."""
    zone = np.full((2, 256), 255, np.uint8)
    zone[:, :3] = 0
    zone[:, 10:12] = 1
    classes = np.array([[OWN_TOWN, REST, FIRST_OUTSIDE], [CAPITAL, OWN_TOWN, FIRST_OUTSIDE]], np.int64)
    near, n_near = near_sites(classes)
    return Geography(
        n_counties=2,
        n_outside=1,
        n_prefectures=2,
        capital=0,
        county_prefecture=np.array([0, 1], np.int64),
        site_class=classes,
        near=near,
        n_near=n_near,
        block_zone=zone,
        urban_block_start=np.array([10, 10], np.int64),
        urban_block_count=np.array([2, 2], np.int64),
    )


def vital(
    death: Mapping[tuple[int, int], float] | None = None,
    birth: Mapping[int, float] | None = None,
    leave: Mapping[int, float] | None = None,
    dt: float = 0.25,
) -> Vital:
    """Yearly hazards of the same size everywhere: deaths by (sex, age), births and leaving by age."""
    deaths, births, leaving = np.zeros((3, 2, MAX_AGE + 1)), np.zeros((3, MAX_AGE + 1)), np.zeros(MAX_AGE + 1)
    for (sex, age), hazard in (death or {}).items():
        deaths[:, sex, age] = hazard
    for age, hazard in (birth or {}).items():
        births[:, age] = hazard
    for age, hazard in (leave or {}).items():
        leaving[age] = hazard
    return vital_tables(deaths, births, leaving, 0.5, dt)


def choice(**changes: Any) -> Choice:
    """Utilities of zero everywhere except for ``changes``."""
    shapes = {
        "value": (3, N_PLACES),
        "reach": (2, N_SITES),
        "shift": (6, 5),
        "arrangement": (2, 3),
        "network": (2, 256, 5),
        "penalty": (N_PLACES,),
        "housing": (N_PLACES,),
        "portability": (N_PLACES,),
        "leave_age": (MAX_AGE + 1,),
    }
    vectors = (
        "school",
        "home_value",
        "out_move",
        "county_school",
        "bring_children",
        "rental",
    )
    fields: dict[str, Any] = dict.fromkeys(Choice._fields, 0.0)
    fields |= {name: np.zeros(shape) for name, shape in shapes.items()}
    fields |= {name: np.zeros(2) for name in vectors}
    tables = Choice(**fields | {"nest": 0.5, "attachment_years": 10.0, "share_one": 0.5, "share_all": 0.85} | changes)
    return by_site(tables, 2)


def hazards(**changes: Any) -> Hazards:
    """Hazards of zero except for ``changes``; quarterly steps."""
    fields: dict[str, Any] = dict.fromkeys(Hazards._fields, 0.0)
    fields |= {
        "step_years": 0.25,
        "reconsider": np.zeros(MAX_AGE + 1),
        "state_factor": np.ones(6),
        "screen": np.ones(2),
        "register_screen": 1.0,
        "duration": np.ones(41),
        "event_years": EVENT_YEARS,
        "register": np.zeros(N_PLACES),
        "purchase": np.zeros(2),
        "insured": np.zeros(N_PLACES),
        "enrol": np.zeros(2),
        "land_odds": 1.0,
    }
    return Hazards(**fields | changes)


def world(**changes: Any) -> World:
    """Tables of one step in which nothing happens except for ``changes``."""
    fields: dict[str, Any] = {
        "seed": 7,
        "step": 0,
        "month": 254,
        "geo": geography(),
        "vital": vital(),
        "choice": choice(),
        "hazards": hazards(),
    }
    return World(**fields | changes)


def person(text: str) -> int:
    """Return the member byte of, for example, ``f38``."""
    return int(text[1:]) * 2 + (text[0] == "f")


def household(
    table: Households,
    i: int,
    members: str | Mapping[int, str],
    *,
    home: tuple[int, int],
    hukou: int,
    base: int,
    away: tuple[int, ...] = (),
    away_place: int = EMPTY,
    key: int | None = None,
    social: int = 0,
) -> None:
    """Write one household; members are given in slot order or by slot."""
    slots = dict(enumerate(members.split())) if isinstance(members, str) else members
    table.key[i] = 100 + i if key is None else key
    for slot, text in slots.items():
        table.members[i, slot] = person(text)
    table.home_county[i], table.home_block[i] = home
    table.hukou[i], table.base[i] = hukou, base
    table.away[i] = sum(1 << slot for slot in away)
    table.away_place[i] = away_place
    table.social[i] = social
    table.arrival[i] = 200


def copies(number: int, members: str | Mapping[int, str], first_key: int = 1, **place: Any) -> Households:
    """Return households that differ in their keys alone."""
    one = empty_households(1)
    household(one, 0, members, **place)
    table = Households._make(np.repeat(column, number, axis=0) for column in one)
    table.key[:] = np.arange(first_key, first_key + number, dtype=np.uint64) * np.uint64(2654435761)
    return table
