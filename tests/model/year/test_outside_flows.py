from __future__ import annotations

import numpy as np
import pytest

from sim.model.year.outside_flows import departure_shares, outside_flows


def test_shares_of_2015_to_2020_are_the_published_ones(hunan):
    """Guangdong, Yangtze Delta, rest: 163,177, 50,009 and 82,278 of 295,464 persons of the long form."""
    assert departure_shares(hunan, 2020) == pytest.approx([0.5523, 0.1693, 0.2785], abs=5e-5)


def test_nothing_later_than_the_date_is_known(hunan):
    """From 2010 with what was known then, flows go on as in 2005-2010; with what was known in 2020, they change."""
    blind, informed = (outside_flows(hunan, 2010, known, 0.0) for known in (2010, 2020))
    for year in (2011, 2015, 2020, 2030):
        assert np.allclose(blind.shift(year), 0.0, atol=1e-12)
        assert blind.arriving(year) == pytest.approx(1.0)
    moved = departure_shares(hunan, 2010) * np.exp(informed.shift(2020))
    assert moved == pytest.approx(departure_shares(hunan, 2020))
    assert informed.arriving(2020) == pytest.approx(0.4351 / 0.1502, rel=2e-3)
    assert 1.0 < informed.arriving(2012) < informed.arriving(2015)


def test_a_run_starts_at_the_last_period(hunan):
    flows = outside_flows(hunan, 2020, 2024, 0.3)
    assert np.allclose(flows.shift(2020), 0.0)
    assert flows.arriving(2020) == 1.0


def test_the_last_change_goes_on_in_part_and_then_stops(hunan):
    carry, before, last = 0.5, departure_shares(hunan, 2015), departure_shares(hunan, 2020)
    flows = outside_flows(hunan, 2020, 2020, carry)
    expected = last * (last / before) ** carry
    for year in (2025, 2040):
        assert last * np.exp(flows.shift(year)) == pytest.approx(expected / expected.sum())
    assert flows.arriving(2025) == pytest.approx((0.4351 / 0.3399) ** carry, rel=1e-3)
    assert flows.arriving(2040) == flows.arriving(2025)
