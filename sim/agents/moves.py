"""Moving: when a household reconsiders, and what a choice does to its members."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, rule
from sim.agents.choice import Scratch, choose
from sim.agents.members import (
    age_of,
    home_place,
    is_away,
    is_worker,
    living_place,
    set_bits,
    settle_units,
    site_place,
    youngest_worker,
)
from sim.agents.rng import Purpose, philox, uniform, unit
from sim.agents.schooling import admit
from sim.agents.state import (
    AWAY_COLLECTIVE,
    BASE_COLLECTIVE,
    EMPTY,
    EVENT,
    HEAD,
    INSURED,
    N_SLOTS,
    OWNER,
    PERMIT,
    Households,
)
from sim.agents.utility import origin_state
from sim.agents.world import (
    ALL_AWAY,
    ENTERED,
    HOME,
    LEFT,
    MOVED_IN,
    MOVED_OUT,
    ONE_AWAY,
    STAY,
    TOWN_NATIVE,
    VILLAGE,
    Geography,
    World,
)
from sim.base.arrays import Ints

_SCREEN = int(Purpose.SCREEN)
_SETTLE = int(Purpose.SETTLE)


@inlined
def mover_age(hh: Households, i: int) -> np.int64:
    """Return the age that decides how often a household reconsiders: its youngest worker, else its head."""
    youngest = youngest_worker(hh, i)
    return np.int64(age_of(hh.members[i, youngest if youngest >= 0 else HEAD]))


@inlined
def reconsider_hazard(hh: Households, i: int, age: int, world: World) -> float:
    """Return the yearly hazard of reconsidering without life events: rate by age x factors of state and duration.

    Duration counts for those who live away from home or have members away.
    """
    h = world.hazards
    state = origin_state(hh, i, world.geo)
    hazard = h.reconsider[age] * h.state_factor[state]
    if state not in (VILLAGE, TOWN_NATIVE):
        years = (world.month - np.int64(hh.arrival[i])) // 12
        hazard *= h.duration[min(max(years, 0), len(h.duration) - 1)]  # type: ignore[index]
    return hazard


@inlined
def reconsiders(hh: Households, i: int, world: World) -> bool:
    """Return whether a household registered in the province reconsiders where to live within a step."""
    return reconsiders_at(hh, i, philox(hh.key[i], world.step, _SCREEN, 0, world.seed)[0], world)


@inlined
def reconsiders_at(hh: Households, i: int, word: np.uint32 | np.uint64, world: World) -> bool:
    """Return what ``reconsiders`` does, for the random word that it would draw."""
    if np.int64(hh.hukou[i]) >= 2 * world.geo.n_counties or hh.members[i, HEAD] == EMPTY:
        return False
    u = unit(word)
    event = hh.flags[i] & EVENT
    if u >= world.hazards.screen[event]:
        return False
    exposure = world.hazards.step_years + event * world.hazards.event_years
    return u < 1.0 - np.exp(-reconsider_hazard(hh, i, mover_age(hh, i), world) * exposure)


@inlined
def decide_move(hh: Households, i: int, world: World, counts: Ints, flows: Ints, scratch: Scratch) -> int:
    """Let one household reconsider and, if another alternative is better, move.

    Reads the whole row and the world tables; writes places, away bits, social bits,
    arrival, the accounts of the places and the flow table.

    Returns:
        The action taken (STAY when nothing changed).
    """
    action = STAY
    if reconsiders(hh, i, world):
        action, site = choose(hh, i, world, scratch)
        if action != STAY:
            apply_move(hh, i, action, site, world, counts, flows)
    hh.flags[i] = np.uint8(hh.flags[i] & (255 ^ EVENT))
    return action


@rule
def away_mask(hh: Households, i: int, action: int) -> int:
    """Return the bits of the members who leave: all workers, or the youngest one."""
    if action == ONE_AWAY:
        return 1 << youngest_worker(hh, i)
    mask = 0
    for s in range(N_SLOTS):
        if is_worker(hh.members[i, s]):
            mask |= 1 << s
    return mask


@rule
def age_band(age: int) -> int:
    """Return the age band of the flow table (0-15, 16-29, 30-49, 50 and over)."""
    if age < 16:
        return 0
    if age < 30:
        return 1
    return 2 if age < 50 else 3


@rule
def area_of(place: int, geo: Geography) -> int:
    """Return the area of the flow table: prefecture, or one past them for each outside place."""
    n = geo.n_counties
    if place >= 2 * n:
        return geo.n_prefectures + place - 2 * n
    return geo.county_prefecture[place >> 1]


@rule
def book_person(origin: int, target: int, age: int, world: World, counts: Ints, flows: Ints) -> None:
    """Book one person who changed place in the accounts of both places and in the flows."""
    edge = 2 * world.geo.n_counties
    if origin < edge and target < edge:
        counts[origin, MOVED_OUT] += 1
        counts[target, MOVED_IN] += 1
    else:
        counts[origin, LEFT] += 1
        counts[target, ENTERED] += 1
    flows[area_of(origin, world.geo), area_of(target, world.geo), age_band(age)] += 1


@rule
def apply_move(hh: Households, i: int, action: int, site: int, world: World, counts: Ints, flows: Ints) -> None:
    """Carry out a choice: new places and away bits, and every person who moved is booked."""
    geo = world.geo
    old_base = np.int64(hh.base[i])
    old_away = np.int64(hh.away_place[i])
    old_mask = hh.away[i]
    place = home_place(hh, i, geo) if action == HOME else site_place(site, geo.n_counties)
    if action in (ONE_AWAY, ALL_AWAY):
        hh.away[i] = np.uint8(away_mask(hh, i, action))
        hh.away_place[i] = place
    else:
        hh.base[i] = place
        hh.away[i] = 0
        hh.away_place[i] = EMPTY
        set_bits(hh, i, BASE_COLLECTIVE, False)
    set_bits(hh, i, AWAY_COLLECTIVE, False)
    settle_units(hh, i)
    for s in range(N_SLOTS):
        if hh.members[i, s] != EMPTY:
            before = old_away if is_away(old_mask, s) else old_base
            after = living_place(hh, i, s)
            if after != before:
                book_person(before, after, age_of(hh.members[i, s]), world, counts, flows)
    settle_in(hh, i, place, action, world)


@rule
def settle_in(hh: Households, i: int, place: int, action: int, world: World) -> None:
    """Reset what depends on where the earners live: ownership, insurance, permit, schooling, arrival."""
    set_bits(hh, i, OWNER, action == HOME)
    set_bits(hh, i, PERMIT, False)
    admit(hh, i, world, 0)
    insured = False
    if action != HOME:
        u = uniform(world.seed, hh.key[i], world.step, _SETTLE, 0)
        insured = u < world.hazards.insured[place]
    set_bits(hh, i, INSURED, insured)
    hh.arrival[i] = world.month
