"""What a backend does: each method is one step of the year over all households."""

from __future__ import annotations

from typing import Any, Protocol

from sim.agents.ledger import Ledger
from sim.agents.process import HouseholdProcess
from sim.agents.state import Households
from sim.agents.world import Geography, World
from sim.base.arrays import Ints

__all__ = ["EngineProtocol"]


class EngineProtocol(Protocol):
    """What the processes of a year ask of a backend."""

    geo: Geography

    def copy(self) -> EngineProtocol:
        """Return an independent copy."""

    def each(self, process: HouseholdProcess, world: World, *more: Any) -> Ledger:
        """Let every household go through a process by itself and return what it booked."""

    def vital_events(self, world: World) -> Ledger:
        """Deaths, births, leaving home."""

    def couples(self, world: World, pair_chance: float, split_chance: float) -> None:
        """Separate and form couples."""

    def moves(self, world: World) -> Ledger:
        """Reconsider and move."""

    def arrivals(self, arriving: Households, world: World) -> None:
        """Add households from other provinces."""

    def grow_older(self) -> None:
        """Add a year to every age."""

    def pupils(self) -> Ints:
        """Return migrant pupils by county."""

    def observe(self) -> tuple[Ints, Ints]:
        """Return stocks by place and ages by zone class."""

    def network(self) -> Ints:
        """Return persons by home block and destination."""

    def sorted_rows(self) -> Households:
        """Return the households in the order of their keys."""
