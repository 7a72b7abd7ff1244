"""The null model of a draw: cohorts with the flows of the draw, no households, no choice, no markets, no networks.

It starts from the people of the same synthetic population, passes the same published totals up to the
information date, and has the same drawn transfer, loss, returns, reclassification, drifts and yearly shocks
afterwards. What the model says beyond it is what agency adds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.agents.state import EMPTY, MAX_AGE, Households, Population
from sim.base.arrays import Floats
from sim.data import Region
from sim.model.path.lean_run import FIRST_COUNTY_YEAR
from sim.model.path.plans import Planner
from sim.model.path.setup import Setup, draw_of
from sim.model.solve.observed_years import SolvedYear
from sim.model.year.books import Draw, YearPlan
from sim.model.year.processes import CARRIED_YEARS
from sim.model.year.schedules import solve_scale, zone_ratios
from sim.model.year.world_tables import reconsider_profile
from sim.statistics.cohorts import ELSEWHERE, TOWN, VILLAGE, Rates, flows_that_meet, next_year, totals

__all__ = ["null_path", "people"]

ADULT = 16
PARENTS = slice(25, 45)
"""Ages whose moves children share where the whole household goes (judged)."""


def null_path(setup: Setup, draw: int) -> dict[str, float]:
    """Return the numbers of the null model of one draw, named as those of ``lean_run``."""
    fixed, population = draw_of(setup, draw, 0)
    persons = people(population, fixed.region)
    planner, base = Planner(fixed, setup.published), _flows(fixed, population.year, persons)
    solved, scales, numbers = list[SolvedYear](), [_vital_scales(fixed, population.year, persons)], dict[str, float]()
    for year in range(population.year + 1, setup.end_year + 1):
        if year in setup.published:
            target, counted = setup.published[year], _counted(persons, planner.observed_plan(year, (0.0, 0.0)))
            scales.append(_vital_scales(fixed, year, persons))
            rates = _with_vital(base, fixed, year, scales[-1])
            urban = target.residents * target.urban_rate
            flows = flows_that_meet(persons, rates, counted, target.residents, urban)
            pulls = (float(np.log(flows[0])), float(np.log(flows[1])))
            met = (target.residents, target.urban_rate)
            solved.append(SolvedYear(year, *pulls, 1, *met, *met))
        else:
            plan = planner.with_history(_with_carried(solved)).projected_plan(year)
            counted, flows = _counted(persons, plan), (float(np.exp(plan.pulls[0])), float(np.exp(plan.pulls[1])))
            rates = _with_vital(base, fixed, year, np.exp(np.mean(np.log(scales[-CARRIED_YEARS:]), axis=0)))
        persons = next_year(persons, rates.scaled(*flows), counted)
        numbers |= _levels(fixed.region, persons, year)
    return numbers


def _with_carried(solved: list[SolvedYear]) -> list[SolvedYear]:
    """Return solved years whose last has the carried pulls: those of the mean flow, as no chance enters."""
    if not solved:
        return solved
    pulls = [(year.pull_in, year.pull_out) for year in solved[-CARRIED_YEARS:]]
    into, out = np.log(np.mean(np.exp(pulls), axis=0))
    return [*solved[:-1], replace(solved[-1], carried_in=float(into), carried_out=float(out))]


def people(population: Population, region: Region) -> Floats:
    """Return persons by county, zone, sex and age; who lives outside the province belongs to the home county."""
    hh: Households = population.households
    n = region.n_counties
    row, slot = np.nonzero(hh.members != EMPTY)
    member = hh.members[row, slot].astype(np.int64)
    away = (hh.away[row] >> slot) & 1 == 1
    place = np.where(away, hh.away_place[row], hh.base[row]).astype(np.int64)
    inside = place < 2 * n
    county = np.where(inside, place // 2, hh.home_county[row])
    zone = np.where(inside, place % 2, ELSEWHERE)
    shape = (n, 3, 2, MAX_AGE + 1)
    at = np.ravel_multi_index((county, zone, member % 2, member // 2), shape)
    return np.asarray(population.weight * np.bincount(at, minlength=int(np.prod(shape))).reshape(shape))


def _flows(draw: Draw, census_year: int, persons: Floats) -> Rates:
    """Return the moves that the draw asks of its base year, by county and age, as ``base_targets`` splits them."""
    params, n = draw.params, len(persons)
    table = draw.region.table("county_census")
    census = table[table["year"] == census_year].set_index("county_code").loc[list(draw.region.county_codes)]
    same, other, rural, everybody = (
        census[name].to_numpy(np.float64)
        for name in ("in_same_county", "in_other_county", "residents_rural", "residents")
    )
    away = persons[:, ELSEWHERE].sum(axis=(1, 2))
    back = params["return_hazard"] * away.sum()
    gross_out = max(back + params["outside_loss_per_year"], 0.25 * back)
    from_towns = gross_out * params["town_out_share"]
    net = params["transfer_per_year"] * (1.0 - params["reclassification_share"])
    inside = max(net + from_towns - params["return_town_share"] * back, 0.3 * net)
    even, stocks = params["own_move_evenness"], same * rural / everybody
    own = inside * same.sum() / (same.sum() + other.sum()) * _mix(even, rural, stocks)
    others = (inside - own.sum()) * rural / rural.sum()
    profiles = [_profile(params["labour_peak_age"], params[f"whole_share_{to}"]) for to in ("in_province", "outside")]
    ages = persons.sum(axis=2)
    leaving = np.stack(
        [
            _hazard((gross_out - from_towns) * away / away.sum(), ages[:, VILLAGE], profiles[1]),
            _hazard(from_towns * ages[:, TOWN].sum(axis=1) / ages[:, TOWN].sum(), ages[:, TOWN], profiles[1]),
        ]
    )
    return Rates(
        death=np.zeros((3, 2, MAX_AGE + 1)),
        birth=np.zeros((3, MAX_AGE + 1)),
        boys=0.5,
        to_town=_hazard(own + others, ages[:, VILLAGE], profiles[0]),
        own=np.divide(own, own + others, out=np.ones(n), where=own + others > 0),
        towns=other / other.sum(),
        leaving=leaving,
        back=params["return_hazard"],
        back_town=params["return_town_share"],
    )


def _mix(even: float, first: Floats, second: Floats) -> Floats:
    return np.asarray(even * first / first.sum() + (1.0 - even) * second / second.sum())


def _profile(peak: float, whole: float) -> Floats:
    """Return relative hazards by age: of adults as in the model, of children by the moves of whole households."""
    adults = reconsider_profile(peak)
    return np.asarray(np.where(np.arange(len(adults)) < ADULT, whole * adults[PARENTS].mean(), adults))


def _hazard(flow: Floats, ages: Floats, profile: Floats) -> Floats:
    """Return hazards float64[county, age] at which persons float64[county, age] have a flow, by an age profile.

    What falls on a county without such persons falls on the others.
    """
    exposed = ages @ profile
    hazard = np.divide(flow, exposed, out=np.zeros_like(flow), where=exposed > 0)
    return np.asarray((hazard * flow.sum() / (hazard * exposed).sum())[:, None] * profile)


def _vital_scales(draw: Draw, year: int, persons: Floats) -> Floats:
    """Return the factors on births and deaths at which events of a year are as published."""
    schedules, residents = draw.schedules, persons[:, :ELSEWHERE].sum(axis=0)
    birth, death = _vital(draw, year)
    return np.array(
        [
            solve_scale(birth[:ELSEWHERE], residents[:, 1], schedules.published_births[year], 1.0, terminal=False),
            solve_scale(death[:ELSEWHERE], residents, schedules.published_deaths[year], 1.0, terminal=True),
        ]
    )


def _vital(draw: Draw, year: int) -> tuple[Floats, Floats]:
    """Return births and deaths by zone and age at the start of a year, whose rates are those of the age reached."""
    schedules, at = draw.schedules, draw.schedules.position(year)
    birth = schedules.birth[at][None] * zone_ratios(draw.params, "rural_fertility_ratio")[:, None]
    death = schedules.death[at][None] * zone_ratios(draw.params, "rural_mortality_ratio")[:, None, None]
    reached = np.minimum(np.arange(MAX_AGE + 1) + 1, MAX_AGE)
    return birth[:, reached], death[..., reached]


def _with_vital(base: Rates, draw: Draw, year: int, scales: Floats) -> Rates:
    """Return the rates with births and deaths of a year; after the last published ones births follow the drawn path."""
    birth, death = _vital(draw, year)
    ahead = min(max(year - max(draw.schedules.published_births), 0), 10) / 10.0
    path = 1.0 + (2.0 * draw.params["fertility_path"] - 1.0) * draw.schedules.half_width * ahead
    boys = float(draw.schedules.boy_share[draw.schedules.position(year)])
    return base._replace(birth=birth * scales[0] * path, death=death * scales[1], boys=boys)


def _counted(persons: Floats, plan: YearPlan) -> Floats:
    """Return villagers who are counted as townspeople in a year, by county."""
    residents, urban = totals(persons)
    share = np.clip(plan.reclassified / 100.0 * residents / max(residents - urban, 1.0), 0.0, 0.5)
    return np.asarray(share * persons[:, VILLAGE].sum(axis=(1, 2)))


def _levels(region: Region, persons: Floats, year: int) -> dict[str, float]:
    """Return rate and residents of the province, and from the census of 2020 on of every county."""
    residents, urban = totals(persons)
    numbers = {f"rate:{year}": urban / residents, f"residents:{year}": residents}
    if year < FIRST_COUNTY_YEAR:
        return numbers
    zones = persons[:, :ELSEWHERE].sum(axis=(2, 3))
    for code, (villages, towns) in zip(region.county_codes, zones.tolist(), strict=True):
        numbers[f"residents:{code}:{year}"] = villages + towns
        numbers[f"rate:{code}:{year}"] = towns / (villages + towns)
    return numbers
