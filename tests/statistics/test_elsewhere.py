"""Errors learnt elsewhere: hand-computed spreads, no look at the province forecast or at later years."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.data.panel import province_panel
from sim.statistics.elsewhere import (
    MEMBERS,
    logistic_ahead,
    logistic_members,
    past_errors,
    pooled_members,
    spread,
)

HUNAN = "430000"
BOTH = pytest.mark.parametrize("members", [logistic_members, pooled_members])


def test_spread_is_taken_apart_by_hand():
    """Origin means 1 and 3, deviations -1, 1 and -2, 2: common sd of (1, 3), own sd of the four deviations."""
    errors = pd.DataFrame({"ahead": 1, "origin": [2011, 2011, 2012, 2012], "error": [0.0, 2.0, 1.0, 5.0]})
    found = spread(errors)
    assert found.common == pytest.approx([np.sqrt(2.0)])
    assert found.own == pytest.approx([np.sqrt(10.0 / 3.0)])


def test_a_logistic_curve_is_continued_on_itself():
    years = np.arange(2011, 2026)
    rates = pd.Series(87.5 / (1.0 + np.exp(-(0.1 + 0.05 * (years - 2011)))), index=years)
    assert [logistic_ahead(rates, 2020, h) for h in (1, 5)] == pytest.approx(list(rates[[2021, 2025]]))


def test_past_errors_are_forecast_less_outcome_and_stop_at_the_last_year():
    panel = pd.DataFrame({"a": [50.0, 51.0, 53.0, 54.0], "b": [40.0, 41.0, 41.0, 44.0]}, index=[2017, 2018, 2019, 2020])
    same = past_errors(panel, lambda rates, origin, ahead: float(rates[origin]), [2018, 2019], 2, 2020)
    assert same.to_numpy().tolist() == [
        [2018, "a", 1, -2.0],
        [2018, "b", 1, 0.0],
        [2018, "a", 2, -3.0],
        [2018, "b", 2, -3.0],
        [2019, "a", 1, -1.0],
        [2019, "b", 1, -3.0],
    ]


@BOTH
def test_nothing_later_than_the_origin_is_used(members):
    panel = province_panel()
    later = panel.copy()
    later.loc[2021:] += 7.0
    assert np.array_equal(members(panel, HUNAN, 2020, 4), members(later, HUNAN, 2020, 4))


@BOTH
def test_the_spread_is_learnt_in_other_provinces_alone(members):
    """Another past of the province moves its path, not the distances of the members from it."""
    panel = province_panel()
    other = panel.copy()
    other.loc[:2015, HUNAN] -= 5.0
    first, second = (members(table, HUNAN, 2020, 4) for table in (panel, other))
    assert first - np.median(first, axis=0) == pytest.approx(second - np.median(second, axis=0))


@BOTH
def test_ninety_per_cent_bands_hold_in_provinces_left_out(members):
    """The years 2016 to 2019 of every province, forecast in 2015 from the errors of the others before."""
    panel = province_panel()
    inside = []
    for province in panel.columns:
        low, high = np.quantile(members(panel, province, 2015, 4), [0.05, 0.95], axis=0)
        outcome = panel[province].loc[2016:2019].to_numpy()
        inside += list((outcome >= low) & (outcome <= high))
    assert 0.85 <= np.mean(inside) <= 1.0
    assert members(panel, HUNAN, 2020, 4).shape == (MEMBERS, 4)
