"""The frame: one row per household with its place, size, generations, origin class and home county."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import njit
from sim.base.arrays import Bytes, Floats, Ints
from sim.population.hashing import uniforms
from sim.population.quotas import Counts

FAMILY, COLLECTIVE, OUTSIDE = 0, 1, 2
LOCAL, SAME_COUNTY, OTHER_COUNTY, OTHER_PROVINCE = 0, 1, 2, 3
LARGEST_BASE = 6
"""Largest base unit that may have members away: with a couple away it fills all eight slots."""

_SHUFFLE = 1


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
        outside: int64[n, k], members outside the province by home county and outside place.
        outside_pairs, outside_singles: int64[n], away units outside the province by home county.
    """

    place: Bytes
    kind: Bytes
    size: Bytes
    generations: Bytes
    origin_class: Bytes
    home: Bytes
    first: Ints
    unit_place: Bytes
    unit_size: Bytes
    unit_home: Bytes
    unit_class: Bytes
    unit_collective: NDArray[np.bool_]
    outside: Ints
    outside_pairs: Ints
    outside_singles: Ints


@njit
def _classes_of_zone(size: Bytes, order: Ints, wanted: Floats, carry: Floats, out: Bytes) -> None:
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
def _family_rows(
    cells: Ints, wanted: Floats, order: Ints, size: Bytes, generations: Bytes, origin_class: Bytes, start: Ints
) -> None:
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
def _collective_rows(counts: Ints, start: Ints, origin_class: Bytes) -> None:
    """Fill classes of unattached collective residents after the family units of each zone."""
    for p in range(counts.shape[0]):
        row = start[p]
        for c in range(4):
            for _ in range(counts[p, c]):
                origin_class[row] = c
                row += 1


def inside_frame(counts: Counts, seed: int) -> Frame:
    """Return rows and away units inside the province; everybody's home is still the county of residence."""
    zones = counts.residents.size
    base_cells = counts.cells.copy()
    base_cells[:, :2, 0] -= counts.away.sum(1)
    alone = counts.collective.copy()
    alone[:, :3] -= counts.attached
    families, singles = base_cells.sum((1, 2)), alone.sum(1)
    first = np.concatenate([[0], np.cumsum(families + singles)])
    size, generations = np.ones(int(first[-1]), np.uint8), np.ones(int(first[-1]), np.uint8)
    origin_class, kind = np.zeros(int(first[-1]), np.uint8), np.zeros(int(first[-1]), np.uint8)
    wanted = counts.family.astype(np.float64)
    wanted[:, 1:3] -= (counts.away * np.array([1, 2])).sum(2)
    order = _shuffled_families(first, families, seed)
    _family_rows(base_cells, wanted, order, size, generations, origin_class, first[:-1])
    _collective_rows(alone, first[:-1] + families, origin_class)
    place = np.repeat(np.arange(zones), families + singles).astype(np.uint8)
    for p in range(zones):
        kind[first[p] + families[p] : first[p + 1]] = COLLECTIVE
    unit_place, unit_size, unit_class, unit_collective = _away_units(counts)
    return Frame(
        place=place,
        kind=kind,
        size=size,
        generations=generations,
        origin_class=origin_class,
        home=place // np.uint8(2),
        first=first,
        unit_place=unit_place,
        unit_size=unit_size,
        unit_home=unit_place // np.uint8(2),
        unit_class=unit_class,
        unit_collective=unit_collective,
        outside=counts.outside,
        outside_pairs=counts.outside_pairs,
        outside_singles=counts.outside_singles,
    )


def _shuffled_families(first: Ints, families: Ints, seed: int) -> Ints:
    """Return the rows of family base units zone by zone in random order within each zone."""
    draws = uniforms(seed, _SHUFFLE, 0, int(first[-1]))
    parts = [low + np.argsort(draws[low : low + n], kind="stable") for low, n in zip(first[:-1], families, strict=True)]
    return np.concatenate(parts)


def _away_units(counts: Counts) -> tuple[Bytes, Bytes, Bytes, NDArray[np.bool_]]:
    """Return place, size, class and collective flag of every away unit inside the province."""
    blocks = [(counts.attached[:, cls], 1, cls, 1) for cls in (SAME_COUNTY, OTHER_COUNTY)]
    blocks += [(counts.away[:, cls - 1, s - 1], s, cls, 0) for cls in (SAME_COUNTY, OTHER_COUNTY) for s in (1, 2)]
    zones = np.arange(counts.residents.size, dtype=np.uint8)
    place = np.concatenate([np.repeat(zones, number) for number, *_ in blocks])
    totals = [int(number.sum()) for number, *_ in blocks]
    size, cls, collective = np.repeat(np.array([b[1:] for b in blocks], np.uint8), totals, axis=0).T
    return place, size.copy(), cls.copy(), collective.astype(bool)
