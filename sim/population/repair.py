"""Repair: exchange ages between residents of one place until families are plausible.

The quantile map keeps margins but bends gaps between partners and generations where a zone's
age structure is uneven. Two residents of the same place and sex exchange ages when that lowers
the summed penalty of their two households, so every margin stays as it is.
"""

from __future__ import annotations

import numpy as np

from sim._compile import njit
from sim.population.attach import NOBODY
from sim.population.compose import ADULT_AGE
from sim.population.hashing import unit
from sim.state import EMPTY

_TRIES = 20


@njit
def _outside_range(value, low, high):  # type: ignore[no-untyped-def]
    """Return how far ``value`` lies outside [low, high]."""
    return max(low - value, 0) + max(value - high, 0)


@njit
def penalty(row, members, generations, pattern):  # type: ignore[no-untyped-def]
    """Return years outside the plausible ranges in one household.

    Ranges (judged): husband minus wife -4 to 8; mother minus child 19 to 45, father 20 to 56;
    elder minus the nearer head 18 to 42, minus children at least 36; in four generations the
    grown child minus the grandchild at least 17. Grown relatives of a one-generation unit are free.
    """
    total = 0
    for first in (0, 6):
        a, b = members[row, first], members[row, first + 1]
        if a != EMPTY and b != EMPTY:
            gap = (np.int64(a) >> 1) - (np.int64(b) >> 1)
            total += _outside_range(-gap if a & 1 else gap, -4, 8)
    relatives = generations[row] == 1 and pattern[row] == NOBODY
    oldest, youngest = -1, 999
    for s in range(2, 6):
        if members[row, s] == EMPTY:
            continue
        age = np.int64(members[row, s]) >> 1
        oldest, youngest = max(oldest, age), min(youngest, age)
        for h in range(2):
            if members[row, h] != EMPTY and not relatives:
                low, high = (19, 45) if members[row, h] & 1 else (20, 56)
                total += _outside_range((np.int64(members[row, h]) >> 1) - age, low, high)
    if generations[row] == 4 and pattern[row] == NOBODY and oldest >= 0:
        total += max(17 - (oldest - youngest), 0)
    for e in range(6, 8):
        if members[row, e] == EMPTY:
            continue
        elder = np.int64(members[row, e]) >> 1
        nearest = 99
        for h in range(2):
            if members[row, h] != EMPTY:
                nearest = min(nearest, _outside_range(elder - (np.int64(members[row, h]) >> 1), 18, 42))
        total += nearest if nearest < 99 else 0
        if oldest >= 0:
            total += max(36 - (elder - oldest), 0)
    return total


@njit
def sort_residents(base_rows, away_rows, members, away, sex):  # type: ignore[no-untyped-def]
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
def repair_place(base_rows, away_rows, members, away, generations, pattern, key):  # type: ignore[no-untyped-def]
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
