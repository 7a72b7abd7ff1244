"""Screening of what happens once a year: who separates, looks for a partner, has pupils, or settles.

As in ``sim.agents.screens``, whoever may have an event passes and the rules repeat the draws.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import inlined
from sim.agents.rng import Purpose, philox
from sim.agents.screens import Batch, below, passing
from sim.agents.state import Households
from sim.agents.world import World

_PAIR = int(Purpose.PAIR)
_DISSOLVE = int(Purpose.DISSOLVE)
_SETTLE = int(Purpose.SETTLE)
_SPOUSE_BYTE = np.uint64(0xFF00)
_HEAD_BYTE = np.uint64(0xFF)
_NOBODY = np.uint64(0xFFFFFFFFFFFFFFFF)


@inlined
def may_separate(
    hh: Households, packed: NDArray[np.uint64], start: int, stop: int, world: World, chance: float, batch: Batch
) -> int:
    """Fill ``batch.rows`` with rows of couples that may separate; return their number.

    ``packed`` are the members of every household as one number, uint64[rows].
    """
    words, hits = batch.words, batch.hits
    bound = below(chance)
    keys, members = hh.key[start:stop], packed[start:stop]
    for j in range(len(keys)):
        words[0, j] = philox(keys[j], world.step, _DISSOLVE, 0, world.seed)[0]
    for j in range(len(members)):
        hits[j] = (words[0, j] <= bound) & (members[j] & _SPOUSE_BYTE != _SPOUSE_BYTE)
    return passing(start, stop - start, batch)


@inlined
def may_seek_partner(
    hh: Households, packed: NDArray[np.uint64], start: int, stop: int, world: World, chance: float, batch: Batch
) -> int:
    """Fill ``batch.rows`` with rows of people alone who may look for a partner; return their number."""
    words, hits = batch.words, batch.hits
    bound = below(chance)
    keys, members = hh.key[start:stop], packed[start:stop]
    for j in range(len(keys)):
        words[0, j] = philox(keys[j], world.step, _PAIR, 0, world.seed)[0]
    for j in range(len(members)):
        hits[j] = (words[0, j] <= bound) & (members[j] | _HEAD_BYTE == _NOBODY)
    return passing(start, stop - start, batch)
