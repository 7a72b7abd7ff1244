"""A year, in order: ``PROCESSES`` is the order; each row says what it does, when, and what it reads and writes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.agents.arrivals import draw_arrivals
from sim.agents.departures import DEPARTURES
from sim.agents.ledger import empty_ledger
from sim.agents.reclassification import RECLASSIFICATION, flipping_blocks
from sim.agents.registration import REGISTRATION
from sim.agents.schooling import ADMISSION, PUPIL_FIRST, PUPIL_LAST
from sim.agents.settling import SETTLING
from sim.agents.state import COLUMNS, EMPTY, map_columns
from sim.agents.world import COUNTED_OUT, ENTERED, MOVED_IN, RURAL, U_IN, URBAN
from sim.base.arrays import Floats
from sim.base.errors import InputError
from sim.model.year import markets as market
from sim.model.year.books import Simulation, YearPlan, YearRecord
from sim.model.year.process import Process, Step, each
from sim.model.year.tables import build_world, vital_scales, year_tables
from sim.model.year.world_tables import network_shares

__all__ = ["PROCESSES", "RECOUNT", "insert", "ordered", "run_year", "writers"]

CARRIED_YEARS = 4
"""Observed years whose mean flows are carried into the projection."""
JANUARY, JUNE, SEPTEMBER, DECEMBER = 1, 6, 9, 12


def open_markets(step: Step) -> None:
    """Let markets react from the first year after the last observed one."""
    sim = step.sim
    if sim.year + 1 > sim.draw.last_observed and sim.markets.recent and not sim.markets.active:
        market.open_markets(sim.markets)
        market.rebase(sim.markets, sim.stocks)
    if not sim.markets.active:
        sim.markets.recent = [*sim.markets.recent[1 - CARRIED_YEARS :], np.zeros(sim.draw.region.n_counties)]


def ageing(step: Step) -> None:
    """Add a year to every age: in the year people have the age that they reach in it."""
    sim = step.sim
    sim.engine.grow_older()
    older = np.zeros_like(sim.ages)
    older[..., 1:] = sim.ages[..., :-1]
    older[..., -1] += sim.ages[..., -1]
    sim.ages = older


def networks(step: Step) -> None:
    """Count who of every home block lives where."""
    sim = step.sim
    sim.network = network_shares(sim.engine.network(), sim.draw.params["peer_shrinkage"] / sim.draw.weight)


def schedules(step: Step) -> None:
    """Scale births and deaths of the year."""
    step.sim.scales, step.sim.level = vital_scales(step.sim)


def policies(step: Step) -> None:
    """Make the tables of the year: hazards and utilities under the levers of the year."""
    step.tables = year_tables(step.sim, step.plan)


def job_finding(step: Step) -> None:
    """Find jobs by arrivals and vacancies, and make the tables of the step."""
    step.world = build_world(step.sim, step.plan, step.months, step.tables)


def prices(step: Step) -> None:
    """Move wages and house prices towards what the stocks at the year-end imply."""
    sim = step.sim
    years = max(0.0, sim.year + 1 - sim.draw.last_observed)
    growth = sim.draw.params["labour_demand_growth"] * years
    market.adjust_prices(sim.markets, sim.stocks, sim.draw.params, growth, sim.draw.dt)


def vital_events(step: Step) -> None:
    """Let people die, be born and leave home."""
    step.sim.book(step.sim.engine.vital_events(step.rules), step.record)


def couples(step: Step) -> None:
    """Separate and form couples."""
    params = step.sim.draw.params
    step.sim.engine.couples(step.rules, params["pairing_hazard"], params["dissolution_hazard"])


def moves(step: Step) -> None:
    """Let households reconsider and choose, and remember the arrivals."""
    sim = step.sim
    ledger = sim.engine.moves(step.rules)
    sim.book(ledger, step.record)
    towns = ledger.counts[1 : sim.edge : 2]
    arrived = towns[:, MOVED_IN] + towns[:, ENTERED]
    boost = step.plan.mods["inflow_boost"] * sim.draw.places.across
    market.remember_arrivals(sim.markets, arrived, boost, sim.draw.dt, market.memory_speed(sim.draw.params))


def arrivals(step: Step) -> None:
    """Let copies of households from other provinces arrive."""
    sim, draw = step.sim, step.sim.draw
    templates = draw.templates
    pool = len(templates.key)
    if pool == 0:
        return
    rate = draw.params["visitor_exit_hazard"] * draw.outside_flows.arriving(sim.year + 1)
    expected = pool * -np.expm1(-rate * draw.dt)
    picks = draw_arrivals(draw.seed, sim.step, pool, expected)
    arriving = map_columns(templates, lambda column: column[picks])
    arriving = arriving._replace(
        base=arriving.base | sim.engine.geo.block_zone[arriving.home_county, arriving.home_block]
    )
    sim.engine.arrivals(arriving, step.rules)
    ledger = empty_ledger(sim.engine.geo)
    persons = (arriving.members != EMPTY).sum(axis=1)
    np.add.at(ledger.counts[:, ENTERED], arriving.base.astype(np.int64), persons)
    ledger.totals[U_IN] = persons.sum()
    sim.book(ledger, step.record)


def rationing(step: Step) -> None:
    """Set the chance of a public school place, then admit."""
    sim, mods = step.sim, step.plan.mods
    cohort = float(sim.ages[:2, :, PUPIL_FIRST : PUPIL_LAST + 1].sum())
    places = mods["school_capacity"], mods["school_place"]
    market.ration_places(sim.markets, sim.engine.pupils(), sim.draw.public_share, *places, cohort)
    rules = step.rules._replace(choice=step.rules.choice._replace(school=sim.markets.school))
    sim.book(sim.engine.each(ADMISSION, rules), step.record)


def reclassification(step: Step) -> None:
    """Turn blocks rural, then so many urban that the plan is met beyond what was lost; count their residents."""
    sim = step.sim
    sim.urban_survival *= 1.0 - step.plan.status_loss
    lost = classify(step, RURAL, np.full(len(sim.survival), sim.urban_survival))
    rural = sim.hunan() - sim.urban()
    gained = step.plan.reclassified / 100.0 * sim.hunan() + lost
    sim.survival = sim.survival * (1.0 - np.clip(gained / max(rural, 1), 0.0, 0.5))
    classify(step, URBAN, sim.survival)


def classify(step: Step, zone: int, survival: Floats) -> int:
    """Give blocks another zone in their frozen order; return how many residents were counted elsewhere by it."""
    sim = step.sim
    zones = flipping_blocks(sim.engine.geo, zone, survival, sim.draw.seed)
    np.copyto(sim.engine.geo.block_zone, zones, where=zones != EMPTY)
    ledger = sim.engine.each(RECLASSIFICATION, step.rules, zones)
    sim.book(ledger, step.record)
    return int(ledger.counts[:, COUNTED_OUT].sum())


def accounts(step: Step) -> None:
    """Count the population and compare it with the books."""
    sim, record = step.sim, step.record
    sim.stocks, sim.ages = sim.engine.observe()
    sim.check(sim.stocks)
    record.stocks, record.ages = sim.stocks, sim.ages


def recount(step: Step) -> None:
    """Count the population in every step and compare it with the books."""
    step.sim.check(step.sim.engine.observe()[0])


OF_CHOICE = (
    "service_access",
    "town_amenity",
    "inflow_boost",
    "portability",
    "village_jobs",
    "local_recovery",
    "out_move",
    "county_school_quality",
    "bring_children",
    "rental_stay",
    "rental_loss",
)
OF_HAZARDS = (
    "service_coverage",
    "registration_threshold",
    "registration_odds",
    "insurance_enrolment",
    "insurance_rise",
    "purchase_subsidy",
)
OF_JOBS = ("vacancies", "labour_intensity", "displacement", "job_shift", "job_finding", "town_utility")
PARTNERS = ("members", "away", "social", "flags")

PROCESSES: tuple[Process, ...] = (
    Process("open_markets", open_markets, JANUARY, "year, stocks", (), "Markets open after the last observed year."),
    Process("ageing", ageing, JANUARY, "ages", ("members",), "Everybody has the age that is reached in the year."),
    Process("networks", networks, JANUARY, "homes and places", (), "Who of every home block lives where is counted."),
    Process(
        "schedules",
        schedules,
        JANUARY,
        "ages, published births and deaths",
        (),
        "Births and deaths are scaled to the published ones while there are any, later to the level carried from them.",
    ),
    Process(
        "policies",
        policies,
        JANUARY,
        "levers of the year, parameters, networks",
        (),
        "Hazards and utilities of the year are made under the levers.",
        quantities=OF_CHOICE + OF_HAZARDS,
    ),
    Process(
        "job_finding",
        job_finding,
        None,
        "markets, levers of the year",
        (),
        "Job finding follows arrivals and vacancies; the tables of the step are made.",
        quantities=OF_JOBS,
    ),
    Process("prices", prices, None, "stocks", (), "Wages and house prices follow the stocks at the year-end."),
    Process(
        "vital_events",
        vital_events,
        None,
        "ages, places",
        ("members", "base", "away", "away_place", "social", "flags"),
        "People die, are born and leave home.",
        begins=True,
        ends=True,
    ),
    Process("couples", couples, JUNE, "single members", PARTNERS, "Couples separate and form.", begins=True, ends=True),
    Process(
        "moves",
        moves,
        None,
        "the whole household, all tables",
        ("away", "away_place", "base", "social", "flags", "arrival"),
        "Households reconsider where to live and choose.",
        quantities=("inflow_boost",),
    ),
    Process(
        "arrivals",
        arrivals,
        None,
        "households from other provinces at the start",
        (),
        "People from other provinces arrive: at first as many as leave, then in step with arrivals over departures.",
        begins=True,
    ),
    Process(
        "rationing",
        rationing,
        SEPTEMBER,
        "pupils, ages, capacity",
        ADMISSION.writes,
        "School places are rationed and given.",
        quantities=("school_capacity", "school_place"),
    ),
    each(DEPARTURES),
    each(REGISTRATION),
    each(SETTLING),
    each(RECLASSIFICATION, reclassification, ("reclassification",)),
    Process("accounts", accounts, DECEMBER, "everybody", (), "The population is counted and must equal the books."),
)
"""Everything that happens in a year; rows with a month happen once, the others in every step."""

RECOUNT = Process("recount", recount, None, "everybody", (), "The population is counted in every step.")
"""A row to append where every step shall be checked."""


def run_year(sim: Simulation, plan: YearPlan, processes: tuple[Process, ...] | None = None) -> YearRecord:
    """Run the steps of the next year and return its record.

    Args:
        sim: state; it is moved on.
        plan: levers, pulls and reclassification of the year.
        processes: what happens, in order; default is ``PROCESSES`` in the order of the draw.

    Raises:
        AccountError: the books and the population disagree.
    """
    processes = processes or ordered(sim.draw.order)
    record = YearRecord(sim.year + 1, empty_ledger(sim.engine.geo), sim.stocks, sim.ages)
    length = 12 // sim.draw.steps_per_year
    tables = None
    for k in range(sim.draw.steps_per_year):
        step = Step(sim, plan, record, k, range(k * length + 1, (k + 1) * length + 1), tables)
        for process in processes:
            if process.falls_in(step.months):
                process.does(step)
        tables = step.tables
        sim.step += 1
        record.step_residents.append(sim.residents.copy())
    sim.year += 1
    return record


def ordered(order: Mapping[str, str]) -> tuple[Process, ...]:
    """Return the processes with some of them moved just ahead of another.

    Args:
        order: name of a process: name of the one that it shall come just ahead of. Only what happens to households
            can change places: people age and tables and markets are made before, accounts are made after it.

    Raises:
        InputError: a name that is none of these.
    """
    rows = PROCESSES
    movable = [row.name for row in rows if (row.writes or row.begins) and row.month != JANUARY]
    for name, following in order.items():
        for wrong in (x for x in (name, following) if x not in movable or name == following):
            raise InputError(f"order.{name} = {following}: {wrong}: allowed are two of {', '.join(movable)}")
        row = next(row for row in rows if row.name == name)
        rows = insert(following, row, tuple(other for other in rows if other.name != name))
    return rows


def insert(name: str, row: Process, processes: tuple[Process, ...] = PROCESSES) -> tuple[Process, ...]:
    """Return the processes with one more row just ahead of the one called ``name``."""
    at = [process.name for process in processes].index(name)
    return (*processes[:at], row, *processes[at:])


def writers() -> dict[str, list[str]]:
    """Return the names of the processes that may change each column of the household table."""
    return {column.name: [p.name for p in PROCESSES if column.name in p.writes] for column in COLUMNS}
