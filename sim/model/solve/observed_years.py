"""Start right: every draw passes the published totals of the observed years.

Two shifts a year are solved, of moves into towns by people whose home is a village and of
moves out of the province, so that residents and urban residents of each published year-end
are met. The year is run from a saved state, the shifts are corrected by the gaps over the
gross flows they act on, and the year is run again, until both are met (Broyden 1965, a Newton
step whose slopes are learnt from try to try and from year to year). Births and deaths are
inputs already.

What is carried into the projection is solved once more, over the last observed years together: the pull of a
single year also makes up for the chance of its moves, and the mean flow at such pulls is too large, the more so the
fewer households there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sim.agents.world import BORN, COUNTED_IN, COUNTED_OUT, DIED, ENTERED, LEFT, MOVED_OUT
from sim.base.arrays import Floats
from sim.model.year.books import Simulation, YearPlan, YearRecord
from sim.model.year.processes import CARRIED_YEARS, run_year

MAX_TRIES = 10
MORE_TRIES = 30
"""Tries of the second search, with the slopes of the first guess and ever smaller steps."""
DAMPING = 8.0
"""Tries of the second search after which its steps are half as long (judged)."""
GOOD_ENOUGH = 2.0
"""Tolerances that the best of the first ``MAX_TRIES`` or more tries may be off; the contract is above it."""
RESIDENT_TOLERANCE = 0.001
"""Relative; the contract is 0.003."""
RATE_TOLERANCE = 0.0008
"""Share; the contract is 0.002."""
MAX_STEP, MAX_PULL = 1.5, 6.0
CARRY_TRIES = 2
"""Corrections of the carried pulls; with 5,000 households a third one moves them by 0.02 in the median of 32 draws."""
SLOPES = ((0.5, -0.2), (0.1, -0.8))
"""First guess of the change of the relative gaps (urban residents, residents) per unit of either pull (judged).

