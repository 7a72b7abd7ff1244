"""Seals: whatever is changed, cut off, added or of something else does not open."""

from __future__ import annotations

import pytest

from sim.base.sealed import DamagedError, seal, unseal


def test_every_bit_counts():
    sealed = seal(b"rows of a study", "study")
    assert unseal(sealed, "study") == b"rows of a study"
    for place in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(DamagedError):
            unseal(bytes(flipped), "study")


@pytest.mark.parametrize("content", [b"", b"x", seal(b"rows", "study")[:-1], seal(b"rows", "study") + b"x"])
def test_what_is_cut_off_or_longer_does_not_open(content):
    with pytest.raises(DamagedError):
        unseal(content, "study")


def test_the_owner_counts():
    with pytest.raises(DamagedError, match="not as it was written, or of something else"):
        unseal(seal(b"rows", "study"), "another")
