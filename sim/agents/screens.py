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

from sim.agents._compile import inlined, rule
from sim.agents.rng import Purpose, philox
from sim.agents.state import EMPTY, EVENT, N_SLOTS, Households
from sim.agents.world import World
from sim.base.arrays import Bytes, Ints

BATCH = 1024
OLD_AGE = 80
"""Age from which members always pass the first look: their chances of dying lie far above those of others."""
FIRST_OLD = 2 * OLD_AGE
_VITAL = int(Purpose.VITAL)
_SCREEN = int(Purpose.SCREEN)
_REGISTER = int(Purpose.REGISTER)
_WORDS = 2.0**32


class Batch(NamedTuple):
    """Working space of one thread.

    Attributes:
        words: random words of a batch, uint32[4, BATCH].
        pairs: the same words side by side for each household, uint64[BATCH, 2].
        lanes: the same memory, one number for each member, uint16[8 * BATCH].
        hits: 1 where a number lies below its bound, one for each household or member, uint8[8 * BATCH].
        eights: the same memory, eight at a time, uint64[BATCH].
        rows: rows that pass, int64[BATCH].
        actions, sites: what those rows choose, int64[BATCH].
    """

    words: NDArray[np.uint32]
    pairs: NDArray[np.uint64]
    lanes: NDArray[np.uint16]
    hits: Bytes
    eights: NDArray[np.uint64]
    rows: Ints
    actions: Ints
    sites: Ints


def new_batch() -> Batch:
    """Return working space for one thread."""
    words, pairs = np.empty((4, BATCH), np.uint32), np.empty((BATCH, 2), np.uint64)
    hits = np.zeros(N_SLOTS * BATCH, np.uint8)
    rows, actions, sites = np.empty((3, BATCH), np.int64)
    return Batch(words, pairs, pairs.view(np.uint16).reshape(-1), hits, hits.view(np.uint64), rows, actions, sites)


@inlined
def below(bound: float) -> np.uint32:
    """Return the largest word that may stand for a number below a bound, with room for rounding."""
    return np.uint32(max(min(bound * _WORDS, _WORDS - 1.0), 0.0))


@inlined
def passing(first: int, n: int, batch: Batch) -> int:
    """Fill ``batch.rows`` with the rows of the first ``n`` households that were hit; return their number."""
    hits, rows = batch.hits, batch.rows
    for j in range(n, (n + 7) // 8 * 8):
        hits[j] = 0
    m = 0
    for q in range((n + 7) // 8):
        if batch.eights[q] != 0:
            for j in range(8 * q, 8 * q + 8):
                rows[m] = first + j
                m += hits[j]
    return m


@inlined
def may_die_bear_or_leave(hh: Households, members: Bytes, start: int, stop: int, world: World, batch: Batch) -> int:
    """Fill ``batch.rows`` with rows in which a member may have a vital event; return their number.

    The 16-bit lanes are those of ``vital_events``; ``Vital.by_member`` is the largest
    threshold of a member byte over the zones and ``Vital.most`` that of all but the oldest
    members, who always pass the first look. ``members`` are those of ``hh``, uint8[8 * rows].
    """
    words, lanes, hits, eights = batch.words, batch.lanes, batch.hits, batch.eights
    n = stop - start
    keys = hh.key[start:stop]
    for j in range(n):
        w = philox(keys[j], world.step, _VITAL, 0, world.seed)
        words[0, j] = w[0]
        words[1, j] = w[1]
        words[2, j] = w[2]
        words[3, j] = w[3]
    for j in range(n):
        batch.pairs[j, 0] = np.uint64(words[0, j]) | (np.uint64(words[1, j]) << np.uint64(32))
        batch.pairs[j, 1] = np.uint64(words[2, j]) | (np.uint64(words[3, j]) << np.uint64(32))
    most = np.uint16(world.vital.most)
    bytes_here = members[N_SLOTS * start : N_SLOTS * stop]
    for k in range(len(bytes_here)):
        member = bytes_here[k]
        hits[k] = ((lanes[k] <= most) | (member >= FIRST_OLD)) & (member != EMPTY)
    top = world.vital.by_member
    m = 0
    for j in range(n):
        if eights[j] != 0:
            hit = False
            for k in range(N_SLOTS * j, N_SLOTS * j + N_SLOTS):
                hit |= lanes[k] < top[bytes_here[k]]
            batch.rows[m] = start + j
            m += hit
    return m


@inlined
def may_reconsider(hh: Households, start: int, stop: int, world: World, batch: Batch) -> int:
    """Fill ``batch.rows`` with rows that may reconsider where to live; return their number.

    Freed rows may be among them. ``batch.words`` holds the numbers of ``reconsiders``.
    """
    words, hits = batch.words, batch.hits
    quiet = below(world.hazards.screen[0])
    after_event = below(world.hazards.screen[1])
    keys, flags = hh.key[start:stop], hh.flags[start:stop]
    for j in range(len(keys)):
        words[0, j] = philox(keys[j], world.step, _SCREEN, 0, world.seed)[0]
    for j in range(len(flags)):
        hits[j] = words[0, j] <= (after_event if flags[j] & EVENT else quiet)
    return passing(start, stop - start, batch)


@rule
def clear_events(hh: Households, start: int, stop: int) -> None:
    """Forget the life events of the last step."""
    for i in range(start, stop):
        hh.flags[i] = hh.flags[i] & np.uint8(255 ^ EVENT)