The log of a flow moves less than one to one with its utility where many move already, and
part of the arrivals are returns, on which the pull does not act.
"""


class StartError(RuntimeError):
    """A draw cannot be made to pass the published totals."""


@dataclass(frozen=True)
class Published:
    """Residents (persons) and urban rate (share) of one year-end."""

    residents: float
    urban_rate: float


@dataclass(frozen=True)
class SolvedYear:
    """What was solved for one observed year, and what came out; the last one has the carried pulls."""

    year: int
    pull_in: float
    pull_out: float
    tries: int
    residents: float
    urban_rate: float
    published_residents: float
    published_urban_rate: float
    carried_in: float | None = None
    carried_out: float | None = None


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
    records: list[YearRecord] = []
    solved: list[SolvedYear] = []
    search, before, opening = _Search(), sim, sim
    carried_years = sorted(published)[-CARRIED_YEARS:]
    for year in sorted(published):
        opening = sim if year in carried_years[:1] else opening
        if records:
            search.foresee(*_expected_gaps(sim, records[-1], before, published[year]))
        before = sim
        found, tries = _solve_year(sim, year, published[year], plan_year, search)
        sim, weight = found.sim, found.sim.draw.weight
        records.append(found.record)
        solved.append(
            SolvedYear(
                year,
                *found.pulls,
                tries,
                sim.hunan() * weight,
                sim.rate(),
                published[year].residents,
                published[year].urban_rate,
            )
        )
    if solved:
        both = _carried_pulls(opening, published, plan_year, solved[-CARRIED_YEARS:])
        solved[-1] = replace(solved[-1], carried_in=both[0], carried_out=both[1])
    return sim, records, solved


def _carried_pulls(
    opening: Simulation, published: Mapping[int, Published], plan_year: Planner, solved: Sequence[SolvedYear]
) -> tuple[float, float]:
    """Return the pulls that, the same in all of some observed years, lead from their start to the totals of their end.

    The first guess are those whose flow is the mean of the flows of the years (log of the mean exponential).
    """
    target = published[solved[-1].year]
    pulls = np.log(np.mean(np.exp([(year.pull_in, year.pull_out) for year in solved]), axis=0))
    for _ in range(CARRY_TRIES):
        sim, flows = opening.copy(), np.zeros(2)
        for year in solved:
            record = run_year(sim, plan_year(year.year, (float(pulls[0]), float(pulls[1]))))
            flows += _flows(record, sim.edge)
        step = -np.linalg.solve(np.array(SLOPES), _gaps(sim, target) / flows)
        pulls = np.clip(pulls + np.clip(step, -MAX_STEP, MAX_STEP), -MAX_PULL, MAX_PULL)
    return float(pulls[0]), float(pulls[1])


class _Search:
    """Both pulls searched together, with slopes that are learnt.

    Attributes:
        pulls: of moves into towns and of moves out of the province, in utils.
    """

    def __init__(self) -> None:
        self.pulls = np.zeros(2)
        self._slopes = np.array(SLOPES)
        self._last: tuple[Floats, Floats] | None = None

    def foresee(self, gaps: Floats, flows: Floats) -> None:
        """Begin a year: correct the pulls for the gaps that they are expected to leave."""
        self._step(gaps / flows)
        self._last = None

    def correct(self, pulls: Floats, gaps: Floats, flows: Floats) -> None:
        """Correct pulls for the gaps that they left: urban residents and residents, persons of the model.

        ``flows`` are the arrivals in towns and the departures from the province.
        """
        relative = gaps / flows
        if self._last is not None:
            moved, change = pulls - self._last[0], relative - self._last[1]
            length = float(moved @ moved)
            if length > 1e-4:
                self._slopes = self._slopes + np.outer(change - self._slopes @ moved, moved) / length
        self._last = (pulls, relative)
        self._step(relative)

    def creep(self, tries: int, pulls: Floats, gaps: Floats, flows: Floats) -> None:
        """Correct pulls as ``correct`` does, learning nothing and less far the more tries there were."""
        self.pulls, self._slopes, self._last = pulls, np.array(SLOPES), None
        self._step(gaps / flows / (1.0 + tries / DAMPING))

    def _step(self, relative: Floats) -> None:
        if np.linalg.det(self._slopes) == 0.0:
            self._slopes = np.array(SLOPES)
        step = -np.linalg.solve(self._slopes, relative)
        self.pulls = np.clip(self.pulls + np.clip(step, -MAX_STEP, MAX_STEP), -MAX_PULL, MAX_PULL)


class _Try(NamedTuple):
    """A year run with some pulls, and how many tolerances residents or rate are off, whichever is more."""

    score: float
    sim: Simulation
    record: YearRecord
    pulls: tuple[float, float]


def _solve_year(
    before: Simulation, year: int, target: Published, plan_year: Planner, search: _Search
) -> tuple[_Try, int]:
    """Return the year at its published totals and the number of tries.

    With few households a year answers in whole households: slopes learnt from two near tries can be of
    the wrong sign, and the search is lost. A second one then starts from the best try, learns nothing
    and takes ever smaller steps (Robbins and Monro 1951).
    """
    best: _Try | None = None
    tries = 0
    while True:
        tries += 1
        found = _run(before, year, target, plan_year, search.pulls)
        best = found if best is None else min(best, found, key=lambda one: one.score)
        if found.score <= 1.0:
            return found, tries
        if tries <= MAX_TRIES:
            search.correct(*_missed(found, target))
        if tries >= MAX_TRIES:
            if best.score <= GOOD_ENOUGH:
                return best, tries
            if tries == MAX_TRIES + MORE_TRIES:
                raise _lost(best, year, target, tries)
            search.creep(tries - MAX_TRIES, *_missed(best if tries == MAX_TRIES else found, target))


def _run(before: Simulation, year: int, target: Published, plan_year: Planner, pulls: Floats) -> _Try:
    sim = before.copy()
    both = (float(pulls[0]), float(pulls[1]))
    record = run_year(sim, plan_year(year, both))
    persons_off = sim.hunan() * sim.draw.weight / target.residents - 1.0
    score = max(abs(persons_off) / RESIDENT_TOLERANCE, abs(sim.rate() - target.urban_rate) / RATE_TOLERANCE)
    return _Try(score, sim, record, both)


def _lost(best: _Try, year: int, target: Published, tries: int) -> StartError:
    sim = best.sim
    return StartError(
        f"seed {sim.draw.seed}: the published totals of {year} cannot be met in {tries} tries (nearest: "
        f"residents {sim.hunan() * sim.draw.weight:,.0f} against {target.residents:,.0f}, rate {sim.rate():.4f} "
        f"against {target.urban_rate:.4f}); use more households or fix parameters nearer their medians"
    )


def _missed(found: _Try, target: Published) -> tuple[Floats, Floats, Floats]:
    """Return the pulls of a try, the gaps they left, and the flows they acted on."""
    return np.array(found.pulls), _gaps(found.sim, target), _flows(found.record, found.sim.edge)


def _gaps(sim: Simulation, target: Published) -> Floats:
    """Return urban residents and residents beyond the published ones, persons of the model."""
    residents = target.residents / sim.draw.weight
    return np.array([sim.urban() - target.urban_rate * residents, sim.hunan() - residents])


def _flows(record: YearRecord, edge: int) -> Floats:
    """Return arrivals in towns and departures from the province, persons of the model."""
    counts = record.ledger.counts[:edge]
    arrived = counts[0::2, MOVED_OUT].sum() + counts[1::2, ENTERED].sum()
    return np.maximum(np.array([arrived, counts[:, LEFT].sum()], dtype=np.float64), 20.0)


def _expected_gaps(sim: Simulation, last: YearRecord, before: Simulation, target: Published) -> tuple[Floats, Floats]:
    """Return the gaps that last year's pulls would leave in the coming year, and last year's flows.

    As many people would move as in the last year; births and deaths are inputs, and
    reclassification is in step with the published increase.
    """
    counts = last.ledger.counts[: sim.edge]
    schedules, year = sim.draw.schedules, sim.year + 1
    births, deaths = schedules.published_births[year], schedules.published_deaths[year]
    natural = (births - deaths) / sim.draw.weight - float(counts[:, BORN].sum() - counts[:, DIED].sum())
    grown = float(sim.urban() - before.urban())
    counted = float(counts[1::2, COUNTED_IN].sum() - counts[1::2, COUNTED_OUT].sum())
    moved = 1.0 - min(counted / max(grown, 1.0), 1.0)
    urban, residents = _gaps(sim, target)
    gaps = np.array([moved * (urban + grown), residents + sim.hunan() - before.hunan() + natural])
    return gaps, _flows(last, sim.edge)
