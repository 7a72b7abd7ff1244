"""Priors: quantiles against closed forms, bounds, and messages for what cannot be read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.parameters.distributions import DistributionError, quantile, summary, validate

Z95 = 1.6448536269514722


@pytest.mark.parametrize(
    ("prior", "u", "expected"),
    [
        ({"dist": "point", "value": 3}, 0.2, 3.0),
        ({"dist": "uniform", "low": 0.2, "high": 0.6}, 0.25, 0.3),
        ({"dist": "normal", "mean": 0.1, "sd": 0.05}, 0.95, 0.1 + 0.05 * Z95),
        ({"dist": "lognormal", "median": 1.5, "gsd": 1.32}, 0.05, 1.5 / 1.32**Z95),
        ({"dist": "beta", "a": 2, "b": 1}, 0.25, 0.5),
        ({"dist": "beta", "a": 2, "b": 1, "scale": 4}, 0.25, 2.0),
        ({"dist": "gamma", "shape": 1, "scale": 2}, 0.5, 2 * math.log(2)),
        ({"dist": "quantiles", "p05": -1, "p50": 0, "p95": 3}, 0.05, -1.0),
        ({"dist": "quantiles", "p05": -1, "p50": 0, "p95": 3}, 0.95, 3.0),
    ],
)
def test_quantiles_have_their_closed_form(prior: dict[str, object], u: float, expected: float) -> None:
    assert quantile(prior, u) == pytest.approx(expected, rel=1e-12)


def test_truncation_rescales_what_is_left() -> None:
    half_normal = {"dist": "normal", "mean": 0, "sd": 1, "low": 0}
    assert quantile(half_normal, 0.9) == pytest.approx(Z95)
    assert quantile({"dist": "normal", "mean": 0, "sd": 1, "low": -2, "high": 2}, 0.5) == pytest.approx(0, abs=1e-12)


def test_floor_and_ceiling_move_draws_to_the_bound() -> None:
    prior = {"dist": "quantiles", "p05": 0.0, "p50": 0.5, "p95": 1.5, "floor": 0.0, "ceiling": 1.6}
    assert summary(prior) == pytest.approx((0.0, 0.5, 1.5))
    assert quantile(prior, 0.01) == 0.0
    assert quantile(prior, 0.999) == 1.6


@given(
    u=st.floats(0.001, 0.999),
    v=st.floats(0.001, 0.999),
    prior=st.sampled_from(
        [
            {"dist": "normal", "mean": 0.1, "sd": 0.075, "low": 0},
            {"dist": "lognormal", "median": 2, "gsd": 1.5, "high": 6},
            {"dist": "beta", "a": 1.2, "b": 30, "high": 0.1},
            {"dist": "gamma", "shape": 1.5, "scale": 0.02, "low": 0.01},
            {"dist": "quantiles", "p05": 0.0, "p50": 0.2, "p95": 0.5, "low": -0.1, "high": 0.9},
        ]
    ),
)
def test_quantiles_rise_and_stay_inside_the_truncation(u: float, v: float, prior: dict[str, float]) -> None:
    a, b = quantile(prior, min(u, v)), quantile(prior, max(u, v))
    assert prior.get("low", -math.inf) - 1e-9 <= a <= b <= prior.get("high", math.inf) + 1e-9


@pytest.mark.parametrize(
    ("prior", "parts"),
    [
        ({"dist": "nornal"}, ["'nornal'", "normal", "quantiles"]),
        ({"dist": ["normal"]}, ["allowed are"]),
        ({"dist": "normal", "mean": 1}, ["without sd"]),
        ({"dist": "normal", "mean": 1, "sd": 1, "sigma": 2}, ["'sigma'", "mean, sd"]),
        ({"dist": "normal", "mean": "1", "sd": 1}, ["mean = '1'", "number"]),
        ({"dist": "normal", "mean": True, "sd": 1}, ["mean = true"]),
        ({"dist": "normal", "mean": math.nan, "sd": 1}, ["finite"]),
        ({"dist": "normal", "mean": 1, "sd": 0}, ["sd = 0", "positive"]),
        ({"dist": "lognormal", "median": 1, "gsd": 1}, ["gsd = 1", "above 1"]),
        ({"dist": "uniform", "low": 1, "high": 1}, ["low = 1", "below high = 1"]),
        ({"dist": "quantiles", "p05": 1, "p50": 1, "p95": 2}, ["p05 = 1", "below p50"]),
        ({"dist": "beta", "a": 2, "b": 2, "low": 2}, ["no probability"]),
        ({"dist": "point", "value": 1, "low": 0}, ["'low'"]),
    ],
)
def test_what_cannot_be_read_is_named(prior: dict[str, object], parts: list[str]) -> None:
    with pytest.raises(DistributionError) as error:
        validate(prior)
    for part in parts:
        assert part in str(error.value)


@pytest.mark.parametrize("u", [0.0, 1.0, -0.1, math.nan])
def test_the_probability_lies_strictly_inside(u: float) -> None:
    with pytest.raises(DistributionError, match="strictly between 0 and 1"):
        quantile({"dist": "normal", "mean": 0, "sd": 1}, u)
