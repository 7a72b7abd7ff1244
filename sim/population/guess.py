"""First-guess ages and sexes of adults, from the ages of the children and the roles in the household."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import njit
from sim.base.arrays import Bytes, Floats
from sim.population.attach import CHILD_AWAY, COUPLE_AWAY, NOBODY, SPOUSE_AWAY, Away
from sim.population.compose import ADULT_AGE, AGE_UNIT, CHILD, ELDER, GROWN, HEADS, Slots
from sim.population.frame import COLLECTIVE, Frame
from sim.population.hashing import normal, stream, unit
from sim.population.judged_values import value, vector
from sim.population.margins import Margins

GUESS = 8
_DRAWS = 16


@njit
def _put(guess: NDArray[np.uint16], row: int, slot: int, age: float) -> None:
    guess[row, slot] = np.uint16(min(max(age, ADULT_AGE + 0.05), 104.0) * AGE_UNIT)


@njit
def _collective_age(key: np.uint64, at: int, shares: Floats) -> float:
    """Return a first-guess age of an unattached collective resident."""
    u = unit(key, at)
    if u < shares[0]:
        return 16.5 + 7.5 * unit(key, at + 1)
    if u < shares[0] + shares[1]:
        return 20.0 + 35.0 * unit(key, at + 1) ** 1.5
    return 62.0 + 25.0 * unit(key, at + 1)


@njit
def _oldest_child(
    row: int, role: Bytes, guess: NDArray[np.uint16], pattern: int, collective: bool, key: np.uint64, at: int
) -> tuple[float, float, int]:
    """Guess ages of grown children; return (age of the oldest child, of the youngest, number); 0 if none."""
    minor = 0.0
    youngest = 0.0
    count = 0
    for s in range(2, 6):
        if role[row, s] == CHILD or (role[row, s] == GROWN and guess[row, s] > 0):
            age = guess[row, s] / AGE_UNIT
            if count == 0 or age > minor:
                minor = age
            if count == 0 or age < youngest:
                youngest = age
            count += 1
    oldest = minor
    if pattern == CHILD_AWAY:
        span = 7.0 if collective else 15.0
        draw = 17.5 + span * unit(key, at) ** 1.25
        oldest = max(draw, minor + 1.5)
        _put(guess, row, 2, oldest)
        if count == 0:
            youngest = oldest
        count += 1
    else:
        for s in range(5, 1, -1):
            if role[row, s] == GROWN and guess[row, s] == 0:
                if count > 0 and minor < ADULT_AGE and oldest == minor:
                    oldest = minor + 20.0 + 10.0 * unit(key, at + 1)
                elif count == 0:
                    oldest = 18.0 + 25.0 * unit(key, at + 1) ** 1.5
                    youngest = oldest
                else:
                    oldest += 1.5
                _put(guess, row, s, oldest)
                count += 1
    return oldest, youngest, count


@njit
def _mother_age(oldest: float, youngest: float, count: int, births: Floats, key: np.uint64, at: int) -> float:
    """Return the age of the mother: oldest child's age plus an age at birth (one year earlier per further child)."""
    at_birth = births[int(unit(key, at) * births.size)] + unit(key, at + 1)
    at_birth = max(at_birth - 1.1 * (count - 1), 17.5)
    return min(oldest + at_birth, max(youngest + 46.0, oldest + 17.5))


@njit
def _sexes(
    row: int,
    role: Bytes,
    pattern: int,
    male_away: float,
    lone_female: float,
    away: Bytes,
    female: Bytes,
    key: np.uint64,
    at: int,
) -> None:
    """Draw sexes: opposite in a couple, by propensity elsewhere; write away bits of an away spouse by sex."""
    bits = 0
    husband_first = unit(key, at) < 0.85
    couple = role[row, 0] == HEADS and role[row, 1] == HEADS
    if couple:
        bits |= 2 if husband_first else 1
    elif unit(key, at) < 0.5:
        bits |= 1
    if pattern == SPOUSE_AWAY:
        husband_away = unit(key, at + 1) < male_away
        away[row] = 1 if husband_away == husband_first else 2
    for s in range(2, 6):
        if role[row, s] == GROWN and unit(key, at + 2 + s) < (0.42 if pattern == CHILD_AWAY else 0.40):
            bits |= 1 << s
    if role[row, 2] == GROWN and role[row, 3] == GROWN and pattern == NOBODY:
        bits = (bits & ~8) | (0 if bits & 4 else 8)
    if role[row, 6] == ELDER and role[row, 7] == ELDER:
        bits |= 128
    elif role[row, 6] == ELDER and unit(key, at + 8) < lone_female:
        bits |= 64
    minors = 0
    for s in range(2, 6):
        if role[row, s] == CHILD:
            minors |= 1 << s
    female[row] = (female[row] & minors) | (bits & ~minors & 255)


