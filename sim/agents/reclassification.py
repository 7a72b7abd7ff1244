"""Reclassification: whole blocks become urban, some rural; nobody moves."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, njit, rule
from sim.agents.members import living_place, settle_units
from sim.agents.process import HouseholdProcess
from sim.agents.rng import Purpose, uniform
from sim.agents.screens import Batch
from sim.agents.state import EMPTY, HEAD, N_SLOTS, Households
from sim.agents.world import COUNTED_IN, COUNTED_OUT, RURAL, URBAN, Geography, World
from sim.base.arrays import Bytes, Floats, Ints

_RECLASSIFY = int(Purpose.RECLASSIFY)


@inlined
def reclassify(hh: Households, i: int, world: World, counts: Ints, totals: Ints, zones: Bytes) -> None:
    """Count the residents and registered persons of a block in its new zone.

    Args:
        hh: household table.
        i: row.
        world: tables of the step.
        counts: accounts by place.
        totals: accounts of the province, which do not change.
        zones: uint8[n_counties, 256], the new zone of blocks that flip now, EMPTY for the others.

    Nobody moves: the base and the registration of the household change zone, land rights
    stay, and absent members are counted when they return.
    """
    county = np.int64(hh.home_county[i])
    zone = np.int64(zones[county, hh.home_block[i]])
    if hh.members[i, HEAD] == EMPTY or zone == EMPTY:
        return
    before, after = 2 * county + 1 - zone, 2 * county + zone
    if np.int64(hh.base[i]) == before:
        present = 0
        for s in range(N_SLOTS):
            if hh.members[i, s] != EMPTY and living_place(hh, i, s) == before:
                present += 1
        counts[before, COUNTED_OUT] += present
        counts[after, COUNTED_IN] += present
        hh.base[i] = after
        settle_units(hh, i)
    if np.int64(hh.hukou[i]) == before:
        hh.hukou[i] = after


@njit
def flipping_blocks(geo: Geography, zone: int, survival: Floats, seed: int) -> Bytes:
    """Return the blocks whose frozen number lies above the share that keeps its zone: a block changes once at most.

    Args:
        geo: blocks; those from ``urban_block_start`` on were urban at the start.
        zone: URBAN or RURAL, what blocks become.
        survival: float64[n_counties], chance of a block that was of the other zone at the start to be so still.
        seed: seed of the run; the order of blocks is frozen by (seed, county, block).

    Returns:
        uint8[n_counties, 256], the new zone of the blocks that flip, EMPTY for the others.
    """
    zones = np.full(geo.block_zone.shape, EMPTY, dtype=np.uint8)
    for county in range(geo.block_zone.shape[0]):
        for block in range(geo.block_zone.shape[1]):
            before = RURAL if block < geo.urban_block_start[county] else URBAN
            if before == zone or geo.block_zone[county, block] != before:
                continue
            if uniform(seed, county, 0, _RECLASSIFY, block) >= survival[county]:
                zones[county, block] = zone
    return zones


@rule
def reclassify_loop(
    hh: Households,
    start: int,
    stop: int,
    world: World,
    counts: Ints,
    totals: Ints,
    batch: Batch,
    zones: Bytes,
) -> None:
    """Count the residents of blocks that changed zone in a share of the rows."""
    for i in range(start, stop):
        reclassify(hh, i, world, counts, totals, zones)


RECLASSIFICATION = HouseholdProcess(
    name="reclassification",
    month=12,
    reads="the frozen order of blocks",
    writes=("base", "hukou", "away", "away_place", "social"),
    meaning="Blocks become urban or rural: their residents are counted there and nobody moves.",
    rule=reclassify,
    loop=reclassify_loop,
    by_block=True,
)
