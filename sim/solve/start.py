"""Start right: every draw passes the published totals of the observed years.

Two shifts a year are solved, of moves from villages to towns and of moves out of the
province, so that residents and urban residents of each published year-end are met. The
year is run from a saved state, the shifts are corrected by the gap over the gross flow
they act on (a Newton step, the log of a flow moves one to one with its utility), and the
year is run again, until both are met. Births and deaths are inputs already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sim.engine.simulation import Simulation, YearPlan, YearRecord
from sim.kernels.world import ENTERED, LEFT, MOVED_OUT

MAX_TRIES = 8
RESIDENT_TOLERANCE = 0.0006
"""Relative; the contract is 0.003."""
RATE_TOLERANCE = 0.0006
"""Share; the contract is 0.002."""
MAX_STEP, MAX_PULL = 1.5, 4.0


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
        StartError: no pulls within +-4 utils meet the totals.
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


def _solve_year(
    before: Simulation, year: int, target: Published, plan_year: Planner, pulls: tuple[float, float]
) -> tuple[Simulation, YearRecord, tuple[float, float], int]:
    best: tuple[float, Simulation, YearRecord, tuple[float, float]] | None = None
    for attempt in range(1, MAX_TRIES + 1):
        sim = before.copy()
        record = sim.run_year(plan_year(year, pulls))
        persons_off = sim.hunan() * sim.draw.weight / target.residents - 1.0
        rate_off = sim.rate() - target.urban_rate
        score = max(abs(persons_off) / RESIDENT_TOLERANCE, abs(rate_off) / RATE_TOLERANCE)
        if best is None or score < best[0]:
            best = (score, sim, record, pulls)
        if score <= 1.0:
            return sim, record, pulls, attempt
        pulls = _corrected(sim, record, target, pulls)
    assert best is not None
    if best[0] > 3.0:
        raise StartError(
            f"draw with seed {before.draw.seed}: {year} cannot be met (residents {best[1].hunan() * best[1].draw.weight:,.0f} "
            f"against {target.residents:,.0f}, rate {best[1].rate():.4f} against {target.urban_rate:.4f}); "
            "use more households or set the parameters of this draw closer to their medians"
        )
    return best[1], best[2], best[3], MAX_TRIES


def _corrected(
    sim: Simulation, record: YearRecord, target: Published, pulls: tuple[float, float]
) -> tuple[float, float]:
    """Return pulls corrected by the gaps over the gross flows they act on."""
    edge, weight = sim.edge, sim.draw.weight
    counts = record.ledger.counts
    towns, villages = slice(1, edge, 2), slice(0, edge, 2)
    left = max(float(counts[edge:, ENTERED].sum()), 20.0)
    urban_share = float(counts[towns, LEFT].sum()) / max(float(counts[:edge, LEFT].sum()), 1.0)
    gap = sim.hunan() - target.residents / weight
    urban_gap = sim.urban() - target.urban_rate * target.residents / weight
    moved = max(float(counts[villages, MOVED_OUT].sum()), 20.0)
    out = float(np.clip(np.log(max(1.0 + gap / left, 0.05)), -MAX_STEP, MAX_STEP))
    change = (urban_gap - urban_share * gap) / moved
    into = float(np.clip(-np.sign(change) * np.log1p(abs(change)), -MAX_STEP, MAX_STEP))
    if change > 0:
        into = float(np.clip(np.log(max(1.0 - change, 0.05)), -MAX_STEP, MAX_STEP))
    return (
        float(np.clip(pulls[0] + into, -MAX_PULL, MAX_PULL)),
        float(np.clip(pulls[1] + out, -MAX_PULL, MAX_PULL)),
    )
