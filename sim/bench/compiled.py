"""W in compiled loops of the kind that the model uses: packed state, screening by bytes, short stages.

Sixteen households share one call of the generator, one byte each: the first of 256 digits of
their thinning number. Only where that digit leaves it open whether something happens are the
other digits drawn, together with the number of the choice. Counts are integer deltas per
thread, added at the end of the step.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from sim._compile import inlined, rule
from sim.bench.workload import (
    KINDS,
    PLACES,
    REGISTERED,
    REGISTRATION,
    TOWNS,
    Counts,
    Floats,
    State,
    World,
    count,
    tables,
)
from sim.rng import mix, philox

LANES = 16
"""Households that share a call of the generator."""
BATCH = 4096
_DIGITS, _FULL = 1, 2
_UNIT = 2.0**-32
_FIRST_TOWN = PLACES - TOWNS


@inlined
def _first_digits(first, blocks, step, seed, words):
    for j in range(blocks):
        w = philox(np.uint64(first + j), step, _DIGITS, 0, seed)
        words[4 * j] = w[0]
        words[4 * j + 1] = w[1]
        words[4 * j + 2] = w[2]
        words[4 * j + 3] = w[3]


@inlined
def _refined(digit, word):
    """Return the number whose first of 256 digits is ``digit`` and whose others are those of ``word``."""
    return (float(digit) + (float(word) + 0.5) * _UNIT) / 256.0


@inlined
def _chosen(origin, place, kind, household, u, world, step_tables, weights):
    """Return the place whose interval of the cumulated weights holds ``u``."""
    state = np.uint64(household) * np.uint64(2) + (np.uint64(world.seed) << np.uint64(40))
    low, high = mix(state, 0), mix(state + np.uint64(1), 0)
    offer, peers, near = step_tables.offer[kind], step_tables.peers[origin], world.near[place]
    total = 0.0
    for d in range(PLACES):
        word = low if d < 16 else high
        level = (word >> np.uint64(4 * (d & 15))) & np.uint64(15)
        total += offer[d] * peers[d] * near[d] * world.taste[np.int64(level)]
        weights[d] = total
    bound = u * total
    where = 0
    for d in range(PLACES - 1):
        where += weights[d] <= bound
    return where


@rule
def step_rows(
    state, start, stop, step, world, step_tables, limit, place_delta, network_delta, words, lanes, rows, weights
):
    """Run one step over households ``start`` (a multiple of LANES) to ``stop``; write integer deltas.

    ``limit`` is the largest first digit with which anybody may consider moving; ``lanes`` are the
    bytes of ``words``; ``rows`` holds candidates and ``weights`` cumulated
    weights; all are working space of one thread.
    """
    for first in range(start, stop, BATCH):
        last = min(first + BATCH, stop)
        _first_digits(first // LANES, (last - first + LANES - 1) // LANES, step, world.seed, words)
        n = 0
        for j in range(last - first):
            digit = lanes[j]
            rows[n] = first + j
            n += (digit <= limit) | (digit == 255)
        for j in range(n):
            i = rows[j]
            w = philox(np.uint64(i), step, _FULL, 0, world.seed)
            u = _refined(lanes[i - first], w[0])
            place, kind = np.int64(state.place[i]), np.int64(state.kind[i])
            if u < world.chance[kind & (KINDS - 1), place]:
                v = (float(w[1]) + 0.5) * _UNIT
                origin = np.int64(state.origin[i])
                to = _chosen(origin, place, kind & (KINDS - 1), i, v, world, step_tables, weights)
                if to != place:
                    state.place[i] = to
                    state.kind[i] = kind & (KINDS - 1) | (REGISTERED if to == origin else 0)
                    place_delta[place] -= 1
                    place_delta[to] += 1
                    network_delta[origin, place] -= 1
                    network_delta[origin, to] += 1
            elif u > 1.0 - REGISTRATION and place >= _FIRST_TOWN:
                state.kind[i] = kind | REGISTERED


@rule
def fill_thinning(step, seed, words, lanes, out):
    """Fill ``out`` with the thinning numbers of all households."""
    _first_digits(0, (len(out) + LANES - 1) // LANES, step, seed, words)
    for i in range(len(out)):
        out[i] = _refined(lanes[i], philox(np.uint64(i), step, _FULL, 0, seed)[0])


@rule
def fill_choices(step, seed, rows, out):
    """Fill ``out`` with the numbers of the choices of ``rows``."""
    for j in range(len(rows)):
        out[j] = (float(philox(np.uint64(rows[j]), step, _FULL, 0, seed)[1]) + 0.5) * _UNIT


class Keyed:
    """The random numbers of the compiled loops, for other frameworks.

    Args:
        households: number of households.
        seed: seed of the world.
    """

    def __init__(self, households: int, seed: int) -> None:
        self.households, self.seed = households, seed

    def thinning(self, step: int) -> Floats:
        """Return one uniform number for every household."""
        words = np.empty(4 * ((self.households + LANES - 1) // LANES), np.uint32)
        out = np.empty(self.households)
        fill_thinning(step, self.seed, words, words.view(np.uint8), out)
        return out

    def choices(self, step: int, rows: NDArray[np.int64]) -> Floats:
        """Return one uniform number for each of the given households."""
        out = np.empty(len(rows))
        fill_choices(step, self.seed, rows, out)
        return out


class Compiled:
    """W in compiled loops.

    Args:
        world: tables.
        state: households at the start; copied.
        threads: threads that share the households.
    """

    def __init__(self, world: World, state: State, threads: int = 1) -> None:
        self._world, self._threads = world, threads
        self._state = State._make(column.copy() for column in state)
        self._first = self._counts = count(state)
        self._step = 0
        self._limit = int(np.floor(world.chance.max() * 256.0))
        words = [np.empty(BATCH // 4, np.uint32) for _ in range(threads)]
        self._space = [(w, w.view(np.uint8), np.empty(BATCH, np.int64), np.empty(PLACES)) for w in words]

    def run(self, steps: int) -> None:
        """Go on by a number of steps."""
        blocks = (len(self._state.place) + LANES - 1) // LANES
        bounds = np.linspace(0, blocks, self._threads + 1).astype(np.int64) * LANES
        bounds[-1] = len(self._state.place)
        with ThreadPoolExecutor(self._threads) as pool:
            for _ in range(steps):
                weights = tables(self._world, self._counts, self._first)
                deltas = [Counts(np.zeros(PLACES, np.int64), np.zeros((PLACES, PLACES), np.int64)) for _ in self._space]

                def part(k: int, weights: object = weights, deltas: list[Counts] = deltas) -> None:
                    step_rows(
                        self._state,
                        bounds[k],
                        bounds[k + 1],
                        self._step,
                        self._world,
                        weights,
                        self._limit,
                        *deltas[k],
                        *self._space[k],
                    )

                if self._threads == 1:
                    part(0)
                else:
                    list(pool.map(part, range(self._threads)))
                self._counts = Counts(
                    self._counts.place + sum(d.place for d in deltas),
                    self._counts.network + sum(d.network for d in deltas),
                )
                self._step += 1

    def state(self) -> State:
        """Return the state in the order of the households."""
        return self._state
