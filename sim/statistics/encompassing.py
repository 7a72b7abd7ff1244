"""Does a forecast add to what is known without it? Errors of regressions, every group forecast from the others.

Changes are regressed on what is known, on the forecast, and on both (Fair and Shiller 1990): if the
forecast holds something that the rest does not, it has a weight of its own beside it, and both together
have smaller errors in groups that the regression has not seen. Ranks cannot say that: much of a high
rank is regression to the mean.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import t

from sim.base.arrays import Floats, Ints
from sim.statistics.scores import ERROR_POINTS, LEVEL, crps

__all__ = ["Encompassing", "encompassing"]

SHARES = (np.arange(ERROR_POINTS) + 0.5) / ERROR_POINTS


class Encompassing(NamedTuple):
    """Outcome of the test; scores in the unit of the values.

    Attributes:
        known, forecast, both: CRPS of the regressions on either and on both, groups left out in turn.
        weight: weight of the forecast beside what is known; 1 with a perfect one, 0 if it adds nothing.
        low, high: central 90% interval of the weight, by the jackknife over groups.
    """

    known: float
    forecast: float
    both: float
    weight: float
    low: float
    high: float

    @property
    def adds(self) -> bool:
        """Whether the forecast adds: a weight surely above zero, and smaller errors with it than without."""
        return self.low > 0.0 and self.both < self.known


def encompassing(observed: Floats, known: Floats, forecast: Floats, group: Ints) -> Encompassing:
    """Test whether a forecast adds to what is known.

    Args:
        observed: changes that came about, float64[n].
        known: what is known without the forecast, float64[n, k].
        forecast: changes that were forecast, float64[n].
        group: errors within one are alike, so groups are left out as a whole, int64[n].
    """
    one, alone = np.ones((len(observed), 1)), forecast[:, None]
    sets = ([one, known], [one, alone], [one, known, alone])
    before, by_itself, both = (_left_out(np.hstack(columns), observed, group)[0] for columns in sets)
    columns = np.hstack(sets[2])
    weights = _left_out(columns, observed, group)[1][:, -1]
    weight = float(np.linalg.lstsq(columns, observed)[0][-1])
    n = len(weights)
    error = np.sqrt((n - 1) / n * ((weights - weights.mean()) ** 2).sum())
    half = float(t.ppf((1.0 + LEVEL) / 2.0, n - 1) * error)
    return Encompassing(before, by_itself, both, weight, weight - half, weight + half)


def _left_out(columns: Floats, observed: Floats, group: Ints) -> tuple[float, Floats]:
    """Return the CRPS of groups forecast from the others, and the coefficients without each, float64[groups, k].

    The errors around a forecast are those of the fit in the other groups.
    """
    scores, found = np.empty(len(observed)), []
    for one in np.unique(group):
        out = group == one
        weights = np.linalg.lstsq(columns[~out], observed[~out])[0]
        errors = np.quantile(observed[~out] - columns[~out] @ weights, SHARES)
        scores[out] = crps(columns[out] @ weights + errors[:, None], observed[out])
        found.append(weights)
    return float(scores.mean()), np.array(found)
