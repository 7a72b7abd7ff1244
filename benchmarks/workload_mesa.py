"""The common workload W in pure Mesa: one agent per household, visited in shuffled order.

``benchmarks.workload`` describes W. Everything an agent decides is Python; the thinning numbers
of a step are drawn in bulk and handed over, so that the time is that of the framework.
"""

from __future__ import annotations

import mesa
import numpy as np

from benchmarks.workload import (
    KINDS,
    PLACES,
    REGISTERED,
    REGISTRATION,
    TOWNS,
    Counts,
    Numbers,
    State,
    TownTables,
    count,
    tables,
    taste_words,
)


class Mover(mesa.Agent):
    """A household of W.

    Attributes:
        row: number of the household.
        origin, place, kind: as in ``State``; ``registered`` is kept apart.
        taste: weights of the places for this household.
    """

    model: Workload

    def __init__(self, model: Workload, row: int, origin: int, place: int, kind: int, taste: list[float]) -> None:
        super().__init__(model)
        self.row, self.origin, self.place = row, origin, place
        self.kind, self.registered = kind & (KINDS - 1), bool(kind & REGISTERED)
        self.taste = taste

    def step(self) -> None:
        """Consider moving, or register."""
        model = self.model
        u = model.thinning[self.row]
        if u < model.chance[self.kind][self.place]:
            self.choose()
        elif u > 1.0 - REGISTRATION and self.place >= PLACES - TOWNS:
            self.registered = True

    def choose(self) -> None:
        """Choose a place by logit and move there."""
        model = self.model
        cumulated = []
        total = 0.0
        for offer, peer, near, taste in zip(
            model.offer[self.kind], model.peers[self.origin], model.near[self.place], self.taste, strict=True
        ):
            total += offer * peer * near * taste
            cumulated.append(total)
        bound = model.number_of(self.row) * total
        to = 0
        while to < PLACES - 1 and cumulated[to] <= bound:
            to += 1
        if to != self.place:
            model.network[self.origin][self.place] -= 1
            model.network[self.origin][to] += 1
            self.place, self.registered = to, to == self.origin


class Workload(mesa.Model):
    """W in pure Mesa.

    Args:
        world: tables.
        state: households at the start.
        numbers: where random numbers come from.
    """

    def __init__(self, world: TownTables, state: State, numbers: Numbers) -> None:
        super().__init__(rng=0)
        self._world, self._numbers, self._month = world, numbers, 0
        self.chance, self.near = world.chance.tolist(), world.near.tolist()
        self._first = count(state)
        self.network: list[list[int]] = self._first.network.tolist()
        weights = world.taste.tolist()
        words = zip(*(word.tolist() for word in taste_words(np.arange(len(state.place)), world.seed)), strict=True)
        for row, (origin, place, kind, (low, high)) in enumerate(
            zip(*(column.tolist() for column in state), words, strict=True)
        ):
            bits = low | high << 64
            Mover(self, row, origin, place, kind, [weights[bits >> 4 * d & 15] for d in range(PLACES)])

    def step(self) -> None:
        """Run one month: numbers and weights first, then every agent."""
        network = np.array(self.network, np.int64)
        weights = tables(self._world, Counts(network.sum(axis=0), network), self._first)
        self.offer, self.peers = weights.offer.tolist(), weights.peers.tolist()
        thinning = self._numbers.thinning(self._month)
        chance = self._world.chance.max()
        movers = np.flatnonzero(thinning < chance)
        self._choices = dict(zip(movers.tolist(), self._numbers.choices(self._month, movers).tolist(), strict=True))
        self.thinning = thinning.tolist()
        self.agents.shuffle_do("step")
        self._month += 1

    def number_of(self, row: int) -> float:
        """Return the number of the choice of a household."""
        return self._choices[row]

    def run(self, steps: int) -> None:
        """Go on by a number of steps."""
        for _ in range(steps):
            self.step()

    def state(self) -> State:
        """Return the state in the order of the households."""
        agents = sorted(self.agents, key=lambda agent: agent.row)
        kinds = [agent.kind | (REGISTERED if agent.registered else 0) for agent in agents]
        columns = [agent.origin for agent in agents], [agent.place for agent in agents], kinds
        return State._make(np.array(column, np.uint8) for column in columns)
