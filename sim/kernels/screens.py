"""Screening: who may have an event within a step, found in batches before any rule is called.

A household passes when its random numbers lie below an upper bound of its chances. The
bounds are never below the exact chances and the rules repeat the draws, so that screening
changes nothing but the time. Stages are short and branch-free over batches of ``BATCH``
rows, so that the compiler turns them into vector instructions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim._compile import inlined, rule
from sim.rng import Purpose, philox, unit
from sim.state import EMPTY, EVENT, HEAD

BATCH = 1024
_VITAL = int(Purpose.VITAL)
_SCREEN = int(Purpose.SCREEN)
_REGISTER = int(Purpose.REGISTER)


class Batch(NamedTuple):
    """Working space of one thread.

    Attributes:
        words: random words of a batch, uint32[4, BATCH].
        eligible: rows for which numbers are drawn, int64[BATCH].
        rows: rows that pass, int64[BATCH].
        actions, sites: what those rows choose, int64[BATCH].
    """

    words: NDArray[np.uint32]
    eligible: NDArray[np.int64]
    rows: NDArray[np.int64]
    actions: NDArray[np.int64]
    sites: NDArray[np.int64]


def new_batch() -> Batch:
    """Return working space for one thread."""
    rows, eligible, actions, sites = np.empty((4, BATCH), np.int64)
    return Batch(np.empty((4, BATCH), np.uint32), eligible, rows, actions, sites)


@inlined
def may_die_bear_or_leave(hh, start, stop, world, batch):
    """Fill ``batch.rows`` with rows in which a member may have a vital event; return their number.

    The 16-bit lanes are those of ``vital_events``; ``Vital.by_member`` is the largest
    threshold of a member byte over the zones.
    """
    words = batch.words
    for j in range(stop - start):
        w = philox(hh.key[start + j], world.step, _VITAL, 0, world.seed)
        words[0, j] = w[0]
        words[1, j] = w[1]
        words[2, j] = w[2]
        words[3, j] = w[3]
    top = world.vital.by_member
    n = 0
    for j in range(stop - start):
        i = start + j
        hit = False
        for k in range(4):
            word = words[k, j]
            hit |= (word & 0xFFFF) < top[hh.members[i, 2 * k]]
            hit |= (word >> 16) < top[hh.members[i, 2 * k + 1]]
        batch.rows[n] = i
        n += hit
    return n


@inlined
def may_reconsider(hh, start, stop, world, batch):
    """Fill ``batch.rows`` with rows that may reconsider where to live; return their number."""
    words = batch.words
    for j in range(stop - start):
        words[0, j] = philox(hh.key[start + j], world.step, _SCREEN, 0, world.seed)[0]
    quiet = world.hazards.screen[0]
    after_event = world.hazards.screen[1]
    n = 0
    for j in range(stop - start):
        i = start + j
        bound = after_event if hh.flags[i] & EVENT else quiet
        batch.rows[n] = i
        n += (unit(words[0, j]) < bound) & (hh.members[i, HEAD] != EMPTY)
    return n


@inlined
def may_register_or_leave(hh, start, stop, world, batch):
    """Fill ``batch.rows`` with rows that may register or leave the universe; return their number."""
    edge = 2 * world.geo.n_counties
    eligible = batch.eligible
    m = 0
    for i in range(start, stop):
        base = np.int64(hh.base[i])
        hukou = np.int64(hh.hukou[i])
        villager = (base < edge) & (base & 1 == 0) & (hukou < edge)
        eligible[m] = i
        m += (hukou != base) & (not villager) & (hh.members[i, HEAD] != EMPTY)
    words = batch.words
    for j in range(m):
        w = philox(hh.key[eligible[j]], world.step, _REGISTER, 0, world.seed)
        words[0, j] = min(w[0], w[1])
    bound = world.hazards.register_screen
    n = 0
    for j in range(m):
        batch.rows[n] = eligible[j]
        n += unit(words[0, j]) < bound
    return n


@rule
def clear_events(hh, start, stop):
    """Forget the life events of the last step."""
    for i in range(start, stop):
        hh.flags[i] = hh.flags[i] & np.uint8(255 ^ EVENT)
