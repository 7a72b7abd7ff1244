"""What the census would count in a population: residents, living units, migrants, by county."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents import state
from sim.agents.state import Households, Population
from sim.base.arrays import Bytes, Floats, Ints
from sim.population.margins import TOP_AGE

CHUNK = 1_000_000
_NEAR = 13
"""Grown relatives less than this many years younger than the head count as the same generation."""


class Living(NamedTuple):
    """Counts of agents' members and units (multiply by the weight), n counties, p places.

    Attributes:
        persons: int64[p, 2, TOP_AGE + 1], members by place where they live, sex and age.
        registered, collective, out: int64[n], registered persons by home, collective residents,
            persons of a county in other counties of the province.
        outside: int64[n, k], persons by home county and outside place.
        migrants: int64[n, 3], residents from another township, county, province.
        sizes, generations: int64[n, 7] and int64[n, 4], family living units.
        owner, skill: shares float64[n] of family units (the base of an absent couple counts as owned)
            and float64[n, 3] of adults.
        left_behind: children under 16 at the base with both heads away, bases in the province.
        outside_children: share under 15 of persons outside.
    """

    persons: Ints
    registered: Ints
    collective: Ints
    out: Ints
    outside: Ints
    migrants: Ints
    sizes: Ints
    generations: Ints
    owner: Floats
    skill: Floats
    left_behind: int
    outside_children: float


def _rows(hh: Households, low: int, high: int) -> Households:
    return Households._make(column[low:high] for column in hh)


def generations_at_base(members: Bytes, home: NDArray[np.bool_]) -> Ints:
    """Return generations of base units, int64[rows]: elders, heads, children, grandchildren among the children.

    Args:
        members: uint8[rows, 8].
        home: bool[rows, 8], filled slots whose member is at the base.
    """
    age = (members >> 1).astype(np.int64)
    heads = np.where(home[:, :2], age[:, :2], 0).max(1)
    children = np.where(home[:, 2:6], age[:, 2:6], -1)
    youngest = np.where(home[:, 2:6], age[:, 2:6], 999).min(1)
    oldest = children.max(1)
    relative = (heads > 0) & (heads - oldest < _NEAR) & (oldest >= 16)
    below = (oldest >= 0) & ~relative
    grand = below & (oldest - youngest >= 18) & (oldest >= 19) & home[:, 6:].any(1) & (heads > 0)
    out = home[:, 6:].any(1).astype(np.int64) + home[:, :2].any(1) + below + grand
    return np.clip(out, 1, 4)


def living_units(population: Population, n: int, n_outside: int) -> Living:
    """Return the census counts of a population with ``n`` counties and ``n_outside`` outside places."""
    places = 2 * n + n_outside
    total: dict[str, NDArray[np.float64]] = {}
    for low in range(0, population.households.key.size, CHUNK):
        part = _count(_rows(population.households, low, low + CHUNK), n, places)
        for name, values in part.items():
            total[name] = total.get(name, np.zeros_like(values)) + values
    whole = {name: np.rint(values).astype(np.int64) for name, values in total.items()}
    away = whole["persons"][2 * n :]
    return Living(
        persons=whole["persons"],
        registered=whole["registered"],
        collective=whole["collective"],
        out=whole["out"],
        outside=whole["outside"],
        migrants=whole["migrants"],
        sizes=whole["sizes"],
        generations=whole["generations"],
        owner=total["owner"] / np.maximum(total["sizes"].sum(1), 1),
        skill=total["skill"] / np.maximum(total["skill"].sum(1, keepdims=True), 1),
        left_behind=int(whole["left_behind"][0]),
        outside_children=float(away[:, :, :15].sum() / max(away.sum(), 1)),
    )


def _count(hh: Households, n: int, places: int) -> dict[str, NDArray[np.float64]]:
    """Return all counts of some rows."""
    present = hh.members != state.EMPTY
    gone = ((hh.away[:, None] >> np.arange(state.N_SLOTS)) & 1).astype(bool) & present
    place = np.where(gone, hh.away_place[:, None], hh.base[:, None]).astype(np.int64)
    home = np.broadcast_to(hh.home_county[:, None].astype(np.int64), place.shape)
    cell = place * 2 + (hh.members & 1)
    ages = np.minimum(hh.members >> 1, TOP_AGE)
    persons = np.bincount((cell * (TOP_AGE + 1) + ages)[present], minlength=places * 2 * (TOP_AGE + 1))
    registered = present & (hh.hukou < 2 * n)[:, None]
    inside = present & (place < 2 * n)
    elsewhere = inside & registered & (place // 2 != home)
    out_cell = home * (places - 2 * n) + place - 2 * n
    young = present[:, 2:6] & ~gone[:, 2:6] & (hh.members[:, 2:6] >> 1 < 16)
    left = young & ((hh.away & 3) == 3)[:, None] & (hh.base < 2 * n)[:, None]
    size = persons.astype(np.float64).reshape(places, 2, TOP_AGE + 1)
    counts = {
        "persons": size,
        "registered": np.bincount(home[registered], minlength=n).astype(np.float64),
        "out": np.bincount(home[elsewhere], minlength=n).astype(np.float64),
        "outside": np.bincount(out_cell[registered & ~inside], minlength=n * (places - 2 * n)).reshape(n, -1) * 1.0,
        "left_behind": np.array([float(left.sum())]),
    }
    return counts | _units(hh, present, gone, n) | _migrants(hh, present, gone, place, home, n) | _social(hh, n)


def _units(
    hh: Households, present: NDArray[np.bool_], gone: NDArray[np.bool_], n: int
) -> dict[str, NDArray[np.float64]]:
    """Return family living units by size and generations and collective residents, by county."""
    collective = np.zeros(n)
    sizes, generations = np.zeros((n, 7)), np.zeros((n, 4))
    for at_base, place, flag in ((True, hh.base, state.BASE_COLLECTIVE), (False, hh.away_place, state.AWAY_COLLECTIVE)):
        here = present & ~gone if at_base else gone
        size = here.sum(1)
        inside = (size > 0) & (place < 2 * n)
        county = place // 2
        shared = (hh.social & flag) != 0
        collective += np.bincount(county[inside & shared], weights=size[inside & shared], minlength=n)
        unit = inside & ~shared
        depth = generations_at_base(hh.members, here) if at_base else np.ones(size.size, np.int64)
        np.add.at(sizes, (county[unit], np.minimum(size[unit], 7) - 1), 1)
        np.add.at(generations, (county[unit], depth[unit] - 1), 1)
    return {"collective": collective, "sizes": sizes, "generations": generations}


def _migrants(
    hh: Households, present: NDArray[np.bool_], gone: NDArray[np.bool_], place: Ints, home: Ints, n: int
) -> dict[str, NDArray[np.float64]]:
    """Return residents by origin class and county: the class of the row at the base, by home county when away."""
    base_class = ((hh.flags & state.MIGRANT_CLASS_MASK) >> state.MIGRANT_CLASS_SHIFT)[:, None]
    away_class = np.where(place // 2 == home, state.SAME_COUNTY, state.OTHER_COUNTY)
    origin = np.where(gone, away_class, base_class)
    counted = present & (place < 2 * n) & (origin > 0)
    cell = (place // 2) * 3 + origin - 1
    return {"migrants": np.bincount(cell[counted], minlength=3 * n).reshape(n, 3).astype(np.float64)}


def _social(hh: Households, n: int) -> dict[str, NDArray[np.float64]]:
    """Return owners and family base units by county, and adults at the base by skill of the main earner."""
    base = (hh.base < 2 * n) & ((hh.social & state.BASE_COLLECTIVE) == 0)
    county = hh.base // 2
    owner = base & (((hh.social & state.OWNER) != 0) | ((hh.away & 3) == 3))
    anywhere = hh.base < 2 * n
    adults = ((hh.members != state.EMPTY) & (hh.members >> 1 >= 15)).sum(1)
    cell = county.astype(np.int64) * 3 + (hh.social & state.SKILL_MASK)
    return {
        "owner": np.bincount(county[owner], minlength=n).astype(np.float64),
        "skill": np.bincount(cell[anywhere], weights=adults[anywhere], minlength=3 * n)
        .reshape(n, 3)
        .astype(np.float64),
    }
