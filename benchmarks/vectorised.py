"""W in vectorised NumPy, and the random numbers a NumPy programme would use."""

from __future__ import annotations

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
from sim.base.arrays import Floats, Ints

_SHIFTS = np.array([4 * (d & 15) for d in range(PLACES)], np.uint64)


class Native:
    """Numbers of NumPy's own generator (PCG64), drawn in bulk.

    Args:
        households: number of households.
        seed: seed of the generator.
    """

    def __init__(self, households: int, seed: int) -> None:
        self.households = households
        self._rng = np.random.default_rng(seed)

    def thinning(self, step: int) -> Floats:
        """Return one uniform number for every household."""
        return self._rng.random(self.households)

    def choices(self, step: int, rows: Ints) -> Floats:
        """Return one uniform number for each of the given households."""
        return self._rng.random(len(rows))


class Vectorised:
    """W in vectorised NumPy.

    Args:
        world: tables.
        state: households at the start; copied.
        numbers: where random numbers come from.
    """

    def __init__(self, world: TownTables, state: State, numbers: Numbers) -> None:
        self._world, self._numbers = world, numbers
        self._state = State._make(column.copy() for column in state)
        self._first = self._counts = count(state)
        self._step = 0

    def run(self, steps: int) -> None:
        """Go on by a number of steps."""
        for _ in range(steps):
            self._one_step()
            self._step += 1

    def _one_step(self) -> None:
        origin, place, kind = self._state
        u = self._numbers.thinning(self._step)
        chance = self._world.chance.ravel()[(kind & (KINDS - 1)) * np.int16(PLACES) + place]
        rows = np.flatnonzero(u < chance)
        late = np.flatnonzero(u > 1.0 - REGISTRATION)
        late = late[place[late] >= PLACES - TOWNS]
        to = self._choose(rows)
        moved = to != place[rows]
        rows, to = rows[moved], to[moved]
        change = np.bincount(origin[rows].astype(np.int64) * PLACES + to, minlength=PLACES * PLACES)
        change -= np.bincount(origin[rows].astype(np.int64) * PLACES + place[rows], minlength=PLACES * PLACES)
        place[rows] = to
        kind[rows] = kind[rows] & (KINDS - 1) | np.where(to == origin[rows], REGISTERED, 0).astype(np.uint8)
        kind[late] |= REGISTERED
        network = self._counts.network + change.reshape(PLACES, PLACES)
        self._counts = Counts(network.sum(axis=0), network)

    def _choose(self, rows: Ints) -> Ints:
        """Return the places that the households of ``rows`` choose."""
        origin, place, kind = (column[rows] for column in self._state)
        weights = tables(self._world, self._counts, self._first)
        low, high = taste_words(rows, self._world.seed)
        words = np.concatenate(
            [np.broadcast_to(low[:, None], (len(rows), 16)), np.broadcast_to(high[:, None], (len(rows), PLACES - 16))],
            axis=1,
        )
        levels = (words >> _SHIFTS) & np.uint64(15)
        product = weights.offer[kind & (KINDS - 1)] * weights.peers[origin] * self._world.near[place]
        total = np.cumsum(product * self._world.taste[levels.astype(np.int64)], axis=1)
        bound = self._numbers.choices(self._step, rows) * total[:, -1]
        return np.asarray((total[:, :-1] <= bound[:, None]).sum(axis=1))

    def state(self) -> State:
        """Return the state in the order of the households."""
        return self._state
