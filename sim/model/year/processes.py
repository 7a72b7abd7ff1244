"""A step, in order: ``PROCESSES`` is the order, each process says what it reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.agents.ledger import empty_ledger
from sim.agents.registration import draw_arrivals, flipping_blocks
from sim.agents.schooling import PUPIL_FIRST, PUPIL_LAST
from sim.agents.state import EMPTY, map_columns
from sim.agents.world import ENTERED, MOVED_IN, U_IN, Choice, Hazards, Vital, World, by_site
from sim.model.year import markets as market
from sim.model.year.books import FIRST_MONTH_YEAR, Simulation, Watch, YearPlan, YearRecord
from sim.model.year.schedules import leaving_home, solve_scale, vital_tables, zone_ratios
from sim.model.year.world_tables import choice_tables, hazard_tables, network_shares, with_markets

CARRIED_YEARS = 4
"""Observed years whose mean flows are carried into the projection."""
POLICY_MONTH, SETTLE_MONTH, PAIR_MONTH, SCHOOL_MONTH, YEAR_END_MONTH = 1, 3, 6, 9, 12
"""Months of what happens once a year, so that results do not depend on the step."""


class YearTables(NamedTuple):
    """Tables of a year: chances of vital events, hazards, and utilities but for the markets."""

    vital: Vital
    hazards: Hazards
    choice: Choice


class Step(NamedTuple):
    """What the processes of one step share."""

    sim: Simulation
    plan: YearPlan
    record: YearRecord
    world: World
    months: range

    def falls_in(self, month: int) -> bool:
        """Return whether a month of the year lies in this step."""
        return month in self.months


def start_year(sim: Simulation, plan: YearPlan) -> YearTables:
    """Policies and vital scales of the year: reads ages and plan, writes scales and network."""
    draw = sim.draw
    if sim.year + 1 > draw.last_observed and sim.markets.recent and not sim.markets.active:
        market.open_markets(sim.markets)
        market.rebase(sim.markets, sim.stocks)
    if not sim.markets.active:
        sim.markets.recent = [*sim.markets.recent[1 - CARRIED_YEARS :], np.zeros(draw.region.n_counties)]
    sim.network = network_shares(sim.engine.network(), draw.params["peer_shrinkage"] / draw.weight)
    sim.scales = vital_scales(sim)
    return year_tables(sim, plan)


def vital_scales(sim: Simulation) -> tuple[float, float]:
    """Return the factors on birth and death schedules of the coming year.

    Published births and deaths of the province are inputs while they exist; afterwards the
    last factors stay, and births follow the drawn path between the WPP variants.
    """
    draw, year = sim.draw, sim.year + 1
    schedules, dt = draw.schedules, draw.dt
    if year not in schedules.published_births:
        return sim.scales
    at = schedules.position(year)
    persons = sim.ages[:2].astype(np.float64) * draw.weight
    death = schedules.death[at][None] * zone_ratios(draw.params, "rural_mortality_ratio")[:2, None, None]
    birth = schedules.birth[at][None] * zone_ratios(draw.params, "rural_fertility_ratio")[:2, None]
    return (
        solve_scale(birth, persons[:, 1], schedules.published_births[year], dt, terminal=False),
        solve_scale(death, persons, schedules.published_deaths[year], dt, terminal=True),
    )


def fertility_shift(sim: Simulation) -> float:
    """Return the factor on births from the drawn place between the WPP low and high variants."""
    draw = sim.draw
    ahead = sim.year + 1 - max(draw.schedules.published_births)
    if ahead <= 0:
        return 1.0
    return 1.0 + (2.0 * draw.params["fertility_path"] - 1.0) * draw.schedules.half_width * min(ahead, 10) / 10.0


def year_tables(sim: Simulation, plan: YearPlan) -> YearTables:
    """Return what the steps of the coming year share."""
    draw = sim.draw
    at = draw.schedules.position(sim.year + 1)
    births, deaths = sim.scales
    death = (
        draw.schedules.death[at][None]
        * zone_ratios(draw.params, "rural_mortality_ratio")[:, None, None]
        * deaths
        * plan.deaths
    )
    birth = draw.schedules.birth[at][None] * zone_ratios(draw.params, "rural_fertility_ratio")[:, None]
    vital = vital_tables(
        death,
        birth * births * fertility_shift(sim) * plan.births,
        leaving_home(draw.params["leave_home_peak"]),
        float(draw.schedules.boy_share[at]),
        draw.dt,
    )
    hazards = hazard_tables(draw.region, draw.places, draw.params, plan.mods, sim.constants.reconsider_factor, draw.dt)
    choice = choice_tables(draw.region, draw.places, draw.params, sim.constants, plan.mods, sim.network, plan.pulls)
    choice.home_value[:] -= plan.village_loss
    choice.reach[:, : draw.region.n_counties] += plan.travel
    return YearTables(vital, hazards, choice)


def build_world(sim: Simulation, plan: YearPlan, months: range, tables: YearTables | None = None) -> World:
    """Return the tables of one step from the state, the parameters and the plan; ``tables`` are those of the year."""
    draw = sim.draw
    vital, hazards, choice = tables or year_tables(sim, plan)
    years = max(0.0, sim.year + 1 - draw.last_observed)
    share = draw.params["job_residence_share"]
    vacancies = market.added_vacancies(sim.markets, plan.mods, share, draw.places.capital)
    finding = market.job_finding(sim.markets, draw.params, draw.params["vacancy_growth"] * years, vacancies)
    finding = finding + plan.mods["job_finding"]
    choice = with_markets(choice, draw.region, draw.places, draw.params, sim.markets, finding, years)
    choice.value[:, sim.edge :] += draw.params["income_coefficient"] * plan.outside_income
    choice.value[:, 1 : sim.edge : 2] += plan.town_utility + plan.mods["town_utility"]
    return World(
        seed=draw.seed,
        step=sim.step,
        month=12 * (sim.year + 1 - FIRST_MONTH_YEAR) + months[-1] - 1,
        geo=sim.engine.geo,
        vital=vital,
        choice=by_site(choice, draw.region.n_counties),
        hazards=hazards,
    )


def vital_events(step: Step) -> None:
    """Deaths, births, leaving home. Reads ages and places; writes members, born, died."""
    step.sim.book(step.sim.engine.vital_events(step.world), step.record)


def couples(step: Step) -> None:
    """Separation and pairing in June. Reads single members; writes households, moves nobody."""
    if step.falls_in(PAIR_MONTH):
        params = step.sim.draw.params
        step.sim.engine.couples(step.world, params["pairing_hazard"], params["dissolution_hazard"])


def moves(step: Step) -> None:
    """Reconsider and choose. Reads all tables; writes places, moved, entered, left, flows, arrivals."""
    sim = step.sim
    ledger = sim.engine.moves(step.world)
    sim.book(ledger, step.record)
    towns = ledger.counts[1 : sim.edge : 2]
    arrived = towns[:, MOVED_IN] + towns[:, ENTERED]
    market.remember_arrivals(sim.markets, arrived, sim.draw.dt, sim.draw.params["market_adjustment"])


def outside_arrivals(step: Step) -> None:
    """Arrivals from other provinces at the rate at which they leave. Reads the pool; writes entered."""
    sim, draw = step.sim, step.sim.draw
    templates = draw.templates
    pool = len(templates.key)
    if pool == 0:
        return
    expected = pool * -np.expm1(-draw.params["visitor_exit_hazard"] * draw.dt)
    picks = draw_arrivals(draw.seed, sim.step, pool, expected)
    arriving = map_columns(templates, lambda column: column[picks])
    arriving = arriving._replace(
        base=arriving.base | sim.engine.geo.block_zone[arriving.home_county, arriving.home_block]
    )
    sim.engine.arrivals(arriving, step.world)
    ledger = empty_ledger(sim.engine.geo)
    persons = (arriving.members != EMPTY).sum(axis=1)
    np.add.at(ledger.counts[:, ENTERED], arriving.base.astype(np.int64), persons)
    ledger.totals[U_IN] = persons.sum()
    sim.book(ledger, step.record)


def rationing(step: Step) -> None:
    """School places in September. Reads pupils, ages and capacity; writes public places and life events."""
    if step.falls_in(SCHOOL_MONTH):
        sim, mods = step.sim, step.plan.mods
        share = sim.draw.public_share
        cohort = float(sim.ages[:2, :, PUPIL_FIRST : PUPIL_LAST + 1].sum())
        places = mods["school_capacity"], mods["school_place"]
        market.ration_places(sim.markets, sim.engine.pupils(), share, *places, cohort)
        world = step.world._replace(choice=step.world.choice._replace(school=sim.markets.school))
        sim.engine.admissions(world)


def registration(step: Step) -> None:
    """Register or leave the universe. Reads places and hazards; writes hukou, home, ledgers."""
    step.sim.book(step.sim.engine.registration(step.world), step.record)


def settling(step: Step) -> None:
    """Permits, purchases, insurance in March. Reads hazards; writes social bits."""
    if step.falls_in(SETTLE_MONTH):
        step.sim.engine.settle_yearly(step.world)


def reclassification(step: Step) -> None:
    """Blocks become urban in December. Reads the frozen order; writes zones, counted."""
    if not step.falls_in(YEAR_END_MONTH):
        return
    sim = step.sim
    rural = sim.hunan() - sim.urban()
    share = np.clip(step.plan.reclassified / 100.0 * sim.hunan() / max(rural, 1), 0.0, 0.5)
    sim.survival = sim.survival * (1.0 - share)
    flipped = flipping_blocks(sim.engine.geo.block_zone, sim.survival, sim.draw.seed)
    sim.engine.geo.block_zone[flipped] = 1
    sim.book(sim.engine.reclassification(flipped, step.world), step.record)


def ageing(step: Step) -> None:
    """Everybody is a year older in December. Reads and writes ages."""
    if step.falls_in(YEAR_END_MONTH):
        step.sim.engine.grow_older(step.world)


def prices(step: Step) -> None:
    """Wages and house prices follow the stocks at the year-end. Reads stocks; writes markets."""
    sim = step.sim
    years = max(0.0, sim.year + 1 - sim.draw.last_observed)
    growth = sim.draw.params["labour_demand_growth"] * years
    market.adjust_prices(sim.markets, sim.stocks, sim.draw.params, growth, sim.draw.dt)


PROCESSES: tuple[Callable[[Step], None], ...] = (
    prices,
    vital_events,
    couples,
    moves,
    outside_arrivals,
    rationing,
    registration,
    settling,
    reclassification,
    ageing,
)
"""The order of a step; policies and networks are set by ``start_year``, accounts by ``book``."""


def run_step(
    sim: Simulation,
    plan: YearPlan,
    record: YearRecord,
    k: int,
    tables: YearTables,
    watch: Watch | None = None,
) -> None:
    """Run step ``k`` of the year: build the tables once, then every process in order."""
    length = 12 // sim.draw.steps_per_year
    months = range(k * length + 1, (k + 1) * length + 1)
    step = Step(sim, plan, record, build_world(sim, plan, months, tables), months)
    for process in PROCESSES:
        if watch is not None and process is moves:
            watch(step, k)
        process(step)
    sim.step += 1