@njit
def _heads_age(
    row: int,
    role: Bytes,
    pattern: int,
    relatives: bool,
    oldest: float,
    youngest: float,
    count: int,
    births: Floats,
    key: np.uint64,
    at: int,
) -> float:
    """Return the first-guess age of the wife (or only head); 0 if the household gives no hint."""
    elders = role[row, 6] == ELDER
    if relatives and count > 0:
        return oldest + 1.0 + 6.0 * unit(key, at)
    if count > 0:
        return _mother_age(oldest, youngest, count, births, key, at)
    if pattern == COUPLE_AWAY:
        return 38.0 + 7.0 * normal(key, at)
    if pattern == SPOUSE_AWAY:
        return 44.0 + 8.0 * normal(key, at)
    if elders:
        return 23.0 + 27.0 * unit(key, at)
    return 0.0


@njit
def guess_rows(
    kind: Bytes,
    generations: Bytes,
    pattern: Bytes,
    collective: NDArray[np.bool_],
    role: Bytes,
    away: Bytes,
    guess: NDArray[np.uint16],
    female: Bytes,
    births: Floats,
    numbers: Floats,
    shares: Floats,
    key: np.uint64,
) -> None:
    """Guess ages and sexes of all adults whose household gives a hint; others keep guess 0.

    Args:
        kind: by row, as are generations, pattern and collective.
        generations: of the base unit.
        pattern: who is away.
        collective: whether they live in a collective unit.
        role: slots, as are away, guess and female; changed in place.
        away: away bits.
        guess: first-guess ages.
        female: sex bits.
        births: ages of mothers at equally spaced quantiles.
        numbers: couple gap mean and spread, elder gap mean and spread, male share of
            away spouses, female share of lone elders.
        shares: age groups of unattached collective residents.
        key: random stream.
    """
    for i in range(kind.size):
        at = _DRAWS * i
        if kind[i] == COLLECTIVE:
            _put(guess, i, 0, _collective_age(key, at, shares))
            female[i] = 1 if unit(key, at + 2) < 0.45 else 0
            continue
        _sexes(i, role, pattern[i], numbers[4], numbers[5], away, female, key, at + 4)
        oldest, youngest, count = _oldest_child(i, role, guess, pattern[i], collective[i], key, at)
        relatives = generations[i] == 1 and pattern[i] == NOBODY
        wife = _heads_age(i, role, pattern[i], relatives, oldest, youngest, count, births, key, at + 2)
        if wife == 0.0:
            continue
        husband = wife + numbers[0] + numbers[1] * normal(key, at + 1)
        couple = role[i, 1] == HEADS
        for s in range(2):
            if role[i, s] == HEADS:
                is_wife = (female[i] >> s) & 1 == 1
                _put(guess, i, s, wife if is_wife or not couple else husband)
        if role[i, 6] == ELDER:
            reference = husband if couple else wife
            elder = reference + max(numbers[2] + numbers[3] * normal(key, at + 3), 16.5)
            _put(guess, i, 6, elder)
            if role[i, 7] == ELDER:
                _put(guess, i, 6, elder + numbers[0])
                _put(guess, i, 7, elder)


def guess_adults(m: Margins, frame: Frame, away: Away, slots: Slots, seed: int) -> None:
    """Guess ages and sexes of adults (in place)."""
    cumulative = np.cumsum(m.birth_ages)
    births = np.searchsorted(cumulative, (np.arange(512) + 0.5) / 512) - value("first_birth_earlier")
    shares = [value("away_male"), value("lone_elder_female")]
    numbers = np.concatenate([vector("couple_gap"), vector("birth_age_elders"), shares])
    guess_rows(
        frame.kind,
        frame.generations,
        away.pattern,
        away.collective,
        slots.role,
        slots.away,
        slots.guess,
        slots.female,
        births,
        numbers,
        vector("collective_ages"),
        stream(seed, GUESS),
    )
