from __future__ import annotations

import math

import numpy as np
import pytest

from sim.agents.registration import REGISTRATION, odds_times
from sim.agents.state import EMPTY, EVENT, HEAD, LAND, MAX_AGE
from sim.agents.world import BORN, DIED
from sim.model.engines.fast import FastEngine
from sim.model.path.policy import neutral_mods
from sim.model.year.schedules import solve_scale, vital_tables
from sim.model.year.world_tables import hazard_tables, moving_cost, reconsider_profile, registration_hazards
from sim.parameters.declared import declared
from tests import worlds
from tests.agents.loops import who_reconsiders

N = 200_000
PARAMS = {name: parameter.median for name, parameter in declared().items()}


def near(seen: float, probability: float, n: int, sigmas: float = 4.5) -> bool:
    return abs(seen - probability * n) <= sigmas * math.sqrt(n * probability * (1 - probability)) + 1e-9


def test_chance_over_a_step_and_over_a_year():
    death = np.full((3, 2, MAX_AGE + 1), 0.2)
    birth, leave = np.full((3, MAX_AGE + 1), 0.11), np.full(MAX_AGE + 1, 0.07)
    quarter, month = (vital_tables(death, birth, leave, 0.5, dt) for dt in (1 / 4, 1 / 12))
    assert np.allclose(quarter.death, 1 - math.exp(-0.2 / 4), rtol=1e-12)
    for a, b, h in (
        (quarter.death, month.death, 0.2),
        (quarter.birth, month.birth, 0.11),
        (quarter.leave, month.leave, 0.07),
    ):
        assert np.allclose((1 - a) ** 4, math.exp(-h), rtol=1e-12)
        assert np.allclose((1 - b) ** 12, math.exp(-h), rtol=1e-12)


def test_screen_never_below_and_hardly_above_the_exact_chance():
    rng = np.random.default_rng(4)
    death = rng.gamma(0.3, 0.1, (3, 2, MAX_AGE + 1))
    birth, leave = rng.gamma(0.3, 0.1, (3, MAX_AGE + 1)), rng.gamma(0.3, 0.1, MAX_AGE + 1)
    tables = vital_tables(death, birth, leave, 0.5, 0.25)
    exact = tables.death + tables.leave
    exact[:, 1] += tables.birth
    exact = np.minimum(exact, 1.0)
    share = tables.threshold / 65536.0
    assert (share >= exact).all()
    assert (share - exact < 2.0**-16).all()


@pytest.mark.parametrize("chance", [1e-4, 0.0137, 0.4])
def test_deaths_happen_at_the_exact_chance_although_screened(chance):
    hazard = -math.log1p(-chance) / 0.25
    world = worlds.world(vital=worlds.vital(death={(0, 50): hazard}))
    engine = FastEngine(worlds.copies(N, "m50", home=(0, 0), hukou=0, base=0), worlds.geography())
    ledger = engine.vital_events(world)
    assert near(ledger.counts[:, DIED].sum(), chance, N)
    assert int((engine.hh.members[: engine.rows, HEAD] != EMPTY).sum()) == N - ledger.counts[:, DIED].sum()


def test_births_and_departures_share_one_draw_with_deaths():
    """A daughter of 20 may die, give birth or leave: each at its own chance, never two of them."""
    world = worlds.world(
        vital=worlds.vital(death={(1, 20): 0.4}, birth={20: 0.8}, leave={20: 1.2}),
    )
    table = worlds.copies(N, {0: "m50", 2: "f20"}, home=(0, 0), hukou=0, base=0)
    engine = FastEngine(table, worlds.geography())
    ledger = engine.vital_events(world)
    dead, born, left = (ledger.counts[:, DIED].sum(), ledger.counts[:, BORN].sum(), engine.rows - N)
    for seen, hazard in ((dead, 0.4), (born, 0.8), (left, 1.2)):
        assert near(seen, -math.expm1(-hazard / 4), N)
    members = engine.hh.members[: engine.rows] != EMPTY
    assert members.sum() == 2 * N - dead + born
    assert near(np.count_nonzero(engine.hh.members[: engine.rows] == 0), 0.5, born)


