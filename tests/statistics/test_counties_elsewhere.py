"""The rule learnt from counties elsewhere: known parts are found again, nothing of the province itself is used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.data.county_changes import county_changes
from sim.statistics.counties_elsewhere import CountyRule, county_rule, county_spread, rule_members
from sim.statistics.scores import score

RULE = CountyRule(np.array([0.2, 0.0, -0.2]), 0.03, 0.02, np.array([0.04, 0.05, 0.06, 0.01]), 4.0, (0.02, 0.01))


def made_up(seed):
    """Counties of 60 provinces with ten prefectures of twelve, changed by the rule above."""
    draw = np.random.default_rng(seed)
    n = 60 * 10 * 12
    province, prefecture = np.arange(n) // 120, np.arange(n) // 12
    share = draw.uniform(0.1, 0.98, n)
    county = RULE.county[np.searchsorted([0.3, 0.6, 0.9], share, side="right")]
    change = (
        0.2 - 0.2 * share**2 + 0.03 * draw.standard_normal(60)[province] + 0.02 * draw.standard_normal(600)[prefecture]
    )
    change += county * draw.standard_t(4, n) / np.sqrt(2.0)
    return pd.DataFrame(
        {
            "province": [f"{p:02d}" for p in province],
            "prefecture_code": [f"{p:04d}" for p in prefecture],
            "residents_2010": 1.0,
            "residents_2020": 1.0,
            "share_2010": share,
            "share_2020": share + change,
        }
    )


def test_known_parts_are_found_again():
    found = county_rule(made_up(1), "59")
    share = np.array([0.1, 0.5, 0.8])
    curve = np.column_stack([np.ones(3), share, share**2])
    assert curve @ found.weights == pytest.approx(curve @ RULE.weights, abs=0.012)
    assert (found.province, found.prefecture) == pytest.approx((0.03, 0.02), rel=0.15)
    assert found.county == pytest.approx(RULE.county, rel=0.15)  # fourth moments of t4 are infinite
    assert 3.0 < found.df < 5.5
    assert found.composition == pytest.approx((0.0, 0.0), abs=1e-12)


def test_the_spread_is_that_of_the_rule_and_never_learns_from_the_province_left_out():
    """Residents grow by the factor e to the change of the share, so that both quantities have the same spread."""
    counties = made_up(1)
    change = counties["share_2020"] - counties["share_2010"]
    counties["residents_2020"] = counties["residents_2010"] * np.exp(change)
    rule, shares = county_rule(counties, "59"), county_spread(counties, "59", "share")
    assert shares[0] == rule.prefecture
    assert np.array_equal(shares[1], rule.county)
    growth = county_spread(counties, "59", "residents")
    assert growth[0] == pytest.approx(shares[0])
    assert growth[1] == pytest.approx(shares[1])
    counties.loc[counties["province"] == "59", "share_2020"] *= 0.5
    again = county_spread(counties, "59", "share")
    assert again[0] == shares[0]
    assert not np.array_equal(county_spread(counties, "58", "share")[1], shares[1])


def test_what_composition_adds_by_hand():
    """Two counties of 100 at 20% and 60% that stay so; the second grows to 300: from 40% to 50%."""
    one = pd.DataFrame(
        {
            "province": "aa",
            "prefecture_code": ["0101", "0102"],
            "residents_2010": 100.0,
            "residents_2020": [100.0, 300.0],
            "share_2010": [0.2, 0.6],
            "share_2020": [0.2, 0.6],
        }
    )
    assert county_rule(pd.concat([one, one.assign(province="bb"), made_up(1).head(480)]), "xx").composition[0] == (
        pytest.approx(0.1 / 3.0)
    )


def test_members_have_the_parts_of_the_rule():
    """Variance of a county and covariance of two in one prefecture: sums of squares of the parts."""
    share = np.full(200, 0.5)
    members = rule_members(RULE, share, np.repeat(np.arange(100), 2))
    assert members.mean() == pytest.approx(0.5 + 0.2 - 0.2 * 0.25, abs=0.004)
    together = np.cov(members.T)
    assert np.diag(together).mean() == pytest.approx(0.03**2 + 0.02**2 + 0.05**2, rel=0.08)
    pairs = np.arange(0, 200, 2)
    assert together[pairs, pairs + 1].mean() == pytest.approx(0.03**2 + 0.02**2, rel=0.12)
    assert together[0, 2::2].mean() == pytest.approx(0.03**2, rel=0.25)


def test_a_known_change_of_the_province_is_kept():
    share, residents = np.array([0.2, 0.4, 0.6]), np.array([1.0, 2.0, 3.0])
    members = rule_members(RULE, share, np.zeros(3, np.int64), (residents, 0.1))
    assert np.average(np.median(members, axis=0) - share, weights=residents) == pytest.approx(0.1 - 0.02, abs=0.006)


def test_nothing_of_the_province_itself_is_used():
    table = county_changes()
    other = table.copy()
    other.loc[other["province"] == "43", "share_2020"] = 0.99
    first, second = (county_rule(t, "43") for t in (table, other))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_ninety_per_cent_bands_hold_in_provinces_left_out():
    """Every province forecast from the others; the census of 2020 is the judge."""
    table, inside = county_changes(), 0.0
    for province, part in table.groupby("province"):
        prefecture = pd.factorize(part["prefecture_code"])[0].astype(np.int64)
        members = rule_members(county_rule(table, str(province)), part["share_2010"].to_numpy(), prefecture)
        found = score(members, part["share_2020"].to_numpy())
        inside += found.coverage * len(part)
    assert 0.85 <= inside / len(table) <= 0.95
