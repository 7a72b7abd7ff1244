"""Vital events of one household: deaths, births, leaving home, ageing, couples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import inlined, njit, rule
from sim.agents.members import (
    age_of,
    clear_row,
    free_slot,
    is_woman,
    living_place,
    registered_in_hunan,
    settle_head,
    settle_units,
    size,
    skill,
    zone_class,
)
from sim.agents.rng import Purpose, derive_key, philox, uniform
from sim.agents.state import (
    EMPTY,
    EVENT,
    FIRST_CHILD,
    FIRST_ELDER,
    HEAD,
    INSURED,
    LAND,
    MAX_AGE,
    N_SLOTS,
    SPOUSE,
    Households,
)
from sim.agents.world import BORN, DIED, R_BORN, R_DIED, World
from sim.base.arrays import Bytes, Ints

COUPLE_FIRST, COUPLE_LAST = 18, 60
"""Ages of the spouse from and below which a couple may separate (judged)."""

_VITAL = int(Purpose.VITAL)
_DETAIL = int(Purpose.VITAL_DETAIL)
_BIRTH = int(Purpose.BIRTH)
_LEAVE = int(Purpose.LEAVE)
_PAIR = int(Purpose.PAIR)
_DISSOLVE = int(Purpose.DISSOLVE)


@inlined
def vital_events(hh: Households, i: int, world: World, counts: Ints, totals: Ints) -> int:
    """Draw deaths, births and departures from home of one household within a step.

    One 16-bit lane per member screens against the chance of any event; a second draw
    completes the number for the few who pass, so the screen is exact. Reads members,
    places; writes members and the accounts born and died.

    Returns:
        Bits 0-7: members who leave home; bits 8-15: mothers whose child found no slot.
        Both are completed by ``leave_home`` and ``add_child`` after the loop.
    """
    w0, w1, w2, w3 = philox(hh.key[i], world.step, _VITAL, 0, world.seed)
    leaving = 0
    mothers = 0
    died = False
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m == EMPTY:
            continue
        word = w0 if s < 2 else (w1 if s < 4 else (w2 if s < 6 else w3))
        lane = np.int64(word >> np.uint64(16)) if s & 1 else np.int64(word & np.uint64(0xFFFF))
        place = living_place(hh, i, s)
        zone = zone_class(place, world.geo.n_counties)
        age = age_of(m)
        sex = is_woman(m)
        if lane >= world.vital.threshold[zone, sex, age]:
            continue
        u = (lane + uniform(world.seed, hh.key[i], world.step, _DETAIL, s)) / 65536.0
        edge = world.vital.death[zone, sex, age]
        if u < edge:
            hh.members[i, s] = EMPTY
            counts[place, DIED] += 1
            if registered_in_hunan(hh, i, world.geo):
                totals[R_DIED] += 1
            died = True
            continue
        if sex == 1:
            edge += world.vital.birth[zone, age]
            if u < edge:
                mothers |= 1 << s
                continue
        if FIRST_CHILD <= s < FIRST_ELDER and u < edge + world.vital.leave[age]:
            leaving |= 1 << s
    overflow = 0
    for s in range(N_SLOTS):
        if (mothers >> s) & 1 and not add_child(hh, i, s, world, counts, totals):
            overflow |= 1 << s
    if died:
        hh.flags[i] |= np.uint8(EVENT)
        settle_head(hh, i)
        settle_units(hh, i)
        if hh.members[i, HEAD] == EMPTY:
            clear_row(hh, i)
        for s in range(N_SLOTS):
            if (overflow >> s) & 1:
                mother = s if hh.members[i, s] != EMPTY else HEAD
                add_child(hh, i, mother, world, counts, totals)
            if hh.members[i, s] == EMPTY:
                leaving &= 255 ^ (1 << s)
        overflow = 0
    return leaving | (overflow << 8)


@rule
def add_child(hh: Households, i: int, mother: int, world: World, counts: Ints, totals: Ints) -> bool:
    """Add a newborn who lives with the mother; return False when no slot is free."""
    slot = free_slot(hh, i)
    if slot < 0:
        return False
    u = uniform(world.seed, hh.key[i], world.step, _BIRTH, mother)
    hh.members[i, slot] = 0 if u < world.vital.boy_share else 1
    away = np.int64(hh.away[i]) & (255 ^ (1 << slot))
    hh.away[i] = np.uint8(away | (((away >> mother) & 1) << slot))
    counts[living_place(hh, i, slot), BORN] += 1
    if registered_in_hunan(hh, i, world.geo):
        totals[R_BORN] += 1
    hh.flags[i] |= np.uint8(EVENT)
    return True


@rule
def make_room(hh: Households, i: int) -> int:
    """Return the slot of the member who leaves so that a ninth can be born: the oldest but head and spouse."""
    oldest = FIRST_CHILD
    for s in range(FIRST_CHILD, N_SLOTS):
        if age_of(hh.members[i, s]) > age_of(hh.members[i, oldest]):
            oldest = s
    return oldest


@rule
def split_member(hh: Households, i: int, slot: int, new: Households, j: int, world: World) -> None:
    """Make the member in a slot a household of its own in row j of ``new``.

    It keeps home, registration and land rights, lives where the member lived, and has the
    parents' skill or, with even odds, one level more (judged). Nobody changes place.
    """
    u = uniform(world.seed, hh.key[i], world.step, _LEAVE, slot)
    place = living_place(hh, i, slot)
    clear_row(new, j)
    new.key[j] = derive_key(hh.key[i], world.step, _LEAVE, slot)
    new.members[j, HEAD] = hh.members[i, slot]
    new.home_county[j] = hh.home_county[i]
    new.home_block[j] = hh.home_block[i]
    new.hukou[j] = hh.hukou[i]
    new.base[j] = place
    level = skill(hh, i)
    if u < 0.5 and level < 2:
        level += 1
    new.social[j] = np.uint8(level | (hh.social[i] & (LAND | INSURED)))
    new.flags[j] = np.uint8(hh.flags[i] | EVENT)
    new.arrival[j] = hh.arrival[i] if place != hh.base[i] else world.month
    hh.members[i, slot] = EMPTY
    hh.flags[i] |= np.uint8(EVENT)
    settle_head(hh, i)
    settle_units(hh, i)


@inlined
def older(member: int) -> np.uint8:
    """Return a member byte a year later; the oldest stay at ``MAX_AGE`` and an empty slot stays empty."""
    return np.uint8(member + 2) if member < 2 * MAX_AGE else np.uint8(member)


@inlined
def grow_older(hh: Households, i: int) -> None:
    """Add one year to every member (once a year, in January)."""
    for s in range(N_SLOTS):
        hh.members[i, s] = older(hh.members[i, s])


@inlined
def seeks_partner(hh: Households, i: int, chance: float, world: World) -> int:
    """Return the pairing group of a single person who looks for a partner this year, or -1.

    Groups are base place, kind of registration and five-year age band (men two years
    older than women on average: NBS, judged), so that a couple forms where both live.
    """
    m = hh.members[i, HEAD]
    if m == EMPTY or hh.away[i] != 0 or size(hh, i) != 1:
        return -1
    age = age_of(m)
    if age < 20 or age >= 50:
        return -1
    if uniform(world.seed, hh.key[i], world.step, _PAIR, 0) >= chance:
        return -1
    band = (age - 20 + (2 if is_woman(m) == 1 else 0)) // 5
    kind = zone_class(hh.hukou[i], world.geo.n_counties)
    return (np.int64(hh.base[i]) * 3 + kind) * 8 + band


@rule
def marry(woman: Households, i: int, man: Households, j: int) -> None:
    """Move the man into the woman's household; her key survives and his row is freed."""
    woman.members[i, SPOUSE] = man.members[j, HEAD]
    if skill(man, j) > skill(woman, i):
        woman.social[i] = np.uint8((woman.social[i] & 252) | skill(man, j))
    woman.flags[i] |= np.uint8(EVENT)
    clear_row(man, j)


