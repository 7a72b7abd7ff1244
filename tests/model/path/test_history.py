"""The run sequence: given numbers instead of drawn ones, and the hook on projected years."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.model.path.begin import begin, begin_with
from sim.model.path.history import advance, branch
from sim.model.path.setup import draw_of
from sim.policies import median_effects
from sim.policies.effects import draw_effects


def test_given_numbers_run_like_drawn_ones(central_setup):
    drawn = begin(central_setup, 0, 0)
    effects = draw_effects(central_setup.levers, central_setup.seed, 0)
    given = begin_with(central_setup, *draw_of(central_setup, 0, 0), effects)
    a, b = branch(central_setup, drawn, "plan"), branch(central_setup, given, "plan")
    assert a.indicators.equals(b.indicators)
    assert a.start == b.start
    median = replace(given, effects=median_effects(central_setup.levers))
    assert not branch(central_setup, median, "plan").indicators.equals(a.indicators)


def test_a_change_sees_every_projected_year_and_leaves_the_history_alone(central_setup):
    history = begin(central_setup, 0, 0)
    years = []

    def pushed(sim, plan):
        years.append(sim.year + 1)
        sim.markets.frozen = True
        return replace(plan, town_utility=0.3)

    before = history.sim.residents.copy()
    changed = advance(central_setup, history, "no_new_policy", 2027, pushed)
    assert years == list(range(central_setup.region.last_observed + 1, 2028))
    assert changed.sim.markets.frozen
    assert not history.sim.markets.frozen
    assert np.array_equal(history.sim.residents, before)
    assert changed.sim.urban() > advance(central_setup, history, "no_new_policy", 2027).sim.urban()
