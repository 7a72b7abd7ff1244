from __future__ import annotations

import numpy as np
import pytest

from sim.agents.observe import HOUSEHOLDS, N_STOCKS, PUPILS, WORKERS
from sim.agents.schooling import ADMISSION
from sim.agents.state import EVENT, PUBLIC_PLACE
from sim.model.engines.fast import FastEngine
from sim.model.path.policy import neutral_mods
from sim.model.year.markets import (
    PRIOR_PERSONS,
    Markets,
    added_vacancies,
    adjust_prices,
    blend,
    job_finding,
    memory_speed,
    open_markets,
    ration_places,
    remember_arrivals,
    start_markets,
)
from sim.model.year.world_tables import hazard_tables, unregistered_penalty
from tests import worlds

PARAMS = {"job_congestion": 1.4, "market_adjustment": 1.0, "wage_elasticity": 0.3, "housing_price_response": 0.1}
N = 6


def markets(pupils: float = 100.0, size: float = 1e6, share: float = 0.9, weight: float = 500.0) -> Markets:
    stocks = np.zeros((2 * N + 1, N_STOCKS), np.int64)
    stocks[1 : 2 * N : 2, PUPILS] = pupils
    stocks[1 : 2 * N : 2, [WORKERS, HOUSEHOLDS]] = size
    return start_markets(stocks, N, share, weight)


def test_blend_limits():
    many, few = np.full(3, 1e9), np.array([0.0, 1.0, 2.0])
    assert np.allclose(blend(2.0 * many, many, 5.0, 200.0), 2.0, rtol=1e-6)
    assert np.allclose(blend(np.zeros(3), np.zeros(3), 1.7, 200.0), 1.7)
    reference = np.array([0.5, 3.0, 40.0])
    assert np.allclose(blend(1.3 * reference, reference, 1.3, 200.0), 1.3)
    drawn = blend(few, np.ones(3), 1.0, 200.0)
    assert np.allclose(drawn, (few + 200.0) / 201.0)
    assert (np.diff(drawn) > 0).all()


def test_markets_answer_alike_at_every_number_of_households():
    """Twenty times as many agents of a twentieth of the weight: the same arrivals and stocks in persons."""
    few, many = markets(pupils=40, size=400, weight=500.0), markets(pupils=800, size=8_000, weight=25.0)
    assert few.prior == PRIOR_PERSONS / 500.0
    for market, times in ((few, 1), (many, 20)):
        market.active = True
        market.vacancies, market.arrivals = np.arange(1.0, N + 1) * times, np.arange(2.0, N + 2) * times
        stocks = np.zeros((2 * N + 1, N_STOCKS), np.int64)
        stocks[1 : 2 * N : 2, WORKERS] = np.arange(380, 380 + 10 * N, 10) * times
        stocks[1 : 2 * N : 2, HOUSEHOLDS] = np.arange(400, 400 + 20 * N, 20) * times
        adjust_prices(market, stocks, PARAMS, 0.0, 0.25)
        ration_places(market, np.arange(20, 20 + N) * times, 0.9, np.ones(N), np.zeros(N), 100.0)
    assert np.allclose(job_finding(few, PARAMS, 0.1, np.ones(N)), job_finding(many, PARAMS, 0.1, np.full(N, 20.0)))
    assert np.allclose(few.wage, many.wage)
    assert np.allclose(few.price, many.price)
    assert np.allclose(few.school, many.school)


@pytest.mark.parametrize(("beta", "congestion"), [(1.5, 1.4), (1.0, 0.0), (0.5, 3.0)])
@pytest.mark.parametrize("steps", [4, 12])
def test_a_uniform_pull_is_damped_as_in_the_closed_form(beta, congestion, steps):
    """log arrivals rise by 0.1 / (1 + income coefficient * congestion) once markets have adjusted."""
    market = markets()
    params = PARAMS | {"job_congestion": congestion}
    base = np.full(N, 1e6)
    for _ in range(60 * steps):
        remember_arrivals(market, base / steps, np.zeros(N), 1 / steps, 1.0)
    assert np.allclose(market.arrivals, base)
    open_markets(market)
    arrivals = base
    for _ in range(80 * steps):
        finding = job_finding(market, params, 0.0, np.zeros(N))
        arrivals = base * np.exp(0.1 + beta * finding)
        remember_arrivals(market, arrivals / steps, np.zeros(N), 1 / steps, 1.0)
    assert np.allclose(np.log(arrivals / base), 0.1 / (1 + beta * congestion), atol=1e-6)


