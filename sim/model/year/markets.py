"""Markets: wages, job finding, house prices and school places by county.

All of them react to integer stocks and flows of past steps, adjust by 1 - exp(-kappa dt)
and are computed once a step on small arrays, the same for both engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.observe import HOUSEHOLDS, PUPILS, WORKERS
from sim.base.arrays import Floats, Ints

PRIOR_PERSONS = 100_000.0
"""Persons whose weight the province has against a county (judged).

In persons, not agents, so that markets answer alike at every number of households; it is
large enough that chance in a county of a small sample does not move its job finding.
"""
CAPACITY_SPEED = 1.0 / 3.0
"""Yearly speed at which school capacity follows demand beyond cohorts (judged: seats take two to four years)."""


def blend(local: Floats, reference: Floats, province: float, prior: float) -> Floats:
    """Return local over reference, drawn towards the province ratio with the weight of ``prior`` agents."""
    return np.asarray(province * (local + prior) / (reference * province + prior))


@dataclass
class Markets:
    """State of the county markets.

    Attributes:
        arrivals: persons (agents) arriving in the town per year, smoothed, float64[n].
        vacancies: arrivals that the county absorbs at unchanged job finding, float64[n].
        brought: vacancies that boosted arrivals bring along, smoothed as arrivals are, float64[n].
        recent: arrivals of each of the last observed years, float64[n] each.
        workers: urban residents of working age at the start, float64[n].
        households: urban households at the start, float64[n].
        wage: log change of the wage since the start, float64[n].
        price: log change of the house price since the start, float64[n].
        capacity: public school places for migrant pupils in agents, float64[n].
        school: chance of a public place, float64[n].
        prior: weight of the province against a county in agents (``PRIOR_PERSONS``).
        cohort: children of school age in the province at the last admission.
        active: markets react; before the observed years end they rest at the reference.
        frozen: markets never react (diagnostics).
    """

    arrivals: Floats
    vacancies: Floats
    brought: Floats
    workers: Floats
    households: Floats
    wage: Floats
    price: Floats
    capacity: Floats
    school: Floats
    prior: float
    recent: list[Floats] = field(default_factory=list)
    cohort: float = 0.0
    active: bool = False
    frozen: bool = False

    def copy(self) -> Markets:
        """Return an independent copy."""
        arrays: dict[str, Any] = {k: v.copy() for k, v in vars(self).items() if isinstance(v, np.ndarray)}
        return replace(self, **arrays, recent=[year.copy() for year in self.recent])


def start_markets(stocks: Ints, n_counties: int, public_share: float, weight: float) -> Markets:
    """Return markets at rest: capacity is back-solved from the observed public share.

    ``weight`` is the number of persons that one person of the model stands for.
    """
    towns = stocks[1 : 2 * n_counties : 2].astype(np.float64)
    pupils = towns[:, PUPILS]
    zeros = np.zeros(n_counties)
    return Markets(
        arrivals=zeros.copy(),
        vacancies=zeros.copy(),
        brought=zeros.copy(),
        workers=towns[:, WORKERS],
        households=towns[:, HOUSEHOLDS],
        wage=zeros.copy(),
        price=zeros.copy(),
        capacity=public_share * pupils,
        school=np.full(n_counties, public_share),
        prior=PRIOR_PERSONS / weight,
    )


def memory_speed(params: Mapping[str, float]) -> float:
    """Return the yearly speed at which arrivals are remembered.

    Movers answer job finding, which answers the arrivals remembered: income coefficient times congestion
    to one. Remembered as fast as other markets adjust, their answer of a quarter would overshoot; the
    memory is so much longer that it does not (the step of an implicit Euler scheme of a quarter).
    """
    speed = params["market_adjustment"]
    return speed / (1.0 + params["income_coefficient"] * params["job_congestion"] * speed / 4.0)


def remember_arrivals(markets: Markets, arrived: Ints, boost: Floats, dt: float, speed: float) -> None:
    """Update the smoothed arrivals with those of one step, and the vacancies that a boost of arrivals brings along.

    A boost is measured after markets have answered, so that its arrivals must not tighten them: their vacancies
    are remembered as they are, neither earlier nor later (without the trend of vacancies, which they do not follow).
    ``boost`` is the share by which arrivals rise.
    """
    weight = -np.expm1(-speed * dt)
    if markets.recent and not markets.active:
        markets.recent[-1] += arrived
    markets.arrivals += weight * (arrived / dt - markets.arrivals)
    markets.brought += weight * (boost * markets.vacancies - markets.brought)


def open_markets(markets: Markets) -> None:
    """Let markets react from now on, with the mean arrivals of the last observed years as the reference."""
    if markets.frozen:
        return
    if markets.recent:
        markets.arrivals = np.mean(markets.recent, axis=0)
    markets.vacancies = markets.arrivals.copy()
    markets.active = True


def job_finding(markets: Markets, params: Mapping[str, float], growth: float, extra: Floats) -> Floats:
    """Return the log change of the job-finding rate in the towns by county.

    log f = -congestion * log(arrivals / vacancies); ``growth`` is the trend of vacancies in
    log points and ``extra`` vacancies added by levers in agents per year (A31: the response
    to a uniform pull is damped to 1 / (1 + income coefficient * congestion)).
    """
    if not markets.active:
        return np.zeros_like(markets.wage)
    supply = markets.vacancies * np.exp(growth) + extra
    province = max(markets.arrivals.sum(), 1e-9) / max(supply.sum(), 1e-9)
    return np.asarray(-params["job_congestion"] * np.log(blend(markets.arrivals, supply, province, markets.prior)))


def added_vacancies(
    markets: Markets, mods: Mapping[str, Floats], residence_share: float, capital: NDArray[np.bool_]
) -> Floats:
    """Return vacancies that levers add to the one stock of every county, in agents per year.

    Jobs of all levers are summed and filled by new urban residents to ``residence_share``.
    The displaced share of them would have come to Hunan anyway and is taken from all
    counties in proportion to their workers; ``job_shift`` moves vacancies of the
    capital's counties to those it names, so that the province has no fewer.
    """
    jobs = residence_share * markets.workers
    added = mods["vacancies"] * mods["labour_intensity"] * jobs
    added = added - (mods["displacement"] * added).sum() * jobs / max(jobs.sum(), 1e-9)
    shift = np.where(capital, 0.0, mods["job_shift"])
    receiving = shift * markets.workers
    if receiving.sum() > 0.0:
        leaving = shift.max() * np.where(capital, markets.vacancies, 0.0)
        added = added - leaving + leaving.sum() * receiving / receiving.sum()
    return np.asarray(added)


def adjust_prices(markets: Markets, stocks: Ints, params: Mapping[str, float], demand_growth: float, dt: float) -> None:
    """Move wages and house prices towards what the stocks of workers and households imply."""
    if not markets.active:
        return
    n = len(markets.wage)
    towns = stocks[1 : 2 * n : 2].astype(np.float64)
    weight = -np.expm1(-params["market_adjustment"] * dt)
    workers = _relative(towns[:, WORKERS], markets.workers, markets.prior)
    homes = _relative(towns[:, HOUSEHOLDS], markets.households, markets.prior)
    markets.wage += weight * (-params["wage_elasticity"] * (np.log(workers) - demand_growth) - markets.wage)
    markets.price += weight * (params["housing_price_response"] * np.log(homes) - markets.price)


def _relative(now: Floats, then: Floats, prior: float) -> Floats:
    return blend(now, then, max(now.sum(), 1e-9) / max(then.sum(), 1e-9), prior)


def rebase(markets: Markets, stocks: Ints) -> None:
    """Take today's stocks as the reference of wages and prices."""
    n = len(markets.wage)
    towns = stocks[1 : 2 * n : 2].astype(np.float64)
    markets.workers = towns[:, WORKERS]
    markets.households = towns[:, HOUSEHOLDS]


def ration_places(
    markets: Markets, pupils: Ints, public_share: float, scale: Floats, shift: Floats, cohort: float
) -> None:
    """Set the chance of a public school place from capacity over demand (once a year).

    Capacity follows the ``cohort`` of school age in the province at once, so that small
    cohorts alone do not open the schools (judged), and slowly the observed public share of
    demand. ``scale`` and ``shift`` are the lever changes of capacity and of the share.
    """
    demand = pupils.astype(np.float64)
    if markets.active:
        markets.capacity = markets.capacity * (cohort / max(markets.cohort, 1e-9))
        markets.capacity += CAPACITY_SPEED * (public_share * demand - markets.capacity)
    else:
        markets.capacity = public_share * demand
    markets.cohort = cohort
    seats = markets.capacity * scale
    share = blend(seats, demand, seats.sum() / max(demand.sum(), 1e-9), markets.prior)
    markets.school = np.clip(share + shift, 0.0, 1.0)
