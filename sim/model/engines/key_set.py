"""A set of household keys that compiled code can ask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import inlined, rule
from sim.base.arrays import Bytes, Ints

Keys = NDArray[np.uint64]


@inlined
def holds(table: Keys, used: Bytes, key: np.uint64) -> bool:
    """Return whether a key is in a hash table with open addressing; its length is a power of two."""
    at = np.int64(key & np.uint64(len(table) - 1))
    while used[at] != 0:
        if table[at] == key:
            return True
        at = (at + 1) & (len(table) - 1)
    return False


@rule
def insert(table: Keys, used: Bytes, keys: Keys) -> int:
    """Put keys into a hash table; return how many are new."""
    new = 0
    for key in keys:
        at = np.int64(key & np.uint64(len(table) - 1))
        while used[at] != 0 and table[at] != key:
            at = (at + 1) & (len(table) - 1)
        new += used[at] == 0
        table[at], used[at] = key, 1
    return new


@rule
def list_missing(table: Keys, used: Bytes, keys: Keys, out: Ints) -> int:
    """List the positions of the keys that are not in the table; return their number."""
    n = 0
    for j in range(len(keys)):
        if not holds(table, used, keys[j]):
            out[n] = j
            n += 1
    return n


class KeySet:
    """Keys, which may be added; the table doubles before it is half full."""

    def __init__(self) -> None:
        self.table, self.used, self.count = np.zeros(4096, np.uint64), np.zeros(4096, np.uint8), 0

    def add(self, keys: Keys) -> None:
        """Add keys."""
        while 2 * (self.count + len(keys)) > len(self.table):
            old = self.table[self.used == 1]
            self.table, self.used = np.zeros(2 * len(self.table), np.uint64), np.zeros(2 * len(self.table), np.uint8)
            insert(self.table, self.used, old)
        self.count += insert(self.table, self.used, keys)

    def missing(self, keys: Keys) -> Ints:
        """Return the positions of the keys that are not in the set."""
        out = np.empty(len(keys), np.int64)
        return out[: list_missing(self.table, self.used, keys, out)]
