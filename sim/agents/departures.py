"""Departures of people from other provinces, and how a household leaves the universe of the model."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, rule
from sim.agents.members import clear_row, living_place, size
from sim.agents.process import HouseholdProcess
from sim.agents.rng import Purpose, philox, unit
from sim.agents.screens import BATCH, Batch, passing
from sim.agents.state import EMPTY, HEAD, N_SLOTS, Households
from sim.agents.world import LEFT, U_OUT, World
from sim.base.arrays import Ints

_REGISTER = int(Purpose.REGISTER)


@rule
def leave_universe(hh: Households, i: int, counts: Ints, totals: Ints) -> None:
    """Remove a household that leaves, or that registers where the model does not follow it."""
    n = size(hh, i)
    for s in range(N_SLOTS):
        if hh.members[i, s] != EMPTY:
            counts[living_place(hh, i, s), LEFT] += 1
    totals[U_OUT] += n
    clear_row(hh, i)


@inlined
def depart(hh: Households, i: int, world: World, counts: Ints, totals: Ints) -> None:
    """Let one household from another province leave the province, by a hazard.

    The draw is the second word of the stream of registration.
    """
    edge = 2 * world.geo.n_counties
    if np.int64(hh.hukou[i]) < edge or np.int64(hh.base[i]) >= edge or hh.members[i, HEAD] == EMPTY:
        return
    w = philox(hh.key[i], world.step, _REGISTER, 0, world.seed)
    if unit(w[1]) < 1.0 - np.exp(-world.hazards.visitor_exit * world.hazards.step_years):
        leave_universe(hh, i, counts, totals)


@rule
def depart_loop(hh: Households, start: int, stop: int, world: World, counts: Ints, totals: Ints, batch: Batch) -> None:
    """Let those from other provinces in a share of the rows leave."""
    edge = np.uint8(2 * world.geo.n_counties)
    for first in range(start, stop, BATCH):
        last = min(first + BATCH, stop)
        bases, hukous = hh.base[first:last], hh.hukou[first:last]
        for j in range(len(bases)):
            batch.hits[j] = (hukous[j] >= edge) & (bases[j] < edge)
        for j in range(passing(first, last - first, batch)):
            depart(hh, batch.rows[j], world, counts, totals)


DEPARTURES = HouseholdProcess(
    name="departures",
    month=None,
    reads="registration in another province, the hazard of leaving",
    writes=(),
    meaning="People from other provinces leave the province.",
    rule=depart,
    loop=depart_loop,
    ends=True,
    fixed=True,
)
