"""World tables: utilities and hazards by place, from data, parameters, levers and markets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.agents.observe import shrink_networks
from sim.agents.registration import odds_times
from sim.agents.state import MAX_AGE
from sim.agents.world import (
    ORIGIN_STATES,
    TRANSITIONS,
    Choice,
    Hazards,
)
from sim.base.ages import LEAVING_AGES
from sim.base.arrays import Floats, Ints
from sim.data import Region
from sim.model.year.markets import Markets
from sim.model.year.places import Modifiers, Places
from sim.model.year.terms import parts, sum_of_parts, weights

N_SKILLS = 3
EVENT_YEARS = 0.5
"""Exposure in years that a life event adds: a quarter at three times the rate (judged)."""
MAX_DURATION = 40
ROUNDING = 1e-9
"""Added to bounds of chances, so that rounding cannot bring them below the chance."""


@dataclass
class Constants:
    """Alternative-specific constants in utils, solved per draw (``sim.model.solve.constants``).

    Attributes:
        own: villages to their own county town, float64[n_counties].
        site: other origins to a site, float64[n_counties + n_outside].
        shift: by state of origin and kind of destination, float64[6, 5].
        arrangement: one away, all away, whole; in the province and outside, float64[2, 3].
        leave_age: leaving the province by age group, float64[len(LEAVING_AGES)].
        reconsider_factor: factor on the rate of reconsidering by state of origin, float64[6].
    """

    own: Floats
    site: Floats
    shift: Floats
    arrangement: Floats
    leave_age: Floats
    reconsider_factor: Floats

    @classmethod
    def zeros(cls, region: Region) -> Constants:
        """Return constants of zero for a region."""
        return cls(
            np.zeros(region.n_counties),
            np.zeros(region.n_counties + region.n_outside),
            np.zeros((len(ORIGIN_STATES), len(TRANSITIONS))),
            np.zeros((2, 3)),
            np.zeros(len(LEAVING_AGES)),
            np.ones(len(ORIGIN_STATES)),
        )


def reconsider_profile(peak_age: float) -> Floats:
    """Return the relative rate of reconsidering by age of the mover (youngest worker), 1 at its peak.

    Rogers and Castro (1981) model schedule with the labour peak parameter drawn (A32).
    """
    age = np.arange(MAX_AGE + 1, dtype=np.float64)
    shifted = age - peak_age
    labour = 0.06 * np.exp(-0.1 * shifted - np.exp(-0.4 * shifted))
    profile = 0.02 * np.exp(-0.1 * age) + labour + 0.003
    adult = profile[16:]
    return np.asarray(np.where(age < 16, profile[16], profile) / adult.max())


def by_age(groups: Floats) -> Floats:
    """Return values of the groups ``LEAVING_AGES`` by single age, 0 for children."""
    group = np.searchsorted(LEAVING_AGES, np.arange(MAX_AGE + 1), side="right")
    return np.asarray(np.append(0.0, groups)[group])


def unregistered_penalty(region: Region, places: Places, params: Mapping[str, float], mods: Modifiers) -> Floats:
    """Return utils lost by residents who are not registered where they live, by place.

    Services opened to them can close the penalty but not make it a gain.
    """
    loss = np.zeros(region.place_count)
    town = np.where(places.capital, params["hukou_penalty_capital"], params["hukou_penalty_town"])
    loss[1 : 2 * region.n_counties : 2] = np.minimum(np.log1p(-town) + mods["service_access"], 0.0)
    loss[2 * region.n_counties :] = np.log1p(-params["hukou_penalty_outside"])
    return np.asarray(params["income_coefficient"] * loss)


def place_values(
    region: Region, places: Places, params: Mapping[str, float], markets: Markets, finding: Floats, years: float
) -> Floats:
    """Return the value of earning at a place by skill, float64[3, P].

    ``finding`` is the log job-finding rate by county, ``years`` those since the last observed.
    """
    n = region.n_counties
    log_income = places.log_income.copy()
    log_income[0 : 2 * n : 2] += params["rural_income_catch_up"] * years
    log_income[1 : 2 * n : 2] += markets.wage + finding
    log_income[2 * n :] -= params["outside_income_catch_up"] * years
    premium = np.zeros(region.place_count)
    premium[1 : 2 * n : 2] = params["skill_premium_town"]
    premium[2 * n :] = params["skill_premium_town"]
    level = np.arange(N_SKILLS, dtype=np.float64)[:, None]
    return np.asarray(params["income_coefficient"] * (log_income[None, :] + level * premium[None, :]))


def moving_cost(params: Mapping[str, float]) -> float:
    """Return the utils lost a year to the one-off cost of moving a household of three.

    The cost in annual incomes is spread as an annuity over the horizon (A26).
    """
    rate, horizon = params["discount_rate"], params["moving_horizon"]
    annuity = rate / -np.expm1(-rate * horizon) if rate > 0 else 1.0 / horizon
    return float(-params["income_coefficient"] * np.log1p(-min(0.95, params["moving_cost"] * annuity)))


def network_shares(blocks: Ints, prior: float) -> Floats:
    """Return the share of a home block that lives at each destination class (``shrink_networks``)."""
    shares = np.empty((*blocks.shape[:2], blocks.shape[2] - 1))
    shrink_networks(blocks, prior, shares, np.empty(shares.shape[2]))
    return shares


def choice_tables(
    region: Region,
    places: Places,
    params: Mapping[str, float],
    constants: Constants,
    mods: Modifiers,
    network: Floats,
    pulls: tuple[float, float],
) -> Choice:
    """Return the utilities of one year, all but what the markets make (``with_markets``).

    Args:
        region: counties and places.
        places: incomes, prices and distances.
        params: drawn parameters.
        constants: solved constants.
        mods: value of every named quantity by county.
        network: shares of the home blocks at each destination class.
        pulls: shifts of moves from villages to towns and of moves out of the province.
    """
    n = region.n_counties
    boost = params["nest_dissimilarity"] * np.log1p(np.maximum(mods["inflow_boost"], -0.9))
    site = constants.site.copy()
    site[:n] += boost
    made = parts(region, places, params, mods)
    reach = sum_of_parts(made, "reach", places.log_km.shape) + site[None, :]
    own = np.arange(n)
    reach[own, own] += constants.own + mods["town_amenity"] - site[:n]
    portability = np.zeros(region.place_count)
    portability[1 : 2 * n : 2] = mods["portability"]
    return Choice(
        value=sum_of_parts(made, "value", (N_SKILLS, region.place_count)),
        reach=reach,
        shift=constants.shift,
        arrangement=constants.arrangement,
        network=params["peer_effect"] * network,
        penalty=unregistered_penalty(region, places, params, mods),
        housing=np.zeros(region.place_count),
        school=np.zeros(n),
        home_value=np.asarray(mods["village_jobs"] + mods["local_recovery"], dtype=np.float64),
        out_move=np.array(mods["out_move"], dtype=np.float64),
        county_school=params["county_school_quality"] + mods["county_school_quality"],
        bring_children=np.array(mods["bring_children"], dtype=np.float64),
        rental=np.asarray(mods["rental_stay"] + np.log1p(-mods["rental_loss"]), dtype=np.float64),
        portability=portability,
        site_value=np.zeros((2, N_SKILLS, 0)),
        site_housing=np.zeros(0),
        site_reach=np.zeros((n, 0)),
        site_bring_children=np.zeros(0),
        site_school=np.zeros(0),
        move_cost=moving_cost(params),
        leave_age=by_age(constants.leave_age),
        pull_in=pulls[0],
        pull_out=pulls[1],
        **weights(params),
    )


def with_markets(
    choice: Choice,
    region: Region,
    places: Places,
    params: Mapping[str, float],
    markets: Markets,
    finding: Floats,
    years: float,
) -> Choice:
    """Return the utilities of one step: those of the year with incomes, house prices and school places of today.

    Args:
        choice: utilities of the year; ``value`` is what further terms add to that of the markets.
        region: counties and places.
        places: incomes, prices and distances.
        params: drawn parameters.
        markets: state of the county markets.
        finding: log job-finding rate by county, lever effects included.
        years: years since the last observed year (drift terms).
    """
    housing = np.zeros(region.place_count)
    housing[1 : 2 * region.n_counties : 2] = params["housing_price"] * (places.log_price + markets.price)
    value = place_values(region, places, params, markets, finding, years)
    return choice._replace(value=choice.value + value, housing=housing, school=markets.school)


def registration_hazards(region: Region, places: Places, params: Mapping[str, float], mods: Modifiers) -> Floats:
    """Return the yearly chance of registering by place.

    The odds of the base chance are multiplied by lever odds, by the remaining threshold in
    the capital, and by the premium left when permits give services: (1 - rho c) / (1 - rho c0).
    """
    base = params["registration_hazard"]
    covered = params["service_coverage"]
    rho = params["service_substitution"]
    coverage = covered + (1.0 - covered) * mods["service_coverage"]
    premium = (1.0 - rho * coverage) / max(1.0 - rho * covered, 1e-9)
    threshold = np.where(places.capital, params["threshold_odds"] ** -mods["registration_threshold"], 1.0)
    odds = mods["registration_odds"] * premium * threshold
    chance = np.zeros(region.place_count)
    chance[1 : 2 * region.n_counties : 2] = base * odds / (1.0 - base + base * odds)
    return chance


def registration_bound(largest: float, land_odds: float, params: Mapping[str, float], dt: float) -> float:
    """Return an upper bound of the chance that a household registers or leaves within a step."""
    chance = odds_times(largest, max(land_odds, 1.0))
    hazard = max(params["registration_hazard_outside"], params["visitor_exit_hazard"])
    return float(max(1.0 - (1.0 - chance) ** dt, -np.expm1(-hazard * dt)) + ROUNDING)


def hazard_tables(
    region: Region, places: Places, params: Mapping[str, float], mods: Modifiers, reconsider_factor: Floats, dt: float
) -> Hazards:
    """Return the hazards of one step of ``dt`` years; ``reconsider_factor`` is the factor on reconsidering by state."""
    reconsider = params["reconsider_rate"] * reconsider_profile(params["labour_peak_age"])
    years = np.arange(1, MAX_DURATION + 2, dtype=np.float64)
    duration = np.asarray(years ** (params["duration_shape"] - 1.0), dtype=np.float64)
    most = reconsider.max() * reconsider_factor.max() * max(duration.max(), 1.0)
    enrolment = np.asarray(mods["insurance_enrolment"], dtype=np.float64)
    rise = np.asarray(mods["insurance_rise"], dtype=np.float64)
    insured = np.full(region.place_count, params["insured_share"])
    insured[1 : 2 * region.n_counties : 2] += enrolment
    belief = params["land_surrender_belief"]
    subsidy = 100.0 * mods["purchase_subsidy"]
    register = registration_hazards(region, places, params, mods)
    land_odds = 1.0 - belief + belief * params["land_surrender_odds"]
    return Hazards(
        step_years=dt,
        reconsider=reconsider,
        state_factor=reconsider_factor,
        screen=-np.expm1(-most * np.array([dt, dt + EVENT_YEARS])) + ROUNDING,
        duration=duration,
        event_years=EVENT_YEARS,
        register=register,
        register_screen=registration_bound(register.max(), land_odds, params, dt),
        register_outside=params["registration_hazard_outside"],
        visitor_exit=params["visitor_exit_hazard"],
        permit=params["permit_hazard"],
        purchase=np.asarray(params["purchase_hazard"] * (1.0 + params["purchase_response"] * subsidy)),
        insured=np.clip(insured, 0.0, 1.0),
        enrol=np.clip(rise / np.maximum(1.0 - params["insured_share"] - (enrolment - rise), 0.05), 0.0, 1.0),
        land_odds=land_odds,
    )
