"""Weights of a forecast given a figure, beside closed forms of normal distributions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from sim.statistics.scores import crps
from sim.statistics.updating import band, log_kernel, one_off, split, surprise, warning_level, weigh

RNG = np.random.default_rng(3)


def even(values):
    return np.full(values.shape, 1.0 / values.size)


def test_the_part_of_errors_that_does_not_last_is_found():
    """A pace of 0.3 that stays wrong and an error of 0.2 of the year alone, over 4,000 made-up provinces."""
    pace, ahead = RNG.normal(0.0, 0.3, 4000), np.arange(1, 6)
    rows = [
        pd.DataFrame({"origin": 1, "province": range(4000), "ahead": h, "error": h * pace + RNG.normal(0, 0.2, 4000)})
        for h in ahead
    ]
    assert one_off(pd.concat(rows)) == pytest.approx(0.2, abs=0.02)
    assert one_off(pd.concat(row.assign(error=row["ahead"] * pace) for row in rows)) == pytest.approx(0.0, abs=1e-6)


def test_weights_give_the_normal_posterior():
    told = RNG.normal(1.0, 2.0, (4000, 20))
    weight = weigh(log_kernel(told, 3.0, 1.5))
    precision = 1 / 2.0**2 + 1 / 1.5**2
    mean, sd = (1.0 / 2.0**2 + 3.0 / 1.5**2) / precision, precision**-0.5
    assert weight.sum() == pytest.approx(1.0)
    assert (weight * told).sum() == pytest.approx(mean, abs=0.03)
    assert band(told, weight) == pytest.approx(norm.ppf((0.05, 0.5, 0.95), mean, sd), abs=0.06)


def test_the_score_of_equal_weights_is_that_of_an_ensemble():
    told = RNG.normal(0.0, 1.0, (50, 4))
    found = surprise(told, even(told), 0.4)
    assert found.crps == pytest.approx(crps(told.reshape(-1, 1), np.array([0.4]))[0])
    assert found.rank == pytest.approx((told < 0.4).mean())
    doubled = surprise(np.array([[0.0, 1.0]]), np.array([[0.75, 0.25]]), 0.5)
    copies = np.array([0.0, 0.0, 0.0, 1.0]).reshape(-1, 1)
    assert doubled.crps == pytest.approx(crps(copies, np.array([0.5]))[0])


def test_parts_of_a_change_add_up():
    runs, offsets = RNG.normal(size=6), RNG.normal(size=5)
    before, after = (weigh(RNG.normal(size=(6, 5))) for _ in range(2))
    told = runs[:, None] + offsets
    assert sum(split(runs, offsets, before, after)) == pytest.approx(((after - before) * told).sum())
    assert split(runs, offsets, before, before) == pytest.approx((0.0, 0.0))


def test_the_warning_is_where_the_chance_given_the_figure_passes_the_level():
    """The next figure is x, the last 2 x and an error of 0.5: P(last >= 1 | x) = Phi((2 x - 1) / 0.5)."""
    following = RNG.normal(0.4, 0.4, (4000, 25))
    met = (2.0 * following + RNG.normal(0.0, 0.5, following.shape) >= 1.0).astype(float)
    for level in (0.5, 0.2):
        expected = (1.0 + 0.5 * norm.ppf(level)) / 2.0
        found = warning_level(following, met, even(following), 0.02, level)
        assert found == pytest.approx(expected, abs=0.015)


def test_no_figure_warns_where_every_one_leaves_the_goal_likely():
    following = RNG.normal(0.0, 1.0, (100, 10))
    assert np.isnan(warning_level(following, np.ones_like(following), even(following), 0.1, 0.5))
    assert np.isnan(warning_level(following, np.zeros_like(following), even(following), 0.1, 0.5))
