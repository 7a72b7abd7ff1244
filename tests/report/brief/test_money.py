"""Cost per person: by hand, and without bound where nobody is gained."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.report.brief.facts import Facts
from sim.report.brief.money import each, per_person, price


def test_nobody_gained_has_no_price():
    each = per_person(np.array([10.0, 10.0, 10.0]), np.array([4.0, 0.0, -2.0]))
    assert each.tolist() == [2.5, np.inf, np.inf]


def test_cost_is_that_of_the_years_in_which_levers_act_and_people_are_those_of_the_last(told):
    facts = Facts(told())
    found = price(facts, "plan")
    assert (found.first, found.last) == (2026, 2029)
    total = 4 * 1e10 * (1 + 0.1 * np.arange(6))
    assert found.cost.median == pytest.approx(np.sort(total)[2]), "the fake costs the same every year"
    runs = pd.read_parquet(facts.study.folder / "runs" / "part-0.parquet")
    runs = runs.merge(facts.study.manifest[["run_id", "scenario", "draw"]], on="run_id")
    runs = runs[(runs["place"] == "430000") & (runs["indicator"] == "urban_residents") & (runs["year"] == 2029)]
    people = runs.pivot_table(index="draw", columns="scenario", values="value")
    each = np.sort(total / (people["plan"] - people["no_new_policy"]).to_numpy())
    assert found.resident.median == pytest.approx(each[2])
    assert (found.resident.low, found.resident.high) == pytest.approx((each[0], each[-1]))


def test_a_policy_that_registers_nobody_in_half_of_the_runs_has_a_least_price_alone(told):
    found = price(Facts(told()), "jobs_first")
    assert np.isnan([found.registered.median, found.registered.high]).all()
    assert found.registered.low == pytest.approx(4e10 / (4e5 - 2e4)), "draw 0: 400,000 less 20,000 on paper"


def test_fewer_people_have_no_price_and_rare_runs_without_any_leave_the_upper_end_open():
    assert np.isnan(each(np.ones(3), -np.ones(3))).all()
    people = np.array([1.0] * 97 + [-1.0] * 3)
    assert each(np.full(100, 2.0), people) == (2.0, 2.0, 2.0)


def test_the_baseline_has_no_price(told):
    assert price(Facts(told()), "no_new_policy") is None
