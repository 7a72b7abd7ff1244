"""School places: who asks for one, who gets one, and what the unplaced do."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, rule
from sim.agents.members import age_of, is_away
from sim.agents.process import HouseholdProcess, no_bounds
from sim.agents.screens import BATCH, Batch
from sim.agents.state import EMPTY, EVENT, N_SLOTS, PUBLIC_PLACE, Households
from sim.agents.utility import lottery_number
from sim.agents.world import Geography, World
from sim.base.arrays import Bytes, Ints

PUPIL_FIRST, PUPIL_LAST = 6, 15
"""Ages of compulsory schooling, as reached in the year: who turns six in it is admitted in September."""


@inlined
def migrant_pupils(hh: Households, i: int, geo: Geography) -> int:
    """Return children of school age in a town where the household is not registered."""
    base = np.int64(hh.base[i])
    if base >= 2 * geo.n_counties or base & 1 == 0 or np.int64(hh.hukou[i]) == base:
        return 0
    n = 0
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m != EMPTY and not is_away(hh.away[i], s) and PUPIL_FIRST <= age_of(m) <= PUPIL_LAST:
            n += 1
    return n


@inlined
def registered_pupils(hh: Households, i: int, geo: Geography) -> bool:
    """Return whether a household has a pupil in the town where it is registered."""
    base = np.int64(hh.base[i])
    if base >= 2 * geo.n_counties or base & 1 == 0 or np.int64(hh.hukou[i]) != base:
        return False
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m != EMPTY and not is_away(hh.away[i], s) and PUPIL_FIRST <= age_of(m) <= PUPIL_LAST:
            return True
    return False


@inlined
def admit(hh: Households, i: int, world: World, event: int) -> None:
    """Give or refuse public places to the pupils of a household (in September, and on arrival).

    The household's frozen lottery number decides against capacity over demand. The
    unplaced attend private schools and, at the yearly admission, count it as a life
    ``event``: they reconsider where to live in the next step. Newcomers are admitted on
    arrival by the same number; pupils registered in the town always have a place.
    """
    if registered_pupils(hh, i, world.geo):
        hh.flags[i] = np.uint8(hh.flags[i] | PUBLIC_PLACE)
    elif migrant_pupils(hh, i, world.geo) == 0:
        hh.flags[i] = np.uint8(hh.flags[i] & (255 ^ PUBLIC_PLACE))
    elif lottery_number(hh, i, np.int64(hh.base[i]) >> 1, world) < world.choice.school[np.int64(hh.base[i]) >> 1]:
        hh.flags[i] = np.uint8(hh.flags[i] | PUBLIC_PLACE)
    else:
        hh.flags[i] = np.uint8((hh.flags[i] & (255 ^ PUBLIC_PLACE)) | event)


@inlined
def ask_for_places(hh: Households, i: int, world: World, counts: Ints, totals: Ints) -> None:
    """Give or refuse public places at the yearly admission; who is refused counts it as a life event."""
    admit(hh, i, world, EVENT)


@inlined
def have_pupils_in_town(hh: Households, members: Bytes, start: int, stop: int, geo: Geography, batch: Batch) -> int:
    """Fill ``batch.rows`` with rows in a town with a member of school age; return their number.

    ``batch.eights`` is not 0 for them, and for no other row. ``members`` are those of all rows, uint8[8 * rows].
    """
    hits, eights = batch.hits, batch.eights
    ages, bases = members[N_SLOTS * start : N_SLOTS * stop], hh.base[start:stop]
    for k in range(len(ages)):
        hits[k] = (ages[k] >= 2 * PUPIL_FIRST) & (ages[k] <= 2 * PUPIL_LAST + 1)
    edge = np.uint8(2 * geo.n_counties)
    n = 0
    for j in range(len(bases)):
        eights[j] = eights[j] if (bases[j] < edge) & (bases[j] & 1 == 1) else 0
    for j in range(len(bases)):
        batch.rows[n] = start + j
        n += eights[j] != 0
    return n


@inlined
def clear_places(hh: Households, start: int, stop: int, batch: Batch) -> None:
    """Take public school places from rows without pupils in a town (after ``have_pupils_in_town``)."""
    flags, eights = hh.flags[start:stop], batch.eights
    for j in range(len(flags)):
        flags[j] = flags[j] if eights[j] != 0 else flags[j] & np.uint8(255 ^ PUBLIC_PLACE)


@rule
def admission_loop(
    hh: Households, start: int, stop: int, world: World, counts: Ints, totals: Ints, batch: Batch
) -> None:
    """Give or refuse places in a share of the rows."""
    members = hh.members.reshape(-1)
    for first in range(start, stop, BATCH):
        last = min(first + BATCH, stop)
        n = have_pupils_in_town(hh, members, first, last, world.geo, batch)
        clear_places(hh, first, last, batch)
        for j in range(n):
            ask_for_places(hh, batch.rows[j], world, counts, totals)


@rule
def list_pupils(hh: Households, start: int, stop: int, world: World, found: Ints, batch: Batch) -> int:
    """List the rows with a member of school age in a town; return their number."""
    members, n = hh.members.reshape(-1), 0
    for first in range(start, stop, BATCH):
        for j in range(have_pupils_in_town(hh, members, first, min(first + BATCH, stop), world.geo, batch)):
            found[n] = batch.rows[j]
            n += 1
    return n


ADMISSION = HouseholdProcess(
    name="admission",
    month=9,
    reads="pupils, where they live and are registered, the frozen lottery number, places by county",
    writes=("flags",),
    meaning="Public school places are given by lottery; a refusal is a life event.",
    rule=ask_for_places,
    loop=admission_loop,
    screen=list_pupils,
    bounds=no_bounds,
)