@pytest.mark.parametrize("gain", [0.0, 3.0, 6.0, 15.0])
@pytest.mark.parametrize("steps", [4, 12])
def test_job_finding_does_not_overshoot(gain, steps):
    """Arrivals that answer job finding fall to the closed form from above, however strong the answer."""
    market = markets()
    params = PARAMS | {"income_coefficient": 1.5, "job_congestion": gain / 1.5}
    base = np.full(N, 1e6)
    market.arrivals[:] = base
    open_markets(market)
    logs = []
    for _ in range(20 * steps):
        arrivals = base * np.exp(0.1 + 1.5 * job_finding(market, params, 0.0, np.zeros(N)))
        logs.append(np.log(arrivals[0] / base[0]))
        remember_arrivals(market, arrivals / steps, np.zeros(N), 1 / steps, memory_speed(params))
    assert (np.diff(logs) <= 1e-12).all()
    assert logs[-1] == pytest.approx(0.1 / (1 + gain), abs=1e-4)


@pytest.mark.parametrize("steps", [4, 12])
def test_a_boost_of_arrivals_leaves_job_finding_as_it_was(steps):
    """In every step: the boost was measured after markets had answered, so its arrivals bring their vacancies along."""
    market = markets()
    base = np.full(N, 1e6)
    market.arrivals[:] = base
    open_markets(market)
    boost = np.array([0.3, 0.0, 0.0, 0.2, 0.0, 0.0])
    for k in range(6 * steps):
        share = boost * 0.5 ** (k / (2 * steps))
        arrived = base * (1.0 + share) / steps
        remember_arrivals(market, arrived, share, 1 / steps, 0.5)
        assert np.allclose(job_finding(market, PARAMS, 0.0, market.brought), 0.0, atol=1e-9)
    assert (market.brought[[0, 3]] > 0).all()


def test_closed_markets_rest_and_vacancies_help():
    market = markets()
    market.arrivals[:] = 500.0
    assert not job_finding(market, PARAMS, 0.1, np.zeros(N)).any()
    open_markets(market)
    assert np.allclose(job_finding(market, PARAMS, 0.0, np.zeros(N)), 0.0)
    assert np.allclose(job_finding(market, PARAMS, 0.05, np.zeros(N)), 1.4 * 0.05)
    extra = np.zeros(N)
    extra[2] = 500.0
    better = job_finding(market, PARAMS, 0.0, extra)
    assert better[2] > 0.5
    assert better[2] < 1.4 * np.log(2)
    assert (better[[0, 1, 3, 4, 5]] > -0.01).all()


def test_memory_of_arrivals_does_not_depend_on_the_step():
    quarter, month = markets(), markets()
    for _ in range(4):
        remember_arrivals(quarter, np.full(N, 25), np.zeros(N), 0.25, 0.8)
    for _ in range(12):
        remember_arrivals(month, np.full(N, 25) / 3, np.zeros(N), 1 / 12, 0.8)
    assert np.allclose(quarter.arrivals, 100 * -np.expm1(-0.8))
    assert np.allclose(month.arrivals, quarter.arrivals)


@pytest.mark.parametrize("steps", [4, 12])
def test_wages_and_prices_approach_their_elasticities(steps):
    """Ten percent more workers and households everywhere: -0.3 and +0.1 per log point in the end."""
    market = markets()
    market.active = True
    stocks = np.zeros((2 * N + 1, N_STOCKS), np.int64)
    stocks[1 : 2 * N : 2, [WORKERS, HOUSEHOLDS]] = 1_100_000
    for _ in range(steps):
        adjust_prices(market, stocks, PARAMS, 0.0, 1 / steps)
    share = -np.expm1(-1.0)
    assert np.allclose(market.wage, -0.3 * np.log(1.1) * share, rtol=1e-6)
    assert np.allclose(market.price, 0.1 * np.log(1.1) * share, rtol=1e-6)
    demanded = markets()
    demanded.active = True
    adjust_prices(demanded, stocks, PARAMS, float(np.log(1.1)), 1.0)
    assert np.allclose(demanded.wage, 0.0, atol=1e-12)


def test_school_places_are_rationed_at_capacity():
    market = markets(pupils=1e6)
    flat, none = np.ones(N), np.zeros(N)
    ration_places(market, np.full(N, 1_000_000), 0.9, flat, none, 5e6)
    assert np.allclose(market.school, 0.9)
    market.active = True
    ration_places(market, np.full(N, 2_000_000), 0.9, flat, none, 5e6)
    assert np.allclose(market.capacity, 0.9e6 + 0.9e6 / 3)
    assert np.allclose(market.school, 1.2e6 / 2e6, rtol=1e-4)
    ration_places(market, np.full(N, 1_300_000), 0.9, flat, np.full(N, 0.3), 5e6)
    assert (market.school == 1.0).all()
    ration_places(market, np.full(N, 1_300_000), 0.9, none, np.full(N, -0.3), 5e6)
    assert (market.school == 0.0).all()


