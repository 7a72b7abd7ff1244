"""What a process over households declares: its rule, the loop over it, its month, what it reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["HouseholdProcess"]


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
    """

    name: str
    month: int | None
    reads: str
    writes: tuple[str, ...]
    meaning: str
    rule: Callable[..., Any]
    loop: Callable[..., Any]
    ends: bool = False
