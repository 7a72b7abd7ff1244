"""The year as a tuple: what rows declare is what they do, and a process is one file and its row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest

from sim.agents._compile import rule
from sim.agents.process import HouseholdProcess
from sim.agents.state import COLUMNS, EMPTY, HEAD, PERMIT, Households
from sim.agents.world import COUNTED_IN, COUNTED_OUT
from sim.base.arrays import Floats
from sim.base.errors import InputError
from sim.base.paths import PACKAGE
from sim.model.engines.reference import UrbanizationModel
from sim.model.path.plans import Planner, observed_totals
from sim.model.path.policy import neutral_mods
from sim.model.year.books import Simulation, YearPlan
from sim.model.year.process import Process, Step, each
from sim.model.year.processes import PROCESSES, insert, ordered, run_year, writers
from sim.policies.quantities import QUANTITIES

PULLS = (-0.1, 0.1)
BY_THE_PATH = {"delivery", "unit_cost", "budget", "siphon", "paper_registrations", "travel_time"}
"""Quantities that levers and the path of a policy turn into others, into costs or into tables of a year."""
DERIVED = {"insurance_rise", "displacement"}
"""What the path of a policy makes from quantities and effects, beside the quantities themselves."""


@pytest.fixture(scope="module")
def two_years(central, started_once) -> tuple[Simulation, YearPlan]:
    """A state after two years, so that every process has something to do, and the plan of the next."""
    sim = started_once.copy()
    planner = Planner(sim.draw, observed_totals(sim.draw.region, 2020, 2024))
    for year in (2021, 2022):
        run_year(sim, planner.observed_plan(year, PULLS))
    return sim, planner.observed_plan(2023, PULLS)


def live(sim: Simulation) -> Households:
    return sim.engine.sorted_rows()


def changed(before: Households, after: Households) -> tuple[set[str], bool, bool]:
    """Return columns that differ for households in both tables, and whether households began or ended."""
    _, a, b = np.intersect1d(before.key, after.key, return_indices=True)
    columns = {
        column.name
        for column in COLUMNS
        if not np.array_equal(getattr(before, column.name)[a], getattr(after, column.name)[b])
    }
    return columns, len(b) < len(after.key), len(a) < len(before.key)


def test_processes_write_what_they_declare_and_nothing_else(two_years):
    """Couples separate often here and many blocks become urban, so that rare households are among them.

    Those are couples whose spouses both live away, and workers in a dormitory in the town that their village joins.
    """
    sim, plan = two_years[0].copy(), two_years[1]
    plan = replace(plan, reclassified=np.full(sim.draw.region.n_counties, 10.0))
    sim.draw = replace(sim.draw, params={**sim.draw.params, "dissolution_hazard": 0.3})
    seen: dict[str, set[str]] = {process.name: set() for process in PROCESSES}
    problems: list[str] = []

    def checked(process: Process) -> Process:
        def does(step: Step) -> None:
            before = live(step.sim)
            process.does(step)
            columns, began, ended = changed(before, live(step.sim))
            seen[process.name] |= columns
            if not columns <= set(process.writes) or began > process.begins or ended > process.ends:
                problems.append(f"{process.name}: {sorted(columns)}, began {began}, ended {ended}")

        return process._replace(does=does)

    run_year(sim, plan, tuple(checked(process) for process in PROCESSES))
    assert not problems
    unused = {name: set(next(p for p in PROCESSES if p.name == name).writes) - found for name, found in seen.items()}
    assert not {name: columns for name, columns in unused.items() if columns}, "declared and never written"


def test_reclassification_is_net_of_what_is_lost_and_negative_somewhere(two_years):
    """Two percent of the urban blocks are lost; half a point of the rate is gained beyond that."""
    sim = two_years[0].copy()
    plan = replace(two_years[1], status_loss=0.02, reclassified=np.full(sim.draw.region.n_counties, 0.5))
    towns = run_year(sim, plan).ledger.counts[1 : sim.edge : 2]
    net = towns[:, COUNTED_IN] - towns[:, COUNTED_OUT]
    assert towns[:, COUNTED_OUT].sum() > 0.005 * sim.urban()
    assert net.sum() / sim.hunan() == pytest.approx(0.005, abs=0.003)
    assert net.min() < 0 < net.max()


def test_an_undeclared_write_is_seen(two_years):
    sim = two_years[0].copy()
    before = live(sim)
    sim.engine.hh.arrival[: sim.engine.rows] += 1
    assert changed(before, live(sim))[0] == {"arrival"}


def test_every_column_but_the_key_has_a_writer():
    nobody = [column for column, names in writers().items() if not names]
    assert nobody == ["key"]


def test_names_are_unique_and_the_order_can_be_changed():
    names = [process.name for process in PROCESSES]
    assert len(names) == len(set(names))
    row = Process("new", lambda step: None, None, "", (), "")
    assert [p.name for p in insert("moves", row)].index("new") == names.index("moves")


def test_a_draw_may_have_another_order(two_years):
    """What changes places stands just ahead of the other, the rest stays, and a year follows it."""
    names = [process.name for process in ordered({"registration": "moves"})]
    rest = [process.name for process in PROCESSES if process.name != "registration"]
    assert names == [*rest[: rest.index("moves")], "registration", *rest[rest.index("moves") :]]
    assert ordered({}) == PROCESSES
    sim, plan = two_years[0].copy(), two_years[1]
    usual, other = sim.copy(), sim.copy()
    other.draw = replace(sim.draw, order={"moves": "vital_events"})
    given = sim.copy()
    run_year(usual, plan)
    run_year(other, plan)
    run_year(given, plan, ordered({"moves": "vital_events"}))
    assert changed(live(given), live(other)) == (set(), False, False)
    assert "base" in changed(live(usual), live(other))[0]


@pytest.mark.parametrize(
    "order", [{"registraton": "moves"}, {"registration": "accounts"}, {"moves": "moves"}, {"moves": "ageing"}]
)
def test_only_what_happens_to_households_can_change_places(order):
    name, following = next(iter(order.items()))
    with pytest.raises(InputError, match=f"order.{name} = {following}: .*allowed are two of vital_events, couples"):
        ordered(order)


class Recording(dict[str, Floats]):
    """Modifiers that remember who was asked for."""

    def __init__(self, values: Mapping[str, Floats]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Floats:
        self.read.add(name)
        return super().__getitem__(name)


def test_every_quantity_of_a_lever_is_read_and_declared(two_years):
    """A lever that modifies a quantity which nobody reads would do nothing without a word."""
    sim, plan = two_years[0].copy(), two_years[1]
    mods = Recording(plan.mods)
    asked: dict[str, set[str]] = {}

    def noted(process: Process) -> Process:
        def does(step: Step) -> None:
            mods.read = set()
            process.does(step)
            asked.setdefault(process.name, set()).update(mods.read)

        return process._replace(does=does)

    run_year(sim, replace(plan, mods=mods), tuple(noted(process) for process in PROCESSES))
    for process in PROCESSES:
        if process.name != "reclassification":
            assert asked[process.name] == set(process.quantities), process.name
    declared = {name for process in PROCESSES for name in process.quantities}
    assert (declared - DERIVED) | BY_THE_PATH == {quantity.name for quantity in QUANTITIES}
    assert set(neutral_mods(1)) == {quantity.name for quantity in QUANTITIES} | DERIVED


def test_quantities_of_the_path_are_read_there():
    files = [PACKAGE / "model/path/policy.py", *(PACKAGE / "policies").glob("*.py")]
    code = "".join(p.read_text(encoding="utf-8") for p in files if p.name != "quantities.py")
    assert {name for name in BY_THE_PATH if f'"{name}"' not in code} == set()
    plans = (PACKAGE / "model/path/plans.py").read_text(encoding="utf-8")
    assert plans.count('mods["reclassification"]') == 2, "with and without a policy"


@rule
def lend(hh, i, world, counts, totals):
    """Give everybody away from home a permit."""
    if hh.away[i] != 0 and hh.members[i, HEAD] != EMPTY:
        hh.social[i] |= np.uint8(PERMIT)


@rule
def lend_loop(hh, start, stop, world, counts, totals, batch):
    for i in range(start, stop):
        lend(hh, i, world, counts, totals)


LENDING = HouseholdProcess("lending", 5, "who is away", ("social",), "Those away get a permit.", lend, lend_loop)


def both(sim: Simulation) -> Iterator[Simulation]:
    """Give the state on the fast and on the reference engine."""
    yield sim.copy()
    other = sim.copy()
    other.engine = UrbanizationModel(sim.engine.sorted_rows(), other.engine.geo)
    yield other


def test_a_process_is_one_file_and_its_row(two_years):
    """Both engines carry it out from its declaration, in its month, and alike."""
    sim, plan = two_years
    with_it = insert("settling", each(LENDING))
    fast, slow = both(sim)
    run_year(fast, plan, with_it)
    run_year(slow, plan, with_it)
    for a, b in zip(live(fast), live(slow), strict=True):
        assert np.array_equal(a, b)
    without = sim.copy()
    run_year(without, plan)
    assert (live(fast).social & PERMIT).sum() > (live(without).social & PERMIT).sum()
