"""The cheapest intensities that reach a level with a probability, and the most probable ones within an amount of money.

Effect and cost of every draw are polynomials of second degree in the intensities x: of draw k

    effect_k(x) = b_k x + x' Q_k x

so that probability, quantiles and their slopes are closed expressions and a search takes fractions of a second.
Quantiles over draws are those of Harrell and Davis (1982, Biometrika 69: 635-640), weighted means of all sorted draws,
which change smoothly with x. Searches are sequential quadratic programmes (Kraft 1988) from several starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize
from scipy.special import betainc, ndtr
from scipy.stats import qmc

from sim.base.arrays import Floats

__all__ = ["Problem", "Surface", "chance", "cheapest", "cost", "likeliest", "most_of", "quantile", "surface"]

LEAST = 1e-6
STARTS = 2
"""Starts of a search besides those that the caller gives; effects are nearly linear, so that few are enough."""
SLACK = 1e-4
"""By how much a probability or, as a share, an amount of money may be missed by a search."""
STEPS = 120


class Surface(NamedTuple):
    """A quantity of every draw as a polynomial of second degree without constant.

    Attributes:
        linear: float64[draws, levers].
        square: symmetric, float64[draws, levers, levers].
    """

    linear: Floats
    square: Floats

    def at(self, x: Floats) -> Floats:
        """Return the values at intensities x, float64[draws]."""
        return np.asarray(self.linear @ x + (self.square @ x) @ x)

    def slope(self, x: Floats) -> Floats:
        """Return the slopes at x, float64[draws, levers]."""
        return np.asarray(self.linear + 2.0 * (self.square @ x))


class Problem(NamedTuple):
    """What is searched.

    Attributes:
        base: figure of every draw without levers in the unit of ``level``, float64[draws].
        effect: what levers add to it.
        cost: what they cost.
        felt: effect of every lever alone at full intensity, float64[draws, levers]; the error grows with it.
        error: constant and growing part of the standard deviation of the error.
        offsets: what is added to every draw in turn, float64[points].
        level: what the figure has to reach.
        upper: largest intensity of every lever, float64[levers].
        tail: None, or the quantile that effects of all draws are put at; costs are put at one minus it.
    """

    base: Floats
    effect: Surface
    cost: Surface
    felt: Floats
    error: tuple[float, float]
    offsets: Floats
    level: float
    upper: Floats
    tail: float | None = None


def surface(evaluate: Callable[[Floats], Floats], levers: int) -> Surface:
    """Return the polynomial of a function that is one and 0 at the origin.

    Args:
        evaluate: returns float64[draws, points] at intensities float64[points, levers].
        levers: their number.
    """
    one = np.eye(levers)
    first, second = np.triu_indices(levers, 1)
    full, half, both = (evaluate(points) for points in (one, 0.5 * one, one[first] + one[second]))
    own = 2.0 * full - 4.0 * half
    square = np.zeros((len(full), levers, levers))
    square[:, first, second] = 0.5 * (both - full[:, first] - full[:, second])
    square += square.transpose(0, 2, 1)
    square[:, range(levers), range(levers)] = own
    return Surface(full - own, square)


def quantile(values: Floats, share: float) -> float:
    """Return the quantile of Harrell and Davis.

    Example:
        >>> quantile(np.array([3.0, 1.0, 2.0]), 0.5)
        2.0
    """
    return round(float(_weights(len(values), share) @ np.sort(values)), 12)


def _weights(n: int, share: float) -> Floats:
    edges = betainc((n + 1) * share, (n + 1) * (1.0 - share), np.arange(n + 1) / n)
    return np.asarray(np.diff(edges))


def _sorted_slope(surface_: Surface, x: Floats, share: float) -> tuple[float, Floats]:
    """Return the quantile of a surface and its slope."""
    values = surface_.at(x)
    weights = np.empty(len(values))
    weights[np.argsort(values, kind="stable")] = _weights(len(values), share)
    return float(weights @ values), np.asarray(weights @ surface_.slope(x))


def cost(problem: Problem, x: Floats) -> tuple[float, Floats]:
    """Return median cost (or its upper quantile in a problem with a tail) and its slope, float64[levers]."""
    return _sorted_slope(problem.cost, x, 0.5 if problem.tail is None else 1.0 - problem.tail)


def chance(problem: Problem, x: Floats) -> tuple[float, Floats]:
    """Return the probability of the level and its slope, float64[levers]."""
    if problem.tail is None:
        effect, slope = problem.effect.at(x), problem.effect.slope(x)
    else:
        low, by_lever = _sorted_slope(problem.effect, x, problem.tail)
        effect, slope = np.full(len(problem.base), low), np.tile(by_lever, (len(problem.base), 1))
    constant, growing = problem.error
    spread = np.sqrt(constant**2 + growing**2 * (problem.felt**2 @ x**2)).clip(LEAST)
    widens = growing**2 * problem.felt**2 * x / spread[:, None]
    score = (problem.base + effect - problem.level)[:, None] + problem.offsets
    score /= spread[:, None]
    density = np.exp(-0.5 * score**2) / np.sqrt(2.0 * np.pi)
    by_draw = (density.mean(axis=1)[:, None] * slope - (density * score).mean(axis=1)[:, None] * widens) / spread[
        :, None
    ]
    return float(ndtr(score).mean()), np.asarray(by_draw.mean(axis=0))


Told = Callable[[Floats], tuple[float, Floats]]
"""A value at intensities, with its slope."""


class _Once:
    """A value that is worked out once where value and slope are asked for one after the other."""

    def __init__(self, of: Told) -> None:
        self._of = of
        self._at: Floats | None = None
        self._told: tuple[float, Floats] = (0.0, np.zeros(0))

    def __call__(self, x: Floats) -> tuple[float, Floats]:
        if self._at is None or not np.array_equal(self._at, x):
            self._at, self._told = x.copy(), self._of(x)
        return self._told

    def rule(self) -> dict[str, object]:
        """Return the rule that the value may not be negative."""
        return {"type": "ineq", "fun": lambda x: self(x)[0], "jac": lambda x: self(x)[1]}


def _reaches(problem: Problem, probability: float) -> _Once:
    def value(x: Floats) -> tuple[float, Floats]:
        told, slope = chance(problem, x)
        return told - probability, slope

    return _Once(value)


def _affords(problem: Problem, money: float) -> _Once:
    def value(x: Floats) -> tuple[float, Floats]:
        told, slope = cost(problem, x)
        return 1.0 - told / money, -slope / money

    return _Once(value)


class _Free(NamedTuple):
    """A problem without the levers that stay at 0."""

    problem: Problem
    kept: NDArray[np.bool_]

    @classmethod
    def of(cls, problem: Problem) -> _Free:
        kept = problem.upper > 0.0
        effect, paid = (
            Surface(one.linear[:, kept], one.square[:, kept][:, :, kept]) for one in (problem.effect, problem.cost)
        )
        less = problem._replace(effect=effect, cost=paid, felt=problem.felt[:, kept], upper=problem.upper[kept])
        return cls(less, kept)

    def search(self, aim: Told, rules: Sequence[_Once], starts: Sequence[Floats]) -> Floats | None:
        """Return the best intensities of all levers that obey all rules; None if no start leads to any."""
        best: tuple[float, Floats] | None = None
        upper = self.problem.upper
        for start in starts:
            found = minimize(
                aim,
                np.minimum(start, upper),
                jac=True,
                method="SLSQP",
                bounds=Bounds(0.0, upper),
                constraints=[rule.rule() for rule in rules],
                options={"maxiter": STEPS, "ftol": 1e-7},
            )
            x = np.clip(found.x, 0.0, upper)
            if not np.isfinite(x).all() or any(rule(x)[0] < -SLACK for rule in rules):
                continue
            if best is None or aim(x)[0] < best[0] - LEAST:
                best = aim(x)[0], x
        if best is None:
            return None
        whole = np.zeros(len(self.kept))
        whole[self.kept] = best[1]
        return whole

    def starts(self, given: Sequence[Floats]) -> list[Floats]:
        upper = self.problem.upper
        filled = qmc.Sobol(len(upper), rng=0).random(STARTS) * upper
        return [*(x[self.kept] for x in given), upper.copy(), *filled]


def likeliest(problem: Problem, money: float | None = None, starts: Sequence[Floats] = ()) -> Floats | None:
    """Return the intensities of the highest probability, within an amount of money if one is given.

    Args:
        problem: what is searched.
        money: in the unit of the cost.
        starts: further starts, such as the answer to a question nearby.
    """
    free = _Free.of(problem)

    def aim(x: Floats) -> tuple[float, Floats]:
        told, slope = chance(free.problem, x)
        return -told, -slope

    rules = [] if money is None else [_affords(free.problem, money)]
    return free.search(aim, rules, free.starts(starts))


def cheapest(problem: Problem, probability: float, starts: Sequence[Floats] = ()) -> Floats | None:
    """Return the cheapest intensities that reach the level with a probability; None if none were found.

    Args:
        problem: what is searched.
        probability: least probability.
        starts: further starts.
    """
    free = _Free.of(problem)
    scale = max(abs(cost(problem, problem.upper)[0]), LEAST)

    def aim(x: Floats) -> tuple[float, Floats]:
        told, slope = cost(free.problem, x)
        return told / scale, slope / scale

    return free.search(aim, [_reaches(free.problem, probability)], free.starts(starts))


def most_of(
    problem: Problem, lever: int, sign: float, probability: float, money: float, start: Floats
) -> Floats | None:
    """Return the intensities with the most (sign 1) or least (-1) of a lever that reach and cost enough.

    This generates alternatives that cannot be told apart from an optimum (Brill, Chang and Hopkins 1982, Management
    Science 28: 221-235).

    Args:
        problem: what is searched.
        lever: its position.
        sign: 1 or -1.
        probability: least probability.
        money: largest cost.
        start: the optimum.
    """
    free = _Free.of(problem)
    position = int(free.kept[:lever].sum())
    slope = np.zeros(len(free.problem.upper))
    slope[position] = -sign

    def aim(x: Floats) -> tuple[float, Floats]:
        return -sign * float(x[position]), slope

    pushed = start.copy()
    pushed[lever] = problem.upper[lever] if sign > 0.0 else 0.0
    rules = [_reaches(free.problem, probability), _affords(free.problem, money)]
    return free.search(aim, rules, [start[free.kept], pushed[free.kept]])