@pytest.mark.parametrize("steps", [4, 12])
def test_survival_of_a_closed_cohort(hunan, central, steps):
    """Two hundred thousand men of 60 survive twenty years as exp(-sum of the rates)."""
    rates = central[0].schedules.death[central[0].schedules.position(2021), 0]
    vital = worlds.vital(death={(0, age): float(rates[age]) for age in range(60, 81)}, dt=1 / steps)
    engine = FastEngine(worlds.copies(N, "m60", home=(0, 0), hukou=0, base=0), worlds.geography())
    for year in range(20):
        for k in range(steps):
            engine.vital_events(worlds.world(vital=vital, step=year * steps + k))
        engine.grow_older(worlds.world())
    survival = math.exp(-rates[60:80].sum())
    assert 0.4 < survival < 0.8
    assert near(engine.rows, survival, N)


def test_reconsidering_happens_at_its_hazard():
    """Rate by age of the youngest worker, times duration away; a life event adds half a year of exposure."""
    profile = reconsider_profile(20.5)
    assert profile[16:].max() == 1.0
    assert 16 < int(np.argmax(profile)) < 30
    rate = 0.4 * profile
    duration = (np.arange(41) + 1.0) ** -0.35
    factor = np.array([1.0, 1.0, 1.0, 1.5, 1.0, 1.0])
    hazards = worlds.hazards(reconsider=rate, duration=duration, state_factor=factor)
    world = worlds.world(hazards=hazards, month=254)
    at_home = worlds.copies(N, "m45 f24", home=(0, 0), hukou=0, base=0)
    assert near(who_reconsiders(at_home, N, world).sum(), -math.expm1(-rate[24] / 4), N)
    at_home.flags[:] = EVENT
    assert near(who_reconsiders(at_home, N, world).sum(), -math.expm1(-rate[24] * (0.25 + 0.5)), N)
    away = worlds.copies(N, "m45 f24", home=(0, 0), hukou=0, base=3)
    assert near(who_reconsiders(away, N, world).sum(), -math.expm1(-1.5 * rate[24] * 5**-0.35 / 4), N)
    away.hukou[:] = worlds.AWAY
    assert not who_reconsiders(away, N, world).any()


@pytest.mark.parametrize("dt", [0.25, 1 / 12])
def test_bound_of_reconsidering_covers_every_household(hunan, central, dt):
    mods = neutral_mods(hunan.n_counties)
    factor = np.array([1.0, 1.2, 1.7, 1.0, 1.1, 1.0])
    for shape in (0.3, 1.0, 1.2):
        h = hazard_tables(hunan, central[0].places, PARAMS | {"duration_shape": shape}, mods, factor, dt)
        hazard = h.reconsider.max() * 1.7 * h.duration.max()
        assert 0 < h.screen[0] + math.expm1(-hazard * dt) < 1e-8
        assert 0 < h.screen[1] + math.expm1(-hazard * (dt + h.event_years)) < 1e-8


def test_bound_of_registering_covers_every_household(hunan, central):
    """The largest county chance, land rights kept or given up, and the two hazards of leaving."""
    mods = neutral_mods(hunan.n_counties)
    for changes in ({}, {"land_surrender_belief": 1.0, "land_surrender_odds": 0.3}, {"visitor_exit_hazard": 0.4}):
        h = hazard_tables(hunan, central[0].places, PARAMS | changes, mods, np.ones(6), 0.25)
        chances = [1 - (1 - c) ** 0.25 for c in (h.register.max(), odds_times(h.register.max(), h.land_odds))]
        leaving = [-math.expm1(-hazard / 4) for hazard in (h.register_outside, h.visitor_exit)]
        assert 0 < h.register_screen - max(chances + leaving) < 1e-8


