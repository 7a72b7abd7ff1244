"""The answer of the emulators to a question: best bundles, what cannot be told apart, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from sim.base.arrays import Floats
from sim.programs.search.bundles import (
    Bundle,
    Range,
    alternatives,
    distinct,
    frontier,
    neighbours,
    ranges,
    rounded,
    spent,
)
from sim.programs.search.problem import TAIL, Tolerance, Wanted, point_of, probability_of, tolerance
from sim.programs.whatif import ask
from sim.programs.whatif.design import ASSUMPTIONS
from sim.programs.whatif.fitted import Fitted
from sim.statistics.least_cost import SLACK, Problem, chance, cheapest, likeliest

__all__ = ["Answers", "Closing", "Missing", "answers", "missing_of"]

ALTERNATIVES, NEIGHBOURS = 3, 5
"""How many of each are run for real."""
FARTHEST = 10.0
"""Points of the rate within which what is missing is looked for."""
HUNDRED_MILLION = 10.0
"""Hundred million yuan in a billion."""


class Answers(NamedTuple):
    """What the emulators say.

    Attributes:
        baseline: probability without measures.
        highest: highest probability of any bundle.
        highest_cautious: the same in the cautious reading.
        aim: probability that the best bundle was searched for.
        best: the best bundle: cheapest, nearest, or most probable within the budget.
        reached: whether it reaches the probability asked for.
        bundles: bundles that are run for real, the best one first.
        frontier, cautious: intensities for rising probabilities.
        ranges: near-optimal use of every lever that acts, by its position.
        alike: all bundles found that cannot be told apart from the best one.
        tolerance: what cannot be told apart.
    """

    baseline: float
    highest: float
    highest_cautious: float
    aim: float
    best: Floats
    reached: bool
    bundles: list[Bundle]
    frontier: list[Floats]
    cautious: list[Floats]
    ranges: dict[int, Range]
    alike: list[Floats]
    tolerance: Tolerance


class Closing(NamedTuple):
    """One thing from outside that may close the gap.

    Attributes:
        name: of the assumption.
        value: smallest value that does, None if none in the range of the design does.
        probability: at that value, or the highest in the range.
    """

    name: str
    value: float | None
    probability: float


class Missing(NamedTuple):
    """What is missing where no bundle reaches the probability.

    Attributes:
        points: points of the rate by which all draws would have to be higher.
        closing: assumptions from outside.
    """

    points: float
    closing: list[Closing]


def answers(found: Fitted, wanted: Wanted, problem: Problem) -> Answers:
    """Search and return the answer; no run is made."""
    nothing = np.zeros(len(problem.upper))
    careful = problem._replace(tail=TAIL)
    top, top_careful = (_likeliest(one, None) for one in (problem, careful))
    highest, lowest = chance(problem, top)[0], probability_of(problem, nothing)
    money = None if wanted.budget is None else HUNDRED_MILLION * wanted.budget
    near = tolerance(found, wanted, problem, top)
    if money is None:
        aim = wanted.probability if highest >= wanted.probability else max(lowest, highest - near.probability)
        best = rounded(problem, _cheapest(problem, aim, top), aim)
    else:
        best = spent(problem, _likeliest(problem, money), money)
        aim = chance(problem, best)[0]
    near = tolerance(found, wanted, problem, best)
    table, candidates = ranges(problem, best, aim, near, money)
    alike = alternatives(problem, best, candidates, aim, near)
    line, line_careful = (frontier(one, chance(one, x)[0]) for one, x in ((problem, top), (careful, top_careful)))
    chosen = [
        Bundle("best", "best", best),
        Bundle("cautious", "cautious", _cautious(careful, top_careful, aim, near, money)),
        Bundle("most_likely", "most_likely", rounded(problem, top, highest - 2.0 * SLACK)),
        *_along(problem, line, aim),
        *(Bundle(f"alternative_{k + 1}", "alternative", x) for k, x in enumerate(distinct(best, alike, ALTERNATIVES))),
        *neighbours(problem, best, found.space.levers, NEIGHBOURS),
    ]
    reached = probability_of(problem, best) >= wanted.probability - SLACK
    highest_careful = chance(careful, top_careful)[0]
    unique = list(_unique(chosen))
    return Answers(lowest, highest, highest_careful, aim, best, reached, unique, line, line_careful, table, alike, near)


def _likeliest(problem: Problem, money: float | None) -> Floats:
    found = likeliest(problem, money)
    return np.zeros(len(problem.upper)) if found is None else found


def _cheapest(problem: Problem, aim: float, top: Floats) -> Floats:
    found = cheapest(problem, aim, [top, np.zeros(len(top))])
    return top if found is None else found


def _cautious(careful: Problem, top: Floats, aim: float, near: Tolerance, money: float | None) -> Floats:
    """Return the best bundle of the cautious reading: it reaches the same or comes nearest."""
    if money is not None:
        return spent(careful, _likeliest(careful, money), money)
    aim = min(aim, chance(careful, top)[0] - near.probability)
    return rounded(careful, _cheapest(careful, aim, top), aim)


def _along(problem: Problem, line: list[Floats], aim: float) -> Iterator[Bundle]:
    """Give two bundles of the frontier between no measure and the best one."""
    told = np.array([chance(problem, x)[0] for x in line])
    for k, part in enumerate((1.0 / 3.0, 2.0 / 3.0)):
        level = told[0] + part * (aim - told[0])
        near = int(np.abs(told - level).argmin())
        yield Bundle(f"frontier_{k + 1}", "frontier", rounded(problem, line[near], float(told[near])))


def _unique(bundles: list[Bundle]) -> Iterator[Bundle]:
    """Give bundles whose intensities were not seen before, none without any."""
    seen = set()
    for bundle in bundles:
        key = tuple(bundle.levels.tolist())
        if any(key) and key not in seen:
            seen.add(key)
            yield bundle


def missing_of(found: Fitted, wanted: Wanted, problem: Problem, offsets: Floats, levels: Floats) -> Missing:
    """Return what is missing for a bundle to reach the probability asked for.

    Args:
        found: the emulators.
        wanted: what is asked.
        problem: the same as a problem.
        offsets: what the discrepancy adds, float64[points, years].
        levels: intensities of the bundle.
    """

    def short(points: float) -> float:
        return chance(problem._replace(level=problem.level - points), levels)[0] - wanted.probability

    points = 0.0 if short(0.0) >= 0.0 else float(brentq(short, 0.0, FARTHEST))
    at = found.years.index(wanted.year)
    closing = []
    for k, one in enumerate(ASSUMPTIONS):
        sizes = np.arange(one.step, max(one.high, -one.low) + one.step / 2.0, one.step)
        values = [float(v) for size in sizes for v in (size, -size) if one.low - 1e-9 <= v <= one.high + 1e-9]
        told = []
        for value in values:
            point = point_of(wanted, levels, [value if i == k else 0.0 for i in range(len(ASSUMPTIONS))])
            path, error = ask.paths(found, point)
            told.append(ask.chance(path[at], error[at], offsets[:, at], problem.level))
        first = next((k for k, probability in enumerate(told) if probability >= wanted.probability), None)
        probability = max(told) if first is None else told[first]
        closing.append(Closing(one.name, None if first is None else round(values[first], 4), probability))
    return Missing(points, closing)
