"""Ages: members of every place are mapped, in the order of their first-guess ages, to the ages of the census.

The mapping is a quantile map: the youngest member of a sex gets the youngest age of the target
and so on, so that margins are met exactly and order is kept - children stay younger than
parents. Children are mapped first, because the ages of adults are guessed from theirs; adults
without a hint (couples and persons alone) are guessed from what the others leave of the target.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import njit
from sim.base.arrays import Bytes, Floats, Ints
from sim.population.compose import ADULT_AGE, AGE_UNIT, CHILD, ELDER, GROWN, HEADS, VACANT
from sim.population.hashing import unit
from sim.population.margins import BAND_EDGES, TOP_AGE, Margins
from sim.population.quotas import Counts
from sim.population.rounding import apportion_rows, order_of

_AGES = TOP_AGE + 1


def age_targets(m: Margins, counts: Counts) -> Ints:
    """Return members to have by zone, sex and single age, int64[zones, 2, TOP_AGE + 1].

    Five-year bands are rounded with memory over zones, single ages within a band by the
    rounded cumulative count.
    """
    zones = counts.residents.size
    single = m.ages.reshape(zones, 2, _AGES)
    bands = np.add.reduceat(single, BAND_EDGES[:-1], axis=2)
    whole = apportion_rows(bands.reshape(zones, -1), counts.residents).reshape(bands.shape)
    out = np.zeros((zones, 2, _AGES), np.int64)
    phase = ((0.5 + 0.37 * np.arange(zones)) % 1.0)[:, None, None]
    for b, (low, high) in enumerate(pairwise(BAND_EDGES)):
        part = single[:, :, low:high]
        total = part.sum(2, keepdims=True)
        share = np.divide(part, total, out=np.full_like(part, 1 / (high - low)), where=total > 0)
        edges = np.floor(np.cumsum(share, 2) * whole[:, :, b : b + 1] + phase)
        edges[:, :, -1] = whole[:, :, b]
        out[:, :, low:high] = np.diff(edges, axis=2, prepend=0)
    return out


@njit
def _children(rows: Ints, role: Bytes, guess: NDArray[np.uint16]) -> tuple[Ints, Ints, NDArray[np.uint16]]:
    """Return rows, slots and first-guess ages of the children at the base of some rows."""
    count = 0
    for row in rows:
        for s in range(2, 6):
            if role[row, s] == CHILD:
                count += 1
    who_row, who_slot, ages = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.uint16)
    n = 0
    for row in rows:
        for s in range(2, 6):
            if role[row, s] == CHILD:
                who_row[n], who_slot[n], ages[n] = row, s, guess[row, s]
                n += 1
    return who_row, who_slot, ages


@njit
def map_children(
    rows: Ints, target: Ints, role: Bytes, guess: NDArray[np.uint16], female: Bytes, members: Bytes, key: np.uint64
) -> None:
    """Give the youngest children of a place the ages and sexes under 16 of the target; the rest are grown.

    Args:
        rows: base rows of the place.
        target: int64[2, ages]; ages that find no child move to the first adult age (in place).
        role: slots, as are guess, female and members; all are changed in place.
        guess: first-guess ages.
        female: sex bits.
        members: final ages and sexes.
        key: random stream.
    """
    who_row, who_slot, ages = _children(rows, role, guess)
    order = order_of(ages)
    given, count = 0, order.size
    for age in range(ADULT_AGE):
        boys, girls = target[0, age], target[1, age]
        while boys + girls > 0 and given < count:
            row, s = who_row[order[given]], who_slot[order[given]]
            u = unit(key, row * 8 + s)
            sex = 1 if u * (boys + girls) >= boys else 0
            if sex == 1:
                girls -= 1
                female[row] |= np.uint8(1 << s)
            else:
                boys -= 1
                female[row] &= np.uint8(255 - (1 << s))
            members[row, s] = 2 * age + sex
            guess[row, s] = np.uint16((age + u) * AGE_UNIT)
            given += 1
        target[0, age] -= boys
        target[1, age] -= girls
        target[0, ADULT_AGE] += boys
        target[1, ADULT_AGE] += girls
    for j in range(given, count):
        row, s = who_row[order[j]], who_slot[order[j]]
        role[row, s] = GROWN
        rank = (j - given + 0.5) / (count - given)
        guess[row, s] = np.uint16((ADULT_AGE + 0.05 + 14.0 * rank**1.3) * AGE_UNIT)


@njit
def residents_of(base_rows: Ints, away_rows: Ints, role: Bytes, away: Bytes) -> tuple[Ints, Ints]:
    """Return rows and slots of the adults who live in a place."""
    count = 0
    for part in range(2):
        for row in base_rows if part == 0 else away_rows:
            for s in range(8):
                here = (away[row] >> s) & 1 == part
                if here and role[row, s] != VACANT and role[row, s] != CHILD:
                    count += 1
    rows, slots = np.empty(count, np.int64), np.empty(count, np.int64)
    n = 0
    for part in range(2):
        for row in base_rows if part == 0 else away_rows:
            for s in range(8):
                here = (away[row] >> s) & 1 == part
                if here and role[row, s] != VACANT and role[row, s] != CHILD:
                    rows[n], slots[n] = row, s
                    n += 1
    return rows, slots


@njit
def _alone(row: int, s: int, role: Bytes) -> bool:
    """Return whether the sex of a member is not tied to a partner's."""
    if s < 2:
        return role[row, 1] != HEADS
    if role[row, s] == GROWN:
        return not (role[row, 2] == GROWN and role[row, 3] == GROWN)
    return role[row, s] == ELDER and role[row, 7] == VACANT


