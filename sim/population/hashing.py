"""Counter-based random numbers of the synthetic population: pure functions of (seed, stream, index)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MUL_1 = np.uint64(0xBF58476D1CE4E5B9)
_MUL_2 = np.uint64(0x94D049BB133111EB)
_STREAM = np.uint64(0xD1B54A32D192ED03)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TO_UNIT = 1.0 / 9007199254740992.0


@njit
def mix64(x: np.uint64) -> np.uint64:
    """Return a 64-bit mix of ``x`` (the splitmix64 finalizer): a bijection without visible order."""
    x = (x ^ (x >> _S30)) * _MUL_1
    x = (x ^ (x >> _S27)) * _MUL_2
    return x ^ (x >> _S31)


@njit
def stream_key(seed: int, stream: int) -> np.uint64:
    """Return the start of the sequence of ``stream`` under ``seed``."""
    return mix64(mix64(np.uint64(seed) + _GOLDEN) + np.uint64(stream) * _STREAM)


def stream(seed: int, number: int) -> np.uint64:
    """Return the key of a random stream for compiled functions (always an unsigned 64-bit number)."""
    return np.uint64(stream_key(np.int64(seed), np.int64(number)))


@njit
def unit(key: np.uint64, index: int) -> float:
    """Return number ``index`` of a sequence: uniform in (0, 1)."""
    return (np.float64(mix64(key + np.uint64(index) * _GOLDEN) >> _S11) + 0.5) * _TO_UNIT


@njit
def uniforms(seed: int, stream: int, start: int, count: int) -> NDArray[np.float64]:
    """Return numbers ``start`` to ``start + count - 1`` of a stream, float64[count]."""
    key = stream_key(seed, stream)
    out = np.empty(count, np.float64)
    for i in range(count):
        out[i] = unit(key, start + i)
    return out


@njit
def household_keys(seed: int, count: int) -> NDArray[np.uint64]:
    """Return ``count`` different household keys, uint64[count]: a bijection of the row number."""
    start = stream_key(seed, 0)
    out = np.empty(count, np.uint64)
    for i in range(count):
        out[i] = mix64(start + np.uint64(i) * _GOLDEN)
    return out


@njit
def normal(key: np.uint64, index: int) -> float:
    """Return an approximately normal number (sum of four uniforms), mean 0, variance 1, within +-3.46."""
    total = 0.0
    for j in range(4):
        total += unit(key, index * 4 + j)
    return (total - 2.0) * 1.7320508075688772
