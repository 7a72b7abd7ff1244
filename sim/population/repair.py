"""Repair: exchange ages between residents of one place until families are plausible.

The quantile map keeps margins but bends gaps between partners and generations where a zone's
age structure is uneven. Two residents of the same place and sex exchange ages when that lowers
the summed penalty of their two households, so every margin stays as it is.
"""

from __future__ import annotations

import numpy as np

from sim.agents._compile import njit
from sim.agents.state import EMPTY
from sim.base.arrays import Bytes, Ints
from sim.population.attach import NOBODY
from sim.population.compose import ADULT_AGE
from sim.population.hashing import unit

_TRIES = 32


@njit
def _age(member: int) -> np.int64:
    """Return the age of a member byte as a signed number."""
    return np.int64(member) >> 1


@njit
def _outside_range(value: int, low: int, high: int) -> int:
    """Return how far ``value`` lies outside [low, high]."""
    return max(low - value, 0) + max(value - high, 0)


@njit
def _couple_penalty(a: int, b: int) -> int:
    """Return years outside husband minus wife in -4 to 8."""
    if a == EMPTY or b == EMPTY:
        return 0
    return _outside_range(_age(b) - _age(a) if a & 1 else _age(a) - _age(b), -4, 8)


@njit
def _parent_penalty(parent: int, age: int, relatives: bool) -> int:
    """Return years outside the plausible gap between a head and a child (or a grown relative) of some age."""
    if parent == EMPTY:
        return 0
    if relatives:
        return _outside_range(_age(parent) - age, 1, 11)
    if parent & 1:
        return _outside_range(_age(parent) - age, 19, 45)
    return _outside_range(_age(parent) - age, 20, 56)


@njit
def _elder_penalty(elder: int, first: int, second: int, oldest: int) -> int:
    """Return years outside the plausible gap between an elder and the nearer head, and the oldest child."""
    if elder == EMPTY:
        return 0
    gap = max(36 - (_age(elder) - oldest), 0) if oldest >= 0 else 0
    one = _outside_range(_age(elder) - _age(first), 18, 42)
    two = _outside_range(_age(elder) - _age(second), 18, 42)
    if first == EMPTY:
        return gap + (two if second != EMPTY else 0)
    return gap + (one if second == EMPTY else min(one, two))


@njit
def penalty(row: int, members: Bytes, generations: Bytes, pattern: Bytes) -> int:
    """Return years outside the plausible ranges in one household.

    Ranges (judged): husband minus wife -4 to 8; mother minus child 19 to 45, father 20 to 56;
    elder minus the nearer head 18 to 42, minus children at least 36; in four generations the
    grown child minus the grandchild at least 18; grown relatives of a one-generation unit are
    1 to 11 years younger than its heads.
    """
    m = members[row]
    relatives = generations[row] == 1 and pattern[row] == NOBODY
    total = _couple_penalty(m[0], m[1]) + _couple_penalty(m[6], m[7])
    oldest, youngest = _age(0) - 1, _age(0) + 999
    for s in range(2, 6):
        if m[s] != EMPTY:
            age = _age(m[s])
            oldest, youngest = max(oldest, age), min(youngest, age)
            total += _parent_penalty(m[0], age, relatives) + _parent_penalty(m[1], age, relatives)
    if generations[row] == 4 and pattern[row] == NOBODY and oldest >= 0:
        total += max(18 - (oldest - youngest), 0)
    return total + _elder_penalty(m[6], m[0], m[1], oldest) + _elder_penalty(m[7], m[0], m[1], oldest)


@njit
def sort_residents(base_rows: Ints, away_rows: Ints, members: Bytes, away: Bytes, sex: int) -> tuple[Ints, Ints, Ints]:
    """Return rows, slots and start positions of the residents of one sex in the order of their ages."""
    start = np.zeros(130, np.int64)
    for part in range(2):
        for row in base_rows if part == 0 else away_rows:
            for s in range(8):
                m = members[row, s]
                if m != EMPTY and (away[row] >> s) & 1 == part and m & 1 == sex:
                    start[(m >> 1) + 1] += 1
    for a in range(129):
        start[a + 1] += start[a]
    at = start.copy()
    rows, slots = np.empty(start[129], np.int64), np.empty(start[129], np.int64)
    for part in range(2):
        for row in base_rows if part == 0 else away_rows:
            for s in range(8):
                m = members[row, s]
                if m != EMPTY and (away[row] >> s) & 1 == part and m & 1 == sex:
                    rows[at[m >> 1]], slots[at[m >> 1]] = row, s
                    at[m >> 1] += 1
    return rows, slots, start


@njit
def repair_place(
    base_rows: Ints, away_rows: Ints, members: Bytes, away: Bytes, generations: Bytes, pattern: Bytes, key: np.uint64
) -> None:
    """Exchange ages among the residents of one place (in place); children only with children."""
    for sex in range(2):
        rows, slots, start = sort_residents(base_rows, away_rows, members, away, sex)
        for i in range(rows.size):
            row, slot = rows[i], slots[i]
            mine = penalty(row, members, generations, pattern)
            if mine == 0:
                continue
            age = np.int64(members[row, slot]) >> 1
            low, high = (0, ADULT_AGE - 1) if age < ADULT_AGE else (ADULT_AGE, 100)
            for t in range(_TRIES):
                u = 2.0 * unit(key, (row * 8 + slot) * _TRIES + t) - 1.0
                other = age + np.int64(np.round(18.0 * u * abs(u)))
                if other == age or other < low or other > high:
                    continue
                width = start[other + 1] - start[other]
                if width == 0:
                    continue
                j = start[other] + (row + 7 * t) % width
                row2, slot2 = rows[j], slots[j]
                if row2 == row:
                    continue
                before = mine + penalty(row2, members, generations, pattern)
                a, b = members[row, slot], members[row2, slot2]
                members[row, slot], members[row2, slot2] = b, a
                mine2 = penalty(row, members, generations, pattern)
                if mine2 + penalty(row2, members, generations, pattern) < before:
                    rows[j], slots[j] = row, slot
                    rows[i], slots[i] = row2, slot2
                    break
                members[row, slot], members[row2, slot2] = a, b
