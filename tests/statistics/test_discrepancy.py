"""Discrepancy against closed forms: moments of points, variance of sums, years by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from sim.statistics.discrepancy import FREEDOM, POINTS, Spread, drift, offsets, pace, points, sds, years_astray

SPREAD = Spread(0.16, 0.31, 0.28, -0.1, 0.25, 0.5)


def test_points_are_standardised_and_unrelated():
    both = np.hstack([points(0), points(1)])
    assert both.shape == (POINTS, 12)
    assert both.mean(axis=0) == pytest.approx(0.0, abs=1e-12)
    assert np.cov(both.T, ddof=0) == pytest.approx(np.eye(12), abs=1e-12)


def test_points_have_the_quantiles_of_their_t():
    """90% lie within the quantiles of a t of unit variance; points are cut off where a t has its last 1/256."""
    wanted = t.ppf(0.95, FREEDOM) * np.sqrt(1.0 - 2.0 / np.array(FREEDOM))
    assert np.quantile(points(0), 0.95, axis=0) == pytest.approx(wanted, rel=0.15)
    assert np.quantile(points(0), 0.05, axis=0) == pytest.approx(-wanted, rel=0.15)


def test_the_variance_of_a_sum_is_the_sum_of_variances():
    years = [years_astray(2029, 2024, 2020, "published"), years_astray(2029, 2024, 2020, "census")]
    added = offsets(SPREAD, years)
    assert added.std(axis=0)[0] ** 2 == pytest.approx((0.16**2 + 0.31**2) * 25 + (0.25**2 + 0.5**2) * 81)
    assert added.var(axis=0)[1] == pytest.approx(added.var(axis=0)[0] + (9 * 0.28) ** 2)
    assert added.mean(axis=0) == pytest.approx([0.0, 0.9]), "nine years of a drift of -0.1 are undone"
    assert (sds(SPREAD, years[1]) ** 2).sum() == pytest.approx(added.var(axis=0)[1])


@pytest.mark.parametrize(
    ("year", "origin", "reading", "years"),
    [
        (2020, 2024, "published", [0, 0, 0, 0, 0, 0]),
        (2024, 2024, "published", [0, 0, 0, 0, 4, 4]),
        (2029, 2024, "published", [5, 5, 0, 0, 9, 9]),
        (2030, 2024, "published", [6, 6, -10, 0, 10, 10]),
        (2033, 2024, "published", [9, 9, -10, 3, 13, 13]),
        (2024, 2024, "census", [0, 0, -4, 0, 4, 4]),
        (2030, 2024, "census", [6, 6, -10, 0, 10, 10]),
        (2033, 2024, "census", [9, 9, -10, 0, 13, 13]),
        (2024, 2020, "published", [4, 4, 4, 0, 4, 4]),
        (2024, 2020, "census", [4, 4, 0, 0, 4, 4]),
        (2031, 2020, "published", [11, 11, 0, 1, 11, 11]),
    ],
)
def test_years_by_hand(year, origin, reading, years):
    """At the census of 2030 both readings agree; from a census year on yearly figures drift away from the path."""
    assert years_astray(year, origin, 2020, reading).tolist() == years


def test_offsets_keep_their_sign_and_grow_with_the_years():
    added = offsets(
        SPREAD._replace(prefecture=0.0, county=0.0), [years_astray(y, 2024, 2020, "published") for y in (2025, 2027)]
    )
    assert added[:, 1] == pytest.approx(3.0 * added[:, 0])
    assert not np.any(offsets(SPREAD, [np.zeros(6)]))


def test_pace_by_hand():
    """Errors a year: 0, 1 (origin 2011) and 1.5, 2.5 (2012): means 0.5 and 2, deviations 0.5."""
    errors = pd.DataFrame({"ahead": [1, 1, 2, 2], "origin": [2011, 2011, 2012, 2012], "error": [0.0, 1.0, 3.0, 5.0]})
    assert pace(errors) == pytest.approx((np.sqrt((0.25 + 4.0) / 2), 0.5))


def test_drift_by_hand():
    """Means -0.1 and -0.3: half of -0.2 is believed, and the spread is around -0.1."""
    found = pd.DataFrame({2010: [0.1, -0.3], 2020: [-0.2, -0.4]})
    scale = np.sqrt(np.mean([0.2**2, 0.2**2, 0.1**2, 0.3**2]))
    assert drift(found) == pytest.approx((scale, -0.1))
    assert drift(found, 0.0) == pytest.approx((np.sqrt(np.mean([0.01, 0.09, 0.04, 0.16])), 0.0))
