"""Rules about the members of one household: who lives where, who heads it."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, rule
from sim.agents.state import (
    AWAY_COLLECTIVE,
    BASE_COLLECTIVE,
    EMPTY,
    FIRST_CHILD,
    HEAD,
    N_SLOTS,
    SKILL_MASK,
    SPOUSE,
    Households,
)
from sim.agents.world import OUTSIDE, Geography, World
from sim.base.ages import LEAVING_AGES

WORK_FIRST, WORK_LAST = 18, 59
"""Ages counted as workers (judged; school leaving to the usual retirement of migrants)."""

ADULT = LEAVING_AGES[0]

_ONE = np.uint8(1)


@inlined
def age_of(member: int) -> int:
    """Return the age in completed years of a member byte."""
    return member >> 1


@inlined
def is_woman(member: int) -> int:
    """Return 1 for a woman, 0 for a man."""
    return member & 1


@inlined
def is_away(away: int, slot: int) -> bool:
    """Return whether the away bit of a slot is set."""
    return (away >> slot) & 1 == 1


@inlined
def zone_class(place: int, n_counties: int) -> int:
    """Return RURAL, URBAN or OUTSIDE for a place index."""
    if place >= 2 * n_counties:
        return OUTSIDE
    return place & 1


@rule
def site_place(site: int, n_counties: int) -> int:
    """Return the place of a site: the town of a county, or an outside place."""
    if site < n_counties:
        return 2 * site + 1
    return n_counties + site


@inlined
def home_place(hh: Households, i: int, geo: Geography) -> np.int64:
    """Return the place of the home block, village or town as the block is now."""
    county = np.int64(hh.home_county[i])
    return 2 * county + np.int64(geo.block_zone[county, hh.home_block[i]])


@inlined
def living_place(hh: Households, i: int, slot: int) -> np.int64:
    """Return the place where the member in a slot lives."""
    if is_away(hh.away[i], slot):
        return np.int64(hh.away_place[i])
    return np.int64(hh.base[i])


@inlined
def size(hh: Households, i: int) -> int:
    """Return the number of members."""
    n = 0
    for s in range(N_SLOTS):
        if hh.members[i, s] != EMPTY:
            n += 1
    return n


@inlined
def is_worker(member: int) -> bool:
    """Return whether a member is of working age."""
    return member != EMPTY and WORK_FIRST <= age_of(member) <= WORK_LAST


@inlined
def youngest_worker(hh: Households, i: int) -> int:
    """Return the slot of the youngest member of working age, the first of equals; -1 if there is none."""
    youngest = -1
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if is_worker(m) and (youngest < 0 or age_of(m) < age_of(hh.members[i, youngest])):
            youngest = s
    return youngest


@inlined
def count_members(hh: Households, i: int) -> tuple[int, int, int]:
    """Return the number of members, of workers, and of workers who are away."""
    persons = 0
    workers = 0
    away = 0
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m != EMPTY:
            persons += 1
            if is_worker(m):
                workers += 1
                if is_away(hh.away[i], s):
                    away += 1
    return persons, workers, away


@rule
def skill(hh: Households, i: int) -> np.int64:
    """Return the skill of the main earner: 0 low, 1 middle, 2 high."""
    return np.int64(hh.social[i] & SKILL_MASK)


@rule
def set_bits(hh: Households, i: int, mask: int, on: bool) -> None:
    """Set or clear bits of the social byte."""
    if on:
        hh.social[i] = np.uint8(hh.social[i] | mask)
    else:
        hh.social[i] = np.uint8(hh.social[i] & (255 ^ mask))


@rule
def registered_in_hunan(hh: Households, i: int, geo: Geography) -> np.bool_:
    """Return whether the household is registered in the modelled province."""
    return np.int64(hh.hukou[i]) < 2 * geo.n_counties


@rule
def move_slot(hh: Households, i: int, source: int, target: int) -> None:
    """Move a member to another slot together with the away bit."""
    away = np.int64(hh.away[i])
    bit = (away >> source) & 1
    hh.members[i, target] = hh.members[i, source]
    hh.members[i, source] = EMPTY
    away &= 255 ^ (1 << source)
    away &= 255 ^ (1 << target)
    hh.away[i] = np.uint8(away | (bit << target))


@rule
def settle_head(hh: Households, i: int) -> None:
    """Fill an empty head slot: the spouse, else the oldest member."""
    if hh.members[i, HEAD] != EMPTY:
        return
    if hh.members[i, SPOUSE] != EMPTY:
        move_slot(hh, i, SPOUSE, HEAD)
        return
    oldest = -1
    for s in range(FIRST_CHILD, N_SLOTS):
        m = hh.members[i, s]
        if m != EMPTY and (oldest < 0 or age_of(m) > age_of(hh.members[i, oldest])):
            oldest = s
    if oldest >= 0:
        move_slot(hh, i, oldest, HEAD)


@rule
def settle_units(hh: Households, i: int) -> None:
    """Restore the rule: somebody lives at the base, away_place is another place and set iff somebody is away."""
    if hh.away_place[i] == hh.base[i]:
        hh.away[i] = 0
    at_base = False
    for s in range(N_SLOTS):
        if hh.members[i, s] == EMPTY:
            hh.away[i] = np.uint8(np.int64(hh.away[i]) & (255 ^ (1 << s)))
        elif not is_away(hh.away[i], s):
            at_base = True
    if hh.away[i] == 0:
        hh.away_place[i] = EMPTY
        set_bits(hh, i, AWAY_COLLECTIVE, False)
    elif not at_base:
        hh.base[i] = hh.away_place[i]
        set_bits(hh, i, BASE_COLLECTIVE, hh.social[i] & AWAY_COLLECTIVE != 0)
        set_bits(hh, i, AWAY_COLLECTIVE, False)
        hh.away[i] = 0
        hh.away_place[i] = EMPTY


@inlined
def leaving_values(hh: Households, i: int, world: World) -> tuple[float, float, float]:
    """Return what leaving the province adds to one away, all away and whole, for a base in the province.

    Adults who live outside already leave nothing.
    """
    edge = 2 * world.geo.n_counties
    by_age = world.choice.leave_age
    youngest = youngest_worker(hh, i)
    one = workers = adults = 0.0
    n_workers = n_adults = 0
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m == EMPTY or age_of(m) < ADULT or living_place(hh, i, s) >= edge:
            continue
        value = by_age[age_of(m)]
        adults += value
        n_adults += 1
        if is_worker(m):
            workers += value
            n_workers += 1
        if s == youngest:
            one = value
    return one, workers / max(n_workers, 1), adults / max(n_adults, 1)


@rule
def clear_row(hh: Households, i: int) -> None:
    """Free a row: no members, nobody away."""
    hh.members[i, :] = EMPTY
    hh.away[i] = 0
    hh.away_place[i] = EMPTY
    hh.social[i] = 0
    hh.flags[i] = 0


@rule
def free_slot(hh: Households, i: int) -> int:
    """Return the first free slot for a child (children, then elders, then spouse), or -1."""
    for s in range(FIRST_CHILD, N_SLOTS):
        if hh.members[i, s] == EMPTY:
            return s
    if hh.members[i, SPOUSE] == EMPTY:
        return SPOUSE
    return -1


@rule
def copy_row(source: Households, i: int, target: Households, j: int) -> None:
    """Copy one household row to another table or position."""
    target.key[j] = source.key[i]
    for s in range(N_SLOTS):
        target.members[j, s] = source.members[i, s]
    target.away[j] = source.away[i]
    target.home_county[j] = source.home_county[i]
    target.home_block[j] = source.home_block[i]
    target.hukou[j] = source.hukou[i]
    target.base[j] = source.base[i]
    target.away_place[j] = source.away_place[i]
    target.social[j] = source.social[i]
    target.flags[j] = source.flags[i]
    target.arrival[j] = source.arrival[i]
