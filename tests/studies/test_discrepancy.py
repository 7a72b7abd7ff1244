"""What is learnt elsewhere: the own province never enters, switches and dates, places by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.data import load_region, panel, revisions
from sim.data.county_changes import county_changes
from sim.statistics.counties_elsewhere import county_spread
from sim.statistics.discrepancy import POINTS
from sim.studies import discrepancy as module
from sim.studies.bands import _points_of
from sim.studies.discrepancy import discrepancy_of, learn, province_spread

REGION = load_region("hunan")
HUNAN = "430000"


def test_the_spreads_are_those_of_an_independent_reading():
    """A referee found 0.35 to 1.36 points at 1 to 4 years (own), 0.15 to 0.49 (common), drift (-0.10, 0.31)."""
    rate = province_spread(HUNAN).rate
    assert 100 * rate.own == pytest.approx(0.33, abs=0.03)
    assert 100 * rate.common == pytest.approx(0.145, abs=0.025)
    assert (100 * rate.drift_mean, 100 * rate.drift) == pytest.approx((-0.10, 0.30), abs=0.02)


def test_the_province_that_is_told_never_enters(monkeypatch):
    known = province_spread(HUNAN)
    rates, people = panel.province_panel().copy(), panel.resident_panel().copy()
    rates[HUNAN] += np.arange(len(rates)) ** 2
    people[HUNAN] -= np.arange(len(people)) ** 2
    first = revisions.first_published(2019).copy()
    first[HUNAN] += 5.0
    for place in (module, revisions):
        monkeypatch.setattr(place, "province_panel", lambda: rates)
        monkeypatch.setattr(place, "resident_panel", lambda: people)
    monkeypatch.setattr(revisions, "first_published", lambda _: first)
    assert province_spread(HUNAN) == known
    assert province_spread("420000") != known


def test_nothing_after_the_last_census_is_learnt_from(monkeypatch):
    known = province_spread(HUNAN)
    later = panel.province_panel().copy()
    later.loc[revisions.LAST_CENSUS + 1 :] += 7.0
    monkeypatch.setattr(module, "province_panel", lambda: later)
    assert province_spread(HUNAN) == known


def test_without_the_mean_the_spread_is_wider():
    none, full = province_spread(HUNAN, 0.0).rate, province_spread(HUNAN, 1.0).rate
    assert none.drift_mean == 0.0
    assert full.drift_mean == pytest.approx(2.0 * province_spread(HUNAN).rate.drift_mean)
    assert none.drift > full.drift


def test_shocks_of_places_by_hand():
    """A county has its own, two equal counties of one prefecture share theirs: sd / sqrt(2)."""
    found = learn(REGION, 2024, 2020)
    prefecture, by_class = county_spread(county_changes(), HUNAN[:2], "share")
    county = found.places["430102"].rate
    assert county.prefecture == pytest.approx(prefecture / 10.0)
    assert county.county == pytest.approx(by_class[-1] / 10.0), "Furong is urban altogether"
    whole = found.places[HUNAN].rate
    assert (whole.prefecture, whole.county) == (0.0, 0.0)
    assert found.places["4301"].rate.prefecture == county.prefecture
    weights = np.zeros(REGION.n_counties)
    inside = np.flatnonzero(REGION.county_prefecture == 1)[:2]
    weights[inside] = 0.5
    sds = module._county_sds(REGION, "share")
    spread = module._with_shocks(REGION, whole, sds, weights)
    assert spread.county == pytest.approx(np.hypot(*sds[1][inside]) / 2.0 / 10.0)


def test_switch_and_information_date(make):
    assert discrepancy_of(make(), REGION).origin == int(
        REGION.table("province_series").dropna(subset=["urban_rate"])["year"].max()
    )
    assert discrepancy_of(make(observed_until=2022), REGION).origin == 2022
    assert discrepancy_of(make(discrepancy=False), REGION) is None
    assert discrepancy_of(make(start=2010, observed_until=2015, posterior=None), REGION) is None


@pytest.mark.parametrize(
    ("runs", "each"), [(7, POINTS), (63, POINTS), (64, POINTS // 2), (200, POINTS // 4), (4_096, 1), (100_000, 1)]
)
def test_every_point_is_taken_by_as_many_runs(runs, each):
    """4,096 values are asked for: 64 runs have 8,192 at all points, 200 have 25,600, and no run has less than one."""
    at = _points_of(runs, 4096)
    assert at.shape == (runs, each)
    assert (at >= 0).all() and (at < POINTS).all()
    used = np.bincount(at.ravel(), minlength=POINTS)
    assert used.max() - used.min() <= 1
    assert (np.diff(at, axis=1) == POINTS // each).all()
