"""Arrivals from other provinces: copies of households that came before."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import njit
from sim.agents.rng import Purpose, uniform
from sim.base.arrays import Ints

_ENTER = int(Purpose.ENTER)


@njit
def draw_arrivals(seed: int, step: int, pool: int, expected: float) -> Ints:
    """Return which households of the pool are copied as arrivals of a step, int64[number].

    The number is the expected one rounded up or down at random, so that means are exact.
    """
    number = int(expected + uniform(seed, 0, step, _ENTER, 0))
    picks = np.empty(number, dtype=np.int64)
    for j in range(number):
        picks[j] = int(pool * uniform(seed, 1, step, _ENTER, j))
    return picks
