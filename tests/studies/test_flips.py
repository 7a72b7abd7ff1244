"""Random bits flipped in what is read back change no answer: a sample of ``make flips``."""

from __future__ import annotations

import pytest

from tests.studies import flips


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("rows", 20),
        ("sampling", 10),
        ("population", 12),
        ("posterior", 10),
        ("state", 12),
        ("stamps", 2),
        ("manifest", 2),
        ("records", 2),
        ("tables", 3),
    ],
)
def test_no_flip_gives_another_answer(name, count):
    kind = flips.kinds([name])[name]
    counts, faults = flips.attack(name, kind, count)
    assert faults == []
    assert sum(counts.values()) == count


def test_a_flip_that_is_believed_is_seen(tmp_path):
    kind = flips.Kind(lambda folder: (folder / "a").write_bytes(b"x"), lambda folder: str((folder / "a").read_bytes()))
    assert flips.attack("a", kind, 3)[0] == {"another": 3}
