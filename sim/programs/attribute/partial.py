"""The simulated effect of every lever alone beside what its evidence says: inside, not told apart, or outside.

What the evidence says is worked out from the priors and ramps of the lever file itself by the formulas of
``sim.programs.attribute.claims``. The model does not know these formulas, so that a row can be outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from sim.base.names import BASELINE
from sim.parameters.distributions import quantile
from sim.policies import Levers
from sim.policies.quantities import QUANTITIES, QUANTITY_INDEX
from sim.programs.attribute.claims import CLAIMS, DAMPING, Claim, Range, Term
from sim.statistics.regions import spread

Verdict = Literal["inside", "unsure", "outside"]
_LEVELS = (0.05, 0.5, 0.95)
FEW, MANY = 1.0 / 3.0, 3.0
"""Simulated mean over the median of the evidence beyond which a reason is printed though the row is inside."""


def claimed(claim: Claim, levers: Levers, start: int) -> Range:
    """Return what the priors of a lever say about the claimed indicator, in percent or points.

    Every quantity is at the same quantile (as if all erred the same way), the direction of its factor
    considered; damped terms keep least of a gain, and most of a loss, at the lower end.
    """
    ends = []
    for k, extra in enumerate(claim.also):
        total = sum(_part(claim, term, k, levers, start) for term in claim.terms)
        ends.append(
            100.0 * ((1.0 + total / 100.0) * (1.0 + extra / 100.0) - 1.0) if claim.kind == "percent" else total + extra
        )
    return ends[0], ends[1], ends[2]


def _part(claim: Claim, term: Term, k: int, levers: Levers, start: int) -> float:
    """Return what one term says at the lower end, the median or the upper end."""
    effect = next(e for e in levers[claim.lever].effects if e.quantity == term.quantity)
    neutral = QUANTITIES[QUANTITY_INDEX[term.quantity]].neutral
    at = _LEVELS[k] if term.factor > 0 else 1.0 - _LEVELS[k]
    size = term.factor * effect.scale * (quantile(effect.prior, at) - neutral) * build_up(claim, term, levers, start)
    if not term.damped:
        return size
    return size * (DAMPING[k] if size > 0 else DAMPING[2 - k])


def build_up(claim: Claim, term: Term, levers: Levers, start: int) -> float:
    """Return the share of its full size that an effect has in the years of a claim; from ``start`` on if it adds up."""
    lever = levers[claim.lever]
    effect = next(e for e in lever.effects if e.quantity == term.quantity)
    ramp, (first, last) = effect.ramp or lever.ramp, claim.years
    half_life = None if ramp.half_life is None else quantile(ramp.half_life.prior, 0.5)
    values = ramp.values(range(start if claim.adds_up else first, last + 1), half_life=half_life)
    return float(values.sum() if claim.adds_up else values.mean())


def partial_table(values: Mapping[str, pd.DataFrame], levers: Levers, start: int) -> pd.DataFrame:
    """Return one row per claim: simulated mean, interval, spread, the range of the evidence and the verdict.

    Args:
        values: ``province_values`` by place code.
        levers: levers by id.
        start: first year in which levers act.
    """
    rows = []
    for claim in CLAIMS:
        sample = _measured(claim, values[claim.place])
        mean, low, high, median, p05, p95, size = spread(sample)
        known = claimed(claim, levers, start)
        rows.append([claim.lever, mean, low, high, median, p05, p95, *known, verdict(mean, low, high, known), size])
    head = ["lever", "mean", "ci_low", "ci_high", "median", "p05", "p95"]
    return pd.DataFrame(rows, columns=[*head, "prior_p05", "prior_p50", "prior_p95", "verdict", "draws"])


def verdict(mean: float, low: float, high: float, known: Range) -> Verdict:
    """Return ``inside`` if the mean is in the range, ``unsure`` if only its interval meets it, else ``outside``.

    A range that is one number holds the mean if the interval does.

    Example:
        >>> verdict(1.0, 0.8, 1.2, (0.0, 2.0, 5.0)), verdict(-0.1, -0.3, 0.1, (0.0, 2.0, 5.0))
        ('inside', 'unsure')
    """
    edge = 1e-9
    least, _, most = known
    meets = low <= most + edge and high >= least - edge
    if least - edge <= mean <= most + edge or (meets and most - least <= edge):
        return "inside"
    return "unsure" if meets else "outside"


def needs_reason(found: str, mean: float, median: float) -> bool:
    """Return whether a row says why it differs: not inside, or far from the median of the evidence."""
    return found != "inside" or (median != 0.0 and not FEW <= mean / median <= MANY)


def _measured(claim: Claim, values: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the change of the claimed indicator by draw, in percent or points."""
    first, last = claim.years
    rows = values[(values["year"] >= first) & (values["year"] <= last)]
    if isinstance(claim.indicator, tuple):
        level = rows[claim.indicator[0]] / rows[claim.indicator[1]]
    else:
        level = rows[claim.indicator]
    wide = (
        rows.assign(level=level).pivot_table(index="draw", columns="scenario", values="level", aggfunc="mean").dropna()
    )
    acted, base = wide[f"full_{claim.lever}"].to_numpy(), wide[BASELINE].to_numpy()
    return np.asarray(100.0 * (acted / base - 1.0) if claim.kind == "percent" else 100.0 * (acted - base))
