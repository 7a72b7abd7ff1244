"""The set of keys against Python's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.model.engines.key_set import KeySet

KEYS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40).map(lambda k: 4096 * k), max_size=60)


@given(st.lists(KEYS, max_size=5), KEYS)
def test_holds_what_was_added_and_nothing_else(added, asked):
    keys, expected = KeySet(), set()
    for some in added:
        keys.add(np.array(some, np.uint64))
        expected |= set(some)
    assert keys.count == len(expected)
    missing = keys.missing(np.array(asked, np.uint64))
    assert missing.tolist() == [j for j, key in enumerate(asked) if key not in expected]


def test_grows():
    keys = KeySet()
    many = np.arange(1, 50_001, dtype=np.uint64) * np.uint64(4096)
    keys.add(many)
    assert keys.count == 50_000
    assert len(keys.table) >= 100_000
    assert len(keys.missing(many)) == 0
    assert len(keys.missing(many + np.uint64(1))) == 50_000
