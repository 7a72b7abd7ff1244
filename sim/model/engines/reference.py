"""The reference engine: a Mesa model that does, agent by agent, what the fast engine does in loops.

It is meant for reading, teaching and tracing, and for the test that both engines give
identical trajectories. Agents are visited in shuffled order, which must not matter.
"""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from sim.agents import observe, schooling
from sim.agents.choice import new_scratch
from sim.agents.demography import match_pairs
from sim.agents.household import Household, one_row
from sim.agents.ledger import Ledger, empty_ledger
from sim.agents.process import HouseholdProcess
from sim.agents.rng import Purpose, derive_key
from sim.agents.state import MAX_AGE, Households, empty_households
from sim.agents.world import Geography, World
from sim.base.arrays import Ints


class UrbanizationModel(mesa.Model):
    """Households of the province as agents; one method per process of a step.

    Args:
        households: table of households; every live row becomes an agent.
        geo: places and blocks.

    Example:
        >>> from sim.agents.state import empty_households
        >>> model = UrbanizationModel(empty_households(0), None)
        >>> len(model.agents)
        0
    """

    def __init__(self, households: Households, geo: Geography) -> None:
        super().__init__(rng=0)
        self.geo = geo
        for i in range(len(households.key)):
            agent = Household(self, one_row(households, i))
            if not agent.exists:
                agent.remove()

    def copy(self) -> UrbanizationModel:
        """Return an independent model with the same households."""
        return UrbanizationModel(self.sorted_rows(), self.geo)

    def _remove_ended(self) -> None:
        for agent in list(self.agents):
            if not agent.exists:
                agent.remove()

    def vital_events(self, world: World) -> Ledger:
        """Deaths, births and departures from home of one step."""
        ledger = empty_ledger(self.geo)
        self.agents.shuffle_do("vital_events", world, ledger)
        self._remove_ended()
        return ledger

    def moves(self, world: World) -> Ledger:
        """Reconsider and move."""
        ledger = empty_ledger(self.geo)
        self.agents.shuffle_do("decide_move", world, ledger, new_scratch(world))
        return ledger

    def each(self, process: HouseholdProcess, world: World, *more: Any) -> Ledger:
        """Let every household go through a process by itself and return what it booked."""
        ledger = empty_ledger(self.geo)
        self.agents.shuffle_do("follow", process.rule, world, ledger, *more)
        if process.ends:
            self._remove_ended()
        return ledger

    def arrivals(self, arriving: Households, world: World) -> None:
        """Add households that arrive from other provinces."""
        for j, key in enumerate(arriving.key):
            agent = Household(self, one_row(arriving, j))
            agent.row.key[0] = derive_key(key, world.step, int(Purpose.ENTER), j)
            agent.row.arrival[0] = world.month

    def couples(self, world: World, pair_chance: float, split_chance: float) -> None:
        """Separate and form couples (once a year)."""
        for agent in list(self.agents):
            if agent.separates(split_chance, world):
                agent.separate(world)
        seekers = [(agent, group) for agent in self.agents if (group := agent.pairing_group(pair_chance, world)) >= 0]
        if not seekers:
            return
        groups = np.array([group for _, group in seekers], np.int64)
        women = np.array([agent.head_is_woman for agent, _ in seekers], np.uint8)
        keys = np.array([agent.key for agent, _ in seekers], np.uint64)
        for woman, man in match_pairs(groups, women, keys):
            seekers[woman][0].marry(seekers[man][0])
        self._remove_ended()

    def grow_older(self) -> None:
        """Add a year to every age (once a year)."""
        self.agents.shuffle_do("grow_older")

    def pupils(self) -> Ints:
        """Return migrant pupils by county."""
        pupils = np.zeros(self.geo.n_counties, np.int64)
        for agent in self.agents:
            number = schooling.migrant_pupils(agent.row, 0, self.geo)
            if number:
                pupils[agent.base >> 1] += number
        return pupils

    def observe(self) -> tuple[Ints, Ints]:
        """Return the stock table and the age table."""
        stocks = np.zeros((2 * self.geo.n_counties + self.geo.n_outside, observe.N_STOCKS), np.int64)
        ages = np.zeros((3, 2, MAX_AGE + 1), np.int64)
        for agent in self.agents:
            agent.count(self.geo, stocks, ages)
        return stocks, ages

    def network(self) -> Ints:
        """Return persons by home block and destination class."""
        blocks = np.zeros((self.geo.n_counties, 256, 5 + self.geo.n_outside), np.int64)
        for agent in self.agents:
            observe.count_network(agent.row, 0, self.geo, blocks)
        return blocks

    def sorted_rows(self) -> Households:
        """Return the households in the order of their keys."""
        agents = sorted(self.agents, key=lambda agent: agent.key)
        if not agents:
            return empty_households(0)
        return Households._make(np.concatenate(column) for column in zip(*(a.row for a in agents), strict=True))
