"""Shapley values and interactions against games with known solutions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.statistics.shapley import coalitions, interactions, shapley

PLAYERS = ("a", "b", "c")


def game(value):
    return {c: np.array([float(value(c))]) for c in coalitions(PLAYERS)}


def test_coalitions_are_all_subsets_once():
    assert len(set(coalitions(PLAYERS))) == len(list(coalitions(PLAYERS))) == 8


def test_an_additive_game_gives_everybody_the_own_worth():
    worth = {"a": 1.0, "b": -2.0, "c": 0.5}
    values = game(lambda c: sum(worth[p] for p in c))
    assert {p: v.item() for p, v in shapley(values, PLAYERS).items()} == pytest.approx(worth)
    assert all(abs(v.item()) < 1e-12 for v in interactions(values, PLAYERS).values())


def test_partners_share_what_needs_both_and_the_dummy_gets_nothing():
    values = game(lambda c: {"a", "b"} <= c)
    assert {p: v.item() for p, v in shapley(values, PLAYERS).items()} == pytest.approx({"a": 0.5, "b": 0.5, "c": 0.0})
    pairs = interactions(values, PLAYERS)
    assert pairs["a", "b"].item() == pytest.approx(1.0)
    assert pairs["a", "c"].item() == pytest.approx(0.0)


def test_a_majority_game_is_shared_evenly_and_two_replace_each_other_in_part():
    values = game(lambda c: len(c) >= 2)
    assert [v.item() for v in shapley(values, PLAYERS).values()] == pytest.approx([1 / 3] * 3)
    assert [v.item() for v in interactions(values, PLAYERS).values()] == pytest.approx([0.0] * 3)


@given(st.lists(st.floats(-10, 10), min_size=8, max_size=8))
def test_values_sum_to_the_effect_of_all(numbers):
    values = {c: np.array([x]) for c, x in zip(coalitions(PLAYERS), numbers, strict=True)}
    total = sum(v.item() for v in shapley(values, PLAYERS).values())
    assert total == pytest.approx(numbers[-1] - numbers[0], abs=1e-9)
