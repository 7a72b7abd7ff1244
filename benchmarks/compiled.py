"""W in compiled loops of the kind that the model uses: packed state, screening by bytes, short stages.

Sixteen households share one call of the generator, one byte each: the first of 256 digits of
their thinning number. Only where that digit leaves it open whether something happens are the
other digits drawn, together with the number of the choice. Counts are integer deltas per
thread, added at the end of the step.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.workload import (
    KINDS,
    PLACES,
    REGISTERED,
    REGISTRATION,
    TOWNS,
    Counts,
    State,
    Tables,
    TownTables,
    count,
    tables,
)
from sim.agents._compile import inlined, rule
from sim.agents.rng import mix, philox
from sim.base.arrays import Bytes, Floats, Ints

LANES = 16
"""Households that share a call of the generator."""
BATCH = 32768
GROUP, WIDTH = 72, 32
"""Households that choose side by side, and places filled up to whole vectors."""
_DIGITS, _FULL = 1, 2
_UNIT = 2.0**-32
_FIRST_TOWN = PLACES - TOWNS
_GATHER = np.uint64(0x0102040810204080)
"""Times eight bytes of 0 or 1: their bits in the uppermost byte, the first byte's lowest."""
_BITS = (np.arange(256)[:, None] >> np.arange(8)) & 1
_SET = _BITS.sum(axis=1).astype(np.uint64)
"""Set bits of a byte, uint64[256]."""
_WHERE = np.argsort(1 - _BITS, axis=1, kind="stable").astype(np.int32).ravel()
"""Positions of the set bits of a byte before those of the others, int32[256 * 8]."""


class Space(NamedTuple):
    """Working space of one thread.

    Attributes:
        words: random words of a batch, uint32[BATCH / 4].
        lanes: the same memory, the first digit of every household, uint8[BATCH].
        hits: 1 where the first digit leaves open whether something happens, uint8[BATCH].
        eights: the same memory, eight at a time, uint64[BATCH / 8].
        rows: candidates, with room for eight more, int32[BATCH + 8].
        numbers: words of the candidates for thinning and choice, uint32[2, BATCH + GROUP].
        own: weights of the places for one household but for its tastes, float64[WIDTH].
        weights: whole weights of a group, then cumulated, float64[PLACES, GROUP].
        bounds: the numbers of the choices in their units, float64[GROUP].
        chosen: places that the group chooses, int64[GROUP].
    """

    words: NDArray[np.uint32]
    lanes: Bytes
    hits: Bytes
    eights: NDArray[np.uint64]
    rows: NDArray[np.int32]
    numbers: NDArray[np.uint32]
    own: Floats
    weights: Floats
    bounds: Floats
    chosen: Ints


