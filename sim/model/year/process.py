"""What a process of the year is, and what the processes of a year share while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sim.agents.process import HouseholdProcess
from sim.agents.world import Choice, Hazards, Vital, World
from sim.model.year.books import Simulation, YearPlan, YearRecord

__all__ = ["Process", "Step", "YearTables", "each"]


class YearTables(NamedTuple):
    """Tables of a year: chances of vital events, hazards, and utilities but for the markets."""

    vital: Vital
    hazards: Hazards
    choice: Choice


@dataclass
class Step:
    """What the processes of one step share.

    Attributes:
        sim: state of the run.
        plan: what is decided about the year.
        record: what has happened in the year so far.
        number: step of the year, from 0.
        months: months of the year that lie in the step.
        tables: tables of the year, made in January.
        world: tables of the step; whatever comes before ``job_finding`` has none.
    """

    sim: Simulation
    plan: YearPlan
    record: YearRecord
    number: int
    months: range
    tables: YearTables | None = None
    world: World | None = None

    @property
    def rules(self) -> World:
        """Tables of the step that the rules read.

        Raises:
            RuntimeError: a process that needs them comes before ``job_finding``.
        """
        if self.world is None:
            raise RuntimeError("the tables of the step are made by job_finding, which must come first")
        return self.world


class Process(NamedTuple):
    """One row of the year.

    Attributes:
        name: unique name.
        does: what is done in a step.
        month: month in which it happens once a year; None: in every step.
        reads: what it looks at, in words.
        writes: columns of the household table that it may change in households that exist before and after.
        meaning: what happens, in a sentence.
        quantities: named quantities of levers that it reads.
        begins: whether new households may appear.
        ends: whether households may end.
    """

    name: str
    does: Callable[[Step], None]
    month: int | None
    reads: str
    writes: tuple[str, ...]
    meaning: str
    quantities: tuple[str, ...] = ()
    begins: bool = False
    ends: bool = False

    def falls_in(self, months: range) -> bool:
        """Return whether it happens in a step of these months."""
        return self.month is None or self.month in months


def each(
    process: HouseholdProcess, does: Callable[[Step], None] | None = None, quantities: tuple[str, ...] = ()
) -> Process:
    """Return the row of a process that every household goes through by itself.

    Args:
        process: rule, loop and what they read and write.
        does: what is done in a step where there is more to it than the rule.
        quantities: named quantities of levers that ``does`` reads.
    """

    def follow(step: Step) -> None:
        step.sim.book(step.sim.engine.each(process, step.rules), step.record)

    name, month, reads, writes, meaning = process[:5]
    return Process(name, does or follow, month, reads, writes, meaning, quantities, ends=process.ends)
