"""Draws on which slopes learnt from few households lead astray still meet the published totals."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config import load_config
from sim.model.path.begin import begin
from sim.model.path.plans import Planner, observed_totals
from sim.model.path.setup import prepare
from sim.model.solve.observed_years import MAX_TRIES, Published, StartError, _Search, pass_observed_years

LOST = {None: (5_000, (33, 47, 131)), "posterior_projection": (5_000, (102, 133, 145, 155))}
"""Draws of seed 1 that ten tries with learnt slopes do not bring to the published totals, by posterior."""


@pytest.fixture(scope="module", params=LOST, ids=str)
def lost(request):
    households, draws = LOST[request.param]
    config = load_config(households=households, draws=160, scenarios=["no_new_policy"], posterior=request.param)
    return prepare(config), draws


def test_a_second_search_finds_what_the_first_one_lost(lost):
    setup, draws = lost
    for draw in draws:
        history = begin(setup, draw, 0)
        assert max(year.tries for year in history.solved) > MAX_TRIES
        for year in history.solved:
            assert abs(year.residents / year.published_residents - 1.0) < 0.003
            assert abs(year.urban_rate - year.published_urban_rate) < 0.002


def test_totals_beyond_reach_are_refused_with_the_nearest(started_once):

    published = {2021: Published(90e6, 0.9)}
    planner = Planner(started_once.draw, observed_totals(started_once.draw.region, 2020, 2024))
    with pytest.raises(StartError, match=r"totals of 2021 cannot be met in 40 tries .*nearest: residents .*more house"):
        pass_observed_years(started_once, published, planner.observed_plan)


def test_singular_slopes_are_forgotten():
    search = _Search()
    search._slopes = np.array([[0.5, -0.5], [0.5, -0.5]])
    search.foresee(np.array([10.0, 0.0]), np.array([100.0, 100.0]))
    again = _Search()
    again.foresee(np.array([10.0, 0.0]), np.array([100.0, 100.0]))
    assert search.pulls.tolist() == again.pulls.tolist()
