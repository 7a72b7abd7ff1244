"""Build the synthetic population: margins -> plan -> frame -> away members -> composition -> ages -> attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.agents import state
from sim.agents._compile import njit
from sim.agents.state import EMPTY, Households, Population
from sim.base.arrays import Bytes, Ints
from sim.base.errors import InputError
from sim.population.ages import age_targets, balance_sexes, guess_free, map_adults, map_children, residents_of
from sim.population.attach import Away, attach
from sim.population.attributes import (
    arrival_months,
    block_zones,
    earner_age,
    home_blocks,
    home_zones,
    hukou_places,
    social_bits,
)
from sim.population.compose import ADULT_AGE, AGE_UNIT, CHILD, Slots, children_wanted, compose
from sim.population.frame import Frame, inside_frame
from sim.population.guess import guess_adults
from sim.population.hashing import household_keys, stream
from sim.population.judged_values import value, vector
from sim.population.margins import Margins, load_margins
from sim.population.origins import with_origins
from sim.population.outside import with_outside
from sim.population.quotas import full_plan, whole_plan
from sim.population.repair import repair_place
from sim.population.rounding import largest_remainder

if TYPE_CHECKING:
    from sim.data import Region

MIN_HOUSEHOLDS = 5_000
YEARS = (2010, 2020)
_CHILDREN, _ADULTS, _REPAIR = 30, 31, 32
_REPAIRS = 3


def build_population(
    region: Region, year: int = 2020, households: int = 50_000, seed: int = 1, age_tilt: float = 0.0
) -> Population:
    """Return a synthetic population of ``households`` agents; a pure function of its arguments.

    Args:
        region: tables and geography, from ``sim.data.load_region``.
        year: 2020 (year-end) or 2010.
        households: number of agents, from 5,000 to one agent per household.
        seed: seed of everything that the margins leave open.
        age_tilt: change of the log odds of living in the rural zone per 10 years of age.

    Raises:
        ValueError: a year without tables, too few or too many households, or a region with more
            places than a byte can number.

    Example:
        >>> from sim.data import load_region
        >>> population = build_population(load_region("hunan"), households=5_000)
        >>> population.households.key.size
        5000
    """
    if year not in YEARS:
        raise InputError(f"year = {year}: a population can be built for {' or '.join(map(str, YEARS))}")
    if region.place_count >= state.EMPTY:
        raise InputError(f"region {region.name}: {region.place_count} places; at most {state.EMPTY - 1} fit in a byte")
    margins = load_margins(region, year, age_tilt)
    shares = full_plan(margins)
    most = int(shares.households)
    if not MIN_HOUSEHOLDS <= households <= most:
        raise InputError(
            f"households = {households}: choose a number from {MIN_HOUSEHOLDS:,} to {most:,} (one agent per household)"
        )
    counts = whole_plan(margins, shares, households)
    frame = with_origins(inside_frame(counts, seed), margins, seed)
    frame = with_outside(frame, margins, counts.weight, households)
    away = attach(frame, seed)
    targets = age_targets(margins, counts)
    slots = compose(frame, away, children_wanted(targets, counts.collective.sum(1)), seed)
    members = assign_ages(margins, frame, away, slots, targets, seed)
    settle_slots(members, slots.away)
    return _table(margins, frame, away, slots.away, members, counts.weight, seed)


def full_size(region: Region, year: int = 2020) -> int:
    """Return the number of households of a region: one agent for each."""
    return int(full_plan(load_margins(region, year, 0.0)).households)


def _table(
    m: Margins, frame: Frame, away: Away, away_bits: Bytes, members: Bytes, weight: float, seed: int
) -> Population:
    """Return the population: members and places with blocks, registration and attributes."""
    blocks, number = block_zones(m)
    zone = home_zones(m, frame, number, seed)
    hukou = hukou_places(frame, zone, *m.outside.shape)
    table = Households(
        key=household_keys(seed, frame.place.size),
        members=members,
        away=away_bits,
        home_county=frame.home,
        home_block=home_blocks(frame, zone, number, seed),
        hukou=hukou,
        base=away.base,
        away_place=away.place,
        social=social_bits(m, frame, away, members, hukou, seed),
        flags=(frame.origin_class << state.MIGRANT_CLASS_SHIFT).astype(np.uint8),
        arrival=arrival_months(frame, away, earner_age(members), m.year, seed),
    )
    return Population(table, blocks, float(weight), m.year)


def _place_rows(frame: Frame, away: Away, places: int) -> tuple[list[Ints], list[Ints]]:
    """Return base rows and rows with away members, by place."""
    zones = frame.first.size - 1
    base = [np.arange(frame.first[p], frame.first[p + 1]) for p in range(zones)]
    start = int(frame.first[-1])
    base += [start + np.flatnonzero(away.base[start:] == p) for p in range(zones, places)]
    order = np.argsort(away.place, kind="stable")
    limits = np.searchsorted(away.place[order], np.arange(places + 1))
    return base, [order[limits[p] : limits[p + 1]] for p in range(places)]


def assign_ages(m: Margins, frame: Frame, away: Away, slots: Slots, targets: Ints, seed: int) -> Bytes:
    """Return members uint8[rows, 8] with the ages of the census in every zone and of migrants outside."""
    zones, places = targets.shape[0], targets.shape[0] + m.outside.shape[1]
    members = np.full(slots.role.shape, state.EMPTY, np.uint8)
    base, gone = _place_rows(frame, away, places)
    key = stream(seed, _CHILDREN)
    goal = [targets[p] if p < zones else _outside_children(m, slots, base[p]) for p in range(places)]
    for p in range(places):
        map_children(base[p], goal[p], slots.role, slots.guess, slots.female, members, key)
    guess_adults(m, frame, away, slots, seed)
    key = stream(seed, _ADULTS)
    gap, youth = vector("couple_gap"), value("migrant_youth")
    for p in range(places):
        rows, at = residents_of(base[p], gone[p], slots.role, slots.away)
        if p >= zones:
            _outside_adults(m, rows, at, slots, goal[p])
        men = int(goal[p][0, ADULT_AGE:].sum())
        balance_sexes(rows, at, men, slots.role, slots.guess, slots.female, key)
        guess_free(rows, at, goal[p], slots.role, slots.guess, slots.female, frame.origin_class, youth, gap, key)
        map_adults(rows, at, goal[p], slots.guess, slots.female, members)
    for turn in range(_REPAIRS):
        key = stream(seed, _REPAIR + turn)
        for p in range(places):
            repair_place(base[p], gone[p], members, slots.away, frame.generations, away.pattern, key)
    return members


def _outside_children(m: Margins, slots: Slots, rows: Ints) -> Ints:
    """Return the target of an outside place with the children of its households, sexes equal."""
    target = np.zeros((2, m.migrant_ages.size), np.int64)
    young = (slots.role[rows] == CHILD) & (slots.guess[rows] < ADULT_AGE * AGE_UNIT)
    profile = largest_remainder(m.migrant_ages[:ADULT_AGE], int(young.sum()))
    target[0, :ADULT_AGE] = (profile + np.arange(ADULT_AGE) % 2) // 2
    target[1, :ADULT_AGE] = profile - target[0, :ADULT_AGE]
    return target


def _outside_adults(m: Margins, rows: Ints, at: Ints, slots: Slots, target: Ints) -> None:
    """Fill the adult part of the target of an outside place: the migrant profile for each sex (in place)."""
    female = (slots.female[rows] >> at) & 1
    for sex in range(2):
        number = int((female == sex).sum())
        target[sex, ADULT_AGE:] = largest_remainder(m.migrant_ages[ADULT_AGE:], number)


@njit
def settle_slots(members: Bytes, away: Bytes) -> None:
    """Make heads older than children and sort slots 2 to 5 by age, oldest first, with their away bits (in place).

    A child older than the heads exchanges ages with the head of the same sex, or with the only head;
    a head as old as the child becomes a year older.
    """
    for i in range(members.shape[0]):
        for s in range(2, 6):
            first, second, child = members[i, 0], members[i, 1], members[i, s]
            if child == EMPTY or (first >> 1) > (child >> 1) or (second != EMPTY and (second >> 1) > (child >> 1)):
                continue
            h = 1 if second != EMPTY and (second ^ child) & 1 == 0 else 0
            head = members[i, h]
            members[i, h], members[i, s] = (child & 254) | (head & 1), (head & 254) | (child & 1)
            if head >> 1 == child >> 1:
                members[i, h] += 2
        for a in range(2, 5):
            for b in range(5, a, -1):
                left, right = members[i, b - 1], members[i, b]
                if right != EMPTY and (left == EMPTY or left >> 1 < right >> 1):
                    members[i, b - 1], members[i, b] = right, left
                    x, y = (away[i] >> (b - 1)) & 1, (away[i] >> b) & 1
                    if x != y:
                        away[i] ^= np.uint8((1 << b) | (1 << (b - 1)))
