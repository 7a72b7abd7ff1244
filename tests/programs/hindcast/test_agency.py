"""Pairs of draws by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.programs.hindcast.agency import agency_rows, within_noise


def test_draws_are_paired_by_number():
    """Differences 1, 2 and 3 points, in any order; a draw that only one has is left out; t of two degrees is 4.303."""
    model = pd.DataFrame({"job": [0, 1, 2, 3], "rate:2024": [0.61, 0.62, 0.63, 0.9]})
    null = pd.DataFrame({"job": [2, 1, 0], "rate:2024": [0.60, 0.60, 0.60]})
    (row,) = agency_rows("given_province", model, null, [2024])
    assert row["draws"] == 3
    assert (row["model"], row["null_model"], row["difference"]) == pytest.approx((62.0, 60.0, 2.0))
    assert row["high"] - 2.0 == pytest.approx(4.3027 / 3**0.5, rel=1e-4)


def test_noise_is_a_difference_around_zero_and_a_like_spread():
    assert within_noise(-0.1, 0.1, 0.5, 0.55, 100)
    assert not within_noise(0.01, 0.1, 0.5, 0.5, 100)
    assert not within_noise(-0.1, 0.1, 0.5, 0.8, 100)
    assert within_noise(-0.1, 0.1, 0.5, 0.8, 10)
