"""Randomness: one counter-based generator, keyed by who decides what, and when.

Every draw is a function of (seed, household key, step, purpose, item). Nothing else in
the project may draw, observers never do, and no draw depends on the order in which
households are visited. The generator is Philox4x32 with ten rounds (Salmon et al. 2011,
Parallel random numbers: as easy as 1, 2, 3), whose known-answer vectors are in the tests.
"""

from __future__ import annotations

import zlib
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import inlined, rule

__all__ = ["Purpose", "derive_key", "gumbel", "name_key", "normal_like", "philox", "run_seed", "stable_log", "uniform"]


class Purpose(IntEnum):
    """What a draw is for: the third word of the counter."""

    VITAL = 1
    VITAL_DETAIL = 2
    BIRTH = 3
    LEAVE = 4
    SCREEN = 5
    MOVE = 6
    NEST = 7
    TASTE = 8
    REGISTER = 9
    RECLASSIFY = 10
    PAIR = 11
    DISSOLVE = 12
    LOTTERY = 13
    ENTER = 14
    SETTLE = 15
    START = 16
    PARAMETER = 17
    EFFECT = 18
    ATTACHMENT = 19
    SHOCK = 20
    RUN = 21
    POPULATION = 22


_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_UNIT = 2.0**-32
ITEMS = np.arange(256, dtype=np.uint32)
"""Items as 32-bit numbers: a loop counter of 64 bits would halve the vectors."""
_GOLDEN = np.uint32(0x9E3779B9)
_MIX_0 = np.uint32(0x7FEB352D)
_MIX_1 = np.uint32(0x846CA68B)
_BYTES = np.uint32(0xFF00FF)


@inlined
def philox(key: np.uint64, c0: int, c1: int, c2: int, c3: int) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return four 32-bit words for a 64-bit key and four 32-bit counters (as uint64)."""
    k0 = np.uint64(key) & _LOW
    k1 = np.uint64(key) >> _SHIFT
    x0 = np.uint64(c0) & _LOW
    x1 = np.uint64(c1) & _LOW
    x2 = np.uint64(c2) & _LOW
    x3 = np.uint64(c3) & _LOW
    for _ in range(10):
        p0 = _M0 * x0
        p1 = _M1 * x2
        y0 = (p1 >> _SHIFT) ^ x1 ^ k0
        y2 = (p0 >> _SHIFT) ^ x3 ^ k1
        x1 = p1 & _LOW
        x3 = p0 & _LOW
        x0 = y0
        x2 = y2
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return x0, x1, x2, x3


@inlined
def uniform(seed: int, key: np.uint64, step: int, purpose: int, item: int) -> float:
    """Return a uniform number strictly between 0 and 1 (32 bits)."""
    w = philox(key, step, purpose, item, seed)
    return (float(w[0]) + 0.5) * _UNIT


@inlined
def stream(key: np.uint64, step: int, purpose: int, seed: int) -> np.uint64:
    """Return the 64-bit state from which ``mix`` makes one number per item."""
    w = philox(key, step, purpose, 0, seed)
    return (w[0] << _SHIFT) | w[1]


@inlined
def mix(state: np.uint64, item: int) -> np.uint64:
    """Return 64 random bits for an item of a stream: the SplitMix64 output number ``item``.

    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators. Used where
    one decision needs a number for every alternative; the state comes from Philox.
    """
    z = np.uint64(state) + (np.uint64(item) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@inlined
def high(bits: np.uint64) -> np.uint64:
    """Return the upper 32 of 64 random bits."""
    return bits >> _SHIFT


@inlined
def low(bits: np.uint64) -> np.uint64:
    """Return the lower 32 of 64 random bits."""
    return bits & _LOW


@inlined
def word(state: np.uint64, item: int) -> np.uint32:
    """Return 32 random bits for an item of a stream, in arithmetic of 32 bits that vector loops are fast at.

    The mixer of Wellons (2018, the hash called lowbias32), which takes in the lower half of the
    state with the item before its first product and the upper half before its second.
    """
    x = np.uint32(np.uint32(low(state)) + np.uint32(np.uint32(item) * _GOLDEN))
    x = np.uint32(np.uint32(x ^ (x >> np.uint32(16))) * _MIX_0)
    x = np.uint32(np.uint32(x ^ (x >> np.uint32(15))) + np.uint32(high(state)))
    x = np.uint32(x * _MIX_1)
    return np.uint32(x ^ (x >> np.uint32(16)))


@inlined
def fill_words(state: np.uint64, first: int, words: NDArray[np.uint32]) -> None:
    """Fill uint32[n] with the words of the items from ``first`` on."""
    start = np.uint32(first)
    for j in range(len(words)):
        words[j] = word(state, np.uint32(ITEMS[j] + start))


@inlined
def unit(bits: np.uint32 | np.uint64) -> float:
    """Turn one 32-bit word into a uniform number strictly between 0 and 1."""
    return (float(bits) + 0.5) * _UNIT


@rule
def gumbel(u: float) -> float:
    """Return the standard Gumbel quantile of u: -log(-log u)."""
    return -np.log(-np.log(u))


@inlined
def normal_like(bits: np.uint32) -> float:
    """Return a mean 0, variance 1 number from the four bytes of a word (Irwin-Hall)."""
    w = np.uint32(bits)
    pairs = np.uint32((w & _BYTES) + ((w >> np.uint32(8)) & _BYTES))
    total = np.int32((pairs + (pairs >> np.uint32(16))) & np.uint32(0xFFFF))
    return (float(total) - 510.0) / 147.79941542


@rule
def stable_log(u: float, e: float, alpha: float) -> float:
    """Return log S for a positive alpha-stable S with Laplace transform exp(-s**alpha).

    Kanter (1975), Stable densities under change of scale; ``u`` and ``e`` are uniform
    numbers. With G standard Gumbel, alpha * (log S + G) is standard Gumbel again, which
    is the conjugate nest draw of the nested logit (Cardell 1997).
    """
    if alpha >= 1.0:
        return 0.0
    angle = np.pi * u
    whole = np.sin(angle)
    return np.log(np.sin(alpha * angle) / whole) + (1.0 - alpha) / alpha * np.log(
        np.sin((1.0 - alpha) * angle) / (whole * -np.log(e))
    )


@rule
def derive_key(key: np.uint64, step: int, purpose: int, item: int) -> np.uint64:
    """Return the 64-bit key of a new household made from its parent's key."""
    w = philox(key, step, purpose, item, np.uint64(0x5EED))
    return (w[0] << _SHIFT) | w[1]


def name_key(name: str) -> int:
    """Return a stable integer key for a named quantity."""
    return zlib.crc32(name.encode())


def run_seed(seed: int, draw: int, replicate: int) -> int:
    """Return the 32-bit seed of a run; it depends on (seed, draw, replicate) alone."""
    words = philox(np.uint64(seed), draw, replicate, int(Purpose.RUN), 0)
    return int(words[0])
