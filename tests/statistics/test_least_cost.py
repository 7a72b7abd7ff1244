"""Searches against closed forms, linear programmes and grids."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import norm
from scipy.stats.mstats import hdquantiles

from sim.base.arrays import Floats
from sim.statistics.least_cost import Problem, Surface, chance, cheapest, cost, likeliest, most_of, quantile, surface

DRAWS = 40
GAIN, PRICE = np.array([0.4, 0.3, 0.2, 0.1]), np.array([4.0, 6.0, 1.0, 3.0])
"""Effects and costs of four levers that are the same in all draws; per unit of effect: 10, 20, 5 and 30."""


def flat(values: Floats) -> Surface:
    """Return a quantity that is linear and the same in all draws."""
    return Surface(np.tile(values, (DRAWS, 1)), np.zeros((DRAWS, len(values), len(values))))


def plain() -> Problem:
    """Return a problem in which a probability is a size of the effect: base 65, error 0.5, level 66."""
    return Problem(
        np.full(DRAWS, 65.0), flat(GAIN), flat(PRICE), np.zeros((DRAWS, 4)), (0.5, 0.0), np.zeros(1), 66.0, np.ones(4)
    )


def curved(seed: int, levers: int = 3, tail: float | None = None) -> Problem:
    """Return a problem with draws that differ, levers that meet and errors that grow."""
    rng = np.random.default_rng(seed)

    def quantity(scale: float) -> Surface:
        square = 0.1 * scale * rng.normal(size=(DRAWS, levers, levers))
        return Surface(scale * rng.uniform(0.2, 1.0, (DRAWS, levers)), square + square.transpose(0, 2, 1))

    effect = quantity(0.5)
    base, offsets = rng.normal(65.5, 0.4, DRAWS), rng.normal(0.0, 0.6, 30)
    return Problem(base, effect, quantity(20.0), effect.linear, (0.05, 0.1), offsets, 66.0, np.ones(levers), tail)


def filled(need: float, gain: Floats, price: Floats) -> Floats:
    """Return the cheapest part of every lever for an effect: best price first."""
    x = np.zeros(len(gain))
    for k in np.argsort(price / gain):
        x[k] = min(1.0, max(0.0, need / gain[k]))
        need -= x[k] * gain[k]
    return x


def test_a_polynomial_is_found_from_its_values() -> None:
    rng = np.random.default_rng(1)
    linear, square = rng.normal(size=(5, 4)), rng.normal(size=(5, 4, 4))

    def evaluate(points: Floats) -> Floats:
        return np.asarray(linear @ points.T + np.einsum("pi,kij,pj->kp", points, square, points))

    found, points = surface(evaluate, 4), rng.random((6, 4))
    np.testing.assert_allclose(np.array([found.at(x) for x in points]).T, evaluate(points), atol=1e-12)
    np.testing.assert_allclose(found.slope(points[0]), linear + points[0] @ (square + square.transpose(0, 2, 1)))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_quantiles_are_those_of_scipy(share: float) -> None:
    values = np.random.default_rng(2).normal(size=37)
    assert quantile(values, share) == pytest.approx(float(hdquantiles(values, [share])[0]))


@pytest.mark.parametrize("tail", [None, 0.1])
def test_slopes_are_those_of_differences(tail: float | None) -> None:
    problem, x, step = curved(3, tail=tail), np.array([0.3, 0.6, 0.8]), 1e-6
    for told in (chance, cost):
        apart = [(told(problem, x + step * e)[0] - told(problem, x - step * e)[0]) / (2 * step) for e in np.eye(3)]
        np.testing.assert_allclose(told(problem, x)[1], apart, rtol=1e-5)


def test_a_probability_is_the_mean_over_draws_and_points() -> None:
    problem, x = curved(4), np.array([0.5, 0.2, 0.9])
    effect = problem.effect.at(x)
    spread = np.sqrt(0.05**2 + 0.1**2 * (problem.felt**2 * x**2).sum(axis=1))
    above = [norm.sf(66.0, b + e + problem.offsets, s) for b, e, s in zip(problem.base, effect, spread, strict=True)]
    assert chance(problem, x)[0] == pytest.approx(np.mean(above))


@pytest.mark.parametrize("need", [0.1, 0.35, 0.7, 0.95])
def test_the_cheapest_bundle_takes_the_best_price_first(need: float) -> None:
    found = cheapest(plain(), float(norm.cdf((need - 1.0) / 0.5)))
    assert found is not None
    np.testing.assert_allclose(found, filled(need, GAIN, PRICE), atol=1e-3)


def test_what_cannot_be_reached_has_no_bundle() -> None:
    assert cheapest(plain(), 0.51) is None
    np.testing.assert_allclose(likeliest(plain()), np.ones(4), atol=1e-6)


@pytest.mark.parametrize("money", [0.5, 4.0, 9.0])
def test_money_buys_the_best_price_first(money: float) -> None:
    found = likeliest(plain(), money)
    assert found is not None
    np.testing.assert_allclose(found, filled(money, PRICE, GAIN**-1 * PRICE**2), atol=2e-3)


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_no_bundle_of_a_grid_is_cheaper(seed: int) -> None:
    problem = curved(seed)
    grid = [np.array(x) for x in itertools.product(np.linspace(0.0, 1.0, 11), repeat=3)]
    told = [(chance(problem, x)[0], cost(problem, x)[0]) for x in grid]
    least = 0.5 * (chance(problem, np.zeros(3))[0] + max(p for p, _ in told))
    found = cheapest(problem, least)
    assert found is not None and chance(problem, found)[0] >= least - 1e-3
    assert cost(problem, found)[0] <= min(c for p, c in told if p >= least) + 1e-6


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_ends_of_a_lever_are_those_of_a_linear_programme(sign: float) -> None:
    need, problem = 0.6, plain()
    best = filled(need, GAIN, PRICE)
    money, least = float(PRICE @ best) + 1.0, float(norm.cdf((need - 1.0) / 0.5))
    for lever in range(4):
        found = most_of(problem, lever, sign, least, money, best)
        exact = linprog(-sign * np.eye(4)[lever], np.array([-GAIN, PRICE]), [-need, money], bounds=(0, 1))
        assert found is not None
        assert found[lever] == pytest.approx(exact.x[lever], abs=2e-3)


def test_a_lever_without_room_stays_at_zero() -> None:
    problem = plain()._replace(upper=np.array([1.0, 1.0, 0.0, 1.0]))
    found = cheapest(problem, float(norm.cdf(-1.0)))
    assert found is not None and found[2] == 0.0
    assert found[0] == pytest.approx(1.0, abs=1e-3)
