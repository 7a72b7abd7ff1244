"""Settling: permits, purchases and insurance of those who live in towns."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, rule
from sim.agents.members import set_bits
from sim.agents.process import HouseholdProcess
from sim.agents.rng import Purpose, philox, unit
from sim.agents.screens import BATCH, Batch, below, passing
from sim.agents.state import INSURED, OWNER, PERMIT, Households
from sim.agents.world import World
from sim.base.arrays import Floats, Ints

_SETTLE = int(Purpose.SETTLE)


@inlined
def settle(hh: Households, i: int, world: World, counts: Ints, totals: Ints) -> None:
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


@inlined
def _largest(values: Floats) -> float:
    most = values[0]
    for value in values:
        most = max(most, value)
    return most


@inlined
def may_settle(hh: Households, start: int, stop: int, world: World, batch: Batch) -> int:
    """Fill ``batch.rows`` with rows that may buy a home, take a permit or enrol; return their number."""
    words, hits = batch.words, batch.hits
    edge = np.uint8(2 * world.geo.n_counties)
    permit = below(1.0 - np.exp(-world.hazards.permit))
    buy = below(1.0 - np.exp(-_largest(world.hazards.purchase)))
    enrol = below(_largest(world.hazards.enrol))
    keys, bases, aways = hh.key[start:stop], hh.base[start:stop], hh.away[start:stop]
    places, hukous, socials = hh.away_place[start:stop], hh.hukou[start:stop], hh.social[start:stop]
    for j in range(len(keys)):
        w = philox(keys[j], world.step, _SETTLE, 1, world.seed)
        words[0, j] = w[0]
        words[1, j] = w[1]
        words[2, j] = w[2]
    for j in range(len(bases)):
        whole = aways[j] == 0
        place = bases[j] if whole else places[j]
        social = socials[j]
        purchase = (words[1, j] <= buy) & whole & (social & OWNER == 0)
        served = (words[0, j] <= permit) & (social & PERMIT == 0)
        insured = (words[2, j] <= enrol) & (social & INSURED == 0)
        town = (place < edge) & (place & 1 == 1)
        hits[j] = town & (purchase | ((hukous[j] != place) & (served | insured)))
    return passing(start, stop - start, batch)


@rule
def settle_loop(hh: Households, start: int, stop: int, world: World, counts: Ints, totals: Ints, batch: Batch) -> None:
    """Let the households of a share of the rows buy homes, take permits and enrol."""
    for first in range(start, stop, BATCH):
        for j in range(may_settle(hh, first, min(first + BATCH, stop), world, batch)):
            settle(hh, batch.rows[j], world, counts, totals)


@rule
def list_settling(hh: Households, start: int, stop: int, world: World, found: Ints, batch: Batch) -> int:
    """List the rows that may buy a home, take a permit or enrol; return their number."""
    n = 0
    for first in range(start, stop, BATCH):
        for j in range(may_settle(hh, first, min(first + BATCH, stop), world, batch)):
            found[n] = batch.rows[j]
            n += 1
    return n


def settle_bounds(world: World) -> tuple[float, ...]:
    """Return the largest hazard of buying and the largest chance of enrolling."""
    return float(world.hazards.purchase.max()), float(world.hazards.enrol.max())


def with_higher_chances(world: World) -> World:
    """Return tables of which the largest hazard of buying is doubled and one in five enrols."""
    hazards = world.hazards
    purchase = np.full_like(hazards.purchase, 2.0 * hazards.purchase.max())
    enrol = np.full_like(hazards.enrol, max(0.2, float(hazards.enrol.max())))
    return world._replace(hazards=hazards._replace(purchase=purchase, enrol=enrol))


SETTLING = HouseholdProcess(
    name="settling",
    month=3,
    reads="where the household lives and is registered, hazards of permits, purchases and insurance",
    writes=("social",),
    meaning="Renters in towns buy homes; the unregistered take permits and insurance.",
    rule=settle,
    loop=settle_loop,
    screen=list_settling,
    widened=with_higher_chances,
    bounds=settle_bounds,
)
