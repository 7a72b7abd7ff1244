"""The loops of the fast engine: rules called over rows of the household table.

Loops over shares of the rows write integer deltas of their own thread or lists of rows; what
appends or closes rows goes through them in row order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import rule
from sim.agents.choice import Scratch, choose
from sim.agents.demography import (
    add_child,
    make_room,
    marry,
    older,
    seeks_partner,
    separates,
    split_member,
    vital_events,
)
from sim.agents.members import copy_row, is_woman
from sim.agents.moves import apply_move, reconsiders_at
from sim.agents.observe import count_household, count_network
from sim.agents.rng import Purpose, derive_key
from sim.agents.schooling import have_pupils_in_town, migrant_pupils
from sim.agents.screens import (
    BATCH,
    Batch,
    clear_events,
    may_die_bear_or_leave,
    may_reconsider,
)
from sim.agents.state import EMPTY, HEAD, N_SLOTS, SPOUSE, Households
from sim.agents.world import STAY, Geography, World
from sim.agents.yearly_screens import may_seek_partner, may_separate
from sim.base.arrays import Bytes, Floats, Ints

CODE_BITS = 16
"""Bits of what ``vital_events`` leaves to do; the row stands above them."""
_ENTER = int(Purpose.ENTER)


@rule
def vital_loop(
    hh: Households,
    members: Bytes,
    start: int,
    stop: int,
    world: World,
    counts: Ints,
    totals: Ints,
    pending: Ints,
    batch: Batch,
) -> int:
    """Run vital events; list in ``pending`` what is left to do and return how much that is."""
    n = 0
    for first in range(start, stop, BATCH):
        for j in range(may_die_bear_or_leave(hh, members, first, min(first + BATCH, stop), world, batch)):
            i = batch.rows[j]
            code = vital_events(hh, i, world, counts, totals)
            if code != 0:
                pending[n] = (i << CODE_BITS) | code
                n += 1
    return n


@rule
def finish_vital(hh: Households, rows: int, world: World, counts: Ints, totals: Ints, pending: Ints) -> int:
    """Complete departures from home and births without a slot; return the new number of rows."""
    end = rows
    for code in pending:
        i = code >> CODE_BITS
        for s in range(N_SLOTS):
            if (code >> s) & 1 and s != HEAD and hh.members[i, s] != EMPTY:
                split_member(hh, i, s, hh, end, world)
                end += 1
        for s in range(N_SLOTS):
            if (code >> (8 + s)) & 1:
                mother = s if hh.members[i, s] != EMPTY else HEAD
                if not add_child(hh, i, mother, world, counts, totals):
                    split_member(hh, i, make_room(hh, i), hh, end, world)
                    end += 1
                    mother = s if hh.members[i, s] != EMPTY else HEAD
                    add_child(hh, i, mother, world, counts, totals)
    return end


@rule
def move_loop(
    hh: Households, start: int, stop: int, world: World, counts: Ints, flows: Ints, scratch: Scratch, batch: Batch
) -> None:
    """Reconsider, choose and move: three short loops, of which one long one took twice the time."""
    rows, actions, sites = batch.rows, batch.actions, batch.sites
    for first in range(start, stop, BATCH):
        last = min(first + BATCH, stop)
        n = 0
        for j in range(may_reconsider(hh, first, last, world, batch)):
            if reconsiders_at(hh, rows[j], batch.words[0, rows[j] - first], world):
                rows[n] = rows[j]
                n += 1
        for j in range(n):
            actions[j], sites[j] = choose(hh, rows[j], world, scratch)
        for j in range(n):
            if actions[j] != STAY:
                apply_move(hh, rows[j], actions[j], sites[j], world, counts, flows)
        clear_events(hh, first, last)


@rule
def considerer_loop(hh: Households, start: int, stop: int, world: World, found: Ints, batch: Batch) -> int:
    """List the rows that reconsider in a step; return their number."""
    n = 0
    for first in range(start, stop, BATCH):
        for j in range(may_reconsider(hh, first, min(first + BATCH, stop), world, batch)):
            found[n] = batch.rows[j]
            n += reconsiders_at(hh, batch.rows[j], batch.words[0, batch.rows[j] - first], world)
    return n


@rule
def choose_all(
    hh: Households, rows: Ints, world: World, scratch: Scratch, actions: Bytes, sites: Ints, margins: Floats
) -> None:
    """Fill what the households in some rows choose, where, and by how much it was the best."""
    for j in range(len(rows)):
        action, sites[j] = choose(hh, rows[j], world, scratch)
        actions[j], margins[j] = action, scratch.margin[0]


@rule
def move_all(hh: Households, rows: Ints, actions: Bytes, sites: Ints, world: World, counts: Ints, flows: Ints) -> None:
    """Let the households in some rows do what they chose."""
    for j in range(len(rows)):
        if actions[j] != STAY:
            apply_move(hh, rows[j], np.int64(actions[j]), sites[j], world, counts, flows)


@rule
def take_rows(source: Households, rows: Ints, target: Households, first: int) -> None:
    """Copy rows to the rows of another table from ``first`` on."""
    for j in range(len(rows)):
        copy_row(source, rows[j], target, first + j)


@rule
def age_loop(members: Bytes) -> None:
    """Add a year to every member byte."""
    for k in range(len(members)):
        members[k] = older(members[k])


@rule
def observe_loop(hh: Households, start: int, stop: int, geo: Geography, stocks: Ints, ages: Ints) -> None:
    """Count households into stocks and ages."""
    for i in range(start, stop):
        if hh.members[i, HEAD] != EMPTY:
            count_household(hh, i, geo, stocks, ages)


@rule
def network_loop(hh: Households, start: int, stop: int, geo: Geography, blocks: Ints) -> None:
    """Count persons by home block and destination."""
    for i in range(start, stop):
        if hh.members[i, HEAD] != EMPTY:
            count_network(hh, i, geo, blocks)


@rule
def pupil_loop(
    hh: Households, members: Bytes, start: int, stop: int, geo: Geography, pupils: Ints, batch: Batch
) -> None:
    """Count migrant pupils by county."""
    for first in range(start, stop, BATCH):
        for j in range(have_pupils_in_town(hh, members, first, min(first + BATCH, stop), geo, batch)):
            i = batch.rows[j]
            pupils[int(hh.base[i]) >> 1] += migrant_pupils(hh, i, geo)


@rule
def separation_loop(
    hh: Households,
    packed: NDArray[np.uint64],
    start: int,
    stop: int,
    world: World,
    chance: float,
    found: Ints,
    batch: Batch,
) -> int:
    """List the rows of couples that separate this year; return their number."""
    n = 0
    for first in range(start, stop, BATCH):
        for j in range(may_separate(hh, packed, first, min(first + BATCH, stop), world, chance, batch)):
            found[n] = batch.rows[j]
            n += separates(hh, batch.rows[j], chance, world)
    return n


@rule
def seeker_loop(
    hh: Households,
    packed: NDArray[np.uint64],
    start: int,
    stop: int,
    world: World,
    chance: float,
    found: Ints,
    batch: Batch,
) -> int:
    """List the rows of single people who look for a partner this year; return their number."""
    n = 0
    for first in range(start, stop, BATCH):
        for j in range(may_seek_partner(hh, packed, first, min(first + BATCH, stop), world, chance, batch)):
            found[n] = batch.rows[j]
            n += seeks_partner(hh, batch.rows[j], chance, world) >= 0
    return n


@rule
def separate(hh: Households, rows: int, world: World, separating: Ints) -> int:
    """Separate couples; return the new number of rows."""
    end = rows
    for i in separating:
        split_member(hh, i, SPOUSE, hh, end, world)
        end += 1
    return end


@rule
def describe_seekers(
    hh: Households, seekers: Ints, chance: float, world: World, groups: Ints, women: Bytes, keys: NDArray[np.uint64]
) -> None:
    """Fill pairing group, sex and key of people who look for a partner."""
    for j in range(len(seekers)):
        groups[j] = seeks_partner(hh, seekers[j], chance, world)
        women[j] = is_woman(hh.members[seekers[j], HEAD])
        keys[j] = hh.key[seekers[j]]


@rule
def marry_all(hh: Households, women: Ints, men: Ints) -> None:
    """Let women and men in these rows marry."""
    for j in range(len(women)):
        marry(hh, women[j], hh, men[j])


@rule
def enter_loop(hh: Households, rows: int, arriving: Households, world: World) -> int:
    """Append copies of template households as new arrivals from other provinces."""
    for j in range(len(arriving.key)):
        row = rows + j
        copy_row(arriving, j, hh, row)
        hh.key[row] = derive_key(arriving.key[j], world.step, _ENTER, j)
        hh.arrival[row] = world.month
    return rows + len(arriving.key)


@rule
def compact(hh: Households, rows: int) -> int:
    """Close the gaps left by freed rows in row order; return the number of rows left."""
    end = 0
    for i in range(rows):
        if hh.members[i, HEAD] != EMPTY:
            if i != end:
                copy_row(hh, i, hh, end)
            end += 1
    for i in range(end, rows):
        hh.members[i, :] = EMPTY
    return end
