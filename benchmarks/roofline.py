"""W taken apart: every stage beside a simple loop that does its work alone, measured in the same run.

The loops do what a stage cannot do without, one household after the other, on data that lie in order and close at
hand. They are no bounds: who weighs places for several households at a time waits less for each sum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.clock import best
from benchmarks.compiled import LANES, Compiled, Keyed
from benchmarks.measures import LOOPS, STEP
from benchmarks.workload import KINDS, LEVELS, MEAN_CHANCE, PLACES, REGISTRATION, make_state, make_world
from sim.agents._compile import rule
from sim.agents.rng import mix, philox
from sim.base.arrays import Bytes, Floats, Ints

__all__ = ["COLUMNS", "measure_roofline"]

COLUMNS = ["stage", "what", "households", "share", "ns_each", "ns_per_household_step"]
STEPS, TIMES = 24, 5


@rule
def _screen(blocks: int, step: int, bound: np.uint8, kept: Ints) -> None:
    """Draw a byte for every household, sixteen from a call, and count those below a bound."""
    n = 0
    for j in range(blocks):
        w = philox(np.uint64(j), step, 0, 0, 1)
        for k in range(4):
            word = w[k]
            for byte in range(4):
                n += int(np.uint8(word >> np.uint32(8 * byte)) <= bound)
    kept[0] = n


@rule
def _numbers(rows: int, step: int, kept: NDArray[np.uint64]) -> None:
    """Draw the numbers of every candidate, one call each."""
    total = np.uint64(0)
    for j in range(rows):
        w = philox(np.uint64(j), step, 1, 0, 1)
        total += w[0] ^ w[1]
    kept[0] = total


@rule
def _weigh(rows: int, pull: Floats, near: Floats, taste: Floats, numbers: Floats, totals: Floats, chosen: Ints) -> None:
    """Weigh all places for every considerer by tables in the first cache, cumulate, and take one."""
    for j in range(rows):
        key = np.uint64(j) * np.uint64(2)
        words = mix(key, 0), mix(key + np.uint64(1), 0)
        total = 0.0
        for d in range(PLACES):
            total += pull[d] * near[d] * taste[(words[d >> 4] >> np.uint64(4 * (d & 15))) & np.uint64(LEVELS - 1)]
            totals[d] = total
        bound = numbers[j] * total
        to = 0
        for d in range(PLACES - 1):
            to += totals[d] <= bound
        chosen[j] = to


@rule
def _state(rows: Ints, one: Bytes, two: Bytes, three: Bytes) -> None:
    """Read and write the state of every considerer where it lies."""
    for i in rows:
        two[i] ^= one[i] & np.uint8(1)
        three[i] ^= np.uint8(1)


def measure_roofline(households: int) -> pd.DataFrame:
    """Return what simple loops take for the stages of W, their sum, and what a step takes, one thread.

    Columns: stage, what, households, share (of the households that go through it), ns_each, ns_per_household_step.
    """
    world, start = make_world(), make_state(households)
    model = Compiled(world, start)
    seconds = best(lambda: model.run(STEPS), TIMES) / STEPS
    state = model.state()
    u = Keyed(households, world.seed).thinning(STEPS)
    chance = world.chance[state.kind & (KINDS - 1), state.place]
    considers = np.flatnonzero(u < chance)
    candidates = int(np.count_nonzero((u < (np.floor(chance * 256.0) + 1.0) / 256.0) | (u >= 255.0 / 256.0)))
    loops = _loops(households, considers, candidates)
    rows = [(stage, what, households, n / households, s / n * 1e9, s / households * 1e9) for stage, what, n, s in loops]
    whole = sum(row[-1] for row in rows)
    rows.append((LOOPS, "all of them", households, 1.0, whole, whole))
    each = seconds / households * 1e9
    rows.append((STEP, "compiled loops, one thread", households, 1.0, each, each))
    return pd.DataFrame(rows, columns=COLUMNS)


def _loops(households: int, considers: Ints, candidates: int) -> list[tuple[str, str, int, float]]:
    """Return stage, what it does, households that go through it, and the seconds for them."""
    n, rng = len(considers), np.random.default_rng(1)
    pull, near, taste = rng.random(PLACES), rng.random(PLACES), rng.random(LEVELS)
    numbers, totals, chosen = rng.random(n), np.empty(PLACES), np.empty(n, np.int64)
    columns = [np.zeros(households, np.uint8) for _ in range(3)]
    blocks, counted, kept = (households + LANES - 1) // LANES, np.zeros(1, np.int64), np.zeros(1, np.uint64)
    bound = np.uint8(256 * (MEAN_CHANCE + REGISTRATION))
    work = (
        ("screening", "a byte drawn and compared", households, lambda: _screen(blocks, 1, bound, counted)),
        ("numbers", "two numbers drawn", candidates, lambda: _numbers(candidates, 1, kept)),
        ("choices", "29 places weighed, one taken", n, lambda: _weigh(n, pull, near, taste, numbers, totals, chosen)),
        ("state", "three bytes read, two written", n, lambda: _state(considers, *columns)),
    )
    return [(stage, what, size, best(action, TIMES)) for stage, what, size, action in work]
