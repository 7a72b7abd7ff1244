"""Boxes of conditions in which an outcome is frequent: PRIM, with outcomes that are chances instead of yes or no.

The patient rule induction method of Friedman and Fisher (1999) as the package ``prim`` has it, judged as in
scenario discovery (Bryant and Lempert 2010): coverage is the share of all hits that a box holds, density the share
of the draws in it that are hits, and quasi-p how likely so many hits are where one restriction does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from prim import Prim
from scipy.special import betainc

from sim.base.arrays import Floats

__all__ = ["Box", "Ends", "Trajectory", "find_box", "inside", "no_box", "peel", "quasi_p"]

Ends = Mapping[str, tuple[float, float]]
"""Lower and upper end by restricted condition; an end that is not restricted is infinite."""
Trajectory = pd.DataFrame
"""Coverage, density, mean, res dim and mass of every box that peeling and pasting went through."""
LARGEST_P = 0.05
"""Quasi-p above which a restriction is taken back."""
ROUNDING = 1e-9


class Box(NamedTuple):
    """A box with its measures.

    Attributes:
        ends: of every restricted condition, the surest first; empty where nothing was found.
        coverage: share of all hits in the box.
        density: share of the draws in the box that are hits.
        mass: share of the draws in the box.
        quasi_p: of every restricted condition.
        trajectory: what it was chosen from.
    """

    ends: Ends
    coverage: float
    density: float
    mass: float
    quasi_p: Mapping[str, float]
    trajectory: Trajectory


class _Chances(Prim):  # type: ignore[misc]
    """PRIM in which a draw counts as a hit by its chance: as two rows, a hit and none, weighted by it.

    The package counts hits; a sum of chances is the number of hits to be expected, and of zeros and ones their number.
    """

    def __init__(self, values: pd.DataFrame, chances: Floats, mass: float) -> None:
        super().__init__(values, np.arange(len(values)) % 2 == 0, mass_min=mass)
        self.y = chances
        self.t_coi = self.determine_coi(self.yi)

    def determine_coi(self, indices: NDArray[np.int64]) -> float:
        return float(self.y[indices].sum())


def find_box(values: pd.DataFrame, chances: Floats, coverage: float, mass: float) -> Box:
    """Return the densest box with at least a share of the hits, without the restrictions that may do nothing.

    Args:
        values: a row per draw, a column per condition.
        chances: of a hit by draw, 0 to 1.
        coverage: least share of the hits.
        mass: least share of the draws.
    """
    trajectory, found = peel(values, chances, coverage, mass)
    ends = dict(found)
    while ends:
        tested = {name: quasi_p(values, chances, ends, name) for name in ends}
        worst = max(tested, key=lambda name: tested[name])
        if tested[worst] <= LARGEST_P:
            break
        del ends[worst]
    within = inside(values, ends)
    hits, number = float(chances[within].sum()), int(within.sum())
    tested = {name: quasi_p(values, chances, ends, name) for name in ends}
    sure = dict(sorted(tested.items(), key=lambda pair: pair[1]))
    ends = {name: ends[name] for name in sure}
    return Box(ends, hits / float(chances.sum()), hits / number, number / len(values), sure, trajectory)


def no_box(chances: Floats) -> Box:
    """Return what is known where nothing is restricted: all draws."""
    return Box({}, 1.0, float(chances.mean()), 1.0, {}, pd.DataFrame())


def peel(values: pd.DataFrame, chances: Floats, coverage: float, mass: float) -> tuple[Trajectory, Ends]:
    """Return the boxes that PRIM went through, and the ends of the densest one with enough of the hits."""
    box: Any = _Chances(values, chances, mass).find_box()
    path: Trajectory = box.peeling_trajectory.astype(float)
    enough = path[path["coverage"] >= coverage - ROUNDING]
    order = enough.sort_values(["density", "res dim"], ascending=[False, True], kind="stable")
    box.select(int(order.index[0]))
    ends = {}
    for name, row in box.limits.iterrows():
        column = values[str(name)]
        low = float(row["min"]) if row["min"] > column.min() else -np.inf
        high = float(row["max"]) if row["max"] < column.max() else np.inf
        ends[str(name)] = (low, high)
    return path, dict(sorted(ends.items()))


def inside(values: pd.DataFrame, ends: Ends) -> NDArray[np.bool_]:
    """Return which draws lie in a box, bool[draws]."""
    within = np.ones(len(values), bool)
    for name, (low, high) in ends.items():
        column = values[name].to_numpy()
        within &= (column >= low) & (column <= high)
    return within


def quasi_p(values: pd.DataFrame, chances: Floats, ends: Ends, name: str) -> float:
    """Return how likely the hits of a box are, or more, if one of its restrictions did nothing.

    The one-sided binomial test of Bryant and Lempert (2010, appendix): as many draws as the box holds, each a
    hit with the share of hits in the box without the restriction. Chances vary less than hits do, so that a draw is
    worth more than one that hits or not: as many as make the two variances the same (1 for hits). Numbers need not be
    whole then, and the regularised incomplete beta function continues the binomial distribution.
    """
    within = inside(values, ends)
    without = chances[inside(values, {key: pair for key, pair in ends.items() if key != name})]
    share, varies = float(without.mean()), float(without.var())
    worth = share * (1.0 - share) / varies if varies > ROUNDING else 1.0
    hits, number = worth * float(chances[within].sum()), worth * int(within.sum())
    return float(betainc(hits, number - hits + 1.0, share)) if hits > 0.0 else 1.0