@njit
def balance_sexes(
    rows: Ints, slots: Ints, men: int, role: Bytes, guess: NDArray[np.uint16], female: Bytes, key: np.uint64
) -> None:
    """Set sexes so that ``men`` of the adults are male: persons alone without a hint first, then other unpaired."""
    for stage in range(2):
        gap = men
        open_ = 0
        for i in range(rows.size):
            row, s = rows[i], slots[i]
            if (female[row] >> s) & 1 == 0:
                gap -= 1
        sex_from = 1 if gap > 0 else 0
        for i in range(rows.size):
            row, s = rows[i], slots[i]
            free = s == 0 and guess[row, 0] == 0 if stage == 0 else True
            if free and _alone(row, s, role) and (female[row] >> s) & 1 == sex_from:
                open_ += 1
        left = min(abs(gap), open_)
        for i in range(rows.size):
            row, s = rows[i], slots[i]
            free = s == 0 and guess[row, 0] == 0 if stage == 0 else True
            if free and _alone(row, s, role) and (female[row] >> s) & 1 == sex_from:
                if unit(key, row * 8 + s) * open_ < left:
                    female[row] ^= np.uint8(1 << s)
                    left -= 1
                open_ -= 1


@njit
def _spread(residual: Floats, number: int, out: Floats) -> None:
    """Write ``number`` ages at equally spaced quantiles of a histogram of single ages (from 16 on)."""
    total = 0.0
    for a in range(ADULT_AGE, residual.size):
        total += residual[a]
    a, below = ADULT_AGE, 0.0
    for j in range(number):
        want = (j + 0.5) * total / number
        while a < residual.size - 1 and below + residual[a] < want:
            below += residual[a]
            a += 1
        inside = (want - below) / residual[a] if residual[a] > 0 else 0.5
        out[j] = a + min(max(inside, 0.0), 0.99)


@njit
def guess_free(
    rows: Ints,
    slots: Ints,
    target: Ints,
    role: Bytes,
    guess: NDArray[np.uint16],
    female: Bytes,
    origin_class: Bytes,
    youth: float,
    gap: Floats,
    key: np.uint64,
) -> None:
    """Guess ages of couples and persons alone from what all others leave of the target.

    Husbands and men alone share the men's remainder in random order (in-migrants earlier by
    ``youth``); wives follow their husbands; women alone share what is then left of the women's.
    """
    left: Floats = np.empty(target.shape)
    for sex in range(2):
        for a in range(target.shape[1]):
            left[sex, a] = target[sex, a]
    free = np.zeros(2, np.int64)
    for i in range(rows.size):
        row, s = rows[i], slots[i]
        sex = (female[row] >> s) & 1
        if guess[row, s] > 0:
            left[sex, min(int(guess[row, s] / AGE_UNIT), left.shape[1] - 1)] -= 1
        elif sex == 0 or role[row, 1] != HEADS:
            free[sex] += 1
    for sex in range(2):
        for a in range(left.shape[1]):
            left[sex, a] = max(left[sex, a], 0.001)
        index, order_key = np.empty(free[sex], np.int64), np.empty(free[sex], np.uint16)
        n = 0
        for i in range(rows.size):
            row, s = rows[i], slots[i]
            if guess[row, s] == 0 and (female[row] >> s) & 1 == sex and (sex == 0 or role[row, 1] != HEADS):
                index[n] = i
                shift = 0.0 if origin_class[row] > 0 else youth
                order_key[n] = np.uint16((unit(key, row * 8 + s) + shift) * 32000.0)
                n += 1
        ages = np.empty(n)
        _spread(left[sex], n, ages)
        order = order_of(order_key)
        for j in range(n):
            row, s = rows[index[order[j]]], slots[index[order[j]]]
            guess[row, s] = np.uint16(ages[j] * AGE_UNIT)
            if sex == 0 and role[row, 1] == HEADS:
                spread = 2.4 * (unit(key, row * 8 + 6) + unit(key, row * 8 + 7) - 1.0)
                wife = max(ages[j] - gap[0] - gap[1] * spread, 16.3)
                guess[row, 1 - s] = np.uint16(wife * AGE_UNIT)
                left[1, min(int(wife), left.shape[1] - 1)] -= 1


@njit
def map_adults(rows: Ints, slots: Ints, target: Ints, guess: NDArray[np.uint16], female: Bytes, members: Bytes) -> int:
    """Give adults the target ages of their sex in the order of their first guess.

    If the sexes cannot be balanced, ages of the other sex fill the gap; returns how many.
    """
    number = np.zeros(2, np.int64)
    for i in range(rows.size):
        number[(female[rows[i]] >> slots[i]) & 1] += 1
    swapped = 0
    for sex in range(2):
        have = 0
        for a in range(ADULT_AGE, target.shape[1]):
            have += target[sex, a]
        while have < number[sex]:
            best = ADULT_AGE
            for a in range(ADULT_AGE, target.shape[1]):
                if target[1 - sex, a] > target[1 - sex, best]:
                    best = a
            target[1 - sex, best] -= 1
            target[sex, best] += 1
            have += 1
            swapped += 1
    for sex in range(2):
        index, ages = np.empty(number[sex], np.int64), np.empty(number[sex], np.uint16)
        n = 0
        for i in range(rows.size):
            if (female[rows[i]] >> slots[i]) & 1 == sex:
                index[n], ages[n] = i, guess[rows[i], slots[i]]
                n += 1
        order = order_of(ages)
        a, used = ADULT_AGE, 0
        for j in range(n):
            while used >= target[sex, a]:
                a += 1
                used = 0
            i = index[order[j]]
            members[rows[i], slots[i]] = 2 * a + sex
            guess[rows[i], slots[i]] = np.uint16(a * AGE_UNIT)
            used += 1
    return swapped
