"""Real programs, undisturbed and under a few blows: the same files, no process left over."""

from __future__ import annotations

import numpy as np
import pytest

from tests.programs import torture
from tests.programs.traces import differences, traces

SMALLER = {"project": ("draws=2", "end_year=2026"), "sampling": ("replicates=[1,1]",)}


@pytest.mark.parametrize(("program", "blows"), [("project", ["worker", "kill"]), ("sampling", [])])
def test_a_program_under_blows_leaves_what_an_undisturbed_one_leaves(tmp_path, monkeypatch, program, blows):
    """Without blows: two undisturbed programs leave the same."""
    monkeypatch.setattr(torture, "PROMPT_SECONDS", 15.0)  # other tests keep the machine busy
    keys = dict(argument.split("=") for argument in (*torture.PROGRAMS[program], *SMALLER[program]))
    monkeypatch.setitem(torture.PROGRAMS, program, tuple(f"{key}={value}" for key, value in keys.items()))
    assert torture.finish(program, tmp_path / "whole") == []
    hits, faults = torture.torment(program, tmp_path / "hit", blows, 5.0, np.random.default_rng(1))
    assert faults == []
    assert hits > 0 or not blows
    expected = traces(tmp_path / "whole")
    assert any(name.endswith(".csv") for name in expected)
    assert differences(traces(tmp_path / "hit"), expected) == []


def test_a_difference_of_a_byte_is_seen():
    expected = {"a.csv": b"1", "b.csv": b"2"}
    assert differences({"a.csv": b"1", "b.csv": b"3"}, expected) == ["b.csv"]
    assert differences({"a.csv": b"1"}, expected) == ["b.csv"]
    assert differences(expected | {"c.csv": b""}, expected) == ["c.csv"]


def test_times_are_left_out_and_nothing_else(tmp_path):
    def trace(text: str) -> object:
        (tmp_path / "report.html").write_text(text)
        return traces(tmp_path)["report.html"]

    made = "<td>2026-11-27T15:16:15+00:00</td><td>0.71</td>"
    assert trace(made) == trace(made.replace("15:16:15", "15:19:09"))
    assert trace(made) != trace(made.replace("0.71", "0.72"))
    assert trace(made) != trace(made.replace("2026-11-27T15:16:15+00:00", "2026"))
