"""Searches that slopes learnt from few households lead astray still meet the published totals."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.path.plans import Planner, observed_totals
from sim.model.solve import observed_years
from sim.model.solve.observed_years import MAX_TRIES, Published, SolvedYear, StartError, _Search, pass_observed_years


class Astray(_Search):
    """A search that has learnt slopes of the wrong sign, as from two near tries with few households, and keeps them."""

    def correct(self, pulls, gaps, flows):
        self._slopes = -np.array(observed_years.SLOPES)
        self._step(gaps / flows)


def test_a_second_search_finds_what_the_first_one_lost(started_once):
    published = observed_totals(started_once.draw.region, 2020, started_once.draw.last_observed)
    plan, sim = Planner(started_once.draw, published).observed_plan, started_once
    assert len(published) >= 4
    for year, target in published.items():
        found, tries = observed_years._solve_year(sim, year, target, plan, Astray())
        sim = found.sim
        assert tries > MAX_TRIES
        assert abs(sim.hunan() * sim.draw.weight / target.residents - 1.0) < 0.003
        assert abs(sim.rate() - target.urban_rate) < 0.002


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


class Flows:
    """A province in which the moves of a year are 100 times exp(pull / 2) times the luck of the year, in and out."""

    def __init__(self, luck, year=0, moved=0.0):
        self.luck, self.year, self.moved, self.edge = luck, year, moved, 0

    def copy(self):
        return Flows(self.luck, self.year, self.moved)


def carried(luck, monkeypatch):
    """Return the carried pull where every year moved the 100 that were published, whatever its luck."""

    def run_year(sim, pulls):
        flow = 100.0 * np.exp(np.array(pulls) / 2.0) * sim.luck[sim.year]
        sim.moved, sim.year = sim.moved + flow, sim.year + 1
        return flow

    monkeypatch.setattr(observed_years, "run_year", run_year)
    monkeypatch.setattr(observed_years, "_flows", lambda flow, edge: flow)
    monkeypatch.setattr(observed_years, "_gaps", lambda sim, target: sim.moved - 100.0 * len(luck))
    monkeypatch.setattr(observed_years, "SLOPES", ((0.5, 0.0), (0.0, 0.5)))
    pulls = -2.0 * np.log(luck)
    solved = [SolvedYear(k, pull, pull, 1, *[0.0] * 4) for k, pull in enumerate(pulls)]
    published = {k: Published(0.0, 0.0) for k in range(len(luck))}
    return observed_years._carried_pulls(Flows(luck), published, lambda year, both: both, solved)


def test_the_carried_pulls_move_as_many_as_the_years_together(monkeypatch):
    """Closed form: exp(pull / 2) times the sum of the luck is the number of years."""
    luck = np.array([0.7, 1.2, 0.9, 1.5])
    assert np.exp(np.array(carried(luck, monkeypatch)) / 2.0) * luck.sum() == pytest.approx(4.0, rel=1e-3)


def test_luck_of_single_years_hardly_adds_to_what_is_carried(monkeypatch):
    """With luck of 20% the mean exponential of the yearly pulls moves 7% too many; what is carried about 1%."""
    rng = np.random.default_rng(1)
    draws = rng.lognormal(-0.02, 0.2, (500, 4))
    flows = [np.exp(carried(luck, monkeypatch)[0] / 2.0) for luck in draws]
    by_year = np.sqrt(np.mean(draws**-2.0, axis=1))
    assert by_year.mean() == pytest.approx(1.07, abs=0.015)
    assert np.mean(flows) == pytest.approx(1.01, abs=0.01)
