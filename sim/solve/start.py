"""Start right: every draw passes the published totals of the observed years.

Two shifts a year are solved, of moves into towns by people whose home is a village and of
moves out of the province, so that residents and urban residents of each published year-end
are met. The year is run from a saved state, the shifts are corrected by the gap over the
gross flow they act on (a Newton step, the log of a flow moves one to one with its utility), and the
year is run again, until both are met. Births and deaths are inputs already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sim.engine.simulation import Simulation, YearPlan, YearRecord
from sim.kernels.world import ENTERED, LEFT, MOVED_OUT

MAX_TRIES = 10
RESIDENT_TOLERANCE = 0.001
"""Relative; the contract is 0.003."""
RATE_TOLERANCE = 0.0008
"""Share; the contract is 0.002."""
MAX_STEP, MAX_PULL = 1.5, 6.0


class StartError(RuntimeError):
    """A draw cannot be made to pass the published totals."""


@dataclass(frozen=True)
class Published:
    """Residents (persons) and urban rate (share) of one year-end."""

    residents: float
    urban_rate: float


@dataclass(frozen=True)
class SolvedYear:
    """What was solved for one observed year, and what came out."""

    year: int
    pull_in: float
    pull_out: float
    tries: int
    residents: float
    urban_rate: float
    published_residents: float
    published_urban_rate: float


Planner = Callable[[int, tuple[float, float]], YearPlan]


def pass_observed_years(
    sim: Simulation, published: Mapping[int, Published], plan_year: Planner
) -> tuple[Simulation, list[YearRecord], list[SolvedYear]]:
    """Run the observed years so that each year-end meets the published totals.

    Args:
        sim: state at the start; not changed.
        published: totals by year, without gaps from the year after the start.
        plan_year: returns the plan of a year for given pulls.

    Returns:
        The state at the last observed year-end, the records and the solved pulls.

    Raises:
        StartError: no pulls within +-6 utils meet the totals.
    """
    records, solved = [], []
    pulls = (0.0, 0.0)
    for year in sorted(published):
        sim, record, pulls, tries = _solve_year(sim, year, published[year], plan_year, pulls)
        weight = sim.draw.weight
        records.append(record)
        solved.append(
            SolvedYear(
                year,
                pulls[0],
                pulls[1],
                tries,
                sim.hunan() * weight,
                sim.rate(),
                published[year].residents,
                published[year].urban_rate,
            )
        )
    return sim, records, solved


class _Root:
    """One pull searched by Newton, then secant steps on its gap (positive gap: pull too strong)."""

    def __init__(self, pull: float) -> None:
        self.pull = pull
        self._last: tuple[float, float] | None = None

    def correct(self, gap: float, slope: float) -> None:
        """Move the pull against a gap; ``slope`` is the gap per unit of pull that theory expects."""
        if self._last is not None and abs(self.pull - self._last[0]) > 1e-3:
            seen = (gap - self._last[1]) / (self.pull - self._last[0])
            slope = float(np.clip(seen, 0.2 * slope, 3.0 * slope))
        self._last = (self.pull, gap)
        step = float(np.clip(-gap / slope, -MAX_STEP, MAX_STEP))
        self.pull = float(np.clip(self.pull + step, -MAX_PULL, MAX_PULL))


def _solve_year(
    before: Simulation, year: int, target: Published, plan_year: Planner, pulls: tuple[float, float]
) -> tuple[Simulation, YearRecord, tuple[float, float], int]:
    best: tuple[float, Simulation, YearRecord, tuple[float, float]] | None = None
    into, out = _Root(pulls[0]), _Root(pulls[1])
    for attempt in range(1, MAX_TRIES + 1):
        sim = before.copy()
        pulls = (into.pull, out.pull)
        record = sim.run_year(plan_year(year, pulls))
        persons_off = sim.hunan() * sim.draw.weight / target.residents - 1.0
        score = max(abs(persons_off) / RESIDENT_TOLERANCE, abs(sim.rate() - target.urban_rate) / RATE_TOLERANCE)
        if best is None or score < best[0]:
            best = (score, sim, record, pulls)
        if score <= 1.0:
            return sim, record, pulls, attempt
        _correct(sim, record, target, into, out)
    if best is None or best[0] > 2.0:
        raise StartError(
            f"seed {before.draw.seed}: the published totals of {year} cannot be met in {MAX_TRIES} tries "
            f"(last: residents {sim.hunan() * sim.draw.weight:,.0f} against {target.residents:,.0f}, rate "
            f"{sim.rate():.4f} against {target.urban_rate:.4f}); use more households or fix parameters nearer "
            "their medians"
        )
    return best[1], best[2], best[3], MAX_TRIES


def _correct(sim: Simulation, record: YearRecord, target: Published, into: _Root, out: _Root) -> None:
    """Correct both pulls by the gaps over the gross flows they act on (persons of the model)."""
    edge, weight = sim.edge, sim.draw.weight
    counts = record.ledger.counts
    left = float(counts[:edge, LEFT].sum())
    urban_share = float(counts[1:edge:2, LEFT].sum()) / max(left, 1.0)
    gap = sim.hunan() - target.residents / weight
    urban_gap = sim.urban() - target.urban_rate * target.residents / weight
    out.correct(-gap, max(left, 20.0))
    arrived = float(counts[0:edge:2, MOVED_OUT].sum() + counts[1:edge:2, ENTERED].sum())
    into.correct(urban_gap - urban_share * gap, max(arrived, 20.0))
