"""School places: who asks for one, who gets one, and what the unplaced do."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined
from sim.agents.members import age_of, is_away
from sim.agents.state import EMPTY, N_SLOTS, PUBLIC_PLACE, Households
from sim.agents.utility import lottery_number
from sim.agents.world import Geography, World

PUPIL_FIRST, PUPIL_LAST = 6, 15
"""Ages of compulsory schooling."""


@inlined
def migrant_pupils(hh: Households, i: int, geo: Geography, first: int) -> int:
    """Return children from age ``first`` to 15 in a town where the household is not registered."""
    base = np.int64(hh.base[i])
    if base >= 2 * geo.n_counties or base & 1 == 0 or np.int64(hh.hukou[i]) == base:
        return 0
    n = 0
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m != EMPTY and not is_away(hh.away[i], s) and first <= age_of(m) <= PUPIL_LAST:
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
    elif migrant_pupils(hh, i, world.geo, PUPIL_FIRST) == 0:
        hh.flags[i] = np.uint8(hh.flags[i] & (255 ^ PUBLIC_PLACE))
    elif lottery_number(hh, i, np.int64(hh.base[i]) >> 1, world) < world.choice.school[np.int64(hh.base[i]) >> 1]:
        hh.flags[i] = np.uint8(hh.flags[i] | PUBLIC_PLACE)
    else:
        hh.flags[i] = np.uint8((hh.flags[i] & (255 ^ PUBLIC_PLACE)) | event)
