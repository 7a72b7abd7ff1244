"""The fast engine: the rules in compiled loops over rows of the household table.

Every thread writes integer deltas of its own that are added afterwards, so the result does
not depend on the number of threads. New households are appended in row order.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim._compile import njit, rule
from sim.kernels.choice import choose, new_scratch
from sim.kernels.demography import (
    add_child,
    grow_older,
    make_room,
    marry,
    match_pairs,
    seeks_partner,
    separates,
    split_member,
    vital_events,
)
from sim.kernels.members import copy_row, is_woman
from sim.kernels.moves import apply_move, reconsiders_at
from sim.kernels.observe import N_STOCKS, count_household, count_network
from sim.kernels.registration import reclassify, register, settle_yearly
from sim.kernels.schooling import PUPIL_FIRST, admit, migrant_pupils
from sim.kernels.screens import (
    BATCH,
    clear_events,
    may_die_bear_or_leave,
    may_reconsider,
    may_register_or_leave,
    new_batch,
)
from sim.kernels.world import ACCOUNTS, AGE_BANDS, STAY, TOTALS, Geography, World
from sim.rng import Purpose, derive_key
from sim.state import EMPTY, EVENT, HEAD, MAX_AGE, N_SLOTS, SPOUSE, Households, map_columns

N_ACCOUNTS, N_TOTALS, N_BANDS = len(ACCOUNTS), len(TOTALS), len(AGE_BANDS)
CODE_BITS = 16
"""Bits of what ``vital_events`` leaves to do; the row stands above them."""
_ENTER = int(Purpose.ENTER)


class Ledger(NamedTuple):
    """Integer deltas of one process: by place and account, province totals, flows by area."""

    counts: NDArray[np.int64]
    totals: NDArray[np.int64]
    flows: NDArray[np.int64]

    def plus(self, other: Ledger) -> Ledger:
        """Return the sum of two ledgers."""
        return Ledger(self.counts + other.counts, self.totals + other.totals, self.flows + other.flows)


def empty_ledger(geo: Geography) -> Ledger:
    """Return a ledger of zeros for a geography."""
    places = 2 * geo.n_counties + geo.n_outside
    areas = geo.n_prefectures + geo.n_outside
    return Ledger(
        np.zeros((places, N_ACCOUNTS), np.int64),
        np.zeros(N_TOTALS, np.int64),
        np.zeros((areas, areas, N_BANDS), np.int64),
    )


@rule
def _vital_loop(hh, members, start, stop, world, counts, totals, pending, batch):
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
def _finish_vital(hh, rows, world, counts, totals, pending):
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
def _move_loop(hh, start, stop, world, counts, flows, scratch, batch):
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
def _register_loop(hh, start, stop, world, counts, totals, batch):
    for first in range(start, stop, BATCH):
        for j in range(may_register_or_leave(hh, first, min(first + BATCH, stop), world, batch)):
            register(hh, batch.rows[j], world, counts, totals)


@rule
def _reclassify_loop(hh, start, stop, flipped, world, counts):
    for i in range(start, stop):
        if hh.members[i, HEAD] != EMPTY:
            reclassify(hh, i, flipped, world, counts)


@rule
def _yearly_loop(hh, start, stop, world, task):
    for i in range(start, stop):
        if hh.members[i, HEAD] != EMPTY:
            if task == 0:
                admit(hh, i, world, EVENT)
            elif task == 1:
                settle_yearly(hh, i, world)
            else:
                grow_older(hh, i)


@rule
def _observe_loop(hh, start, stop, geo, stocks, ages):
    for i in range(start, stop):
        if hh.members[i, HEAD] != EMPTY:
            count_household(hh, i, geo, stocks, ages)


@rule
def _network_loop(hh, rows, geo, blocks):
    for i in range(rows):
        if hh.members[i, HEAD] != EMPTY:
            count_network(hh, i, geo, blocks)


@rule
def _pupil_loop(hh, rows, geo, pupils):
    for i in range(rows):
        n = migrant_pupils(hh, i, geo, PUPIL_FIRST)
        if n > 0:
            pupils[int(hh.base[i]) >> 1] += n


@rule
def _find_separations(hh, rows, world, chance, found):
    """Fill ``found`` with the rows of couples that separate this year; return their number."""
    n = 0
    for i in range(rows):
        found[n] = i
        n += separates(hh, i, chance, world)
    return n


@njit
def _couples_loop(hh, rows, world, pair_chance, separating):
    """Separate couples, then match single women and men; return the new number of rows."""
    end = rows
    for i in separating:
        split_member(hh, i, SPOUSE, hh, end, world)
        end += 1
    seekers = np.empty(end, dtype=np.int64)
    groups = np.empty(end, dtype=np.int64)
    n = 0
    for i in range(end):
        group = seeks_partner(hh, i, pair_chance, world)
        if group >= 0:
            seekers[n] = i
            groups[n] = group
            n += 1
    women = np.empty(n, dtype=np.uint8)
    keys = np.empty(n, dtype=np.uint64)
    for j in range(n):
        women[j] = is_woman(hh.members[seekers[j], HEAD])
        keys[j] = hh.key[seekers[j]]
    for pair in match_pairs(groups[:n], women, keys):
        marry(hh, seekers[pair[0]], hh, seekers[pair[1]])
    return end


@rule
def _enter_loop(hh, rows, templates, picks, world):
    """Append copies of template households as new arrivals from other provinces."""
    for j in range(len(picks)):
        row = rows + j
        copy_row(templates, picks[j], hh, row)
        hh.key[row] = derive_key(templates.key[picks[j]], world.step, _ENTER, j)
        hh.arrival[row] = world.month
    return rows + len(picks)


@rule
def _compact(hh, rows):
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


class FastEngine:
    """Struct-of-arrays backend: one method per process, each returns a ledger of deltas.

    The compiled loops release the interpreter, so that ``threads`` Python threads share the
    rows; all deltas are integers and the result is the same with any number.

    Args:
        households: initial rows; copied.
        geo: geography; ``block_zone`` is shared with the simulation.
        threads: threads inside one run.
    """

    def __init__(self, households: Households, geo: Geography, threads: int = 1) -> None:
        rows = len(households.key)
        self.rows = rows
        self.hh = _grown(households, rows, int(rows * 1.2) + 4096)
        self.geo = geo
        self.threads = threads

    def copy(self) -> FastEngine:
        """Return an independent copy of the state."""
        other = object.__new__(FastEngine)
        other.rows, other.geo, other.threads = self.rows, self.geo, self.threads
        other.hh = map_columns(self.hh, np.copy)
        return other

    def _room(self, extra: int) -> None:
        if self.rows + extra > len(self.hh.key):
            self.hh = _grown(self.hh, self.rows, int((self.rows + extra) * 1.2) + 4096)

    def _shared(self, loop: Callable[[int, int, int], None]) -> None:
        """Call ``loop(k, start, stop)`` for the k-th share of the rows of every thread."""
        if self.threads == 1:
            loop(0, 0, self.rows)
            return
        bounds = np.linspace(0, self.rows, self.threads + 1).astype(np.int64)
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(loop, range(self.threads), bounds[:-1], bounds[1:]))

    def _booked(self, loop: Callable[[int, int, Ledger], None]) -> Ledger:
        """Call ``loop(start, stop, ledger)`` with a ledger per thread and return the sum."""
        ledgers = [empty_ledger(self.geo) for _ in range(self.threads)]
        self._shared(lambda k, start, stop: loop(start, stop, ledgers[k]))
        total = ledgers[0]
        for other in ledgers[1:]:
            total = total.plus(other)
        return total

    def vital_events(self, world: World) -> Ledger:
        """Deaths, births and departures from home of one step."""
        members = self.hh.members.reshape(-1)
        parts: list[tuple[int, NDArray[np.int64]]] = []

        def loop(start: int, stop: int, x: Ledger) -> None:
            found = np.empty(stop - start, np.int64)
            n = _vital_loop(self.hh, members, start, stop, world, x.counts, x.totals, found, new_batch())
            parts.append((start, found[:n].copy()))

        ledger = self._booked(loop)
        pending = np.concatenate([found for _, found in sorted(parts, key=itemgetter(0))])
        self._room(N_SLOTS * len(pending))
        self.rows = _finish_vital(self.hh, self.rows, world, ledger.counts, ledger.totals, pending)
        return ledger

    def moves(self, world: World) -> Ledger:
        """Reconsider and move."""
        return self._booked(
            lambda a, b, x: _move_loop(self.hh, a, b, world, x.counts, x.flows, new_scratch(world), new_batch())
        )

    def registration(self, world: World) -> Ledger:
        """Register, or leave the universe."""
        return self._booked(lambda a, b, x: _register_loop(self.hh, a, b, world, x.counts, x.totals, new_batch()))

    def reclassification(self, flipped: NDArray[np.bool_], world: World) -> Ledger:
        """Count the residents of blocks that became urban; ``block_zone`` is already updated."""
        return self._booked(lambda a, b, x: _reclassify_loop(self.hh, a, b, flipped, world, x.counts))

    def arrivals(self, templates: Households, picks: NDArray[np.int64], world: World) -> None:
        """Append households that arrive from other provinces."""
        self._room(len(picks))
        self.rows = _enter_loop(self.hh, self.rows, templates, picks, world)

    def couples(self, world: World, pair_chance: float, split_chance: float) -> None:
        """Separate and form couples (once a year)."""
        found = np.empty(self.rows, np.int64)
        separating = found[: _find_separations(self.hh, self.rows, world, split_chance, found)]
        self._room(len(separating))
        self.rows = _couples_loop(self.hh, self.rows, world, pair_chance, separating)

    def _yearly(self, world: World, task: int) -> None:
        self._shared(lambda k, a, b: _yearly_loop(self.hh, a, b, world, task))

    def admissions(self, world: World) -> None:
        """Give or refuse public school places (once a year)."""
        self._yearly(world, 0)

    def settle_yearly(self, world: World) -> None:
        """Permits, purchases and insurance (once a year)."""
        self._yearly(world, 1)

    def grow_older(self, world: World) -> None:
        """Add a year to every age and close gaps in the table."""
        self._yearly(world, 2)
        self.rows = _compact(self.hh, self.rows)

    def pupils(self) -> NDArray[np.int64]:
        """Return migrant pupils by county."""
        pupils = np.zeros(self.geo.n_counties, np.int64)
        _pupil_loop(self.hh, self.rows, self.geo, pupils)
        return pupils

    def observe(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the stock table (places, N_STOCKS) and the age table (zone class, sex, age)."""
        places = 2 * self.geo.n_counties + self.geo.n_outside
        stocks = np.zeros((self.threads, places, N_STOCKS), np.int64)
        ages = np.zeros((self.threads, 3, 2, MAX_AGE + 1), np.int64)
        self._shared(lambda k, a, b: _observe_loop(self.hh, a, b, self.geo, stocks[k], ages[k]))
        return stocks.sum(0), ages.sum(0)

    def network(self) -> NDArray[np.int64]:
        """Return persons by home block and destination class (see ``count_network``)."""
        blocks = np.zeros((self.geo.n_counties, 256, 5 + self.geo.n_outside), np.int64)
        _network_loop(self.hh, self.rows, self.geo, blocks)
        return blocks

    def sorted_rows(self) -> Households:
        """Return the live rows in the order of their keys, for comparing engines."""
        live = np.flatnonzero(self.hh.members[: self.rows, HEAD] != EMPTY)
        order = live[np.argsort(self.hh.key[live], kind="stable")]
        return map_columns(self.hh, lambda column: column[order])


def _grown(households: Households, rows: int, capacity: int) -> Households:
    """Return a table of ``capacity`` rows, the first ``rows`` from ``households`` and the others free."""

    def grow(column: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([column[:rows], np.zeros((capacity - rows, *column.shape[1:]), column.dtype)])

    table = map_columns(households, grow)
    table.members[rows:] = EMPTY
    table.away_place[rows:] = EMPTY
    return table
