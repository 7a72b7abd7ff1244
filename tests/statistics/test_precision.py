"""The error of a counted probability against closed forms and against counting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from sim.statistics.precision import draws_needed, precision_of


def test_many_households_leave_the_binomial_error():
    found = precision_of(0.0, 1.0, 100, 10**12, noise=1000.0, bias=250.0)
    assert found.chance == pytest.approx(0.05)
    assert found.shift == pytest.approx(0.0, abs=1e-6)
    assert found.error == pytest.approx(0.05)


def test_at_the_goal_noise_alone_shifts_nothing_and_a_bias_does():
    """Half lies above the mean whatever the spread; a bias of one standard deviation makes it 84%."""
    assert precision_of(0.0, 0.5, 200, 5_000, bias=0.0).shift == pytest.approx(0.0, abs=1e-12)
    assert precision_of(0.0, 0.6, 200, 1_000, noise=640.0, bias=1_000.0).shift == pytest.approx(0.8413447 - 0.5)


def test_the_error_is_that_of_counting_draws_with_noise():
    """Twenty thousand studies of 200 draws each, whose values have the noise and bias of their households."""
    margin, spread, draws, households, noise, bias = -0.3, 0.5, 200, 5_000, 1_000.0, 250.0
    rng = np.random.default_rng(1)
    values = rng.normal(margin + bias / households, math.sqrt(spread**2 + noise / households), (20_000, draws))
    exact = 0.5 * math.erfc(0.3 / 0.5 / math.sqrt(2.0))
    misses = (values >= 0.0).mean(axis=1) - exact
    found = precision_of(margin, spread, draws, households, noise=noise, bias=bias)
    assert found.shift == pytest.approx(misses.mean(), abs=0.001)
    assert found.chance == pytest.approx(misses.std(), rel=0.02)
    assert found.error == pytest.approx(math.sqrt((misses**2).mean()), rel=0.02)


def test_a_draw_counts_by_its_chance_where_there_is_a_discrepancy():
    """A million draws, each with its chance to be above the goal once the discrepancy is added."""
    rng = np.random.default_rng(1)
    values = rng.normal(0.34, math.hypot(0.47, math.sqrt(900.0 / 50_000)), 1_000_000)
    chances = ndtr(values / 1.4)
    found = precision_of(0.34, 0.47, 200, 50_000, discrepancy=1.4)
    assert found.chance == pytest.approx(chances.std() / math.sqrt(200), rel=0.01)
    assert found.shift == pytest.approx(chances.mean() - ndtr(0.34 / math.hypot(0.47, 1.4)), abs=0.001)


def test_draws_needed_give_the_error_that_was_asked_for():
    needed = draws_needed(-0.3, 1.3, 20_000, 0.03)
    assert precision_of(-0.3, 1.3, needed, 20_000).error == pytest.approx(0.03)
    assert draws_needed(-0.3, 0.5, 5_000, 0.03) == math.inf


def test_without_spread_a_goal_is_met_or_missed():
    assert precision_of(0.1, 0.0, 200, 10**15, bias=0.0).error == pytest.approx(0.0, abs=1e-12)
