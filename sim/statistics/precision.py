"""How exact a probability is that is counted over draws: what few draws cost, and what few households cost.

A run with few households has noise of its own, and may have a bias. The variance of the noise and the bias fall in
proportion to one over the number of households. Noise widens the spread between draws and so moves a probability
towards one half, whatever the number of draws.
"""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["BIAS", "NOISE", "Precision", "draws_needed", "precision_of"]

NOISE = 900.0
"""Variance of the rate of a run in 2029 that its number of households makes, times that number, points squared.

Measured on the same draws: a standard deviation of 0.45 points between 5,000 and 50,000 households (40 draws) and of
0.25 between 20,000 and 50,000 (35 draws); both give 900.
"""
BIAS = 0.0
"""Bias of that rate, times the number of households, points: none was seen (5,000 less 50,000 households, 40 draws,
four seeds each with 5,000: 0.00 points, standard error 0.04)."""


class Precision(NamedTuple):
    """Error of a probability, as a share.

    Attributes:
        chance: standard error of the share of draws, which falls with the root of their number.
        shift: what noise and bias of the households move the probability by; more draws do not help.
    """

    chance: float
    shift: float

    @property
    def error(self) -> float:
        """Root mean square error."""
        return math.hypot(self.chance, self.shift)


def precision_of(
    margin: float, spread: float, draws: int, households: int, noise: float = NOISE, bias: float = BIAS
) -> Precision:
    """Return the error of the probability that a value reaches a goal, counted over draws.

    Values are taken to be normal over draws.

    Args:
        margin: mean of the value less the goal, free of bias, points.
        spread: standard deviation between draws, free of noise, points.
        draws: independent draws.
        households: households of a run.
        noise: variance of a run times its households.
        bias: bias of a run times its households.

    Example:
        >>> few, many = precision_of(-0.3, 0.5, 200, 5_000, bias=0.0), precision_of(-0.3, 0.5, 200, 50_000, bias=0.0)
        >>> round(few.shift, 3), round(many.shift, 3), round(few.chance, 3)
        (0.049, 0.007, 0.033)
    """
    exact = _below(margin / spread) if spread > 0.0 else float(margin >= 0.0)
    wide = math.sqrt(spread**2 + noise / households)
    counted = _below((margin + bias / households) / wide)
    return Precision(math.sqrt(counted * (1.0 - counted) / draws), counted - exact)


def draws_needed(margin: float, spread: float, households: int, error: float) -> float:
    """Return the draws at which a probability has an error; infinity where households alone make a larger one.

    Example:
        >>> round(draws_needed(0.0, 1.3, 50_000, 0.05))
        100
    """
    one = precision_of(margin, spread, 1, households)
    room = error**2 - one.shift**2
    return one.chance**2 / room if room > 0.0 else math.inf


def _below(z: float) -> float:
    """Return the standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
