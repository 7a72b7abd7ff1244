"""Registration: a later, second decision; leaving of people from other provinces; reclassification."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, njit, rule
from sim.agents.members import clear_row, living_place, set_bits, settle_units, size
from sim.agents.rng import Purpose, philox, uniform, unit
from sim.agents.state import EMPTY, HEAD, INSURED, LAND, N_SLOTS, OWNER, PERMIT
from sim.agents.world import (
    COUNTED_IN,
    COUNTED_OUT,
    LEFT,
    R_IN,
    R_OUT,
    REGISTERED_HERE,
    U_OUT,
)

_REGISTER = int(Purpose.REGISTER)
_SETTLE = int(Purpose.SETTLE)
_RECLASSIFY = int(Purpose.RECLASSIFY)
_ENTER = int(Purpose.ENTER)


@rule
def odds_times(hazard, odds):
    """Return a yearly chance whose odds are multiplied: h * m / (1 - h + h * m)."""
    return hazard * odds / (1.0 - hazard + hazard * odds)


@inlined
def register(hh, i, world, counts, totals):
    """Let one household register where it lives, or leave the universe.

    Hunan towns: hazard by place (threshold, premium, permit services) and land odds.
    Wholly outside: registering there ends the registration in Hunan and the row. People
    from other provinces leave the province by a hazard. Writes hukou, home and ledgers.
    """
    geo = world.geo
    edge = 2 * geo.n_counties
    base = np.int64(hh.base[i])
    hukou = np.int64(hh.hukou[i])
    if hukou == base or (base < edge and base & 1 == 0 and hukou < edge) or hh.members[i, HEAD] == EMPTY:
        return
    w = philox(hh.key[i], world.step, _REGISTER, 0, world.seed)
    dt = world.hazards.step_years
    if base >= edge:
        if hh.away[i] == 0 and unit(w[0]) < 1.0 - np.exp(-world.hazards.register_outside * dt):
            totals[R_OUT] += size(hh, i)
            _leave_universe(hh, i, counts, totals)
        return
    if hukou >= edge and unit(w[1]) < 1.0 - np.exp(-world.hazards.visitor_exit * dt):
        _leave_universe(hh, i, counts, totals)
        return
    if base & 1 == 0:
        return
    chance = world.hazards.register[base]
    if hh.social[i] & LAND:
        chance = odds_times(chance, world.hazards.land_odds)
    if unit(w[0]) < 1.0 - (1.0 - chance) ** dt:
        if hukou >= edge:
            totals[R_IN] += size(hh, i)
        counts[base, REGISTERED_HERE] += size(hh, i)
        hh.hukou[i] = base
        county = base >> 1
        hh.home_county[i] = county
        block = np.int64(w[2] % np.uint64(geo.urban_block_count[county]))
        hh.home_block[i] = geo.urban_block_start[county] + block
        set_bits(hh, i, PERMIT, False)


@rule
def _leave_universe(hh, i, counts, totals):
    """Remove a household that leaves, or that registers where the model does not follow it."""
    n = size(hh, i)
    for s in range(N_SLOTS):
        if hh.members[i, s] != EMPTY:
            counts[living_place(hh, i, s), LEFT] += 1
    totals[U_OUT] += n
    clear_row(hh, i)


@inlined
def reclassify(hh, i, flipped, world, counts):
    """Count the residents and registered persons of a block that became urban.

    Args:
        hh: household table.
        i: row.
        flipped: bool[n_counties, 256], blocks that flip this year.
        world: tables of the step.
        counts: accounts by place.

    Nobody moves: the base and the registration of the household change zone, land rights
    stay, and absent members are counted when they return.
    """
    county = np.int64(hh.home_county[i])
    if not flipped[county, hh.home_block[i]]:
        return
    rural = 2 * county
    if np.int64(hh.base[i]) == rural:
        present = 0
        for s in range(N_SLOTS):
            if hh.members[i, s] != EMPTY and living_place(hh, i, s) == rural:
                present += 1
        counts[rural, COUNTED_OUT] += present
        counts[rural + 1, COUNTED_IN] += present
        hh.base[i] = rural + 1
        settle_units(hh, i)
    if np.int64(hh.hukou[i]) == rural:
        hh.hukou[i] = rural + 1


@njit
def flipping_blocks(block_zone, survival, seed):
    """Return the rural blocks whose frozen number lies above the share that is rural still.

    Args:
        block_zone: uint8[n_counties, 256], 0 rural, 1 urban, 255 unused.
        survival: float64[n_counties], chance of a block of the start to be rural still.
        seed: seed of the run; the order of blocks is frozen by (seed, county, block).
    """
    flipped = np.zeros(block_zone.shape, dtype=np.bool_)
    for county in range(block_zone.shape[0]):
        for block in range(block_zone.shape[1]):
            if block_zone[county, block] == 0:
                flipped[county, block] = uniform(seed, county, 0, _RECLASSIFY, block) >= survival[county]
    return flipped


@njit
def draw_arrivals(seed, step, pool, expected):
    """Return which households of the pool are copied as arrivals of a step, int64[number].

    The number is the expected one rounded up or down at random, so that means are exact.
    """
    number = int(expected + uniform(seed, 0, step, _ENTER, 0))
    picks = np.empty(number, dtype=np.int64)
    for j in range(number):
        picks[j] = int(pool * uniform(seed, 1, step, _ENTER, j))
    return picks


@inlined
def settle_yearly(hh, i, world):
    """Once a year, in towns: renters buy; earners who are not registered there take a permit and insurance."""
    whole = hh.away[i] == 0
    place = np.int64(hh.base[i]) if whole else np.int64(hh.away_place[i])
    if place >= 2 * world.geo.n_counties or place & 1 == 0:
        return
    registered = np.int64(hh.hukou[i]) == place
    may_buy = whole and not hh.social[i] & OWNER
    if registered and not may_buy:
        return
    w = philox(hh.key[i], world.step, _SETTLE, 1, world.seed)
    if may_buy and unit(w[1]) < 1.0 - np.exp(-world.hazards.purchase[place >> 1]):
        set_bits(hh, i, OWNER, True)
    if registered:
        return
    if unit(w[0]) < 1.0 - np.exp(-world.hazards.permit):
        set_bits(hh, i, PERMIT, True)
    if not hh.social[i] & INSURED and unit(w[2]) < world.hazards.enrol[place >> 1]:
        set_bits(hh, i, INSURED, True)
