"""A question to the emulators of a study as a problem that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.base.arrays import Floats
from sim.policies import Levers
from sim.programs.whatif.design import ASSUMPTIONS, Point
from sim.programs.whatif.fitted import COSTS, Fitted
from sim.programs.whatif.simulate import PROVINCE
from sim.statistics.emulator import Choices, effects_at
from sim.statistics.least_cost import Problem, Surface, chance, surface

__all__ = ["RATE", "TAIL", "Tolerance", "Wanted", "acting", "point_of", "probability_of", "problem_of", "tolerance"]

RATE = PROVINCE[0]
TAIL = 0.1
"""Cautious bundles: every draw has the effect of the worst tenth, and the cost of the dearest tenth counts."""
PLACEBO_FACTOR = 2.0
"""A measure acts on the rate if it does so this many times as much as any that has no effect in the model."""


class Wanted(NamedTuple):
    """What is asked.

    Attributes:
        target: level of the rate as a share.
        year: year-end.
        probability: least probability.
        budget: billion yuan until the year-end, or None.
        start: first year of all measures.
        place: group of counties they are confined to, or ``EVERYWHERE``.
    """

    target: float
    year: int
    probability: float
    budget: float | None
    start: int
    place: str


class Tolerance(NamedTuple):
    """How far the emulator may be wrong about a bundle if it errs alike in all draws: one standard deviation.

    Attributes:
        probability: as a share.
        cost: hundred million yuan.
    """

    probability: float
    cost: float


def point_of(wanted: Wanted, levels: Sequence[float] | Floats, assumptions: Sequence[float] = ()) -> Point:
    """Return intensities as a point of the emulators."""
    assumed = tuple(assumptions) or (0.0,) * len(ASSUMPTIONS)
    return Point(tuple(float(level) for level in levels), wanted.start, wanted.place, assumed)


def problem_of(found: Fitted, wanted: Wanted, offsets: Floats, levers: Levers) -> Problem:
    """Return the problem without a tail.

    Args:
        found: the emulators.
        wanted: what is asked.
        offsets: what the discrepancy adds in points, float64[points, years].
        levers: the levers; those that do not act on the rate stay at 0.
    """
    at = found.years.index(wanted.year)
    emulator = found.emulators[RATE]
    s, w = found.space.starts.index(wanted.start), found.space.places.index(wanted.place)
    effect = _surface(found, RATE, [at], s, w)
    cost = _surface(found, COSTS, range(at + 1), s, w)
    error = (float(emulator.error[at, 0]), float(emulator.error[at, 1]))
    felt = emulator.alone[at] * emulator.reach[at, s, w]
    upper = acting(effect, [levers[name].evaluable for name in found.space.levers])
    return Problem(found.base[at, :, 0], effect, cost, felt, error, offsets[:, at], 100.0 * wanted.target, upper)


def _surface(found: Fitted, quantity: str, years: Sequence[int], start: int, place: int) -> Surface:
    """Return the effect on a quantity, summed over year-ends, as polynomials of the intensities."""
    whole = found.emulators[quantity]
    emulator = whole._replace(
        **{name: getattr(whole, name)[list(years)] for name in ("alone", "assumed", "reach", "crossing", "error")}
    )
    n, assumptions = len(found.draws), emulator.assumed.shape[-1]

    def evaluate(points: Floats) -> Floats:
        m = len(points)
        same = np.broadcast_to(points, (n, *points.shape))
        first, where = np.full((n, m), start, np.int64), np.full((n, m), place, np.int64)
        choices = Choices(same, first, where, np.zeros((n, m, assumptions)))
        return np.asarray(effects_at(emulator, choices, found.traits[quantity]).sum(axis=0))

    return surface(evaluate, len(found.space.levers))


def acting(effect: Surface, evaluable: Sequence[bool]) -> Floats:
    """Return 1 for levers that act on the rate and 0 for others, float64[levers].

    What a lever does is the larger of its mean effects alone and on top of all others. Levers without any effect in
    the model show how much of that is error of the emulator.
    """
    n = effect.linear.shape[1]
    full, one = effect.at(np.ones(n)).mean(), np.eye(n)
    alone = np.array([effect.at(x).mean() for x in one])
    on_top = np.array([full - effect.at(1.0 - x).mean() for x in one])
    does, known = np.maximum(alone, on_top), np.array(evaluable)
    noise = float(np.maximum(np.abs(alone), np.abs(on_top))[~known].max(initial=0.0))
    return np.asarray((known & (does > PLACEBO_FACTOR * noise)).astype(np.float64))


def probability_of(problem: Problem, levels: Floats) -> float:
    """Return the probability of the level; where nothing is chosen, the emulator makes no error."""
    return chance(problem if levels.any() else problem._replace(error=(0.0, 0.0)), levels)[0]


def tolerance(found: Fitted, wanted: Wanted, problem: Problem, levels: Floats) -> Tolerance:
    """Return how far the emulator may be wrong about probability and cost of a bundle."""
    table = found.errors[found.errors["place"] == ""].set_index(["quantity", "year"])["rmse"]
    years = [year for year in found.years if year <= wanted.year]
    step = 0.01
    raised = chance(problem._replace(base=problem.base + step), levels)[0]
    per_point = (raised - chance(problem, levels)[0]) / step
    return Tolerance(per_point * float(table[RATE, wanted.year]), float(sum(table[COSTS, year] for year in years)))
