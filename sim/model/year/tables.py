"""The tables of a year and of a step, from the state, the parameters and the plan."""

from __future__ import annotations

import numpy as np

from sim.agents.world import World, of_step_by_site, of_year_by_site
from sim.model.year import markets as market
from sim.model.year.books import FIRST_MONTH_YEAR, Simulation, YearPlan
from sim.model.year.process import YearTables
from sim.model.year.schedules import leaving_home, solve_scale, vital_tables, zone_ratios
from sim.model.year.world_tables import choice_tables, hazard_tables, with_markets

__all__ = ["build_world", "fertility_shift", "published_scales", "vital_scales", "year_tables"]


def published_scales(sim: Simulation, year: int) -> tuple[float, float]:
    """Return the factors on the birth and death schedules of a year at which events are as published."""
    draw, schedules = sim.draw, sim.draw.schedules
    at = schedules.position(year)
    persons = sim.ages[:2].astype(np.float64) * draw.weight
    death = schedules.death[at][None] * zone_ratios(draw.params, "rural_mortality_ratio")[:2, None, None]
    birth = schedules.birth[at][None] * zone_ratios(draw.params, "rural_fertility_ratio")[:2, None]
    return (
        solve_scale(birth, persons[:, 1], schedules.published_births[year], draw.dt, terminal=False),
        solve_scale(death, persons, schedules.published_deaths[year], draw.dt, terminal=True),
    )


def vital_scales(sim: Simulation) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the factors on birth and death schedules of the coming year, and the level that is carried from it.

    Published births and deaths of the province are inputs while they exist, and each year moves the
    level towards its factors (exponential smoothing of their logs). Afterwards the level stays, and the
    factors wander away from it by the drawn deviations, as far as a random walk does. Births follow the
    drawn path between the WPP variants besides.
    """
    draw, year = sim.draw, sim.year + 1
    last = max(draw.schedules.published_births)
    if year > last:
        wander = [draw.params["birth_deviation"], draw.params["death_deviation"]] * np.sqrt([year - last])
        births, deaths = np.exp(np.log(sim.level) + wander)
        return (float(births), float(deaths)), sim.level
    found = published_scales(sim, year)
    weight = draw.params["vital_smoothing"]
    births, deaths = np.exp(np.log(sim.level) + weight * np.log(np.divide(found, sim.level)))
    return found, (float(births), float(deaths))


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
    choice.reach[:, draw.region.n_counties :] += draw.outside_flows.shift(sim.year + 1)
    return YearTables(vital, hazards, of_year_by_site(choice))


def build_world(sim: Simulation, plan: YearPlan, months: range, tables: YearTables | None = None) -> World:
    """Return the tables of one step from the state, the parameters and the plan; ``tables`` are those of the year."""
    draw = sim.draw
    vital, hazards, choice = tables or year_tables(sim, plan)
    years = max(0.0, sim.year + 1 - draw.last_observed)
    share = draw.params["job_residence_share"]
    vacancies = market.added_vacancies(sim.markets, plan.mods, share, draw.places.capital)
    vacancies = vacancies + sim.markets.brought
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
        choice=of_step_by_site(choice, draw.region.n_counties),
        hazards=hazards,
    )
