"""Real programs under a few blows: the same files as undisturbed, no process left over."""

from __future__ import annotations

import numpy as np
import pytest

from tests.programs import torture

SMALLER = {"project": ("draws=2", "end_year=2025"), "hindcast": ("draws=10",)}


@pytest.mark.parametrize(("program", "blows"), [("project", ["worker", "kill"]), ("hindcast", ["terminate"])])
def test_a_program_under_blows_leaves_what_an_undisturbed_one_leaves(tmp_path, monkeypatch, program, blows):
    monkeypatch.setattr(torture, "PROMPT_SECONDS", 15.0)  # other tests keep the machine busy
    keys = dict(argument.split("=") for argument in (*torture.PROGRAMS[program], *SMALLER[program]))
    monkeypatch.setitem(torture.PROGRAMS, program, tuple(f"{key}={value}" for key, value in keys.items()))
    assert torture.finish(program, tmp_path / "whole") == []
    hits, faults = torture.torment(program, tmp_path / "hit", blows, 5.0, np.random.default_rng(1))
    assert faults == []
    assert hits > 0
    expected = torture.traces(tmp_path / "whole")
    assert any(name.endswith(".csv") for name in expected)
    differ = torture.differences(torture.traces(tmp_path / "hit"), expected)
    assert [name for name in differ if not name.endswith("effects.csv")] == []  # 0/0 in its variance_reduction


def test_a_difference_of_a_byte_is_seen():
    expected = {"a.csv": b"1", "b.csv": b"2"}
    assert torture.differences({"a.csv": b"1", "b.csv": b"3"}, expected) == ["b.csv"]
    assert torture.differences({"a.csv": b"1"}, expected) == ["b.csv"]
    assert torture.differences(expected | {"c.csv": b""}, expected) == ["c.csv"]