def test_smaller_cohorts_alone_leave_the_chance_of_a_place():
    market = markets(pupils=1e6)
    flat, none = np.ones(N), np.zeros(N)
    ration_places(market, np.full(N, 1_000_000), 0.9, flat, none, 5e6)
    market.active = True
    for year in range(1, 8):
        ration_places(market, np.full(N, int(1_000_000 * 0.9**year)), 0.9, flat, none, 5e6 * 0.9**year)
        assert np.allclose(market.school, 0.9, rtol=1e-5)


def neutral() -> dict[str, np.ndarray]:
    return neutral_mods(N)


def test_added_jobs_are_one_stock_less_what_is_displaced_everywhere():
    """Two levers' 1% of jobs in the first county; a share of 0.4 would have come to the province anyway."""
    market = markets()
    market.workers = np.linspace(1_000, 2_000, N)
    none = np.zeros(N, bool)
    jobs = 0.5 * market.workers
    mods = neutral() | {"vacancies": np.where(np.arange(N) == 0, 0.01, 0.0), "displacement": np.full(N, 0.4)}
    added = added_vacancies(market, mods, 0.5, none)
    gross = 0.01 * jobs[0]
    assert np.isclose(added.sum(), 0.6 * gross)
    assert np.isclose(added[0], gross - 0.4 * gross * jobs[0] / jobs.sum())
    assert (added[1:] < 0).all()
    fewer = added_vacancies(market, mods | {"labour_intensity": np.full(N, 0.5)}, 0.5, none)
    assert np.allclose(fewer, 0.5 * added)
    assert not added_vacancies(market, neutral(), 0.5, none).any()


def test_shifted_jobs_leave_the_capital_and_stay_in_the_province():
    market = markets()
    market.workers, market.vacancies = np.full(N, 1_000.0), np.full(N, 50.0)
    capital = np.arange(N) == 0
    mods = neutral() | {"job_shift": np.where(np.isin(np.arange(N), (1, 2)), 0.02, 0.0)}
    added = added_vacancies(market, mods, 0.4, capital)
    assert np.isclose(added[0], -1.0)
    assert np.allclose(added[1:3], 0.5)
    assert np.isclose(added.sum(), 0.0)
    assert not added[3:].any()


def test_admission_places_the_share_and_is_a_life_event_for_the_rest():
    """Forty thousand migrant families with a pupil; a place for nine of ten."""
    number = 40_000
    table = worlds.copies(number, "m38 f36 m9", home=(0, 0), hukou=0, base=worlds.TOWN_1)
    engine = FastEngine(table, worlds.geography())
    tables = worlds.choice(school=np.array([0.0, 0.9]))
    engine.each(ADMISSION, worlds.world(choice=tables))
    placed = engine.hh.flags[:number] & PUBLIC_PLACE != 0
    event = engine.hh.flags[:number] & EVENT != 0
    assert abs(placed.mean() - 0.9) < 4 * np.sqrt(0.09 / number)
    assert (event == ~placed).all()
    more = FastEngine(table, worlds.geography())
    more.each(ADMISSION, worlds.world(choice=worlds.choice(school=np.array([0.0, 0.95])), step=9))
    after = more.hh.flags[:number] & PUBLIC_PLACE != 0
    assert (after | ~placed).all(), "more seats take no place away: the lottery number is frozen"
    assert engine.pupils().tolist() == [0, number]
    registered = FastEngine(table._replace(hukou=np.full(number, worlds.TOWN_1, np.uint8)), worlds.geography())
    registered.each(ADMISSION, worlds.world(choice=tables))
    assert (registered.hh.flags[:number] == PUBLIC_PLACE).all(), "the registered always have a place"


def test_open_services_close_the_penalty_but_never_turn_it_into_a_gain(hunan, central):
    mods = neutral_mods(hunan.n_counties) | {"service_access": np.full(hunan.n_counties, 0.5)}
    loss = unregistered_penalty(hunan, central[0].places, central[0].params, mods)
    assert (loss[1 : 2 * hunan.n_counties : 2] == 0.0).all()
    assert (loss[2 * hunan.n_counties :] < 0.0).all()


def test_insurance_rises_by_what_the_lever_adds(hunan, central):
    """Enrolling the yearly rise among the uninsured lifts a share of 0.25 to 0.35 in five years of 2 points."""
    params = dict(central[0].params) | {"insured_share": 0.25}
    share = 0.25
    for year in range(1, 6):
        mods = neutral_mods(hunan.n_counties)
        changes = {"insurance_enrolment": 0.02 * year, "insurance_rise": 0.02}
        mods |= {name: np.full(hunan.n_counties, value) for name, value in changes.items()}
        share += (1.0 - share) * hazard_tables(hunan, central[0].places, params, mods, np.ones(6), 0.25).enrol[0]
    assert abs(share - 0.35) < 1e-9
