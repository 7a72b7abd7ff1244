"""Saved states: a branch from a file equals the straight run, and a damaged file is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.config import load_config
from sim.model.path.begin import begin, simulate_draw
from sim.model.path.history import advance, branch
from sim.model.path.setup import Setup, prepare
from sim.model.path.state_file import StateFileError, pack, unpack

TABLES = ("indicators", "accounts", "flows", "pyramid", "costs")


@pytest.fixture(scope="module")
def setup() -> Setup:
    return prepare(load_config(households=5_000, draws=1, end_year=2027, scenarios=["no_new_policy", "plan"]))


@pytest.fixture(scope="module")
def straight(setup):
    return {output.scenario: output for output in simulate_draw(setup, 0, 0)}


@pytest.fixture(scope="module")
def saved(setup) -> bytes:
    return pack(begin(setup, 0, 0), "study")


def same(one, other) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def test_branches_from_a_saved_history_equal_the_straight_runs(setup, straight, saved):
    history = unpack(setup, saved, "study")
    assert history.sim.year == setup.region.last_observed
    for name, expected in straight.items():
        output = branch(setup, history, name)
        same(output, expected)
        assert output.start == expected.start


def test_a_state_saved_in_the_middle_of_a_scenario_goes_on_as_if_it_had_not_stopped(setup, straight, saved):
    middle = advance(setup, unpack(setup, saved, "study"), "plan", 2026)
    again = unpack(setup, pack(middle, "study"), "study")
    same(branch(setup, again, "plan"), straight["plan"])
    other = branch(setup, again, "no_new_policy")
    until = other.indicators["year"] <= 2026
    pd.testing.assert_frame_equal(
        other.indicators[until], straight["plan"].indicators[straight["plan"].indicators["year"] <= 2026]
    )
    assert not other.indicators["value"].equals(straight["plan"].indicators["value"])


def test_the_reference_engine_goes_on_from_a_state_of_the_fast_one(setup, straight, saved):
    from dataclasses import replace

    reference = replace(setup, engine="reference", end_year=2026)
    output = branch(reference, unpack(reference, saved, "study"), "plan")
    expected = straight["plan"].accounts
    pd.testing.assert_frame_equal(output.accounts, expected[expected["year"] <= 2026].reset_index(drop=True))


def test_states_of_other_runs_are_refused(setup, saved):
    with pytest.raises(StateFileError, match=r"belongs to other runs \(study instead of another\)"):
        unpack(setup, saved, "another")


def places(saved: bytes) -> list[int]:
    """Return bytes all over the file, and the flags of an entry of the archive: one bit makes it ask for a password."""
    flags = saved.index(b"PK\x01\x02") + 8
    return [0, 20, flags, *(int(at * len(saved)) for at in (0.3, 0.6, 0.9)), len(saved) - 1]


def test_damaged_and_cut_files_are_refused(setup, saved):
    for place in places(saved):
        flipped = bytearray(saved)
        flipped[place] ^= 0x01
        for content in (bytes(flipped), saved[:place], b""):
            with pytest.raises(StateFileError, match="the saved state is damaged"):
                unpack(setup, content, "study")


def test_nothing_but_known_parts_is_stored(setup, saved, monkeypatch):
    history = unpack(setup, saved, "study")
    history.sim.markets.wage = np.zeros(3)
    history.sim.markets.recent = [object()]
    with pytest.raises(TypeError, match="object cannot be part of a saved state"):
        pack(history, "study")
