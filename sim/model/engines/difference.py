"""A run told as its difference from a recorded one: only households that differ are carried, twice.

Nearly all households of two scenarios of a draw are equal for years: they have the same random numbers, and
levers change few choices. What is equal needs no second calculation. ``own`` holds the households that differ
as this scenario has them, ``there`` the same households as the recorded run has them; every count is that of
the recorded run less that of ``there`` plus that of ``own``. In every call, the households to which other tables
may do something else are tried on a copy, and those that come out differently are carried from then on. The
result is the same to the last bit as that of a run of its own.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import rule
from sim.agents.demography import match_pairs
from sim.agents.ledger import Ledger, empty_ledger
from sim.agents.process import HouseholdProcess
from sim.agents.screens import clear_events
from sim.agents.state import EMPTY, HEAD, N_SLOTS, Households, empty_households, map_columns
from sim.agents.world import Choice, Geography, World
from sim.base.arrays import Bytes, Ints
from sim.model.engines import loops, margins
from sim.model.engines.fast import FastEngine, Seekers
from sim.model.engines.key_set import KeySet
from sim.model.engines.recording import Call, RecordingEngine, taken
from sim.model.engines.space import own_batch, own_scratch

__all__ = ["DifferenceEngine", "UnlikeError"]

TRIED_HAZARDS = ("register", "register_screen", "register_outside", "purchase", "insured", "enrol", "land_odds")
"""Hazards whose consequences are tried on the households that they concern."""
EQUAL_HAZARDS = (
    "step_years",
    "reconsider",
    "state_factor",
    "screen",
    "duration",
    "event_years",
    "visitor_exit",
    "permit",
)
"""Hazards that must be equal in both runs."""
SINGLE, CARRIED = -1, -2
"""Instead of the position of a partner."""


class UnlikeError(Exception):
    """This scenario cannot be told as a difference from the recorded run; it needs a run of its own."""


@rule
def list_differing(after: Households, rows: Ints, tried: Households, other_zone: NDArray[np.bool_], out: Ints) -> int:
    """List the rows that came out otherwise in a trial, or have homes in blocks of another zone; return their number.

    Row j of ``tried`` is what row ``rows[j]`` of ``after`` came to in the trial.
    """
    n = 0
    for j in range(len(rows)):
        i = rows[j]
        same = (
            after.away[i] == tried.away[j]
            and after.home_county[i] == tried.home_county[j]
            and after.home_block[i] == tried.home_block[j]
            and after.hukou[i] == tried.hukou[j]
            and after.base[i] == tried.base[j]
            and after.away_place[i] == tried.away_place[j]
            and after.social[i] == tried.social[j]
            and after.flags[i] == tried.flags[j]
            and after.arrival[i] == tried.arrival[j]
            and not other_zone[after.home_county[i], after.home_block[i]]
        )
        for s in range(N_SLOTS):
            same = same and after.members[i, s] == tried.members[j, s]
        if not same:
            out[n] = i
            n += 1
    return n


@rule
def list_homes(hh: Households, blocks: NDArray[np.bool_], out: Ints) -> int:
    """List the households with homes in some blocks; return their number."""
    n = 0
    for i in range(len(hh.key)):
        if blocks[hh.home_county[i], hh.home_block[i]] and hh.members[i, HEAD] != EMPTY:
            out[n] = i
            n += 1
    return n


class Part(FastEngine):
    """Some households of a run."""

    def __init__(self, geo: Geography) -> None:
        super().__init__(empty_households(0), geo)

    def append(self, households: Households, rows: Ints) -> None:
        """Append copies of some rows of a table."""
        self._room(len(rows))
        loops.take_rows(households, rows, self.hh, self.rows)
        self.rows += len(rows)

    def separate(self, world: World, chance: float) -> None:
        """Separate couples."""
        self._separate(world, chance)

    def seekers(self, world: World, chance: float) -> Seekers:
        """Return who looks for a partner."""
        return self._seekers(world, chance)

    def add_network(self, blocks: Ints) -> None:
        """Add persons by home block and destination class."""
        loops.network_loop(self.hh, 0, self.rows, self.geo, blocks)

    def marry(self, couples: NDArray[np.uint64]) -> None:
        """Let those couples (keys of woman and man) marry of whom the woman is here."""
        live = np.flatnonzero(self.hh.members[: self.rows, HEAD] != EMPTY)
        live = live[np.argsort(self.hh.key[live])]
        if len(live) == 0:
            return
        keys = self.hh.key[live]
        women, men = (np.minimum(np.searchsorted(keys, couples[:, k]), len(live) - 1) for k in (0, 1))
        here = (keys[women] == couples[:, 0]) & (keys[men] == couples[:, 1])
        loops.marry_all(self.hh, live[women[here]], live[men[here]])


class DifferenceEngine:
    """Backend of a scenario that runs beside a recorded one.

    Args:
        recorded: the engine of the recorded run, whose calls this one must make in the same order.
        geo: geography at the start of the recording; ``block_zone`` is shared with the simulation.

    Every method raises UnlikeError where tables differ in what decides who is looked at.
    """

    def __init__(self, recorded: RecordingEngine, geo: Geography) -> None:
        self.recorded, self.geo = recorded, geo
        self.own = Part(geo)
        self.there = Part(geo._replace(block_zone=geo.block_zone.copy()))
        self.carried = KeySet()
        self.next = 0
        self.other_zone = np.zeros(geo.block_zone.shape, np.bool_)
        self.alike: tuple[Any, ...] = ()
        self.of_year = np.zeros(geo.n_counties)

    def copy(self) -> DifferenceEngine:
        """Return an independent copy.

        Raises:
            UnlikeError: always; branch from the history that both runs began with.
        """
        raise UnlikeError("a difference cannot be branched from")

    def _call(self, name: str) -> Call:
        """Return the recorded call that goes with one of this run."""
        calls = self.recorded.calls
        call = calls[self.next] if self.next < len(calls) else Call("nothing")
        self.next += 1
        if call.name != name:
            raise UnlikeError(f"{name} was called where the recorded run called {call.name}")
        return call

    def _tables_there(self, call: Call) -> World:
        """Return the tables of the recorded run with the blocks as they were then."""
        return cast(World, call.world)._replace(geo=self.there.geo)

    def _check(self, there: World, world: World) -> None:
        """Refuse tables that differ in what must be equal; what a year shares is looked at once."""
        a, b = there.choice, world.choice
        seen = (there.vital, world.vital, there.hazards, world.hazards, a.reach, b.reach)
        if len(self.alike) == len(seen) and all(x is y for x, y in zip(self.alike, seen, strict=True)):
            return
        unequal = [name for name in EQUAL_HAZARDS if not _equal(there.hazards, world.hazards, name)]
        unequal += [name for name in there.vital._fields if not _equal(there.vital, world.vital, name)]
        unequal += [name for name in margins.NUMBERS if not _equal(a, b, name)]
        if unequal or (there.seed, there.step, there.month) != (world.seed, world.step, world.month):
            raise UnlikeError(f"the tables differ in {', '.join(unequal) or 'their date'}")
        self.alike, self.of_year = seen, margins.spread_of_year(a, b)

    def _adopt(self, households: Households, rows: Ints) -> None:
        """Carry the households in some rows of a table from now on, which were equal so far."""
        if len(rows) > 0:
            self.own.append(households, rows)
            self.there.append(households, rows)
            self.carried.add(households.key[rows])

    def _changed(self, after: Households, rows: Ints, tried: Households) -> Ints:
        """Return those rows that came out otherwise, or moved their home to a block of another zone."""
        out = np.empty(len(rows), np.int64)
        return out[: list_differing(after, rows, tried, self.other_zone, out)]

    def _counted(self, call: Call, there: Ledger, own: Ledger) -> Ledger:
        return Ledger._make(all_ - less + more for all_, less, more in zip(call.result, there, own, strict=True))

    def _new_rows(self, first: int) -> None:
        """Remember the households that appeared in the recorded run."""
        self.carried.add(self.there.hh.key[first : self.there.rows])

    def vital_events(self, world: World) -> Ledger:
        """Deaths, births and departures from home of one step."""
        call = self._call("vital_events")
        there = self._tables_there(call)
        self._check(there, world)
        first = self.there.rows
        less = self.there.vital_events(there)
        self._new_rows(first)
        return self._counted(call, less, self.own.vital_events(world))

    def moves(self, world: World) -> Ledger:
        """Reconsider and move."""
        call = self._call("moves")
        there = self._tables_there(call)
        self._check(there, world)
        fate = self._fates(call, there.choice, world)
        chosen = np.flatnonzero(fate != margins.SAME)
        tried, rows = taken(call.before, chosen), np.arange(len(chosen))
        actions, sites = call.actions[chosen], call.sites[chosen]
        open_ = np.flatnonzero(fate[chosen] == margins.OPEN)
        again, where = actions[open_], sites[open_]
        loops.choose_all(tried, open_, world, own_scratch(world), again, where, np.empty(len(open_)))
        actions[open_], sites[open_] = again, where
        ledger = empty_ledger(self.geo)
        loops.move_all(tried, rows, actions, sites, world, ledger.counts, ledger.flows)
        clear_events(tried, 0, len(rows))
        self._adopt(call.before, self._changed(call.after, chosen, tried))
        return self._counted(call, self.there.moves(there), self.own.moves(world))

    def _fates(self, call: Call, there: Choice, world: World) -> Bytes:
        """Return what these tables may do to every household that chose in the recorded run."""
        fate = np.empty(len(call.actions), np.uint8)
        limits = margins.spread(self.of_year, there, world.choice)
        low = np.minimum(there.site_school, world.choice.site_school)
        high = np.maximum(there.site_school, world.choice.site_school)
        keys, words = self.carried, np.empty(len(low), np.uint32)
        margins.may_differ(
            call.before, call.actions, call.margins, limits, low, high, world, keys.table, keys.used, words, fate
        )
        return fate

    def each(self, process: HouseholdProcess, world: World, *more: Any) -> Ledger:
        """Let every household go through a process by itself and return what it booked."""
        call = self._call(process.name)
        there = self._tables_there(call)
        self._check(there, world)
        if process.by_block:
            self._turn(call)
        elif process.screen is not None and process.bounds is not None:
            wide = process.bounds(process.widened(there))
            if any(chance > most for chance, most in zip(process.bounds(world), wide, strict=True)):
                raise UnlikeError(f"{process.name}: chances are more than those for which rows were listed")
            self._try(process, call, world, *more)
        elif not process.fixed:
            raise UnlikeError(f"{process.name}: it is not known to whom other tables do something else")
        return self._counted(call, self.there.each(process, there, *call.more), self.own.each(process, world, *more))

    def _try(self, process: HouseholdProcess, call: Call, world: World, *more: Any) -> None:
        """Carry the households that a process leaves otherwise than in the recorded run."""
        chosen = self.carried.missing(call.before.key)
        tried, ledger = taken(call.before, chosen), empty_ledger(self.geo)
        process.loop(tried, 0, len(chosen), world, ledger.counts, ledger.totals, own_batch(), *more)
        self._adopt(call.before, self._changed(call.after, chosen, tried))

    def _turn(self, call: Call) -> None:
        """Turn the blocks of the recorded run, and carry the households of blocks that have another zone here.

        Those of this run are turned in the geography that it shares with the simulation.
        """
        np.copyto(self.there.geo.block_zone, call.more[0], where=call.more[0] != EMPTY)
        other = self.there.geo.block_zone != self.geo.block_zone
        new = other & ~self.other_zone
        self.other_zone |= other
        if new.any():
            out = np.empty(len(call.before.key), np.int64)
            rows = out[: list_homes(call.before, new, out)]
            self._adopt(call.before, rows[self.carried.missing(call.before.key[rows])])

    def arrivals(self, arriving: Households, world: World) -> None:
        """Append households that arrive from other provinces."""
        call = self._call("arrivals")
        if not np.array_equal(arriving.key, call.before.key):
            raise UnlikeError("other households arrive")
        came = map_columns(arriving, np.empty_like)
        loops.enter_loop(came, 0, arriving, world)
        rows = self._changed(call.after, np.arange(len(came.key)), came)
        self.own.append(came, rows)
        self.there.append(call.after, rows)
        self.carried.add(call.after.key[rows])

    def couples(self, world: World, pair_chance: float, split_chance: float) -> None:
        """Separate and form couples (once a year)."""
        call = self._call("couples")
        if call.more != (pair_chance, split_chance):
            raise UnlikeError("couples form or separate at other chances")
        there = self._tables_there(call)
        self._check(there, world)
        first = self.there.rows
        self.there.separate(there, split_chance)
        self._new_rows(first)
        self.own.separate(world, split_chance)
        all_, mine = cast(Seekers, call.seekers), self.own.seekers(world, pair_chance)
        fresh = self.carried.missing(all_.keys)
        women = np.concatenate([all_.women[fresh], mine.women])
        groups = np.concatenate([all_.groups[fresh], mine.groups])
        keys = np.concatenate([all_.keys[fresh], mine.keys])
        pairs = match_pairs(groups, women, keys)
        at = np.append(fresh, np.full(len(mine.keys), CARRIED))
        other = partners(len(all_.keys), call.pairs) != partners(len(all_.keys), at[pairs])
        self._adopt(call.before, fresh[other[fresh]])
        self.there.marry(all_.keys[call.pairs])
        self.own.marry(keys[pairs])

    def grow_older(self) -> None:
        """Add a year to every age and close gaps in the tables."""
        self._call("grow_older")
        self.there.grow_older()
        self.own.grow_older()

    def pupils(self) -> Ints:
        """Return migrant pupils by county."""
        return np.asarray(self._call("pupils").result - self.there.pupils() + self.own.pupils())

    def observe(self) -> tuple[Ints, Ints]:
        """Return the stock table and the age table."""
        stocks, ages = self._call("observe").result
        less, more = self.there.observe(), self.own.observe()
        return stocks - less[0] + more[0], ages - less[1] + more[1]

    def network(self) -> Ints:
        """Return persons by home block and destination class."""
        blocks = self.there.network()
        np.subtract(self._call("network").result, blocks, out=blocks)
        self.own.add_network(blocks)
        return blocks

    def sorted_rows(self) -> Households:
        """Return the households in the order of their keys; the recorded run must have gone as far as this one.

        Raises:
            UnlikeError: it has gone further.
        """
        if self.next != len(self.recorded.calls):
            raise UnlikeError("the recorded run has gone further than this one")
        rest = self.recorded.sorted_rows()
        rest = taken(rest, self.carried.missing(rest.key))
        own = self.own.sorted_rows()
        whole = Households._make(np.concatenate([a, b]) for a, b in zip(rest, own, strict=True))
        return taken(whole, np.argsort(whole.key, kind="stable"))


def _equal(a: Any, b: Any, name: str) -> bool:
    one, other = getattr(a, name), getattr(b, name)
    return one is other or bool(np.array_equal(one, other))


def partners(n: int, pairs: Ints) -> Ints:
    """Return the position of everybody's partner, int64[n]: SINGLE for none; pairs may name CARRIED as one of them."""
    found = np.full(n, SINGLE)
    for one, other in ((0, 1), (1, 0)):
        known = pairs[pairs[:, one] >= 0]
        found[known[:, one]] = known[:, other]
    return found