def new_space() -> Space:
    """Return working space for one thread."""
    words, hits = np.empty(BATCH // 4, np.uint32), np.zeros(BATCH, np.uint8)
    rows, numbers = np.empty(BATCH + 8, np.int32), np.zeros((2, BATCH + GROUP), np.uint32)
    choices = np.zeros(WIDTH), np.zeros((PLACES, GROUP)), np.zeros(GROUP), np.zeros(GROUP, np.int64)
    return Space(words, words.view(np.uint8), hits, hits.view(np.uint64), rows, numbers, *choices)


class Lookups(NamedTuple):
    """What does not change within a step.

    Attributes:
        most: largest first digit with which a household may consider moving, plus one, uint8[KINDS, PLACES].
        pull: offer times peers, float64[KINDS, PLACES (origin), WIDTH].
        near: of the world, filled up with zeros, float64[PLACES, WIDTH].
    """

    most: Bytes
    pull: Floats
    near: Floats


def lookups(world: TownTables, weights: Tables) -> Lookups:
    """Return the look-up tables of a step."""
    pull = np.zeros((KINDS, PLACES, WIDTH))
    pull[:, :, :PLACES] = weights.offer[:, None, :] * weights.peers[None, :, :]
    near = np.zeros((PLACES, WIDTH))
    near[:, :PLACES] = world.near
    return Lookups(bounds(world), pull, near)


def bounds(world: TownTables) -> Bytes:
    """Return the largest first digit with which a household may consider moving, plus one, uint8[KINDS, PLACES]."""
    return np.floor(world.chance * 256.0).astype(np.uint8) + np.uint8(1)


@inlined
def _first_digits(first: int, blocks: int, step: int, seed: int, words: NDArray[np.uint32]) -> None:
    for j in range(blocks):
        w = philox(np.uint64(first + j), step, _DIGITS, 0, seed)
        words[4 * j] = w[0]
        words[4 * j + 1] = w[1]
        words[4 * j + 2] = w[2]
        words[4 * j + 3] = w[3]


@inlined
def _refined(digit: np.uint8, word: np.uint32) -> float:
    """Return the number whose first of 256 digits is ``digit`` and whose others are those of ``word``."""
    return (float(digit) + (float(word) + 0.5) * _UNIT) / 256.0


@inlined
def _candidates(bounds: Bytes, first: int, n: int, space: Space) -> int:
    """Fill ``space.rows`` with households that may do something by their first digit; return their number.

    Eight households at a time are looked up by the pattern of their hits, since a branch for each is guessed wrongly.
    """
    lanes, hits, rows, most = space.lanes[:n], space.hits[:n], space.rows, bounds[first : first + n]
    for j in range(len(lanes)):
        hits[j] = np.uint8(lanes[j] + np.uint8(1)) <= most[j]
    for j in range(n, (n + 7) // 8 * 8):
        space.hits[j] = 0
    m = np.uint64(0)
    for q in range((n + 7) // 8):
        pattern = (space.eights[q] * _GATHER) >> np.uint64(56)
        at, base = pattern * np.uint64(8), first + 8 * q
        for k in range(4):
            rows[m + np.uint64(k)] = base + _WHERE[at + np.uint64(k)]
        if _SET[pattern] > 4:
            for k in range(4, 8):
                rows[m + np.uint64(k)] = base + _WHERE[at + np.uint64(k)]
        m += _SET[pattern]
    return int(m)


@inlined
def _considering(state: State, first: int, n: int, step: int, world: TownTables, space: Space) -> int:
    """Register who registers; leave in ``space.rows`` who considers moving, with numbers; return their number."""
    rows, keys, thinning, choices = space.rows, space.rows[:n], space.numbers[0], space.numbers[1]
    for j in range(len(keys)):
        w = philox(np.uint64(keys[j]), step, _FULL, 0, world.seed)
        thinning[j] = w[0]
        choices[j] = w[1]
    m = 0
    for j in range(n):
        i = rows[j]
        u = _refined(space.lanes[i - first], thinning[j])
        place, kind = np.int64(state.place[i]), np.int64(state.kind[i])
        considers = u < world.chance[kind & (KINDS - 1), place]
        if not considers and u > 1.0 - REGISTRATION and place >= _FIRST_TOWN:
            state.kind[i] = kind | REGISTERED
        rows[m] = i
        choices[m] = choices[j]
        m += considers
    return m


@inlined
def _fill_weights(state: State, i: int, world: TownTables, look: Lookups, own: Floats, weights: Floats, k: int) -> None:
    """Fill column ``k`` of the weights with those of one household."""
    key = np.uint64(i) * np.uint64(2) + (np.uint64(world.seed) << np.uint64(40))
    low, high = mix(key, 0), mix(key + np.uint64(1), 0)
    pull = look.pull[np.int64(state.kind[i]) & (KINDS - 1), np.int64(state.origin[i])]
    near, taste = look.near[np.int64(state.place[i])], world.taste
    for d in range(WIDTH):
        own[d] = pull[d] * near[d]
    for d in range(16):
        weights[d, k] = own[d] * taste[(low >> np.uint64(4 * d)) & np.uint64(15)]
    for d in range(PLACES - 16):
        weights[16 + d, k] = own[16 + d] * taste[(high >> np.uint64(4 * d)) & np.uint64(15)]


@inlined
def _choose(state: State, bounds: Bytes, n: int, world: TownTables, look: Lookups, space: Space, delta: Ints) -> None:
    """Let the ``n`` households of ``space.rows`` choose, a group side by side, and book who moves."""
    rows, own, numbers, chosen = space.rows, space.own, space.bounds, space.chosen
    for first in range(0, n, GROUP):
        size = min(GROUP, n - first)
        for k in range(size):
            _fill_weights(state, rows[first + k], world, look, own, space.weights, k)
        for d in range(1, PLACES):
            before, total = space.weights[d - 1], space.weights[d]
            for k in range(GROUP):
                total[k] += before[k]
        words, whole = space.numbers[1, first : first + GROUP], space.weights[PLACES - 1]
        for k in range(GROUP):
            numbers[k] = (float(words[k]) + 0.5) * _UNIT * whole[k]
            chosen[k] = 0
        for d in range(PLACES - 1):
            total = space.weights[d]
            for k in range(GROUP):
                chosen[k] += total[k] <= numbers[k]
        for k in range(size):
            _move(state, bounds, rows[first + k], chosen[k], look, delta)


@inlined
def _move(state: State, bounds: Bytes, i: int, to: int, look: Lookups, delta: Ints) -> None:
    place, origin = np.int64(state.place[i]), np.int64(state.origin[i])
    if to != place:
        state.place[i] = to
        bounds[i] = look.most[np.int64(state.kind[i]) & (KINDS - 1), to]
        state.kind[i] = np.int64(state.kind[i]) & (KINDS - 1) | (REGISTERED if to == origin else 0)
        delta[origin, place] -= 1
        delta[origin, to] += 1


@rule
def step_rows(
    state: State,
    bounds: Bytes,
    start: int,
    stop: int,
    step: int,
    world: TownTables,
    look: Lookups,
    delta: Ints,
    space: Space,
) -> None:
    """Run one step over households ``start`` (a multiple of LANES) to ``stop``; write integer deltas.

    ``bounds`` are those of ``Lookups.most`` for every household where it lives, uint8[households].
    """
    for first in range(start, stop, BATCH):
        n = min(first + BATCH, stop) - first
        _first_digits(first // LANES, (n + LANES - 1) // LANES, step, world.seed, space.words)
        n = _candidates(bounds, first, n, space)
        n = _considering(state, first, n, step, world, space)
        _choose(state, bounds, n, world, look, space, delta)


@rule
def fill_thinning(step: int, seed: int, words: NDArray[np.uint32], lanes: Bytes, out: Floats) -> None:
    """Fill ``out`` with the thinning numbers of all households."""
    _first_digits(0, (len(out) + LANES - 1) // LANES, step, seed, words)
    for i in range(len(out)):
        out[i] = _refined(lanes[i], philox(np.uint64(i), step, _FULL, 0, seed)[0])


@rule
def fill_choices(step: int, seed: int, rows: Ints, out: Floats) -> None:
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

    def choices(self, step: int, rows: Ints) -> Floats:
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

    def __init__(self, world: TownTables, state: State, threads: int = 1) -> None:
        self._world, self._threads = world, threads
        self._state = State._make(column.copy() for column in state)
        self._bounds = bounds(world)[state.kind & (KINDS - 1), state.place]
        self._first = self._counts = count(state)
        self._step = 0
        self._space = [new_space() for _ in range(threads)]

    def run(self, steps: int) -> None:
        """Go on by a number of steps."""
        blocks = (len(self._state.place) + LANES - 1) // LANES
        shares = np.linspace(0, blocks, self._threads + 1).astype(np.int64) * LANES
        shares[-1] = len(self._state.place)
        with ThreadPoolExecutor(self._threads) as pool:
            for _ in range(steps):
                look = lookups(self._world, tables(self._world, self._counts, self._first))
                deltas = np.zeros((self._threads, PLACES, PLACES), np.int64)

                def part(k: int, look: Lookups = look, deltas: Ints = deltas) -> None:
                    ends = shares[k], shares[k + 1]
                    space = self._space[k]
                    step_rows(self._state, self._bounds, *ends, self._step, self._world, look, deltas[k], space)

                if self._threads == 1:
                    part(0)
                else:
                    list(pool.map(part, range(self._threads)))
                network = self._counts.network + deltas.sum(axis=0)
                self._counts = Counts(network.sum(axis=0), network)
                self._step += 1

    def state(self) -> State:
        """Return the state in the order of the households."""
        return self._state