def test_screening_a_vital_event_covers_every_zone():
    rng = np.random.default_rng(5)
    death = rng.gamma(0.3, 0.1, (3, 2, MAX_AGE + 1))
    tables = vital_tables(death, np.zeros((3, MAX_AGE + 1)), np.zeros(MAX_AGE + 1), 0.5, 0.25)
    for age, sex in ((0, 0), (17, 1), (MAX_AGE, 1)):
        assert tables.by_member[2 * age + sex] == tables.threshold[:, sex, age].max()
    assert tables.by_member[EMPTY] == 0


@pytest.mark.parametrize(("land", "expected"), [(False, 0.3), (True, 0.3 * 0.5 / (1 - 0.3 + 0.3 * 0.5))])
def test_registration_over_a_year_is_the_same_in_four_and_twelve_steps(land, expected):
    for steps in (4, 12):
        table = worlds.copies(50_000, "m40", home=(0, 0), hukou=0, base=3, social=LAND if land else 0)
        engine = FastEngine(table, worlds.geography())
        chance = np.array([0, 0, 0, 0.3, 0])
        hazards = worlds.hazards(step_years=1 / steps, register=chance, land_odds=0.5)
        for k in range(steps):
            engine.each(REGISTRATION, worlds.world(hazards=hazards, step=k))
        assert near((engine.hh.hukou[:50_000] == 3).sum(), expected, 50_000)
        assert set(engine.hh.home_block[:50_000][engine.hh.hukou[:50_000] == 3].tolist()) == {10, 11}


def test_odds_multiply():
    assert odds_times(0.2, 3.0) == pytest.approx(0.75 / 1.75)
    assert odds_times(0.2, 1.0) == pytest.approx(0.2)
    assert odds_times(0.0, 5.0) == 0.0
    assert odds_times(1.0, 0.2) == 1.0


def test_registration_chance_by_place(hunan, central):
    """No lever: the base hazard in every town; full services with full substitution end the reason to register."""
    places, n = central[0].places, hunan.n_counties
    mods = neutral_mods(n)
    base = registration_hazards(hunan, places, PARAMS, mods)
    assert np.allclose(base[1 : 2 * n : 2], PARAMS["registration_hazard"])
    assert not base[0 : 2 * n : 2].any()
    assert not base[2 * n :].any()
    full = mods | {"service_coverage": np.ones(n)}
    none = registration_hazards(hunan, places, PARAMS | {"service_substitution": 1.0}, full)
    assert np.allclose(none, 0.0)
    kept = registration_hazards(hunan, places, PARAMS | {"service_substitution": 0.0}, full)
    assert np.allclose(kept, base)
    lower = registration_hazards(hunan, places, PARAMS, mods | {"registration_threshold": -np.ones(n)})
    h, odds = PARAMS["registration_hazard"], PARAMS["threshold_odds"]
    assert np.allclose(lower[1 : 2 * n : 2][places.capital], h * odds / (1 - h + h * odds))
    assert np.allclose(lower[1 : 2 * n : 2][~places.capital], h)


def test_moving_cost_is_an_annuity():
    params = {"income_coefficient": 2.0, "moving_cost": 0.5, "discount_rate": 0.0, "moving_horizon": 10.0}
    assert moving_cost(params) == pytest.approx(-2.0 * math.log(1 - 0.05))
    discounted = moving_cost(params | {"discount_rate": 0.05})
    assert discounted == pytest.approx(-2.0 * math.log(1 - 0.5 * 0.05 / (1 - math.exp(-0.5))))
    assert moving_cost(params | {"moving_cost": 0.0}) == 0.0


@pytest.mark.parametrize("terminal", [True, False])
def test_scale_makes_expected_events_equal_to_published(terminal):
    rng = np.random.default_rng(1)
    hazard, persons = rng.uniform(0, 0.3, 50), rng.uniform(10, 1000, 50)
    scale = solve_scale(hazard, persons, 700.0, 0.25, terminal)
    if terminal:
        expected = (persons * (1 - np.exp(-scale * hazard))).sum()
    else:
        expected = 4 * (persons * (1 - np.exp(-scale * hazard / 4))).sum()
    assert expected == pytest.approx(700.0, rel=1e-6)
