"""The frame: one row per household with its place, size, generations, origin class and home county."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim._compile import njit
from sim.population.constants import value, vector
from sim.population.hashing import stream, uniforms, unit
from sim.population.margins import Margins
from sim.population.plan import Counts
from sim.population.rounding import Floats, Ints, fit_proportions, largest_remainder

FAMILY, COLLECTIVE, OUTSIDE = 0, 1, 2
LOCAL, SAME_COUNTY, OTHER_COUNTY, OTHER_PROVINCE = 0, 1, 2, 3
LARGEST_BASE = 6
"""Largest base unit that may have members away: with a couple away it fills all eight slots."""

SHUFFLE, ORIGIN, WHOLE_SIZES, ATTACH, HOME = 1, 2, 3, 4, 5
"""Random streams of this stage."""


class Frame(NamedTuple):
    """Base units (rows of the population) and away units, before ages.

    Rows: family base units and unattached collective residents zone by zone, then households
    wholly outside the province.

    Attributes:
        place: uint8[rows], where the base lives.
        kind: uint8[rows], FAMILY, COLLECTIVE or OUTSIDE.
        size, generations: uint8[rows], members at the base and generations of the base unit.
        origin_class: uint8[rows].
        home: uint8[rows], home county.
        first: int64[p + 1], first row of every zone.
        unit_place, unit_size, unit_home, unit_class: uint8[units], away units inside the province.
        unit_collective: bool[units].
        outside_pairs, outside_singles: int64[n], away units outside the province by home county.
    """

    place: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    size: NDArray[np.uint8]
    generations: NDArray[np.uint8]
    origin_class: NDArray[np.uint8]
    home: NDArray[np.uint8]
    first: Ints
    unit_place: NDArray[np.uint8]
    unit_size: NDArray[np.uint8]
    unit_home: NDArray[np.uint8]
    unit_class: NDArray[np.uint8]
    unit_collective: NDArray[np.bool_]
    outside_pairs: Ints
    outside_singles: Ints


@njit
def _classes_of_zone(size, order, wanted, carry, out):  # type: ignore[no-untyped-def]
    """Give the units of one zone a class: shuffled units fill the classes up to ``wanted`` persons each.

    ``carry`` holds what earlier zones gave too few of each class and is updated.
    """
    total = 0.0
    for c in range(4):
        total += wanted[c]
    if total == 0:
        return
    need = np.empty(4)
    for c in range(4):
        need[c] = wanted[c] + carry[c] if wanted[c] > 0 else 0.0
    c = 3
    for i in order:
        while c > 0 and need[c] < size[i] * 0.5:
            c -= 1
        out[i] = c
        need[c] -= size[i]
    for c in range(4):
        if wanted[c] > 0:
            carry[c] = need[c]


@njit
def _family_rows(cells, wanted, order, size, generations, origin_class, start):  # type: ignore[no-untyped-def]
    """Fill sizes, generations and classes of family units zone by zone; ``order`` shuffles rows within zones."""
    carry = np.zeros(4)
    begin = 0
    for p in range(cells.shape[0]):
        row = start[p]
        for k in range(cells.shape[1]):
            for g in range(cells.shape[2]):
                for _ in range(cells[p, k, g]):
                    size[row] = k + 1
                    generations[row] = g + 1
                    row += 1
        end = begin + row - start[p]
        _classes_of_zone(size, order[begin:end], wanted[p], carry, origin_class)
        begin = end


@njit
def _collective_rows(counts, start, origin_class):  # type: ignore[no-untyped-def]
    """Fill classes of unattached collective residents after the family units of each zone."""
    for p in range(counts.shape[0]):
        row = start[p]
        for c in range(4):
            for _ in range(counts[p, c]):
                origin_class[row] = c
                row += 1


def origin_table(m: Margins) -> Floats:
    """Return migrants between counties float64[origin, destination], fitted to both census margins.

    Prior: distance to the power ``-distance_exponent``, nobody within a county; proportional
    fitting to people registered in each county who live in another county of the province
    (rows, derived) and in-migrants from other counties (columns, observed).
    """
    seed = m.distance ** -value("distance_exponent")
    np.fill_diagonal(seed, 0.0)
    return fit_proportions(seed, m.out_in_province, m.migrants[:, 1])


@njit
def _choose_origins(table, county, size, bound, room, key, out):  # type: ignore[no-untyped-def]
    """Choose the home county of in-migrants unit by unit so that origin totals follow the table.

    Each unit in destination d adds size * table[o, d] / column to what origin o is due and goes to
    the origin that is due most among those whose share passes a random threshold, so that far
    origins are not used merely because rounding left them due. Bound units need room at home.
    """
    n = table.shape[0]
    due = np.zeros(n)
    for i in range(size.size):
        d = county[i]
        total = 0.0
        for o in range(n):
            total += table[o, d]
        limit = 0.02 * unit(key, i)
        best, best_due, spare, spare_due = -1, -1e300, -1, -1e300
        for o in range(n):
            share = table[o, d] / total
            due[o] += size[i] * share
            if share <= 0 or (bound[i] and room[o] <= 0):
                continue
            if share >= limit and due[o] > best_due:
                best, best_due = o, due[o]
            if due[o] > spare_due:
                spare, spare_due = o, due[o]
        if best < 0:
            best = spare if spare >= 0 else int(np.argmax(table[:, d]))
        due[best] -= size[i]
        if bound[i]:
            room[best] -= 1
        out[i] = best


def _outside_sizes(whole: Ints, households: int) -> Ints:
    """Return households int64[n, 5] by size so that every county has its persons and the total its households.

    Args:
        whole: int64[n], members in households wholly outside by county.
        households: number of these households in all.
    """
    cap = vector("outside_sizes").size
    households = min(max(households, int((-(-whole // cap)).sum())), int(whole.sum()))
    number = largest_remainder(whole.astype(float), households)
    number = np.clip(number, -(-whole // cap), whole)
    while number.sum() != households:
        step = 1 if number.sum() < households else -1
        open_ = number < whole if step > 0 else number * cap - cap >= whole
        number[int(np.argmax(np.where(open_, np.abs(whole / np.maximum(number, 1)) * step, -np.inf)))] += step
    k = np.arange(1, cap + 1)
    base = vector("outside_sizes")
    sizes = np.zeros((whole.size, cap), np.int64)
    for c in range(whole.size):
        sizes[c] = largest_remainder(base, int(number[c]))
        gap = int(whole[c] - (sizes[c] * k).sum())
        while gap != 0:
            step = 1 if gap > 0 else -1
            movable = np.where(k + step < 1, False, (k + step <= cap) & (sizes[c] > 0))
            source = int(np.argmax(np.where(movable, sizes[c], -1)))
            move = min(abs(gap), max(int(sizes[c, source]) // 6, 1))
            sizes[c, source] -= move
            sizes[c, source + step] += move
            gap -= step * move
    return sizes


def base_frame(m: Margins, counts: Counts, households: int, seed: int) -> Frame:
    """Return the rows and away units of a population of ``households`` agents (pure function of the arguments)."""
    zones = counts.residents.size
    n = zones // 2
    base_cells = counts.cells.copy()
    base_cells[:, 0, 0] -= counts.away[:, :, 0].sum(1)
    base_cells[:, 1, 0] -= counts.away[:, :, 1].sum(1)
    alone = counts.collective.copy()
    alone[:, :3] -= counts.attached
    families, singles = base_cells.sum((1, 2)), alone.sum(1)
    first = np.concatenate([[0], np.cumsum(families + singles)])
    inside = int(first[-1])
    size = np.ones(inside, np.uint8)
    generations = np.ones(inside, np.uint8)
    origin_class = np.zeros(inside, np.uint8)
    wanted = counts.family.astype(np.float64)
    wanted[:, 1:3] -= (counts.away * np.array([1, 2])).sum(2)
    order = _shuffled_families(first, families, seed)
    _family_rows(base_cells, wanted, order, size, generations, origin_class, first[:-1])
    _collective_rows(alone, first[:-1] + families, origin_class)
    place = np.repeat(np.arange(zones), families + singles).astype(np.uint8)
    kind = np.zeros(inside, np.uint8)
    for p in range(zones):
        kind[first[p] + families[p] : first[p + 1]] = COLLECTIVE
    units = _away_units(counts)
    home, unit_home = _homes(m, place, kind, size, origin_class, units, seed)
    return _with_outside(
        counts, households, (place, kind, size, generations, origin_class, home), first, units, unit_home, n
    )


def _shuffled_families(first: Ints, families: Ints, seed: int) -> Ints:
    """Return the rows of family base units zone by zone in random order within each zone."""
    draws = uniforms(seed, SHUFFLE, 0, int(first[-1]))
    parts = [low + np.argsort(draws[low : low + n], kind="stable") for low, n in zip(first[:-1], families, strict=True)]
    return np.concatenate(parts)


def _away_units(counts: Counts) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """Return place, size, class and collective flag of every away unit inside the province."""
    zones = counts.residents.size
    blocks = []
    for cls in range(3):
        blocks.append((counts.attached[:, cls], 1, cls, True))
        if cls > 0:
            blocks += [(counts.away[:, cls - 1, s - 1], s, cls, False) for s in (1, 2)]
    place = np.concatenate([np.repeat(np.arange(zones), number) for number, *_ in blocks])
    size = np.concatenate([np.full(int(b[0].sum()), b[1]) for b in blocks])
    cls_ = np.concatenate([np.full(int(b[0].sum()), b[2]) for b in blocks])
    collective = np.concatenate([np.full(int(b[0].sum()), b[3]) for b in blocks])
    return place, size, cls_, collective


def _homes(
    m: Margins,
    place: NDArray[np.uint8],
    kind: NDArray[np.uint8],
    size: NDArray[np.uint8],
    origin_class: NDArray[np.uint8],
    units: tuple[Ints, Ints, Ints, NDArray[np.bool_]],
    seed: int,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the home county of rows and of away units."""
    unit_place, unit_size, unit_class, _ = units
    n = m.distance.shape[0]
    home, unit_home = (place // 2).astype(np.uint8), (unit_place // 2).astype(np.uint8)
    local = (kind == FAMILY) & (origin_class == LOCAL)
    zone_units = np.bincount(place[local], minlength=2 * n).reshape(n, 2)
    room = np.floor((zone_units * vector("base_room")).sum(1)).astype(np.int64)
    own = np.bincount(unit_home[unit_class != OTHER_COUNTY], minlength=n)
    room = np.maximum(room - own, 0)
    rows = np.flatnonzero(origin_class == OTHER_COUNTY)
    away = np.flatnonzero(unit_class == OTHER_COUNTY)
    county = np.concatenate([unit_place[away] // 2, place[rows] // 2])
    sizes = np.concatenate([unit_size[away], size[rows]])
    bound = np.concatenate([np.ones(away.size, bool), np.zeros(rows.size, bool)])
    shuffle = uniforms(seed, ORIGIN, 0, county.size)
    order = np.lexsort((shuffle, ~bound, county))
    chosen = np.empty(county.size, np.int64)
    result = np.empty(county.size, np.int64)
    _choose_origins(
        origin_table(m), county[order], sizes[order], bound[order], room, stream(seed, ORIGIN + 100), chosen
    )
    result[order] = chosen
    unit_home[away] = result[: away.size]
    home[rows] = result[away.size :]
    return home, unit_home


def _outside_units(
    counts: Counts,
    kind: NDArray[np.uint8],
    origin_class: NDArray[np.uint8],
    home: NDArray[np.uint8],
    size: NDArray[np.uint8],
    unit_home: NDArray[np.uint8],
) -> tuple[Ints, Ints]:
    """Return couples and single members away outside by county, never more than base units can take."""
    n = counts.outside.shape[0]
    base = (kind == FAMILY) & (origin_class == LOCAL) & (size <= LARGEST_BASE)
    room = (np.bincount(home[base], minlength=n) * 19) // 20 - np.bincount(unit_home, minlength=n)
    room = np.maximum(room, 0)
    pairs = np.minimum(counts.outside_pairs, room)
    return pairs, np.minimum(counts.outside_singles, room - pairs)


def _with_outside(
    counts: Counts,
    households: int,
    columns: tuple[NDArray[np.uint8], ...],
    first: Ints,
    units: tuple[Ints, Ints, Ints, NDArray[np.bool_]],
    unit_home: NDArray[np.uint8],
    n: int,
) -> Frame:
    """Return the frame with households wholly outside added so that the rows are exactly ``households``."""
    place, kind, size, generations, origin_class, home = columns
    unit_place, unit_size, unit_class, collective = units
    pairs, singles = _outside_units(counts, kind, origin_class, home, size, unit_home)
    whole = counts.outside.sum(1) - 2 * pairs - singles
    sizes = _outside_sizes(whole, households - place.size)
    out_home = np.repeat(np.arange(n), sizes.sum(1))
    out_size = np.concatenate([np.repeat(np.arange(1, sizes.shape[1] + 1), row) for row in sizes])
    rows = out_home.size
    u8 = np.uint8
    return Frame(
        place=np.concatenate([place, np.full(rows, 2 * n, u8)]),
        kind=np.concatenate([kind, np.full(rows, OUTSIDE, u8)]),
        size=np.concatenate([size, out_size.astype(u8)]),
        generations=np.concatenate([generations, np.where(out_size > 2, 2, 1).astype(u8)]),
        origin_class=np.concatenate([origin_class, np.zeros(rows, u8)]),
        home=np.concatenate([home, out_home.astype(u8)]),
        first=first,
        unit_place=unit_place.astype(u8),
        unit_size=unit_size.astype(u8),
        unit_home=unit_home,
        unit_class=unit_class.astype(u8),
        unit_collective=collective.astype(bool),
        outside_pairs=pairs,
        outside_singles=singles,
    )

