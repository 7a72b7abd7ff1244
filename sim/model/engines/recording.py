"""A run that keeps what other scenarios of the same draw need to be told as their difference from it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.agents.demography import match_pairs
from sim.agents.ledger import Ledger, empty_ledger
from sim.agents.process import HouseholdProcess
from sim.agents.screens import clear_events
from sim.agents.state import Households, empty_households, map_columns
from sim.agents.world import Geography, World
from sim.base.arrays import Bytes, Floats, Ints
from sim.model.engines import loops
from sim.model.engines.fast import FastEngine, Seekers
from sim.model.engines.space import own_scratch

__all__ = ["Call", "RecordingEngine", "taken"]

SLACK = 1.5
"""Utils up to which the lead of what a household chose is known: scenarios move utilities by less, as a rule."""
NOBODY = empty_households(0)


def taken(households: Households, rows: Ints) -> Households:
    """Return a table of copies of some rows."""
    table = map_columns(households, lambda column: np.empty((len(rows), *column.shape[1:]), column.dtype))
    loops.take_rows(households, rows, table, 0)
    return table


class Call(NamedTuple):
    """One call of the engine.

    Attributes:
        name: method, or name of the process.
        result: what it returned.
        world: tables it was given.
        more: further arguments.
        before: households to which other tables may do something else, as they were.
        after: the same households afterwards; of arrivals, those that came.
        actions, sites, margins: of moves: what they chose, where, and by how much it led (up to ``SLACK``).
        seekers, pairs: of couples: who looked for a partner, and positions of the women and men who married.
    """

    name: str
    result: Any = None
    world: World | None = None
    more: tuple[Any, ...] = ()
    before: Households = NOBODY
    after: Households = NOBODY
    actions: Bytes = np.empty(0, np.uint8)
    sites: Ints = np.empty(0, np.int64)
    margins: Floats = np.empty(0)
    seekers: Seekers | None = None
    pairs: Ints = np.empty((0, 2), np.int64)


class RecordingEngine(FastEngine):
    """The fast engine; ``calls`` lists what it was asked, in order."""

    def __init__(self, engine: FastEngine, geo: Geography) -> None:
        super().__init__(map_columns(engine.hh, lambda column: column[: engine.rows]), geo)
        self.calls: list[Call] = []

    def vital_events(self, world: World) -> Ledger:
        """Deaths, births and departures from home of one step."""
        ledger = super().vital_events(world)
        self.calls.append(Call("vital_events", ledger, world))
        return ledger

    def moves(self, world: World) -> Ledger:
        """Reconsider and move: all choose before the first one moves, which changes nothing."""
        rows = self._found(lambda a, b, found, batch: loops.considerer_loop(self.hh, a, b, world, found, batch))
        before, n, ledger = taken(self.hh, rows), len(rows), empty_ledger(self.geo)
        actions, sites, margins = np.empty(n, np.uint8), np.empty(n, np.int64), np.empty(n)
        loops.choose_all(self.hh, rows, world, own_scratch(world, SLACK), actions, sites, margins)
        loops.move_all(self.hh, rows, actions, sites, world, ledger.counts, ledger.flows)
        clear_events(self.hh, 0, self.rows)
        after = taken(self.hh, rows)
        self.calls.append(Call("moves", ledger, world, (), before, after, actions, sites, margins))
        return ledger

    def each(self, process: HouseholdProcess, world: World, *more: Any) -> Ledger:
        """Let every household go through a process by itself and return what it booked."""
        before, screen = NOBODY, process.screen
        if process.by_block:
            before = map_columns(self.hh, lambda column: column[: self.rows].copy())
        if screen is None:
            ledger = super().each(process, world, *more)
            self.calls.append(Call(process.name, ledger, world, more, before))
            return ledger
        wide = process.widened(world)
        rows = self._found(lambda a, b, found, batch: screen(self.hh, a, b, wide, found, batch))
        before = taken(self.hh, rows)
        ledger = super().each(process, world, *more)
        self.calls.append(Call(process.name, ledger, world, more, before, taken(self.hh, rows)))
        return ledger

    def arrivals(self, arriving: Households, world: World) -> None:
        """Append households that arrive from other provinces."""
        first = self.rows
        super().arrivals(arriving, world)
        came = taken(self.hh, np.arange(first, self.rows))
        self.calls.append(Call("arrivals", None, world, (), arriving, came))

    def couples(self, world: World, pair_chance: float, split_chance: float) -> None:
        """Separate and form couples (once a year)."""
        self._separate(world, split_chance)
        seekers = self._seekers(world, pair_chance)
        pairs = match_pairs(seekers.groups, seekers.women, seekers.keys)
        before = taken(self.hh, seekers.rows)
        loops.marry_all(self.hh, seekers.rows[pairs[:, 0]], seekers.rows[pairs[:, 1]])
        more = pair_chance, split_chance
        self.calls.append(Call("couples", None, world, more, before, NOBODY, seekers=seekers, pairs=pairs))

    def grow_older(self) -> None:
        """Add a year to every age and close gaps in the table."""
        super().grow_older()
        self.calls.append(Call("grow_older"))

    def pupils(self) -> Ints:
        """Return migrant pupils by county."""
        pupils = super().pupils()
        self.calls.append(Call("pupils", pupils))
        return pupils

    def observe(self) -> tuple[Ints, Ints]:
        """Return the stock table and the age table."""
        counted = super().observe()
        self.calls.append(Call("observe", counted))
        return counted

    def network(self) -> Ints:
        """Return persons by home block and destination class."""
        blocks = super().network()
        self.calls.append(Call("network", blocks))
        return blocks
