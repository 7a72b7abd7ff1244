"""Bundles that answer a question: the frontier, the best ones in steps of 5%, and all that cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sim.base.arrays import Floats
from sim.programs.search.problem import Tolerance
from sim.statistics.least_cost import SLACK, Problem, chance, cheapest, cost, likeliest, most_of

__all__ = [
    "GRID",
    "Bundle",
    "Range",
    "alternatives",
    "distinct",
    "frontier",
    "neighbours",
    "ranges",
    "rounded",
    "spent",
]

GRID = 20
"""Intensities are given in steps of one over this."""
FRONTIER = 24
"""Levels of probability between those of no measure and of all."""
AWAY = 5
"""Steps of ``GRID`` by which one lever of a neighbour differs."""
SHOWN = 0.5 / GRID
"""Intensities below this are none."""
CHEAP = 0.01
"""Cost of a step in hundred million yuan below which it counts as this, so that noise is no free lunch."""


class Bundle(NamedTuple):
    """Intensities with a name.

    Attributes:
        name: of files and rows, unique.
        kind: why it is looked at: best, cautious, most_likely, alternative, frontier or neighbour.
        levels: float64[levers].
    """

    name: str
    kind: str
    levels: Floats


class Range(NamedTuple):
    """What bundles that cannot be told apart do with one lever.

    Attributes:
        best: intensity in the best bundle.
        least, most: smallest and largest intensity in any of them.
        cost_without: cost of the best bundle without the lever, hundred million yuan; None if there is none.
        probability_without: probability of the best bundle without it.
    """

    best: float
    least: float
    most: float
    cost_without: float | None
    probability_without: float


def frontier(problem: Problem, highest: float) -> list[Floats]:
    """Return the cheapest intensities for rising levels of probability up to the highest that is possible.

    Every level is searched from the answer below and from the one above; the cheaper one is kept. Measures that the
    emulator holds for free reach more than a level asks for; no bundle is listed twice.
    """
    lowest = chance(problem, np.zeros(len(problem.upper)))[0]
    levels = np.linspace(lowest, highest - SLACK, FRONTIER + 1)[1:]
    found: dict[int, Floats] = {}
    for order in (range(len(levels)), reversed(range(len(levels)))):
        near: list[Floats] = []
        for k in order:
            tries = [x for x in (found.get(k), cheapest(problem, levels[k], near)) if x is not None]
            if tries:
                found[k] = min(tries, key=lambda x: cost(problem, x)[0])
                near = [found[k]]
    line, reached = [np.zeros(len(problem.upper))], lowest
    for k in sorted(found):
        told = chance(problem, found[k])[0]
        if told > reached + SLACK:
            line.append(found[k])
            reached = told
    return line


def rounded(problem: Problem, x: Floats, least: float) -> Floats:
    """Return intensities in steps of 5% that reach a probability, as cheap as single steps make them."""
    x = raised(problem, np.round(x * GRID) / GRID, least)
    while True:
        saved = [
            (cost(problem, x)[0] - cost(problem, lower)[0], lower)
            for lower in _steps(problem, x, -1)
            if chance(problem, lower)[0] >= least - SLACK
        ]
        best = max(saved, key=lambda one: one[0], default=None)
        if best is None or best[0] <= 0.0:
            return x
        x = best[1]


def raised(problem: Problem, x: Floats, least: float) -> Floats:
    """Return intensities raised by the steps that add most for their money until a probability is reached."""
    while chance(problem, x)[0] < least - SLACK:
        best = _best_step(problem, x, np.inf)
        if best is None:
            return x
        x = best
    return x


def spent(problem: Problem, x: Floats, money: float) -> Floats:
    """Return intensities in steps of 5% that cost no more than the money, filled up by the best steps."""
    x = np.floor(x * GRID + SLACK) / GRID
    while True:
        best = _best_step(problem, x, money)
        if best is None:
            return x
        x = best


def _best_step(problem: Problem, x: Floats, money: float) -> Floats | None:
    """Return x with the step up that adds most probability for its money; None if none adds any."""
    told, paid = chance(problem, x)[0], cost(problem, x)[0]
    gains = []
    for higher in _steps(problem, x, 1):
        gain, price = chance(problem, higher)[0] - told, cost(problem, higher)[0]
        if gain > 0.0 and price <= money:
            gains.append((gain / max(price - paid, CHEAP), higher))
    return max(gains, key=lambda one: one[0])[1] if gains else None


def _steps(problem: Problem, x: Floats, sign: int) -> Iterator[Floats]:
    for lever in np.flatnonzero(problem.upper > 0.0):
        position = round(x[lever] * GRID) + sign
        if 0 <= position <= GRID:
            other = x.copy()
            other[lever] = position / GRID
            yield other


def ranges(
    problem: Problem, x: Floats, least: float, tolerance: Tolerance, money: float | None
) -> tuple[dict[int, Range], list[Floats]]:
    """Return what near-optimal bundles do with every lever that acts, and those bundles.

    Args:
        problem: what is searched.
        x: the best intensities.
        least: probability that they reach.
        tolerance: probability and cost that cannot be told apart.
        money: largest cost if that is what is given, None if the probability is.
    """
    most_money, enough = cost(problem, x)[0] + tolerance.cost, least - tolerance.probability
    table, bundles = {}, []
    for lever in np.flatnonzero(problem.upper > 0.0).tolist():
        ends = [most_of(problem, lever, sign, enough, most_money, x) for sign in (-1.0, 1.0)]
        low, high = (x if end is None else end for end in ends)
        bundles += [low, high]
        without = _without(problem, x, lever, least, money) if x[lever] >= SHOWN else x
        reaches = money is not None or chance(problem, without)[0] >= least - 2.0 * SLACK
        table[lever] = Range(
            float(x[lever]),
            float(min(low[lever], x[lever])),
            float(max(high[lever], x[lever])),
            cost(problem, without)[0] if reaches else None,
            chance(problem, without)[0],
        )
        bundles.append(without)
    return table, bundles


def _without(problem: Problem, x: Floats, lever: int, least: float, money: float | None) -> Floats:
    """Return the best bundle without a lever: the cheapest that reaches, else the most probable one."""
    upper, start = problem.upper.copy(), x.copy()
    upper[lever] = start[lever] = 0.0
    narrower = problem._replace(upper=upper)
    found = cheapest(narrower, least, [start]) if money is None else None
    found = likeliest(narrower, money, [start]) if found is None else found
    return start if found is None else found


def alternatives(
    problem: Problem, x: Floats, found: Sequence[Floats], least: float, tolerance: Tolerance
) -> list[Floats]:
    """Return bundles in steps of 5% that cannot be told apart from the best one, itself left out."""
    most_money, enough = cost(problem, x)[0] + tolerance.cost, least - tolerance.probability
    kept: dict[tuple[float, ...], Floats] = {}
    for one in found:
        near = raised(problem, np.round(one * GRID) / GRID, enough)
        if chance(problem, near)[0] >= enough - SLACK and cost(problem, near)[0] <= most_money:
            kept[tuple(near.tolist())] = near
    kept.pop(tuple(x.tolist()), None)
    return list(kept.values())


def distinct(x: Floats, others: Sequence[Floats], most: int) -> list[Floats]:
    """Return the bundles that differ most from the best one and from each other, by summed intensities."""
    chosen, left = [x], list(others)
    while left and len(chosen) <= most:
        far = max(left, key=lambda one: min(float(np.abs(one - other).sum()) for other in chosen))
        chosen.append(far)
        left = [one for one in left if one is not far]
    return chosen[1:]


def neighbours(problem: Problem, x: Floats, names: Sequence[str], most: int) -> list[Bundle]:
    """Return the best bundle with one lever less by 25%, largest loss first, and with the best other one more."""
    told, made = chance(problem, x)[0], []
    for lever in np.flatnonzero(x >= SHOWN).tolist():
        less = x.copy()
        less[lever] = max(0.0, round(x[lever] * GRID) - AWAY) / GRID
        made.append((told - chance(problem, less)[0], Bundle(f"less_{names[lever]}", "neighbour", less)))
    lower = [bundle for _, bundle in sorted(made, key=lambda one: -one[0])][: most - 1]
    best = _best_step(problem, x, np.inf)
    if best is None:
        return lower
    changed = int(np.flatnonzero(best != x)[0])
    more = x.copy()
    more[changed] = min(GRID, round(x[changed] * GRID) + AWAY) / GRID
    return [*lower, Bundle(f"more_{names[changed]}", "neighbour", more)]
