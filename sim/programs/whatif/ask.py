"""What emulators answer about one point: probability, bands, cost; the page computes the same in the browser."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from sim.base.arrays import Floats
from sim.programs.whatif.design import Point, neutral_point
from sim.programs.whatif.fitted import Fitted

__all__ = ["QUANTILES", "Band", "Money", "band", "chance", "effect_band", "money", "paths"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SCORES = 9
"""Normal scores that stand for the error of the emulator in bands of effects."""
STRIDE = 17
"""By how many places the scores of the error are turned from one draw to the next, so that they meet all points."""
LEAST = 1e-6

Band = Floats
"""Quantiles of ``QUANTILES`` by year, float64[years, 5]."""


class Money(NamedTuple):
    """What a point costs until a year-end.

    Attributes:
        total: cumulated cost over draws, hundred million yuan, float64[draws].
        each: yuan per additional urban resident, float64[draws]; inf where none is added.
    """

    total: Floats
    each: Floats


def paths(found: Fitted, point: Point) -> tuple[Floats, Floats]:
    """Return the resident rate of every draw in percent and the error of the emulator, float64[years, draws] each."""
    rate = "resident_urban_rate"
    return found.base[:, :, 0] + found.effect(rate, point), found.error(rate, point)


def chance(path: Floats, error: Floats, offsets: Floats, level: float) -> float:
    """Return the probability that the figure of a year reaches a level.

    Args:
        path: rate by draw in percent, float64[draws].
        error: standard deviation of the emulator's error, float64[draws].
        offsets: what the discrepancy adds, in points, float64[points].
        level: the goal in percent.
    """
    above = path[:, None] + offsets[None, :] - level
    return float(ndtr(above / np.maximum(error, LEAST)[:, None]).mean())


def band(path: Floats, error: Floats, offsets: Floats) -> Band:
    """Return quantiles of the figure of every year.

    Args:
        path: rate of every draw, float64[years, draws].
        error: standard deviation of the emulator's error, float64[years, draws].
        offsets: what the discrepancy adds, float64[points, years].
    """
    n = len(offsets)
    scores = ndtri((np.arange(n) + 0.5) / n)
    turned = scores[(np.arange(n)[None, :] + STRIDE * np.arange(path.shape[1])[:, None]) % n]
    told = path[:, :, None] + offsets.T[:, None, :] + error[:, :, None] * turned
    return np.asarray(np.quantile(told.reshape(len(path), -1), QUANTILES, axis=1).T)


def effect_band(effect: Floats, error: Floats) -> Band:
    """Return quantiles of a paired effect with the error of the emulator, float64[years, 5]."""
    scores = ndtri((np.arange(SCORES) + 0.5) / SCORES)
    told = effect[:, :, None] + error[:, :, None] * scores
    return np.asarray(np.quantile(told.reshape(len(effect), -1), QUANTILES, axis=1).T)


def money(found: Fitted, point: Point, year: int) -> Money:
    """Return the cost until a year-end and what one additional urban resident of that year-end costs.

    Both are those of the measures: beyond the same assumptions without any.
    """
    at, alike = found.years.index(year), neutral_point(found.space, point.assumptions)
    cost, people = (
        found.effect(name, point)[: at + 1] - found.effect(name, alike)[: at + 1]
        for name in ("fiscal_cost", "urban_residents")
    )
    total = np.maximum(cost.sum(axis=0), 0.0)
    return Money(total, _each(total, people[-1]))


def _each(total: Floats, added: Floats) -> Floats:
    """Return yuan per person from hundred million yuan and ten thousand persons."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(added > LEAST, 1e4 * total / added, np.inf)
