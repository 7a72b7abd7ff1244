"""Away members: every away unit becomes part of a local household of its home county.

Patterns say who is away: one spouse, a grown child, or both heads of the household. Base units
are chosen by weighted sampling without replacement (Efraimidis and Spirakis 2006): the units
with the largest log(u) / weight, weights by size and generations of the base unit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.state import EMPTY
from sim.base.arrays import Bytes, Floats, Ints
from sim.base.errors import InputError
from sim.population.frame import FAMILY, LARGEST_BASE, LOCAL, SAME_COUNTY, Frame
from sim.population.hashing import uniforms
from sim.population.judged_values import matrix, value, vector

NOBODY, SPOUSE_AWAY, CHILD_AWAY, COUPLE_AWAY = 0, 1, 2, 3


class Away(NamedTuple):
    """Who is away, by row of the frame.

    Attributes:
        pattern: uint8[rows], NOBODY to COUPLE_AWAY.
        place: uint8[rows], where they live; 255 if nobody is away.
        collective: bool[rows], they live in a collective unit.
        base: uint8[rows], where the base lives (outside places included).
    """

    pattern: Bytes
    place: Bytes
    collective: NDArray[np.bool_]
    base: Bytes


class _Units(NamedTuple):
    """Away units of one county."""

    place: Bytes
    pair: NDArray[np.bool_]
    child: NDArray[np.bool_]
    collective: NDArray[np.bool_]


def outside_places(frame: Frame, county: int, draws: Floats, carry: Floats) -> tuple[Ints, Ints]:
    """Return outside destinations of wholly-outside rows and of away units (couples first) of one county.

    Units in random order fill the destinations up to the persons each should have; what a
    destination misses is carried to the next county (``carry``, changed in place).
    """
    whole = frame.size[outside_rows(frame, county)].astype(np.int64)
    pairs, singles = int(frame.outside_pairs[county]), int(frame.outside_singles[county])
    size = np.concatenate([whole, np.full(pairs, 2), np.full(singles, 1)])
    wanted = np.where(frame.outside[county] > 0, np.maximum(frame.outside[county] + carry, 0.0), 0.0)
    order = np.argsort(draws[: size.size], kind="stable")
    middle = np.cumsum(size[order]) - 0.5 * size[order]
    edges = np.cumsum(wanted) * (size.sum() / max(wanted.sum(), 1e-9))
    place = np.empty(size.size, np.int64)
    place[order] = np.minimum(np.searchsorted(edges, middle, side="right"), wanted.size - 1)
    carry += frame.outside[county] - np.bincount(place, weights=size, minlength=wanted.size)
    return place[: whole.size], place[whole.size :]


def outside_rows(frame: Frame, county: int) -> slice:
    """Return the rows of households of ``county`` that live wholly outside (they lie together)."""
    start = int(frame.first[-1])
    low, high = np.searchsorted(frame.home[start:], [county, county + 1])
    return slice(start + int(low), start + int(high))


def _choose(weight: Floats, free: NDArray[np.bool_], number: int, draws: Floats) -> Ints:
    """Return ``number`` free positions sampled without replacement by weight; zero weights come last."""
    if number == 0:
        return np.empty(0, np.int64)
    key = np.where(free, np.log(draws) / np.maximum(weight, 1e-9), -np.inf)
    return np.argpartition(-key, number - 1)[:number] if number < key.size else np.arange(key.size)


def _attach_zone(rows: Ints, units: _Units, chosen: Ints, frame: Frame, away: Away, draws: Floats) -> None:
    """Attach the units ``chosen`` to base units ``rows`` of one zone (in place)."""
    size, generations = frame.size[rows] - 1, frame.generations[rows] - 1
    free = np.ones(rows.size, bool)
    groups = (
        (COUPLE_AWAY, "base_couple", units.pair[chosen]),
        (SPOUSE_AWAY, "base_spouse", ~units.pair[chosen] & ~units.child[chosen]),
        (CHILD_AWAY, "base_child", ~units.pair[chosen] & units.child[chosen]),
    )
    for i, (pattern, name, members) in enumerate(groups):
        taken = chosen[members]
        target = _choose(matrix(name)[size, generations], free, taken.size, draws[i * rows.size : (i + 1) * rows.size])
        free[target] = False
        away.pattern[rows[target]] = pattern
        away.place[rows[target]] = units.place[taken]
        away.collective[rows[target]] = units.collective[taken]


def _split_zones(rural: int, urban: int, units: int, bound: int) -> int:
    """Return how many of ``units`` have a rural base, by odds; ``bound`` units must, as they live in the town."""
    odds = value("rural_base_odds")
    share = odds * rural / max(odds * rural + urban, 1e-9)
    wanted = min(round(units * share), int(vector("base_room")[0] * rural))
    return min(max(wanted, units - urban, bound), rural)


def attach(frame: Frame, seed: int) -> Away:
    """Return who is away where, for every row of ``frame``.

    Args:
        frame: rows and away units.
        seed: seed of the population.

    Raises:
        ValueError: a county has more away units than local households can hold.
    """
    n = frame.outside.shape[0]
    rows = frame.place.size
    away = Away(np.zeros(rows, np.uint8), np.full(rows, EMPTY, np.uint8), np.zeros(rows, bool), frame.place.copy())
    by_home = np.argsort(frame.unit_home, kind="stable")
    limits = np.searchsorted(frame.unit_home[by_home], np.arange(n + 1))
    carry = np.zeros(frame.outside.shape[1])
    for c in range(n):
        _attach_county(frame, c, by_home[limits[c] : limits[c + 1]], away, carry, seed)
    return away


def _bases(frame: Frame, county: int, zone: int, most_class: int) -> Ints:
    """Return rows of family units in a county zone that may have members away, up to an origin class."""
    low, high = frame.first[2 * county + zone], frame.first[2 * county + zone + 1]
    rows = slice(low, high)
    fits = (frame.kind[rows] == FAMILY) & (frame.origin_class[rows] <= most_class) & (frame.size[rows] <= LARGEST_BASE)
    return np.asarray(low + np.flatnonzero(fits), dtype=np.int64)


def _county_units(frame: Frame, county: int, inside: Ints, outside: Ints, draws: Floats) -> _Units:
    """Return the away units of one county: those inside the province, then those outside (couples first)."""
    n, out = frame.outside.shape[0], outside.size
    collective = np.concatenate([frame.unit_collective[inside], np.zeros(out, bool)])
    return _Units(
        place=np.concatenate([frame.unit_place[inside], (2 * n + outside).astype(np.uint8)]),
        pair=np.concatenate([frame.unit_size[inside] == 2, np.arange(out) < frame.outside_pairs[county]]),
        child=draws < vector("child_away")[collective.astype(int)],
        collective=collective,
    )


def _attach_county(frame: Frame, county: int, inside: Ints, away: Away, carry: Floats, seed: int) -> None:
    """Attach all away units of one county and place its households outside (in place).

    Members away in the town of their own county need a base in its villages; in a tiny population
    in-migrants from its other townships serve too.
    """
    whole = outside_rows(frame, county)
    out_units = int(frame.outside_pairs[county] + frame.outside_singles[county])
    number = inside.size + out_units
    bound = np.concatenate([frame.unit_place[inside] // 2 == county, np.zeros(out_units, bool)])
    rural, urban = _bases(frame, county, 0, LOCAL), _bases(frame, county, 1, LOCAL)
    if rural.size < bound.sum():
        rural = _bases(frame, county, 0, SAME_COUNTY)
    capacity = rural.size + urban.size
    if number > capacity or bound.sum() > rural.size:
        raise InputError(
            f"county index {county}: {number} away units for {capacity} local households; use more households"
        )
    placed = whole.stop - whole.start + out_units
    draws = uniforms(seed, 1000 + county, 0, placed + 2 * number + 3 * capacity)
    whole_place, unit_place = outside_places(frame, county, draws[:placed], carry)
    away.base[whole] = (2 * frame.outside.shape[0] + whole_place).astype(np.uint8)
    draws = draws[placed:]
    units = _county_units(frame, county, inside, unit_place, draws[:number])
    order = np.lexsort((draws[number : 2 * number], ~bound))
    split = _split_zones(rural.size, urban.size, number, int(bound.sum()))
    draws = draws[2 * number :]
    _attach_zone(rural, units, order[:split], frame, away, draws)
    _attach_zone(urban, units, order[split:], frame, away, draws[3 * rural.size :])
