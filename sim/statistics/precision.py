"""How exact a probability is that is counted over draws: what few draws cost, and what few households cost.

A run with few households has noise of its own, and may have a bias. The variance of the noise and the bias fall in
proportion to one over the number of households. Noise widens the spread between draws and so moves a probability
towards one half, whatever the number of draws. Where a discrepancy is integrated in every draw, a draw counts by its
chance rather than by yes or no, and few draws are enough.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.special import ndtr, owens_t

__all__ = ["BIAS", "NOISE", "NOISE_A_YEAR", "Precision", "draws_needed", "precision_of"]

NOISE_A_YEAR = 180.0
"""Variance of the rate by few households, times their number, a year after the last observed one; points squared.

In runs of 50,000 households that differ in population and random numbers alone (20 replicates), the variance one to
five years ahead was 0.0048, 0.0071, 0.0108, 0.0128 and 0.0180: 0.0036 a year.
"""
NOISE = 5.0 * NOISE_A_YEAR
"""The same after five years, as 2029 is from 2024.

Measured on the same draws: a standard deviation of 0.45 points between 5,000 and 50,000 households (40 draws) and of
0.25 between 20,000 and 50,000 (35 draws); both give 900.
"""
BIAS = 0.0
"""Bias of that rate, times the number of households, points: none was seen (5,000 less 50,000 households, 40 draws,
four seeds each with 5,000: 0.00 points, standard error 0.04)."""


class Precision(NamedTuple):
    """Error of a probability, as a share.

    Attributes:
        chance: standard error of the mean over draws, which falls with the root of their number.
        shift: what noise and bias of the households move the probability by; more draws do not help.
    """

    chance: float
    shift: float

    @property
    def error(self) -> float:
        """Root mean square error."""
        return math.hypot(self.chance, self.shift)


def precision_of(
    margin: float,
    spread: float,
    draws: float,
    households: int,
    discrepancy: float = 0.0,
    noise: float = NOISE,
    bias: float = BIAS,
) -> Precision:
    """Return the error of the probability that a value reaches a goal, the mean chance over draws.

    Values are taken to be normal over draws, and the discrepancy in every draw.

    Args:
        margin: mean of the value less the goal, free of bias, points.
        spread: standard deviation between draws, free of noise, points.
        draws: independent draws.
        households: households of a run.
        discrepancy: standard deviation of the discrepancy that every draw is told with, points.
        noise: variance of a run times its households.
        bias: bias of a run times its households.

    Example:
        >>> few, many = precision_of(-0.3, 0.5, 200, 5_000), precision_of(-0.3, 0.5, 200, 50_000)
        >>> round(few.shift, 3), round(many.shift, 3), round(few.chance, 3)
        (0.049, 0.007, 0.033)
        >>> round(precision_of(-0.3, 0.5, 200, 50_000, discrepancy=1.4).chance, 3)
        0.01
    """
    whole = math.hypot(spread, discrepancy)
    exact = float(ndtr(margin / whole)) if whole > 0.0 else float(margin >= 0.0)
    between = spread**2 + noise / households
    z = (margin + bias / households) / math.sqrt(between + discrepancy**2)
    counted = float(ndtr(z))
    apart = math.sqrt(discrepancy**2 / (2.0 * between + discrepancy**2))
    variance = counted - 2.0 * float(owens_t(z, apart)) - counted**2
    return Precision(math.sqrt(max(variance, 0.0) / draws), counted - exact)


def draws_needed(margin: float, spread: float, households: int, error: float, discrepancy: float = 0.0) -> float:
    """Return the draws at which a probability has an error; infinity where households alone make a larger one.

    Example:
        >>> round(draws_needed(0.0, 1.3, 50_000, 0.05))
        100
    """
    one = precision_of(margin, spread, 1, households, discrepancy)
    room = error**2 - one.shift**2
    return one.chance**2 / room if room > 0.0 else math.inf
