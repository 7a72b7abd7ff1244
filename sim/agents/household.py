"""A household as a Mesa agent: the same rules as the fast engine, one object per household."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mesa

from sim.agents import demography, moves, observe
from sim.agents.choice import Scratch
from sim.agents.ledger import Ledger
from sim.agents.members import is_woman
from sim.agents.state import EMPTY, HEAD, N_SLOTS, SPOUSE, Households, empty_households, map_columns
from sim.agents.world import World
from sim.base.arrays import Ints


def one_row(households: Households, i: int) -> Households:
    """Return a copy of row ``i`` as a table of one row."""
    return map_columns(households, lambda column: column[i : i + 1].copy())


class Household(mesa.Agent):
    """One household: members in slots, where they live, where they are registered.

    Attributes:
        row: household table of one row that belongs to this agent alone.
    """

    def __init__(self, model: mesa.Model, row: Households) -> None:
        super().__init__(model)
        self.row = row

    @property
    def key(self) -> int:
        """Identity in every random draw."""
        return int(self.row.key[0])

    @property
    def members(self) -> list[tuple[int, str]]:
        """Age and sex of everybody, in the order of the slots."""
        return [(int(m) >> 1, "f" if m & 1 else "m") for m in self.row.members[0] if m != EMPTY]

    @property
    def base(self) -> int:
        """Place where the members who are not away live."""
        return int(self.row.base[0])

    @property
    def away_place(self) -> int | None:
        """Place where the away members live, None if nobody is away."""
        return int(self.row.away_place[0]) if self.row.away[0] else None

    @property
    def hukou(self) -> int:
        """Place of registration."""
        return int(self.row.hukou[0])

    @property
    def exists(self) -> bool:
        """Whether anybody is left in the household."""
        return bool(self.row.members[0, HEAD] != EMPTY)

    def vital_events(self, world: World, ledger: Ledger) -> None:
        """Draw deaths, births and departures from home; those who leave become new agents."""
        code = demography.vital_events(self.row, 0, world, ledger.counts, ledger.totals)
        for slot in range(1, N_SLOTS):
            if (code >> slot) & 1 and self.row.members[0, slot] != EMPTY:
                self.split(slot, world)
        for slot in range(N_SLOTS):
            if (code >> (8 + slot)) & 1:
                self._ninth_member(slot, world, ledger)

    def _ninth_member(self, slot: int, world: World, ledger: Ledger) -> None:
        mother = slot if self.row.members[0, slot] != EMPTY else HEAD
        if demography.add_child(self.row, 0, mother, world, ledger.counts, ledger.totals):
            return
        self.split(demography.make_room(self.row, 0), world)
        mother = slot if self.row.members[0, slot] != EMPTY else HEAD
        demography.add_child(self.row, 0, mother, world, ledger.counts, ledger.totals)

    def split(self, slot: int, world: World) -> Household:
        """Make the member in a slot a household of its own."""
        row = empty_households(1)
        demography.split_member(self.row, 0, slot, row, 0, world)
        return Household(self.model, row)

    def decide_move(self, world: World, ledger: Ledger, scratch: Scratch) -> None:
        """Reconsider where to live and move if another alternative is better."""
        moves.decide_move(self.row, 0, world, ledger.counts, ledger.flows, scratch)

    def follow(self, rule: Callable[..., Any], world: World, ledger: Ledger, *more: Any) -> None:
        """Go through a process whose rule looks at one household alone (``sim.agents.process``)."""
        rule(self.row, 0, world, ledger.counts, ledger.totals, *more)

    def grow_older(self) -> None:
        """Add a year to every age."""
        demography.grow_older(self.row, 0)

    def separates(self, chance: float, world: World) -> bool:
        """Whether the couple separates this year."""
        return bool(demography.separates(self.row, 0, chance, world))

    def separate(self, world: World) -> None:
        """Let the spouse leave."""
        self.split(SPOUSE, world)

    def pairing_group(self, chance: float, world: World) -> int:
        """Group in which a single person looks for a partner this year, or -1."""
        return int(demography.seeks_partner(self.row, 0, chance, world))

    @property
    def head_is_woman(self) -> bool:
        """Whether the head is a woman."""
        return bool(is_woman(self.row.members[0, HEAD]))

    def marry(self, man: Household) -> None:
        """Take in the partner, whose own household ends."""
        demography.marry(self.row, 0, man.row, 0)

    def count(self, geo: object, stocks: Ints, ages: Ints) -> None:
        """Add this household to the stock and age tables."""
        observe.count_household(self.row, 0, geo, stocks, ages)
