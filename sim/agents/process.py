"""What a process over households declares: its rule, the loop over it, its month, what it reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sim.agents.world import World

__all__ = ["HouseholdProcess"]


def unchanged(world: World) -> World:
    """Return the tables as they are."""
    return world


def no_bounds(world: World) -> tuple[float, ...]:
    """Return no chances: every row that the tables matter to is listed, whatever they are."""
    return ()


class HouseholdProcess(NamedTuple):
    """A process that every household goes through by itself, whatever the others do in it.

    Both engines carry it out from this declaration alone: the reference engine calls ``rule`` for
    every agent, the fast engine ``loop`` for a share of the rows.

    Attributes:
        name: name in the order of the year.
        month: month in which it happens once a year; None: in every step.
        reads: what it looks at, in words.
        writes: columns of the household table that it may change.
        meaning: what happens, in a sentence.
        rule: compiled ``rule(hh, i, world, counts, totals, *more)``.
        loop: compiled ``loop(hh, start, stop, world, counts, totals, batch, *more)``; calls the rule for
            every row in which something can happen.
        ends: whether households may end.
        screen: compiled ``screen(hh, start, stop, world, found, batch)``: lists the rows to which other tables may do
            something else, as long as their chances stay below those of ``widened``, and returns their number. None:
            not known, so that scenarios run by themselves, unless ``fixed`` or ``by_block`` is set.
        fixed: whether what happens follows from the household and hazards that no lever moves.
        widened: returns tables with larger chances, for ``screen``.
        bounds: returns the chances that ``widened`` enlarges, or ``no_bounds``; must be said with ``screen``.
        by_block: whether a further argument says by home block what happens, and nothing else does.
    """

    name: str
    month: int | None
    reads: str
    writes: tuple[str, ...]
    meaning: str
    rule: Callable[..., Any]
    loop: Callable[..., Any]
    ends: bool = False
    screen: Callable[..., int] | None = None
    fixed: bool = False
    widened: Callable[[World], World] = unchanged
    bounds: Callable[[World], tuple[float, ...]] | None = None
    by_block: bool = False
