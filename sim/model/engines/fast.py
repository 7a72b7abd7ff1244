"""The fast engine: the rules in compiled loops over rows of the household table.

Every thread writes integer deltas of its own that are added afterwards, so the result does
not depend on the number of threads. New households are appended in row order.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.demography import match_pairs
from sim.agents.ledger import Ledger, empty_ledger, sum_of
from sim.agents.observe import N_STOCKS
from sim.agents.process import HouseholdProcess
from sim.agents.screens import Batch
from sim.agents.state import EMPTY, HEAD, MAX_AGE, N_SLOTS, Households, map_columns
from sim.agents.world import Geography, World
from sim.base.arrays import Bytes, Ints
from sim.model.engines import loops
from sim.model.engines.space import own_batch, own_scratch


class Seekers(NamedTuple):
    """People who look for a partner: rows, pairing groups, 1 for a woman, keys."""

    rows: Ints
    groups: Ints
    women: Bytes
    keys: NDArray[np.uint64]


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

    @property
    def _members(self) -> Bytes:
        """All member bytes in one row: loops over them become vectors."""
        return self.hh.members.reshape(-1)

    @property
    def _packed(self) -> NDArray[np.uint64]:
        """The members of every household as one number."""
        return self.hh.members.view(np.uint64).reshape(-1)

    def _room(self, extra: int) -> None:
        """Make room for more rows."""
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
        if self.threads == 1:
            ledger = empty_ledger(self.geo)
            loop(0, self.rows, ledger)
            return ledger
        ledgers = [empty_ledger(self.geo) for _ in range(self.threads)]
        self._shared(lambda k, start, stop: loop(start, stop, ledgers[k]))
        return sum_of(ledgers)

    def _found(self, loop: Callable[[int, int, Ints, Batch], int]) -> Ints:
        """Return what ``loop(start, stop, found, batch)`` lists for the share of every thread, in row order."""
        parts: list[Ints] = [np.empty(0, np.int64)] * self.threads

        def share(k: int, start: int, stop: int) -> None:
            found = np.empty(stop - start, np.int64)
            parts[k] = found[: loop(start, stop, found, own_batch())].copy()

        self._shared(share)
        return np.concatenate(parts)

    def vital_events(self, world: World) -> Ledger:
        """Deaths, births and departures from home of one step."""
        members, parts = self._members, [np.empty(0, np.int64)] * self.threads
        ledgers = [empty_ledger(self.geo) for _ in range(self.threads)]

        def share(k: int, start: int, stop: int) -> None:
            found, x = np.empty(stop - start, np.int64), ledgers[k]
            n = loops.vital_loop(self.hh, members, start, stop, world, x.counts, x.totals, found, own_batch())
            parts[k] = found[:n].copy()

        self._shared(share)
        ledger, pending = sum_of(ledgers), np.concatenate(parts)
        self._room(N_SLOTS * len(pending))
        self.rows = loops.finish_vital(self.hh, self.rows, world, ledger.counts, ledger.totals, pending)
        return ledger

    def moves(self, world: World) -> Ledger:
        """Reconsider and move."""
        return self._booked(
            lambda a, b, x: loops.move_loop(self.hh, a, b, world, x.counts, x.flows, own_scratch(world), own_batch())
        )

    def each(self, process: HouseholdProcess, world: World, *more: Any) -> Ledger:
        """Let every household go through a process by itself and return what it booked."""
        return self._booked(lambda a, b, x: process.loop(self.hh, a, b, world, x.counts, x.totals, own_batch(), *more))

    def arrivals(self, arriving: Households, world: World) -> None:
        """Append households that arrive from other provinces."""
        self._room(len(arriving.key))
        self.rows = loops.enter_loop(self.hh, self.rows, arriving, world)

    def couples(self, world: World, pair_chance: float, split_chance: float) -> None:
        """Separate and form couples (once a year)."""
        self._separate(world, split_chance)
        seekers = self._seekers(world, pair_chance)
        pairs = match_pairs(seekers.groups, seekers.women, seekers.keys)
        loops.marry_all(self.hh, seekers.rows[pairs[:, 0]], seekers.rows[pairs[:, 1]])

    def _separate(self, world: World, chance: float) -> None:
        """Separate couples."""
        packed = self._packed
        separating = self._found(
            lambda a, b, found, batch: loops.separation_loop(self.hh, packed, a, b, world, chance, found, batch)
        )
        self._room(len(separating))
        self.rows = loops.separate(self.hh, self.rows, world, separating)

    def _seekers(self, world: World, chance: float) -> Seekers:
        """Return who looks for a partner."""
        packed = self._packed
        rows = self._found(
            lambda a, b, found, batch: loops.seeker_loop(self.hh, packed, a, b, world, chance, found, batch)
        )
        n = len(rows)
        seekers = Seekers(rows, np.empty(n, np.int64), np.empty(n, np.uint8), np.empty(n, np.uint64))
        loops.describe_seekers(self.hh, rows, chance, world, *seekers[1:])
        return seekers

    def grow_older(self) -> None:
        """Add a year to every age and close gaps in the table."""
        members = self._members
        self._shared(lambda k, a, b: loops.age_loop(members[N_SLOTS * a : N_SLOTS * b]))
        self.rows = loops.compact(self.hh, self.rows)

    def pupils(self) -> Ints:
        """Return migrant pupils by county."""
        members, pupils = self._members, np.zeros((self.threads, self.geo.n_counties), np.int64)
        self._shared(lambda k, a, b: loops.pupil_loop(self.hh, members, a, b, self.geo, pupils[k], own_batch()))
        return pupils.sum(0)

    def observe(self) -> tuple[Ints, Ints]:
        """Return the stock table (places, N_STOCKS) and the age table (zone class, sex, age)."""
        places = 2 * self.geo.n_counties + self.geo.n_outside
        stocks = np.zeros((self.threads, places, N_STOCKS), np.int64)
        ages = np.zeros((self.threads, 3, 2, MAX_AGE + 1), np.int64)
        self._shared(lambda k, a, b: loops.observe_loop(self.hh, a, b, self.geo, stocks[k], ages[k]))
        return stocks.sum(0), ages.sum(0)

    def network(self) -> Ints:
        """Return persons by home block and destination class (see ``count_network``)."""
        blocks = np.zeros((self.threads, self.geo.n_counties, 256, 5 + self.geo.n_outside), np.int64)
        self._shared(lambda k, a, b: loops.network_loop(self.hh, a, b, self.geo, blocks[k]))
        return blocks.sum(0) if self.threads > 1 else blocks[0]

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
