"""The cost of one more person, against prices worked out by hand and in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.statistics.value_for_money import band, price


def test_equal_prices_are_the_price():
    gain = np.linspace(1.0, 9.0, 41)
    assert price(700.0 * gain, gain)[:3] == pytest.approx((700.0, 700.0, 700.0))


def test_quantiles_of_a_constant_cost_over_uniform_gains_are_in_closed_form():
    """A cost of 1 over gains uniform on (1, 3): the price is below p with probability (3 - 1/p) / 2."""
    gain = 1.0 + 2.0 * (np.arange(20_001) / 20_000)
    found = price(np.ones_like(gain), gain)
    assert found.told == "yes"
    expected = [1.0 / (3.0 - 2.0 * share) for share in (0.5, 0.05, 0.95)]
    assert found[:3] == pytest.approx(expected, rel=1e-3)


def test_pairs_are_kept_together():
    cost, gain = np.array([10.0, 20.0, 30.0]), np.array([1.0, 2.0, 3.0])
    assert price(cost, gain).high == pytest.approx(10.0)
    assert price(cost[::-1], gain).high == pytest.approx(30.0 - 0.1 * 20.0)
    order = [2, 0, 1]
    assert price(cost[order], gain[order]) == price(cost, gain)


def test_a_gain_that_may_be_none_has_a_least_price_and_no_other():
    gain = np.array([-1.0, -1.0, 1.0, 2.0, 4.0])
    found = price(np.full(5, 8.0), gain)
    assert found.told == "open"
    assert math.isnan(found.median)
    assert math.isnan(found.high)
    assert found.low == pytest.approx(2.0 + 0.2 * (4.0 - 2.0))


def test_a_run_without_gain_stands_above_every_price():
    """One run in forty gains nobody: below 5%, so there is a price, and its upper end is the next one's."""
    gain = np.array([0.0, *[2.0] * 39])
    found = price(np.full(40, 6.0), gain)
    assert found[:3] == (3.0, 3.0, 3.0)
    assert found.told == "yes"


def test_no_price_of_fewer_people_or_of_nothing_paid():
    assert price(np.ones(3), np.array([-3.0, -2.0, -1.0])).told == "fewer"
    free = price(np.zeros(3), np.ones(3))
    assert free.told == "free"
    assert math.isnan(free.low)


def test_band_is_numpys_where_all_values_are_finite():
    values = np.random.default_rng(4).normal(size=37)
    assert band(values) == pytest.approx(tuple(np.quantile(values, [0.5, 0.05, 0.95])))


def test_every_cost_needs_a_gain():
    with pytest.raises(ValueError, match="one gain for every cost"):
        price(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="and a run"):
        price(np.ones(0), np.ones(0))