@inlined
def separates(hh: Households, i: int, chance: float, world: World) -> bool:
    """Return whether a couple that lives together separates this year.

    A child in the spouse's slot, which a single parent's large family may use, is no couple.
    """
    if hh.members[i, HEAD] == EMPTY or hh.members[i, SPOUSE] == EMPTY:
        return False
    away = np.int64(hh.away[i])
    age = age_of(hh.members[i, SPOUSE])
    if (away & 1) != ((away >> SPOUSE) & 1) or age < COUPLE_FIRST or age >= COUPLE_LAST:
        return False
    return uniform(world.seed, hh.key[i], world.step, _DISSOLVE, 0) < chance


@njit
def match_pairs(groups: Ints, women: Bytes, keys: NDArray[np.uint64]) -> Ints:
    """Match women and men of each group in the order of their keys.

    Args:
        groups: int64[n], pairing group of each seeker, from 0.
        women: uint8[n], 1 for a woman, 0 for a man.
        keys: uint64[n], household keys.

    Returns:
        int64[m, 2]: positions of the matched women and men.
    """
    last = groups.max() if len(groups) > 0 else -1
    starts = np.zeros(2 * last + 3, np.int64)
    for j in range(len(groups)):
        starts[2 * groups[j] + women[j] + 1] += 1
    starts = np.cumsum(starts)
    order, filled = np.empty(len(groups), np.int64), starts.copy()
    for j in range(len(groups)):
        cell = 2 * groups[j] + women[j]
        order[filled[cell]] = j
        filled[cell] += 1
    pairs, n = np.empty((len(groups) // 2, 2), np.int64), 0
    for group in range(last + 1):
        a, b, c = starts[2 * group : 2 * group + 3]
        both = min(b - a, c - b)
        if both > 0:
            his, hers = order[a:b], order[b:c]
            pairs[n : n + both, 0] = hers[np.argsort(keys[hers], kind="mergesort")[:both]]
            pairs[n : n + both, 1] = his[np.argsort(keys[his], kind="mergesort")[:both]]
            n += both
    return pairs[:n]
