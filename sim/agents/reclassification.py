"""Reclassification: whole blocks become urban; nobody moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import inlined, njit, rule
from sim.agents.members import living_place, settle_units
from sim.agents.process import HouseholdProcess
from sim.agents.rng import Purpose, uniform
from sim.agents.screens import Batch
from sim.agents.state import EMPTY, HEAD, N_SLOTS, Households
from sim.agents.world import COUNTED_IN, COUNTED_OUT, World
from sim.base.arrays import Bytes, Floats, Ints

_RECLASSIFY = int(Purpose.RECLASSIFY)


@inlined
def reclassify(hh: Households, i: int, world: World, counts: Ints, totals: Ints, flipped: NDArray[np.bool_]) -> None:
    """Count the residents and registered persons of a block that became urban.

    Args:
        hh: household table.
        i: row.
        world: tables of the step.
        counts: accounts by place.
        totals: accounts of the province, which do not change.
        flipped: bool[n_counties, 256], blocks that flip this year.

    Nobody moves: the base and the registration of the household change zone, land rights
    stay, and absent members are counted when they return.
    """
    county = np.int64(hh.home_county[i])
    if hh.members[i, HEAD] == EMPTY or not flipped[county, hh.home_block[i]]:
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
def flipping_blocks(block_zone: Bytes, survival: Floats, seed: int) -> NDArray[np.bool_]:
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


@rule
def reclassify_loop(
    hh: Households,
    start: int,
    stop: int,
    world: World,
    counts: Ints,
    totals: Ints,
    batch: Batch,
    flipped: NDArray[np.bool_],
) -> None:
    """Count the residents of blocks that became urban in a share of the rows."""
    for i in range(start, stop):
        reclassify(hh, i, world, counts, totals, flipped)


RECLASSIFICATION = HouseholdProcess(
    name="reclassification",
    month=12,
    reads="the frozen order of blocks",
    writes=("base", "hukou", "away", "away_place", "social"),
    meaning="Blocks become urban: their residents are counted as urban and nobody moves.",
    rule=reclassify,
    loop=reclassify_loop,
)
