"""Which of many conditions go with an outcome, when most of them do so by chance alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from sim.base.arrays import Floats

__all__ = ["Step", "forward", "strengths"]

LEVEL = 0.95
"""Share of permuted outcomes whose strongest condition is weaker than the level that must be passed."""
PERMUTED = 400
SMALL = 1e-9
"""Part of a column that is left below which it tells nothing that the chosen ones do not."""


class Step(NamedTuple):
    """A condition that was taken in: its column, and how strong it was against the strongest that chance makes."""

    column: int
    strength: float
    needed: float


def forward(values: Floats, outcome: Floats, rng: np.random.Generator, most: int) -> tuple[list[Step], Step | None]:
    """Take in conditions one after the other while the strongest is stronger than the strongest of chance.

    A condition is as strong as the rank correlation of its values, or of their distance from the middle, with what
    the conditions before it leave of the outcome. Chance is the strongest of *all* conditions when that rest is
    permuted over the draws (the maximum statistic of Westfall and Young 1993), so that the number of conditions
    does not matter; the next ones are judged on the rest (Freedman and Lane 1983).

    Args:
        values: float64[draws, conditions].
        outcome: float64[draws].
        rng: of the permutations.
        most: largest number of conditions.

    Returns:
        What was taken in, and the first that was not (None if all were).
    """
    columns, rest = _columns(values), _unit(rankdata(outcome))
    taken: list[Step] = []
    while len(taken) < most:
        found = np.abs(columns.T @ rest)
        best = int(found.argmax())
        shuffled = rng.permuted(np.tile(rest, (PERMUTED, 1)), axis=1)
        needed = float(np.quantile(np.abs(shuffled @ columns).max(axis=1), LEVEL))
        step = Step(best // 2, float(found[best]), needed)
        if found[best] <= needed:
            return taken, step
        taken.append(step)
        chosen = columns[:, best].copy()
        rest = _unit(rest - chosen * (chosen @ rest))
        columns = _unit(columns - np.outer(chosen, chosen @ columns))
    return taken, None


def strengths(values: Floats, outcome: Floats) -> Floats:
    """Return how strong every condition is by itself, float64[conditions]."""
    both = np.abs(_columns(values).T @ _unit(rankdata(outcome)))
    return np.asarray(both.reshape(-1, 2).max(axis=1))


def _columns(values: Floats) -> Floats:
    """Return two columns a condition: its ranks, and their distance from the middle, each of mean 0 and length 1."""
    ranks = rankdata(values, axis=0) - (len(values) + 1) / 2
    both = np.stack([ranks, np.abs(ranks)], axis=2).reshape(len(values), -1)
    return _unit(both)


def _unit(columns: Floats) -> Floats:
    """Return columns of mean 0 and length 1; of those that (nearly) do not vary, zeros."""
    centred = columns - columns.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return np.asarray(np.where(length > SMALL, centred / np.maximum(length, SMALL), 0.0))
