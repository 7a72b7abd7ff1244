from __future__ import annotations

import math

import numpy as np
import pytest

from sim.agents.registration import odds_times
from sim.model.path.policy import neutral_mods
from sim.model.year.world_tables import Constants, choice_tables, hazard_tables, moving_cost, registration_hazards
from sim.parameters.declared import declared

PARAMS = {name: parameter.median for name, parameter in declared().items()}


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


def test_a_boost_of_in_migration_draws_from_other_counties_alone(hunan, central):
    """Towns of the county gain lambda * log(1.2) seen from other counties and nothing seen from its own villages."""
    n = hunan.n_counties
    mods = neutral_mods(n)
    boost = np.zeros(n)
    boost[7] = 0.2
    network = np.zeros((n, 256, 4 + hunan.n_outside))
    without, acted = (
        choice_tables(hunan, central[0].places, PARAMS, Constants.zeros(hunan), each, network, (0.0, 0.0)).reach
        for each in (mods, mods | {"inflow_boost": boost})
    )
    gain = acted - without
    assert gain[:7, 7] == pytest.approx(PARAMS["nest_dissimilarity"] * math.log(1.2))
    gain[np.arange(n) != 7, 7] = 0.0
    assert np.abs(gain).max() < 1e-12


def test_moving_cost_is_an_annuity():
    params = {"income_coefficient": 2.0, "moving_cost": 0.5, "discount_rate": 0.0, "moving_horizon": 10.0}
    assert moving_cost(params) == pytest.approx(-2.0 * math.log(1 - 0.05))
    discounted = moving_cost(params | {"discount_rate": 0.05})
    assert discounted == pytest.approx(-2.0 * math.log(1 - 0.5 * 0.05 / (1 - math.exp(-0.5))))
    assert moving_cost(params | {"moving_cost": 0.0}) == 0.0
