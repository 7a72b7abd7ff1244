"""Registration: a later, second decision of those who live where they are not registered."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, rule
from sim.agents.departures import leave_universe
from sim.agents.members import set_bits, size
from sim.agents.process import HouseholdProcess
from sim.agents.rng import Purpose, philox, unit
from sim.agents.screens import BATCH, Batch, below, passing
from sim.agents.state import EMPTY, HEAD, LAND, PERMIT, Households
from sim.agents.world import R_IN, R_OUT, REGISTERED_HERE, World
from sim.base.arrays import Ints

_REGISTER = int(Purpose.REGISTER)


@rule
def odds_times(hazard: float, odds: float) -> float:
    """Return a yearly chance whose odds are multiplied: h * m / (1 - h + h * m)."""
    return hazard * odds / (1.0 - hazard + hazard * odds)


@inlined
def register(hh: Households, i: int, world: World, counts: Ints, totals: Ints) -> None:
    """Let one household register where it lives.

    Hunan towns: hazard by place (threshold, premium, permit services) and land odds.
    Wholly outside: registering there ends the registration in Hunan and the row.
    """
    geo = world.geo
    edge = 2 * geo.n_counties
    base = np.int64(hh.base[i])
    hukou = np.int64(hh.hukou[i])
    if hukou == base or (base < edge and base & 1 == 0) or hh.members[i, HEAD] == EMPTY:
        return
    w = philox(hh.key[i], world.step, _REGISTER, 0, world.seed)
    dt = world.hazards.step_years
    if base >= edge:
        if hh.away[i] == 0 and unit(w[0]) < 1.0 - np.exp(-world.hazards.register_outside * dt):
            totals[R_OUT] += size(hh, i)
            leave_universe(hh, i, counts, totals)
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


@inlined
def may_register(hh: Households, start: int, stop: int, world: World, batch: Batch) -> int:
    """Fill ``batch.rows`` with rows that may register; return their number. Freed rows may be among them."""
    words, hits = batch.words, batch.hits
    edge = np.uint8(2 * world.geo.n_counties)
    bound = below(world.hazards.register_screen)
    keys, bases, hukous = hh.key[start:stop], hh.base[start:stop], hh.hukou[start:stop]
    for j in range(len(keys)):
        words[0, j] = philox(keys[j], world.step, _REGISTER, 0, world.seed)[0]
    for j in range(len(bases)):
        base = bases[j]
        hits[j] = (words[0, j] <= bound) & (hukous[j] != base) & ((base >= edge) | (base & 1 == 1))
    return passing(start, stop - start, batch)


@rule
def register_loop(
    hh: Households, start: int, stop: int, world: World, counts: Ints, totals: Ints, batch: Batch
) -> None:
    """Let the households of a share of the rows register."""
    for first in range(start, stop, BATCH):
        for j in range(may_register(hh, first, min(first + BATCH, stop), world, batch)):
            register(hh, batch.rows[j], world, counts, totals)


@rule
def list_registering(hh: Households, start: int, stop: int, world: World, found: Ints, batch: Batch) -> int:
    """List the rows that may register; return their number."""
    n = 0
    for first in range(start, stop, BATCH):
        for j in range(may_register(hh, first, min(first + BATCH, stop), world, batch)):
            found[n] = batch.rows[j]
            n += 1
    return n


def register_bounds(world: World) -> tuple[float, ...]:
    """Return the chance that the screen passes."""
    return (world.hazards.register_screen,)


def with_higher_chances(world: World) -> World:
    """Return tables whose screen passes four times as many."""
    screen = min(4.0 * world.hazards.register_screen, 1.0)
    return world._replace(hazards=world.hazards._replace(register_screen=screen))


REGISTRATION = HouseholdProcess(
    name="registration",
    month=None,
    reads="where the household lives and is registered, land rights, hazards by place",
    writes=("hukou", "home_county", "home_block", "social"),
    meaning="Register where the household lives; wholly outside the province that ends the household's row.",
    rule=register,
    loop=register_loop,
    ends=True,
    screen=list_registering,
    widened=with_higher_chances,
    bounds=register_bounds,
)
