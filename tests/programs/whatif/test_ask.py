"""Answers of emulators against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from sim.programs.whatif.ask import QUANTILES, band, chance, effect_band


def test_a_probability_is_that_of_the_normal_error() -> None:
    found = chance(np.array([65.0]), np.array([2.0]), np.array([0.0]), 66.0)
    assert found == pytest.approx(norm.sf(66.0, 65.0, 2.0))


def test_without_error_it_is_a_share_of_draws_and_points() -> None:
    path, offsets = np.array([65.0, 67.0]), np.array([-2.0, 0.5, 3.0])
    assert chance(path, np.zeros(2), offsets, 66.0) == pytest.approx(3 / 6)


def test_bands_add_spread_of_draws_points_and_error() -> None:
    rng = np.random.default_rng(1)
    path, offsets = rng.normal(66.0, 1.0, (1, 400)), norm.ppf((np.arange(128) + 0.5) / 128)[:, None] * 2.0
    found = band(path, np.full((1, 400), 1.5), offsets)
    sd = np.sqrt(path.var() + offsets.var() + 1.5**2)
    np.testing.assert_allclose(found[0], norm.ppf(QUANTILES, path.mean(), sd), atol=0.25)


def test_the_band_of_an_effect_widens_by_the_error() -> None:
    effect = np.full((1, 10), 0.4)
    np.testing.assert_allclose(effect_band(effect, np.zeros((1, 10))), [[0.4] * 5])
    wide = effect_band(effect, np.full((1, 10), 0.1))[0]
    assert wide[2] == pytest.approx(0.4) and wide[4] - wide[2] == pytest.approx(0.1 * norm.ppf(1 - 0.5 / 9), rel=0.1)
