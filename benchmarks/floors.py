"""Floors: what memory and random numbers cost at least, measured beside the model."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.clock import best
from sim.agents._compile import rule
from sim.agents.rng import philox
from sim.agents.state import bytes_per_household

COLUMNS = ["floor", "threads", "households", "seconds", "amount", "unit"]
_REPEATS = 5


@rule
def _touch(state: NDArray[np.uint64]) -> None:
    """Read and write every byte of the state once, eight at a time."""
    for i in range(len(state)):
        state[i] ^= np.uint64(1)


@rule
def _draw(start: int, stop: int, step: int, total: NDArray[np.uint64]) -> None:
    """Draw four words for every household and keep what they add up to, so that nothing is left out."""
    kept = np.uint64(0)
    for i in range(start, stop):
        w = philox(np.uint64(i), step, 0, 0, 1)
        kept += w[0] ^ w[1] ^ w[2] ^ w[3]
    total[0] = kept


def measure_floors(households: int, threads: list[int]) -> pd.DataFrame:
    """Return the floors for a state of ``households`` rows.

    Returns:
        floor (copy, touch, philox), threads, households, seconds of one pass, and the rate: GB/s
        read and written, or million 32-bit words a second.
    """
    words = bytes_per_household() * households // 8
    state, other = np.zeros(words, np.uint64), np.ones(words, np.uint64)
    size = 2 * state.nbytes
    totals = np.zeros((max(threads), 1), np.uint64)
    rows = []
    for number in threads:
        copy = _pass(number, words, lambda k, a, b: np.copyto(other[a:b], state[a:b]))
        touch = _pass(number, words, lambda k, a, b: _touch(state[a:b]))
        draw = _pass(number, households, lambda k, a, b: _draw(a, b, 1, totals[k]))
        rows += [
            ("copy", number, households, copy, size / copy / 1e9, "GB/s"),
            ("touch", number, households, touch, size / touch / 1e9, "GB/s"),
            ("philox", number, households, draw, 4 * households / draw / 1e6, "million words/s"),
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _pass(threads: int, size: int, part: Callable[[int, int, int], object]) -> float:
    """Return the best time in which all threads together work through ``size`` items."""
    bounds = np.linspace(0, size, threads + 1).astype(np.int64).tolist()
    if threads == 1:
        return best(lambda: part(0, 0, size), _REPEATS)
    with ThreadPoolExecutor(threads) as pool:
        return best(lambda: list(pool.map(part, range(threads), bounds[:-1], bounds[1:])), _REPEATS)
