"""The fast engine with one and two threads and the Mesa engine give identical trajectories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest

from sim.model.path.begin import start_simulation
from sim.model.path.plans import Planner, observed_totals
from sim.model.year.books import Simulation, YearRecord
from sim.model.year.processes import PROCESSES, RECOUNT, run_year
from sim.policies.effects import draw_effects

PULLS = (-1.0, -0.2)
"""Fixed pulls of the observed years."""
BRANCH, END = 2024, 2035


class Trio(NamedTuple):
    """The same state on the fast engine with one and two threads and on the reference engine."""

    one: Simulation
    two: Simulation
    reference: Simulation

    def copy(self) -> Trio:
        return Trio(*(sim.copy() for sim in self))


def same(trio: Trio, records: list[YearRecord]) -> bool:
    rows = [sim.engine.sorted_rows() for sim in trio]
    for other in (1, 2):
        assert all(np.array_equal(a, b) for a, b in zip(rows[0], rows[other], strict=True))
        assert all(np.array_equal(a, b) for a, b in zip(records[0].ledger, records[other].ledger, strict=True))
        assert np.array_equal(records[0].stocks, records[other].stocks)
        assert np.array_equal(records[0].ages, records[other].ages)
        for a, b in zip(records[0].step_residents, records[other].step_residents, strict=True):
            assert np.array_equal(a, b)
        assert trio[0].markets.price.tobytes() == trio[other].markets.price.tobytes()
    return True


def planners(central_setup, draw) -> Iterator[Planner]:
    planner = Planner(draw, observed_totals(draw.region, 2020, END), carried=PULLS)
    effects = draw_effects(central_setup.levers, central_setup.seed, 0)
    for scenario in central_setup.scenarios.values():
        yield planner.with_policy(scenario, central_setup.levers, effects, BRANCH + 1, END)


@pytest.fixture(scope="module")
def at_branch(central):
    """The three engines after the observed years, compared every year."""
    draw, population = central
    trio = Trio(
        start_simulation(draw, population, "fast", 1),
        start_simulation(draw, population, "fast", 2),
        start_simulation(draw, population, "reference"),
    )
    planner = Planner(draw, observed_totals(draw.region, 2020, END))
    for year in range(2021, BRANCH + 1):
        assert same(trio, [run_year(sim, planner.observed_plan(year, PULLS)) for sim in trio])
    return trio


@pytest.mark.parametrize("scenario", ["no_new_policy", "plan"])
def test_engines_and_threads_agree_over_the_horizon(central_setup, central, at_branch, scenario):
    planner = next(p for p in planners(central_setup, central[0]) if p.policy.scenario.name == scenario)
    trio = at_branch.copy()
    for year in range(BRANCH + 1, END + 1):
        assert same(trio, [run_year(sim, planner.projected_plan(year)) for sim in trio])
    assert trio.one.year == END
    assert len(trio.one.engine.sorted_rows().key) > 3_000


def test_scenarios_differ_and_branches_do_not_disturb_each_other(central_setup, central, at_branch):
    """A branch equals a straight run, in any order of the scenarios."""
    both = list(planners(central_setup, central[0]))
    years = range(BRANCH + 1, BRANCH + 6)

    def branch(planner: Planner) -> Simulation:
        sim = at_branch.one.copy()
        for year in years:
            run_year(sim, planner.projected_plan(year))
        return sim

    forwards = [branch(p) for p in both]
    backwards = [branch(p) for p in reversed(both)][::-1]
    straight = start_simulation(*central)
    for year in range(2021, BRANCH + 1):
        run_year(
            straight, Planner(central[0], observed_totals(central[0].region, 2020, END)).observed_plan(year, PULLS)
        )
    for year in years:
        run_year(straight, both[1].projected_plan(year))
    for sims in (backwards, [forwards[0], straight]):
        for a, b in zip(forwards, sims, strict=True):
            assert all(
                np.array_equal(x, y) for x, y in zip(a.engine.sorted_rows(), b.engine.sorted_rows(), strict=True)
            )
            assert a.rate() == b.rate()
    assert forwards[0].rate() != forwards[1].rate()


def test_identities_hold_after_every_step(started):
    planner = Planner(started.draw, observed_totals(started.draw.region, 2020, END))
    for year in (2021, 2022):
        before, universe, registered = started.residents.copy(), started.residents.sum(), started.registered
        record = run_year(started, planner.observed_plan(year, PULLS), (*PROCESSES, RECOUNT))
        born, died, moved_in, moved_out, counted_in, counted_out, entered, left, _ = record.ledger.counts.T
        flow = born - died + moved_in - moved_out + counted_in - counted_out + entered - left
        assert np.array_equal(started.residents - before, flow)
        u_in, u_out, r_born, r_died, r_in, r_out = record.ledger.totals
        assert started.residents.sum() - universe == born.sum() - died.sum() + u_in - u_out
        assert started.registered - registered == r_born - r_died + r_in - r_out
        assert record.ledger.flows.sum() == moved_in.sum() + _crossings(record)
        assert counted_in.sum() > 0
        assert record.stocks[:, 0].sum() == record.ages.sum()


def _crossings(record: YearRecord) -> int:
    """Return persons of Hunan who crossed the border of the province, both ways, from the flow table."""
    flows = record.ledger.flows
    return int(flows[:14, 14:].sum() + flows[14:, :14].sum() + flows[14:, 14:].sum())


def test_rows_are_valid_after_two_years(started):
    """Members in one place each, nobody at an away place that is the base, no household twice."""
    planner = Planner(started.draw, observed_totals(started.draw.region, 2020, END))
    for year in (2021, 2022):
        run_year(started, planner.observed_plan(year, PULLS))
    rows = started.engine.sorted_rows()
    present = rows.members != 255
    away = (rows.away[:, None] >> np.arange(8)) & 1 == 1
    assert len(np.unique(rows.key)) == len(rows.key)
    assert present[:, 0].all()
    assert not (away & ~present).any()
    assert ((rows.away_place == 255) == (rows.away == 0)).all()
    assert (rows.base != rows.away_place).all()
    assert (present & ~away).any(axis=1).all()
    assert (rows.base < started.draw.region.place_count).all()
    assert (started.engine.geo.block_zone[rows.home_county, rows.home_block] != 255).all()
    hunan = rows.hukou < started.edge
    home = 2 * rows.home_county.astype(int) + started.engine.geo.block_zone[rows.home_county, rows.home_block]
    assert ((rows.hukou == home) | ~hunan).mean() > 0.999
