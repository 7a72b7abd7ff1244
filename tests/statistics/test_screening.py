"""Which conditions are let in: not more noise than stated, and what is there even with a hundred others."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from sim.statistics.screening import forward, strengths


def test_noise_is_let_in_as_seldom_as_stated():
    """Of 60 searches among 100 conditions of noise, 5% or 3 let one in; 10 or more have a probability below 0.1%."""
    rng = np.random.default_rng(0)
    let_in = [forward(rng.normal(size=(120, 100)), rng.normal(size=120), rng, 5)[0] for _ in range(60)]
    assert sum(bool(steps) for steps in let_in) < 10


def test_a_condition_hidden_by_a_stronger_one_is_found_in_what_that_leaves():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(200, 100))
    outcome = 3.0 * values[:, 7] + values[:, 50] + 0.5 * rng.normal(size=200)
    steps, refused = forward(values, outcome, rng, 2)
    assert [step.column for step in steps] == [7, 50]
    assert refused is None
    assert abs(spearmanr(values[:, 50], outcome)[0]) < steps[1].strength


def test_a_condition_that_acts_at_both_ends_is_found():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(200, 50))
    outcome = values[:, 9] ** 2
    steps, _ = forward(values, outcome, rng, 1)
    assert steps[0].column == 9
    assert abs(spearmanr(values[:, 9], outcome)[0]) < 0.3


def test_strength_is_the_rank_correlation_where_that_is_larger():
    rng = np.random.default_rng(6)
    values = rng.normal(size=(80, 4))
    outcome = values @ [2.0, -1.0, 0.0, 0.5] + rng.normal(size=80)
    found = strengths(values, outcome)
    assert np.isclose(found[0], abs(spearmanr(values[:, 0], outcome)[0]))
    assert (found >= [abs(spearmanr(column, outcome)[0]) - 1e-12 for column in values.T]).all()


def test_a_condition_that_does_not_vary_has_no_strength():
    values = np.column_stack([np.ones(50), np.arange(50.0)])
    assert strengths(values, np.arange(50.0)).round(9).tolist() == [0.0, 1.0]
